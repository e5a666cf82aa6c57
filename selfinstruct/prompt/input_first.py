"""Reads instances of a task that is not a classification, which are written input first.

An "Example" line opens an instance; the text before its "Output:" is the input, without the word "Input:" but with any
other field name.  Where the model wrote no "Example" lines, a second "Input:" opens the next instance.  A second
"Output:" of one instance might be another answer, or a part of the first one: the first output ends there, as in the
reference code, and the rest is a rejection.  An "Example" without an "Output:" needs no input and is all output, unless
an "Output:" precedes all of them: then they are its content.

A reply without any of these may be the answer itself, or talk, or the task continued: it is a rejection, as it gives no
instance in the reference code.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from selfinstruct.part import part
from selfinstruct.prompt.instances import Piece, preamble, read_instances
from selfinstruct.prompt.label_line import Field, Kind, input_of
from selfinstruct.prompt.reply import is_preamble, is_refusal, rejection
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.no_input import real_input

KINDS: Final[tuple[Kind, ...]] = ("Example", "Input", "Output")


@part
class InputFirst:
    """Reads examples of an input and its output."""

    reply_format: ClassVar[str] = "input_first"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one candidate an instance, and a rejection for everything else."""
        return read_instances(completion, prompt_vars, KINDS, read_blocks, "no output marker")


def read_blocks(own: list[Field]) -> list[Piece]:
    """Return the instances, one an example."""
    lead = own[0].text
    if len(own) == 1:
        return [rejection("refusal" if is_refusal(lead) else "no output marker", lead)] if lead else []
    pieces: list[Piece] = []
    if own[1].kind == "Example":
        pieces += preamble(lead)
        own = own[1:]
    elif is_preamble(lead) or is_refusal(lead):
        talk, _, rest = lead.partition("\n\n")
        pieces += preamble(talk)
        own = [Field("text", rest.split("\n")), *own[1:]]
    for block in blocks(own):
        pieces += read_block(block)
    return pieces


def blocks(own: list[Field]) -> list[list[Field]]:
    """Return the fields of each instance."""
    kinds = [field.kind for field in own]
    has_examples = "Example" in kinds
    if has_examples and "Output" in kinds[: kinds.index("Example")] and kinds.count("Output") == 1:
        at = kinds.index("Output")
        return [[*own[:at], merged(own[at:])]]
    found: list[list[Field]] = [[]]
    has_output = False
    for field in own:
        if field.kind == "Example" or (field.kind == "Input" and has_output and not has_examples):
            found.append([])
            has_output = False
        found[-1].append(field)
        has_output = has_output or field.kind == "Output"
    return [block for block in found if any(field.text or field.kind != "text" for field in block)]


def merged(fields: list[Field]) -> Field:
    """Return several fields as the text of the first."""
    first, *rest = fields
    if not any(field.text for field in fields):
        return first
    lines = [line for field in rest for line in field.source.split("\n")]
    return Field(first.kind, [*first.lines, *lines], opening=first.opening, is_bulleted=first.is_bulleted)


def read_block(block: list[Field]) -> list[Piece]:
    """Return one instance, and a rejection of the text after it."""
    at = next((number for number, field in enumerate(block) if field.kind == "Output"), None)
    source = "\n".join(field.source for field in block[: None if at is None else at + 1])
    if at is None:
        text = "\n".join(field.text for field in block).strip()
        has_input = any(field.kind == "Input" for field in block)
        return [Instance(input="", output=text) if text and not has_input else rejection("no output marker", source)]
    text, output = input_of(block[:at], is_bulleted=block[at].is_bulleted), block[at].text
    pieces: list[Piece] = [
        Instance(input=real_input(text), output=output) if output else rejection("empty output", source)
    ]
    if surplus := block[at + 1 :]:
        pieces.append(rejection("second output", "\n".join(field.source for field in surplus)))
    return pieces
