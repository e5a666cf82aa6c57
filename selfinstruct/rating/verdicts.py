"""What each rater said of each system, with the help of the key.

A grade of a pair says `left` for the first system of the key and `right` for the second from here on, on whichever side
the answers stood.  A judge stage's verdicts are those of one more rater.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from selfinstruct.protocol.questions import SIDES
from selfinstruct.rating.journal import Journal
from selfinstruct.rating.sheet import Sheet, turned

Said = Mapping[str, str]
"""Question to grade."""


@dataclass(frozen=True, kw_only=True)
class Rater:
    """What a person or a judge said."""

    name: str
    is_judge: bool = False
    said: Mapping[str, Said]
    """Item to what was said about it; items that were skipped are not there."""
    left: Mapping[str, bool] = field(default_factory=dict)
    """Whether the answer on the left was chosen, for the pairs in which one was."""


class Verdict(NamedTuple):
    """A rater's grades for one answer of a system."""

    item: str
    task: str
    said: Said


def raters(sheet: Sheet, key: Mapping[str, Any], journals: Sequence[Journal]) -> list[Rater]:
    """Return the people, then the judges."""
    return [*(person(sheet, key, journal) for journal in journals), *judges(sheet, key)]


def person(sheet: Sheet, key: Mapping[str, Any], journal: Journal) -> Rater:
    """Return what a person has said of the items that count."""
    said, left = {}, {}
    for name, rating in journal.counted.items():
        if rating.answers:
            is_other = rating.swapped != is_turned(key, name)
            said[name] = {asked: turned(grade) if is_other else grade for asked, grade in rating.answers.items()}
        if sheet.protocol.unit == "pair" and (chosen := {*rating.answers.values()} & {*SIDES}):
            left[name] = chosen == {"left"}
    return Rater(name=journal.rater, said=said, left=left)


def judges(sheet: Sheet, key: Mapping[str, Any]) -> Iterator[Rater]:
    """Yield the judges of the runs that were rated; one with a single verdict answers the first question."""
    asked = sheet.protocol.questions
    for name in dict.fromkeys(name for source in key["items"].values() for name in source["judges"]):
        said = {}
        for item, source in key["items"].items():
            verdict = source["judges"].get(name)
            verdict = verdict if isinstance(verdict, Mapping) else {next(iter(asked)): verdict}
            if grades := {one: grade for one, grade in verdict.items() if one in asked and grade in asked[one].grades}:
                is_other = is_turned(key, item)
                said[item] = {one: turned(grade) if is_other else grade for one, grade in grades.items()}
        yield Rater(name=f"judge ({name})", is_judge=True, said=said)


def is_turned(key: Mapping[str, Any], item: str) -> bool:
    """Return whether the first answer of a pair on the sheet is that of the second system."""
    found: list[str] = key["items"][item]["of"][0]["systems"]
    return len(found) == 2 and found[0] != key["systems"][0]


def of_system(rater: Rater, key: Mapping[str, Any], system: str) -> list[Verdict]:
    """Return what a rater said of a system's answers; one that several tasks share counts for each."""
    return [
        Verdict(item, one["task"], rater.said[item])
        for item, source in key["items"].items()
        for one in source["of"]
        if system in one["systems"] and item in rater.said
    ]
