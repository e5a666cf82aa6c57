"""Check a finished dataset for what overlaps with benchmarks, without generating anything.

`contamination.jsonl` gets a line for each row that does, with the item and the words.  Checked are the tasks that the
run has made, with each of their instances, or else those of another run, or the rows of any file.  A check of the run
itself also stands among the scores in its summary, and so in its report.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.comparison.figures import CONTAMINATION, OVERLAP
from selfinstruct.actions.comparison.tables import Table, text
from selfinstruct.errors import DataError, RunFolderError, first_few
from selfinstruct.filters.benchmark_index import Hit, Texts
from selfinstruct.filters.contamination import Contamination
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.source import Mistake
from selfinstruct.source.parquet import Parquet
from selfinstruct.storage.folder import replacing
from selfinstruct.storage.journal import line
from selfinstruct.storage.reader import RunReader, no_run
from selfinstruct.trainer.rows import MOST_SHOWN, PAIR, example, pair, rows_in

if TYPE_CHECKING:
    from selfinstruct.run import Run

FILE = "contamination.jsonl"
HEADERS = ("benchmark", "items", "rows that overlap", "by words in a row", "by ROUGE-L")


@part
class Check:
    """Checks a dataset for what overlaps with benchmarks."""

    dataset: Path | None
    """A run folder, or a file of rows (JSONL, JSON or Parquet) in any shape that a trainer reads; null for this run."""
    contamination: Contamination
    """The benchmarks and the threshold."""

    asks: ClassVar[bool] = False

    @property
    def is_apart(self) -> bool:
        """Return whether it checks something else than its run."""
        return self.dataset is not None

    def problems(self, run: "Run") -> list[str]:
        """Report a folder without a run, a file that is missing or holds bad rows, and bad benchmarks."""
        lacking = no_run(run, self) if self.dataset is None else mistakes_in(self.dataset)
        return [*lacking, *self.contamination.problems()]

    def __call__(self, run: "Run") -> None:
        """Write the hits and print how many there are."""
        rows, hits, path = 0, list[Hit](), run.start.folder / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            for name, texts in tasks_of(run.pool) if self.dataset is None else texts_in(self.dataset):
                rows += 1
                if hit := self.contamination.hit(texts):
                    hits.append(hit)
                    found = {"row": name, **hit.row(), "instruction": texts.questions[0]}
                    file.write(line(found).encode())
        if self.dataset is None:
            run.scores[CONTAMINATION] = {OVERLAP: round(len(hits) / max(1, rows), 6)}
        run.remarks.append(text(table(rows, self.contamination.index.items, hits)) + f"\n{os.path.relpath(path)}")


def table(rows: int, items: Mapping[str, int], hits: list[Hit]) -> Table:
    """Return how many rows overlap with each benchmark; a row counts for the first one found."""
    by = Counter((hit.benchmark, hit.rouge_l is None) for hit in hits)
    lines = [
        (name, count, by[name, True] + by[name, False], by[name, True], by[name, False])
        for name, count in items.items()
    ]
    title = f"{len(hits):,} of {rows:,} rows overlap with a benchmark"
    return Table(title, HEADERS, [[name, *(f"{count:,}" for count in counts)] for name, *counts in lines])


def mistakes_in(path: Path) -> list[str]:
    """Return what keeps the rows of a run folder or a file from being checked."""
    if not path.exists():
        return [f"check.dataset={path} does not exist."]
    try:
        is_empty = not sum(1 for _ in texts_in(path))  # all of them, for the last may be bad
    except DataError as error:
        return error.problems
    except RunFolderError as error:
        return [str(error)]
    return [f"check.dataset={path} has no rows to check."] if is_empty else []


def texts_in(path: Path) -> Iterator[tuple[str, Texts]]:
    """Yield the rows of a run folder or a file, with their names; raises DataError with those that cannot be read."""
    if path.is_dir():
        yield from tasks_of(RunReader(path).pool)
        return
    mistakes: list[str] = []
    for place, row in rows_of(path):
        try:
            if isinstance(row, str):
                raise ValueError(row)
            yield from texts_of(row, place)
        except ValueError as error:
            mistakes.append(f"{place}: {error}.")
    if mistakes:
        raise DataError(first_few(mistakes, MOST_SHOWN, path))


def tasks_of(pool: Pool) -> Iterator[tuple[str, Texts]]:
    """Yield the tasks that a run has made, once for each of their instances."""
    for task in (task for task in pool if not task.is_human):
        for number, instance in enumerate(task.instances or ()):
            yield f"{task.id}-{number}", Texts((task.instruction, instance.input), (instance.output,))
        if not task.instances:
            yield task.id, Texts((task.instruction,))


def rows_of(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    """Yield the rows of a file with their places, and a mistake in the place of a row that cannot be read."""
    if path.suffix.lower() == ".parquet":
        source = Parquet(path=path, rows_at_once=1000)
        for row in (row for task in source.tasks() for row in source.rows(task)):
            yield (row.place, row.text) if isinstance(row, Mistake) else (row.name, row.values)
    elif path.suffix.lower() == ".json":
        for found in lines_or_items(path):
            yield found.place, found.mistakes[0] if found.mistakes else found.row
    else:
        yield from ((f"{path.name}:{number}", row) for number, row in rows_in(path))


def texts_of(row: Mapping[str, Any], place: str) -> Iterator[tuple[str, Texts]]:
    """Yield a row, once for each of its instances where it has several; raises ValueError for one of no known shape."""
    if isinstance(row.get("instruction"), str):
        pairs = row["instances"] if isinstance(row.get("instances"), list) else [row]
        for one in pairs:
            given, answer = one.get("input") or "", one.get("output") or ""
            yield place, Texts((row["instruction"], str(given)), (str(answer),))
        return
    found = (pair if PAIR[1] in row else example)(row, place, "chat")
    assert not isinstance(found.prompt, str)
    asked = tuple(turn["content"] for turn in found.prompt if turn["role"] == "user")
    told = tuple(turn["content"] for turn in found.prompt if turn["role"] == "assistant")
    yield place, Texts(asked, (*told, *(side.completion for side in found.sides)))
