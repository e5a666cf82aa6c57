"""Takes the whole reply for the answer to an instruction.

The prompt was the instruction itself (Evol-Instruct: Xu et al., 2023, section 2.2), so that whatever the model says is
its answer, pleasantries and code fences included; only what it thought aloud before is none.
"""

from collections.abc import Mapping
from typing import Any

from selfinstruct.part import part
from selfinstruct.prompt.reply import LINE_BREAK, rejection, without_thoughts
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


@part
class WholeReply:
    """Reads an answer; the task needs no input beside its instruction."""

    @property
    def expects(self) -> str:
        """The name of the form of reply."""
        return "whole_reply"

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """One instance, or why there is none."""
        text, unfinished = without_thoughts(LINE_BREAK.sub("\n", completion.text))
        if unfinished is not None:
            return [rejection("unfinished thought", unfinished)]
        if not text.strip():
            return [rejection("empty reply", "")]
        return [Candidate(instances=(Instance(input="", output=text.strip()),), truncated=completion.is_cut_off)]
