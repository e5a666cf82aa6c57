"""A LaTeX table of every hyperparameter that differs from the paper's.

The paper's values are those of the experiment that composes them (`experiment=paper`).  The table needs no package.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.actions.publication.facts import Facts, hyperparameters

ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
ABSENT = "--"
LONGEST = 60
"""Characters of a value that are shown."""
UNKNOWN = "% There is no experiment with the values of a paper for the recipe {recipe}.\n"


def table(facts: Facts, paper: Mapping[str, Any] | None) -> str:
    """The table; a comment where the recipe has no paper's values to be compared with."""
    if paper is None:
        return UNKNOWN.format(recipe=facts.recipe)
    rows = [f"{escaped(key)} & {shown(old)} & {shown(new)} \\\\" for key, old, new in differing(facts, paper)]
    return "\n".join(
        [
            f"% {facts.title}: hyperparameters that differ from the paper's",
            r"\begin{tabular}{lll}",
            r"\hline",
            r"hyperparameter & paper & here \\",
            r"\hline",
            *(rows or [r"\multicolumn{3}{l}{none differs} \\"]),
            r"\hline",
            r"\end{tabular}",
            "",
        ]
    )


def differing(facts: Facts, paper: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Every hyperparameter that differs: its key, the paper's value, and that of the run."""
    before, now = hyperparameters(paper), hyperparameters(facts.resolved)
    for key in {**before, **now}:
        if before.get(key) != now.get(key):
            yield key.removeprefix("recipe."), before.get(key, ABSENT), now.get(key, ABSENT)


def shown(value: Any) -> str:
    """A value as LaTeX text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\n", "\\n")
    return escaped(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")


def escaped(text: str) -> str:
    """A text in which LaTeX sees only text."""
    return "".join(ESCAPED.get(character, character) for character in text)
