"""Reads the output that a model gives for one input.

The output is stored as the model wrote it, without thoughts, a label in front ("Output:") and a chat model's
announcement.  A reply that was cut off is an answer like any other, since 30 tokens (Instruction Induction, section
3.1) end many a sentence.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, read, rejection
from selfinstruct.prompt.rule_line import without_rules
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.pattern import lazy

LABEL = lazy(r"[*_#>\s]{0,6}(?:the )?(?:output|answer)(?: is)?[*_\s]{0,4}[:：][*_\s]{0,4}", re.IGNORECASE)


@part
class Answer:
    """Reads one output, of the input in the prompt."""

    reply_format: ClassVar[str] = "answer"
    holds: ClassVar[str] = "answers"
    """What a plan counts in its replies; a reply is a few words."""

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one instance, or the reason why not."""
        reply = read(completion)
        text = bare(reply.text) if prompt_vars.get("chat") else reply.text.strip()
        if not text:
            return list(reply.rejections) or [rejection("no answer", reply.text)]
        if is_refusal(text):
            return [rejection("refusal", reply.text)]
        return [Candidate(instances=(Instance(prompt_vars["input"], text),), truncated=reply.is_cut_off)]


def bare(text: str) -> str:
    """Return the answer of a chat model, without announcement, label and farewell."""
    paragraphs = [part.strip() for part in without_rules(text).split("\n\n") if part.strip()]
    while len(paragraphs) > 1 and is_preamble(paragraphs[0]):
        paragraphs.pop(0)
    while len(paragraphs) > 1 and is_farewell(paragraphs[-1]):
        paragraphs.pop()
    answer = without_rules("\n\n".join(paragraphs))
    label = LABEL.match(answer)
    return (answer[label.end() :] if label else answer).strip()
