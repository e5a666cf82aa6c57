"""How to cite a dataset: CITATION.cff, and BibTeX of the dataset, of this software and of the method's paper.

What only the author knows, such as their name, is left out or said to be missing; it is never made up.
"""

from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped]

from selfinstruct.actions.card.bibliography import Paper
from selfinstruct.actions.card.facts import NOT_STATED, Facts

SOFTWARE_TITLE = "selfinstruct: grow instruction-tuning datasets with language models, as experiments declared in YAML"
SOFTWARE_AUTHOR = "The selfinstruct contributors"


def bibtex(facts: Facts) -> str:
    """Return the entries of the dataset, the software, and the method's paper where it is known."""
    commit = facts.software["git"].get("commit")
    version = f"Version {facts.version}" + (f", commit {commit}" if commit else "")
    note = f"Made with selfinstruct from {facts.tasks['seeds']} seed tasks; written by {', '.join(facts.models)}"
    dataset = {"title": f"{{{facts.title}}}", "author": " and ".join(facts.stated.authors), "note": note}
    software = {"title": f"{{{SOFTWARE_TITLE}}}", "author": f"{{{SOFTWARE_AUTHOR}}}", "note": version}
    entries = [entry("misc", "dataset", dataset), entry("misc", "selfinstruct-software", software)]
    if facts.paper:
        entries.append(entry(facts.paper.kind, facts.paper.key, facts.paper.cited))
    return "\n".join(entries)


def entry(kind: str, key: str, values: Mapping[str, str]) -> str:
    """Return an entry of BibTeX, without the fields that are empty."""
    lines = [f"  {name} = {{{value}}},\n" for name, value in values.items() if value]
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n"


def cff(facts: Facts) -> str:
    """Return CITATION.cff 1.2.0 of the dataset."""
    software = {
        "type": "software",
        "title": SOFTWARE_TITLE,
        "version": str(facts.version),
        "authors": [{"name": SOFTWARE_AUTHOR}],
    }
    values = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it, the software and the paper of its method.",
        "type": "dataset",
        "title": facts.title,
        "authors": [{"name": author} for author in facts.stated.authors or [NOT_STATED]],
        **({"license": facts.stated.license} if facts.stated.license else {}),
        "references": [software, *([reference(facts.paper)] if facts.paper else [])],
    }
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def reference(paper: Paper) -> dict[str, Any]:
    """Return a paper as a reference of CITATION.cff."""
    return {
        "type": "conference-paper" if paper.kind == "inproceedings" else "generic",
        "title": paper["title"],
        "authors": [{"family-names": family, "given-names": given} for family, given in paper.authors],
        **{name: paper[name] for name in ("doi", "url") if paper[name]},
        **({"year": int(paper["year"])} if paper["year"].isdigit() else {}),
    }
