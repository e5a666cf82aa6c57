"""A template, its decoding and the parser that reads the reply: each is right only for the others.

Parsers are the other parts of this group, one to a module.  They take the text of a completion and say everything
about it: what can be read is a candidate, what cannot is a rejection named `parse` with its reason, never a guess.

To add a prompt, write one YAML under `conf/prompt/<recipe>/`; a new kind of reply needs a parser, one module here.
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
        """The form of reply it reads, in one word: numbered_list, yes_no, label_first, input_first, …"""
        ...

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Everything in the reply, in order; `shown` are the variables that the template was filled with.

        A reply in which nothing can be read gives at least one rejection, so that no reply disappears silently.
        """
        ...
