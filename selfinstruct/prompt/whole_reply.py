"""Takes the whole reply for the answer to an instruction (Evol-Instruct: Xu et al., 2023, section 2.2)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from selfinstruct.part import part
from selfinstruct.prompt.reply import LINE_BREAK, read_text, rejection
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


@part
class WholeReply:
    """Reads an answer to a task, or to the input of it that the prompt shows."""

    reply_format: ClassVar[str] = "whole_reply"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one instance, or the reason why not."""
        reply = read_text(LINE_BREAK.sub("\n", completion.text), is_cut_off=completion.is_cut_off)
        if reply.rejections or not (text := reply.text.strip()):
            return list(reply.rejections) or [rejection("empty reply", "")]
        return [Candidate(instances=(Instance(prompt_vars.get("input", ""), text),), truncated=reply.is_cut_off)]
