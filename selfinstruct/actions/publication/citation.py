"""How to cite a dataset: CITATION.cff, and BibTeX of the method's paper, of this software and of the dataset.

Facts that nobody told, such as the authors of a dataset, are said to be missing and never made up.  Papers are quoted
as their publishers list them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from selfinstruct.actions.publication.facts import NOT_STATED, Facts

SOFTWARE_TITLE = "selfinstruct: grow instruction-tuning datasets with language models, as experiments declared in YAML"
SOFTWARE_AUTHOR = "The selfinstruct contributors"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper, as it is cited."""

    key: str
    kind: str
    """BibTeX's."""
    title: str
    authors: tuple[tuple[str, str], ...]
    """Family names and given names."""
    year: int
    more: Mapping[str, str] = field(default_factory=dict)
    """Further fields of BibTeX."""
    url: str


SELF_INSTRUCT = Paper(
    key="wang-etal-2023-self-instruct",
    kind="inproceedings",
    title="Self-Instruct: Aligning Language Models with Self-Generated Instructions",
    authors=(
        *(("Wang", "Yizhong"), ("Kordi", "Yeganeh"), ("Mishra", "Swaroop"), ("Liu", "Alisa"), ("Smith", "Noah A.")),
        *(("Khashabi", "Daniel"), ("Hajishirzi", "Hannaneh")),
    ),
    year=2023,
    more={
        "booktitle": "Proceedings of the 61st Annual Meeting of the Association for Computational Linguistics"
        " (Volume 1: Long Papers)",
        "publisher": "Association for Computational Linguistics",
        "pages": "13484--13508",
        "doi": "10.18653/v1/2023.acl-long.754",
    },
    url="https://aclanthology.org/2023.acl-long.754",
)
ALPACA = Paper(
    key="alpaca",
    kind="misc",
    title="Stanford Alpaca: An Instruction-following LLaMA model",
    authors=(
        *(("Taori", "Rohan"), ("Gulrajani", "Ishaan"), ("Zhang", "Tianyi"), ("Dubois", "Yann"), ("Li", "Xuechen")),
        *(("Guestrin", "Carlos"), ("Liang", "Percy"), ("Hashimoto", "Tatsunori B.")),
    ),
    year=2023,
    more={"publisher": "GitHub", "journal": "GitHub repository"},
    url="https://github.com/tatsu-lab/stanford_alpaca",
)
INSTRUCTION_INDUCTION = Paper(
    key="honovich-etal-2023-instruction",
    kind="inproceedings",
    title="Instruction Induction: From Few Examples to Natural Language Task Descriptions",
    authors=(("Honovich", "Or"), ("Shaham", "Uri"), ("Bowman", "Samuel R."), ("Levy", "Omer")),
    year=2023,
    more={
        "booktitle": "Proceedings of the 61st Annual Meeting of the Association for Computational Linguistics"
        " (Volume 1: Long Papers)",
        "publisher": "Association for Computational Linguistics",
        "pages": "1935--1952",
        "doi": "10.18653/v1/2023.acl-long.108",
    },
    url="https://aclanthology.org/2023.acl-long.108",
)
WIZARDLM = Paper(
    key="xu-etal-2024-wizardlm",
    kind="inproceedings",
    title="WizardLM: Empowering Large Pre-Trained Language Models to Follow Complex Instructions",
    authors=(
        *(("Xu", "Can"), ("Sun", "Qingfeng"), ("Zheng", "Kai"), ("Geng", "Xiubo"), ("Zhao", "Pu")),
        *(("Feng", "Jiazhan"), ("Tao", "Chongyang"), ("Lin", "Qingwei"), ("Jiang", "Daxin")),
    ),
    year=2024,
    more={"booktitle": "The Twelfth International Conference on Learning Representations"},
    url="https://openreview.net/forum?id=CfXh93NDgH",
)
PAPERS = {
    "self_instruct": SELF_INSTRUCT,
    "alpaca": ALPACA,
    "evol_instruct": WIZARDLM,
    "instruction_induction": INSTRUCTION_INDUCTION,
}
"""Recipe to the paper that describes it; a recipe that is not here is cited by the software alone."""


def bibtex(facts: Facts) -> str:
    """The dataset, the software, and the method's paper where it is known."""
    version = facts.software["versions"].get("selfinstruct")
    commit = facts.software["git"].get("commit")
    note = f"Made with selfinstruct from {facts.tasks['seeds']} seed tasks; written by {', '.join(facts.models)}"
    entries = [
        entry("misc", "dataset", {"title": facts.title, "author": " and ".join(facts.told.authors), "note": note}),
        entry(
            "misc",
            "selfinstruct-software",
            {
                "title": SOFTWARE_TITLE,
                "author": f"{{{SOFTWARE_AUTHOR}}}",
                "note": f"Version {version}" + (f", commit {commit}" if commit else ""),
            },
        ),
    ]
    if paper := PAPERS.get(facts.recipe):
        names = " and ".join(f"{family}, {given}" for family, given in paper.authors)
        values = {"title": paper.title, "author": names, **paper.more, "year": str(paper.year), "url": paper.url}
        entries.append(entry(paper.kind, paper.key, values))
    return "\n".join(entries)


def entry(kind: str, key: str, values: Mapping[str, str]) -> str:
    """An entry of BibTeX, without the fields that are empty; the title keeps its capitals."""
    lines = [
        f"  {name} = {{{{{value}}}}}," if name == "title" else f"  {name} = {{{value}}},"
        for name, value in values.items()
        if value
    ]
    return f"@{kind}{{{key},\n" + "\n".join(lines) + "\n}\n"


def cff(facts: Facts) -> str:
    """CITATION.cff 1.2.0 of the dataset; strings are written as JSON, which YAML holds."""
    authors = facts.told.authors or [NOT_STATED]
    lines = [
        "cff-version: 1.2.0",
        'message: "If you use this dataset, please cite it, the software and the paper of its method."',
        "type: dataset",
        f"title: {quoted(facts.title)}",
        "authors:",
        *(f"- name: {quoted(author)}" for author in authors),
        *([f"license: {quoted(facts.told.licence)}"] if facts.told.licence else []),
        "references:",
        "- type: software",
        f"  title: {quoted(SOFTWARE_TITLE)}",
        f"  version: {quoted(str(facts.software['versions'].get('selfinstruct')))}",
        f"  authors:\n  - name: {quoted(SOFTWARE_AUTHOR)}",
        *paper_lines(PAPERS.get(facts.recipe)),
    ]
    return "\n".join(lines) + "\n"


def paper_lines(paper: Paper | None) -> list[str]:
    """A paper as a reference of CITATION.cff."""
    if paper is None:
        return []
    return [
        f"- type: {'conference-paper' if paper.kind == 'inproceedings' else 'generic'}",
        f"  title: {quoted(paper.title)}",
        "  authors:",
        *(f"  - family-names: {quoted(family)}\n    given-names: {quoted(given)}" for family, given in paper.authors),
        f"  year: {paper.year}",
        *([f"  doi: {paper.more['doi']}"] if "doi" in paper.more else []),
        f"  url: {quoted(paper.url)}",
    ]


def quoted(text: str) -> str:
    """A text as YAML."""
    return json.dumps(text, ensure_ascii=False)
