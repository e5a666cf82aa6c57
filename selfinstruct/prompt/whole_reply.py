"""Takes the whole reply for the answer to an instruction.

The prompt was the instruction itself (Evol-Instruct: Xu et al., 2023, section 2.2), so that whatever the model says is
its answer, pleasantries and code fences included.  Left out are only what it thought aloud before, and the control
tokens of the server.
"""

from collections.abc import Mapping
from typing import Any

from selfinstruct.part import part
from selfinstruct.prompt.reply import LINE_BREAK, rejection, said
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


@part
class WholeReply:
    """Reads an answer; the task needs no input beside its instruction."""

    @property
    def reply_format(self) -> str:
        """The name of the form of reply."""
        return "whole_reply"

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """One instance, or why there is none."""
        reply = said(LINE_BREAK.sub("\n", completion.text), is_cut_off=completion.is_cut_off)
        if reply.rejections:
            return list(reply.rejections)
        if not reply.text.strip():
            return [rejection("empty reply", "")]
        return [Candidate(instances=(Instance(input="", output=reply.text.strip()),), truncated=reply.is_cut_off)]
