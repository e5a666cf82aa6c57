"""A LaTeX table of every hyperparameter that differs from the paper's.

The paper's values are those of the experiment that the entry of the paper names.  The table needs no package.
"""

import json
from collections.abc import Mapping
from typing import Any

from selfinstruct.actions.card.facts import Facts, hyperparameters
from selfinstruct.text.escaping import latex, latex_table

ABSENT = "--"
LONGEST = 60
"""Characters of a value that are shown."""


def table(facts: Facts, paper: Mapping[str, Any]) -> str:
    """Return the table; a comment where there are no values of a paper to compare with."""
    if not paper:
        return f"% There is no experiment with the values of a paper for the recipe {facts.recipe}.\n"
    before, now = hyperparameters(paper), hyperparameters(facts.resolved)
    rows = [
        [latex(key.removeprefix("recipe.")), shown(before.get(key, ABSENT)), shown(now.get(key, ABSENT))]
        for key in {**before, **now}
        if before.get(key) != now.get(key)
    ]
    title = f"% {facts.title}: hyperparameters that differ from the paper's\n"
    return title + latex_table([["hyperparameter", "paper", "here"], *(rows or [["none differs", "", ""]])])


def shown(value: Any) -> str:
    """Return a value as LaTeX text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return latex(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")
