"""Reads instances of a classification task, which are written label first.

The label comes first because a model that writes the input first favours one label (Self-Instruct, section 2.2).  Each
"Class label:" opens an instance: its line is the output, what follows is the input, which may be empty.
"""

from collections.abc import Mapping
from typing import Any, Final

from selfinstruct.part import part
from selfinstruct.prompt.instances import Piece, answers, own_fields, preamble, without_farewell
from selfinstruct.prompt.label_line import Field, Kind, given
from selfinstruct.prompt.reply import is_refusal, read, rejection
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.no_input import real_input

KINDS: Final[tuple[Kind, ...]] = ("Class label", "Example", "Input")


@part
class LabelFirst:
    """Reads blocks of a class label and the input that has it."""

    @property
    def reply_format(self) -> str:
        """The name of the form of reply."""
        return "label_first"

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """One candidate an instance, and whatever is none."""
        reply = read(completion)
        own, further = own_fields(reply, shown, KINDS)
        farewell = without_farewell(own) if shown.get("chat") else []
        pieces: list[Piece] = [*read_blocks(own), *farewell, *further, *reply.rejections]
        if not pieces:
            pieces = [rejection("no class label", reply.text)]
        return answers(pieces, is_cut_off=reply.is_cut_off)


def read_blocks(own: list[Field]) -> list[Piece]:
    """The instances, one a class label."""
    starts = [number for number, field in enumerate(own) if field.kind == "Class label"]
    lead = "\n".join(field.source for field in own[: starts[0] if starts else len(own)]).strip()
    if not starts:
        return [rejection("refusal" if is_refusal(lead) else "no class label", lead)] if lead else []
    lead_pieces = [] if lead.startswith("Example") else preamble(lead)
    blocks = zip(starts, [*starts[1:], len(own)], strict=True)
    return [*lead_pieces, *(read_block(own[start:end]) for start, end in blocks)]


def read_block(block: list[Field]) -> Piece:
    """One instance: the label is the first line, the input all that follows; an `Example` line belongs to neither."""
    head = block[0]
    label, _, rest = head.text.partition("\n")
    following = [Field("text", [rest]), *(field for field in block[1:] if field.kind != "Example")]
    text = given(following, is_bulleted=head.is_bulleted)
    label = label.strip().removesuffix("**").strip()
    return Instance(input=real_input(text), output=label) if label else rejection("no class label", text)
