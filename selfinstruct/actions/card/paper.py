"""The paper of a recipe, read from the BibTeX entry that stands beside its YAML."""

import re
from dataclasses import dataclass

ENTRY = re.compile(r"@\w+\s*\{\s*[^\s,{}]+\s*,.*?(?=^@|\Z)", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"(\w+)\s*=\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|\"([^\"]*)\"|(\d+))")
OURS = re.compile(r"^\s*(?:shorttitle|experiment)\s*=.*\n", re.MULTILINE)
"""Fields that are not part of a citation."""


@dataclass(frozen=True)
class Paper:
    """A paper as it is cited."""

    entry: str
    """Its BibTeX entry."""

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
        fields = {key: "".join(values) for key, *values in FIELD.findall(self.entry)}
        return fields.get(name, "").strip("{}")


def paper_in(text: str) -> Paper | None:
    """Return the first entry of a BibTeX file; None without one."""
    entry = ENTRY.search(text)
    return Paper(entry[0].strip()) if entry else None
