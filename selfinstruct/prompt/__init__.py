"""A template, its decoding and the parser that reads the reply: each is right only for the others.

Parsers take the text of a completion and account for all of it: data becomes a candidate, and the rest a rejection
named `parse` with its reason, never a guess.  A parser may have a class variable `holds`, one of the kinds in
`selfinstruct.actions.plan.assumptions`, where a plan cannot tell from the stage how long its replies are.  The parser
of a judge has `attribute`, the one that it fills, or `attributes`, where there are several, so that filters of others
are refused.

To add a prompt, write one YAML under `conf/prompt/<recipe>/`; a new form of reply needs a parser, one module here.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection


@runtime_checkable
class Parser(Protocol):
    """Reads replies."""

    @property
    def reply_format(self) -> str:
        """The form of reply that it reads, in one word: numbered_list, yes_no, label_first, …"""
        ...

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return everything in the reply, in order; `prompt_vars` are the variables of the template.

        A reply without data gives at least one rejection, so that no reply disappears silently.
        """
        ...
