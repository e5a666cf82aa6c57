"""How to cite a dataset: CITATION.cff, and BibTeX of the dataset, of this software and of the method's paper.

What only the author knows, such as their name, is left out or said to be missing; it is never made up.
"""

from typing import Any

import yaml  # type: ignore[import-untyped]

from selfinstruct.actions.card.facts import OURS, Facts, Paper
from selfinstruct.storage.provenance import NOT_STATED

SOFTWARE_TITLE = "selfinstruct: grow instruction-tuning datasets with language models, as experiments declared in YAML"
SOFTWARE_AUTHOR = "The selfinstruct contributors"


def bibtex(facts: Facts) -> str:
    """Return the entries of the dataset, the software, and the method's paper where it is known."""
    note = f"Made with selfinstruct from {facts.tasks['seeds']} seed tasks; written by {', '.join(facts.models)}"
    version = f"Version {facts.version}, commit {facts.software['git'].get('commit') or 'unknown'}"
    dataset = entry("dataset", f"{{{facts.title}}}", " and ".join(facts.stated.authors), note)
    software = entry("selfinstruct-software", f"{{{SOFTWARE_TITLE}}}", f"{{{SOFTWARE_AUTHOR}}}", version)
    paper = f"{OURS.sub('', facts.paper.entry)}\n" if facts.paper else ""
    return "\n".join(filter(None, [dataset, software, paper]))


def entry(key: str, title: str, author: str, note: str) -> str:
    """Return an entry of BibTeX, without an author where none is stated."""
    author = f"  author = {{{author}}},\n" if author else ""
    return f"@misc{{{key},\n  title = {{{title}}},\n{author}  note = {{{note}}},\n}}\n"


def cff(facts: Facts) -> str:
    """Return CITATION.cff 1.2.0 of the dataset."""
    software = {
        "type": "software",
        "title": SOFTWARE_TITLE,
        "version": facts.version,
        "authors": [{"name": SOFTWARE_AUTHOR}],
    }
    values = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it, the software and the paper of its method.",
        "type": "dataset",
        "title": facts.title,
        "authors": [{"name": author} for author in facts.stated.authors or [NOT_STATED]],
        "license": facts.stated.license,
        "references": [software, *([reference(facts.paper)] if facts.paper else [])],
    }
    known = {key: value for key, value in values.items() if value is not None}
    return str(yaml.safe_dump(known, sort_keys=False, allow_unicode=True))


def reference(paper: Paper) -> dict[str, Any]:
    """Return a paper as a reference of CITATION.cff."""
    return {
        "type": "conference-paper" if paper.entry.startswith("@inproceedings") else "generic",
        "title": paper["title"],
        "authors": [{"family-names": family, "given-names": given} for family, given in paper.authors],
        **{name: paper[name] for name in ("doi", "url") if paper[name]},
        **({"year": int(paper["year"])} if paper["year"].isdigit() else {}),
    }
