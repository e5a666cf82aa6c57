"""Which tasks were used as examples, and what came of it, as Markdown."""

from collections.abc import Iterable

from selfinstruct.pages.descent import DEFINITIONS, Descent, Made
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task
from selfinstruct.text.command import pasted
from selfinstruct.text.escaping import markdown_table

MOST = 20


def descent(pool: Iterable[Task]) -> Descent:
    """Return the tasks of a pool by what they descend from."""
    return Descent(Made(task.id, task.parents, task.request) for task in pool)


def lineage(record: RunReader) -> list[str]:
    """Return which tasks were used as examples most, and what came of them."""
    pool, of = record.pool, descent(record.pool)
    made = sum(not task.is_human for task in pool)
    rows = [["task", "uses", "children", "children per use", "descendants", "share"]]
    used = of.uses().most_common(MOST)
    for (name, count), below in zip(used, of.descendant_counts([name for name, _ in used]), strict=True):
        own = len(of.children[name])
        figures = (f"{count:,}", f"{own:,}", f"{own / count:.2f}", f"{below:,}", f"{below / made:.1%}")
        rows.append([pasted(name), *figures])
    about = f"{made:,} tasks made from {len(record.seeds):,} seeds, in {len(record.rows):,} rounds."
    definitions = (f"- {text}" for text in DEFINITIONS)
    return ["# Lineage", "", about, "", *definitions, "", "## Tasks used as examples most", "", markdown_table(rows)]
