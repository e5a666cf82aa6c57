"""The lines of an instance reply that open a field: Example 1, Input:, Output:, Class label:, Task:.

They count at the beginning of a line only, in any markup (bold, bulleted, as a heading).  The reference code finds them
anywhere, so that "For Example, …" made a second instance and code that prints "Output:" cut one off; it is as
case-sensitive as this one (Self-Instruct, section 2.2).  Inside a code fence that was opened in a field nothing is a
field; one that was opened before any field is around them all, and does not belong to the last.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from selfinstruct.prompt.reply import is_preamble
from selfinstruct.prompt.rule_line import without_rules
from selfinstruct.text.pattern import lazy

Kind = Literal["text", "Example", "Input", "Output", "Class label", "Task"]

LABEL_LINE = lazy(
    r"[ \t]{0,12}(?P<listed>\d{1,3}[.)][ \t]+)?(?P<bullet>[-•+*][ \t]+)?(?P<markup>(?:#{2,6}[ \t]+)?(?:\*\*|__)?)"
    r"(?:(?P<prefix>(?:Example|Expected)[ \t]+(?:\d{1,3}[ \t]+)?)(?P<other>[Ii]nput|[Oo]utput)"
    r"|(?P<kind>Example|Input|Output|Class label|Task))(?P<number>[ \t]*\d{0,3})[ \t]*"
    r"(?P<end>(?:\*\*|__)?[ \t]*[:：](?:\*\*|__)?|[.)]?(?:\*\*|__)?(?=[ \t]*$)|[.)])(?P<rest>.*)"
)
LISTED = ("Input", "Class label")
"""Fields that open an instance, and so may have its number in a list."""
NESTED = lazy(r"^\s*Input[ \t]*[:：]")
FIELD_NAME = lazy(r"^(?P<bullet>[-•+*][ \t]+)?(?:\*\*|__)(?P<name>[^*_\n:：]{1,40}[:：])(?:\*\*|__)", re.MULTILINE)
BULLETED_NAME = lazy(r"^[-•+*][ \t]+(?=[^\n:：]{1,40}[:：])", re.MULTILINE)
FENCE = "```"


class LabelStyle(NamedTuple):
    """How one reply writes its labels; its first line and its other labels show it."""

    is_listed: bool = False
    """The labels are items of a list: "1. Input: …"."""
    carries_input: bool = False
    """An "Example:" has the input on its line, and there is no "Input:"."""
    prefixed: Collection[Kind] = ()
    """The kinds that are only called "Example Input" or "Expected Output"."""


USUAL = LabelStyle()


class Fence(NamedTuple):
    """The relation of a line to the code fences of its reply."""

    is_inside: bool
    """After the line that opens a fence, up to and with the line that closes it."""
    opens: bool
    closes: bool


@dataclass(slots=True)
class Field:
    """A part of a reply that a label opens."""

    kind: Kind
    lines: list[str]
    """Without the field's name."""
    opening: str = ""
    """The first line as written, where it names the field."""
    is_bulleted: bool = False

    @property
    def text(self) -> str:
        """The content of the field."""
        text = without_rules("\n".join(self.lines), is_own_line=not self.opening).strip()
        return text.removesuffix("**").rstrip() if text.count("**") % 2 else text

    @property
    def source(self) -> str:
        """The field as written."""
        return "\n".join([self.opening, *self.lines[1:]] if self.opening else self.lines).strip()


def fields(text: str, kinds: Collection[Kind]) -> list[Field]:
    """Return the fields of these kinds, in order; the first is the text before them, which may be empty."""
    found = [Field("text", [])]
    style = style_of(text)
    for line, fence in fenced(text.split("\n")):
        if fence.opens:
            is_code = found[-1].kind != "text"
        opened = None if fence.is_inside and is_code else field_of(line, style)
        if opened and opened.kind in kinds:
            found.append(opened)
        elif not (fence.closes and not is_code and found[-1].kind != "text"):
            found[-1].lines.append(line)
    return found


def style_of(text: str) -> LabelStyle:
    """Return how a reply writes its labels."""
    lines = [line for line in text.split("\n") if line.strip()]
    matches = [LABEL_LINE.match(line) for line in lines]
    plain = {match["kind"] for match in matches if match and has_colon(match)}
    prefixed = {kind_of(match) for match in matches if match and match["prefix"]}
    style = LabelStyle(prefixed=() if prefixed & plain else prefixed)
    first = next((match for line, match in zip(lines, matches, strict=True) if not is_preamble(line)), None)
    if first is None or not has_colon(first):
        return style
    carries = first["kind"] == "Example" and not first["number"].strip() and bool(first["rest"].strip())
    return style._replace(
        is_listed=first["listed"] is not None and kind_of(first) in LISTED,
        carries_input=carries and "Input" not in plain,
    )


def kind_of(match: re.Match[str]) -> Kind:
    """Return the kind of field that a label names."""
    return cast(Kind, match["kind"] or match["other"].capitalize())


def has_colon(match: re.Match[str]) -> bool:
    """Return whether a label ends in a colon."""
    return ":" in match["end"] or "：" in match["end"]


def fenced(lines: list[str]) -> Iterator[tuple[str, Fence]]:
    """Yield each line with its relation to code fences; a fence that is never closed does not count."""
    marks = [number for number, line in enumerate(lines) if line.count(FENCE) % 2]
    starts, ends = set(marks[: len(marks) // 2 * 2 : 2]), set(marks[1::2])
    is_inside = False
    for number, line in enumerate(lines):
        opens, closes = number in starts, number in ends
        yield line, Fence(is_inside, opens, closes)
        is_inside = opens or (is_inside and not closes)


def field_of(line: str, style: LabelStyle = USUAL) -> Field | None:
    """Return the field that a line opens, if any; `Task 2:` and `Example of …` are text."""
    match = LABEL_LINE.match(line)
    if match is None:
        return None
    kind, rest = kind_of(match), match["rest"]
    if match["listed"] and not (style.is_listed and kind in LISTED):
        return None
    if match["prefix"] and kind not in style.prefixed:
        return None
    is_numbered, is_alone = bool(match["number"].strip()), not rest.strip()
    if kind == "Example" and style.carries_input and not (is_numbered or is_alone):
        kind, rest = "Input", NESTED.sub("", rest)
    ends_in_colon = has_colon(match)
    is_label = (is_numbered or is_alone) if kind == "Example" else ends_in_colon or (is_alone and bool(match["markup"]))
    if not is_label or (kind == "Task" and is_numbered):
        return None
    return Field(kind, [rest], opening=line, is_bulleted=match["bullet"] is not None)


def input_of(block: list[Field], *, is_bulleted: bool) -> str:
    """Return the input in some fields: without a leading "Input:", its own field names (Sentence:) without markup."""
    block = [field for field in block if field.text]
    text = "\n".join(field.text if number == 0 else field.source for number, field in enumerate(block))
    text = FIELD_NAME.sub(lambda match: ("" if is_bulleted else match["bullet"] or "") + match["name"], text)
    text = BULLETED_NAME.sub("", text) if is_bulleted else text
    return without_rules(text, is_own_line=False).strip()
