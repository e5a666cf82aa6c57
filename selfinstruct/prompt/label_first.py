"""Reads instances of a classification task, which are written label first.

The label comes first because a model that writes the input first favors one label (Self-Instruct, section 2.2).  Each
"Class label:" opens an instance: its line is the output, the text after it the input, which may be empty.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from selfinstruct.part import part
from selfinstruct.prompt.instances import Piece, preamble, read_instances
from selfinstruct.prompt.label_line import Field, Kind, input_of
from selfinstruct.prompt.reply import is_refusal, rejection
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.no_input import real_input

KINDS: Final[tuple[Kind, ...]] = ("Class label", "Example", "Input")


@part
class LabelFirst:
    """Reads blocks of a class label and the input that has it."""

    reply_format: ClassVar[str] = "label_first"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one candidate an instance, and a rejection for everything else."""
        return read_instances(completion, prompt_vars, KINDS, read_blocks, "no class label")


def read_blocks(own: list[Field]) -> list[Piece]:
    """Return the instances, one a class label."""
    starts = [number for number, field in enumerate(own) if field.kind == "Class label"]
    lead = "\n".join(field.source for field in own[: starts[0] if starts else len(own)]).strip()
    if not starts:
        return [rejection("refusal" if is_refusal(lead) else "no class label", lead)] if lead else []
    lead_pieces = [] if lead.startswith("Example") else preamble(lead)
    blocks = zip(starts, [*starts[1:], len(own)], strict=True)
    return [*lead_pieces, *(read_block(own[start:end]) for start, end in blocks)]


def read_block(block: list[Field]) -> Piece:
    """Return one instance: the first line is the label, the rest the input, without an `Example` line."""
    head = block[0]
    label, _, rest = head.text.partition("\n")
    following = [Field("text", [rest]), *(field for field in block[1:] if field.kind != "Example")]
    text = input_of(following, is_bulleted=head.is_bulleted)
    label = label.strip().removesuffix("**").strip()
    return Instance(input=real_input(text), output=label) if label else rejection("no class label", text)
