"""The paper of a recipe, read from the BibTeX entry that stands beside its YAML."""

import re
from dataclasses import dataclass

ENTRY = re.compile(r"@(?P<kind>\w+)\s*\{\s*(?P<key>[^\s,{}]+)\s*,")
FIELD = re.compile(r"(\w+)\s*=\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|\"([^\"]*)\"|(\d+))")
OURS = ("shorttitle", "experiment")
"""Fields that are not part of a citation."""


@dataclass(frozen=True)
class Paper:
    """A paper as it is cited."""

    kind: str
    """The kind of its BibTeX entry."""
    key: str
    fields: dict[str, str]
    """The fields of the entry, without the outer braces."""

    @property
    def cited(self) -> dict[str, str]:
        """The fields of a citation."""
        return {name: value for name, value in self.fields.items() if name not in OURS}

    @property
    def authors(self) -> list[tuple[str, str]]:
        """The family name and the given names of each author."""
        names = [name.partition(",") for name in self["author"].split(" and ") if name]
        return [(family.strip(), given.strip()) for family, _, given in names]

    @property
    def method(self) -> str:
        """How a sentence names the method: its short title, the first author and the year."""
        name = self["shorttitle"] or self["title"].partition(":")[0]
        families = [family for family, _ in self.authors]
        by = f"{families[0]} et al." if len(families) > 2 else " and ".join(families)
        return f"{name} ({by}, {self['year']})"

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "").strip("{}")


def paper_in(text: str) -> Paper | None:
    """Return the first entry of a BibTeX file; None without one."""
    if not (entry := ENTRY.search(text)):
        return None
    found = FIELD.findall(re.split(r"^@", text[entry.end() :], flags=re.MULTILINE)[0])
    return Paper(entry["kind"], entry["key"], {name: "".join(values) for name, *values in found})
