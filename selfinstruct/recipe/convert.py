"""Convert annotated data into tasks: one row, one task, and no model is asked.

Rejected: a source of seeds, since seeds are all in memory and pass no filter; a sampler of rows with a model that gives
them back, since a dataset would then seem to be some model's work.

A round is so many rows of the source, in its order.  Every row is kept or rejected with its reason, so that the number
of rows read is the sum of `candidates` in `rounds.jsonl`, and a resumed run skips so many.  Each round also holds the
hash of the source, by which one that has changed is noticed.

Which rows of a task are within its cap is drawn by hash, which takes one more reading and as much memory as the cap;
`unique` takes some 100 bytes for each row of one task.  Of all rows together nothing is held.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from heapq import nsmallest
from itertools import islice
from typing import Annotated, NamedTuple

from pydantic import Field, field_validator

from selfinstruct.errors import DataError, RunFolderError, first_few
from selfinstruct.filters import Filter
from selfinstruct.part import part
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.phrasing import LARGEST, Answer, Phrasing, Several, Wording, draw
from selfinstruct.recipe.round_builder import RoundBuilder, judge
from selfinstruct.round import Candidate, End, Ending, Rejection, Round
from selfinstruct.source import Mistake, Row, Source
from selfinstruct.task import Task

READ = Ending(End.READ, "every row is read")
MOST_SHOWN = 5
"""Mistakes of a file that are shown: one of another kind has a mistake on each of its lines."""


@part
class Convert:
    """Turns annotated rows into tasks."""

    source: Source
    """Where the rows come from."""
    answer: Answer
    """What is right."""
    phrasings: Annotated[dict[str, Phrasing | None], Field(min_length=1)]
    """Ways to put a row into words, by name; one is drawn for each row, and null turns one off."""
    several_answers: Several
    """What becomes of a row with several right answers: it is rejected, its first is taken, or one is drawn."""
    most_per_task: Annotated[int, Field(ge=1)] | None
    """Rows of one task that are used at most, drawn by hash; null for all."""
    unique: bool
    """Whether a row that says the same as an earlier one of its task is rejected."""
    merged_share: Annotated[float, Field(ge=0, le=1)]
    """The share of rows whose input stands within the instruction, below it, and not apart."""
    rows_per_round: Annotated[int, Field(ge=1)]
    """Rows in a round; so many are in memory, twice."""
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""

    @field_validator("phrasings")
    @classmethod
    def _some(cls, phrasings: dict[str, Phrasing | None]) -> dict[str, Phrasing | None]:
        if not any(phrasings.values()):
            raise ValueError("must have at least one phrasing that is not null")
        return phrasings

    @property
    def target(self) -> int | None:
        """Return None: how many rows the source holds is not known before it is read."""
        return None

    @property
    def columns(self) -> set[str]:
        """Return the columns that a row must have."""
        return {self.answer.column}.union(*(phrasing.columns for phrasing in self.phrasings.values() if phrasing))

    def problems(self) -> list[str]:
        """Return what is wrong in the source, found by reading all of it: the first mistakes of each file."""
        problems: list[str] = []
        try:
            tasks = self.source.tasks()
            for task in tasks:
                problems += first_few(list(self._mistakes(task)), MOST_SHOWN, task)
            if not problems and not any(True for task in tasks for _ in self.source.rows(task)):
                problems.append("recipe: its source holds no rows to convert.")
        except DataError as error:
            return error.problems
        return problems

    def _mistakes(self, task: str) -> Iterator[str]:
        """Yield what is wrong in a file; a column that is missing once, with the first row that lacks it."""
        lacking: Counter[str] = Counter()
        first: dict[str, Row] = {}
        columns = self.columns
        try:
            for row in self.source.rows(task):
                if isinstance(row, Mistake):
                    yield f"{row.place}: {row.text}."
                    continue
                for column in columns - row.values.keys():
                    lacking[column] += 1
                    first.setdefault(column, row)
        except DataError as error:
            yield from error.problems
        for column, row in sorted(first.items()):
            rows = f" in {lacking[column]:,} rows" if lacking[column] > 1 else ""
            yield f"{row.name}: column {column!r} is missing{rows}; there are: {', '.join(map(str, row.values))}."

    def rounds(self, context: StageContext) -> Iterator[Round]:
        """Yield rounds until every row is read."""
        if context.logged_rounds and "ended" in context.logged_rounds[-1]:
            return iter(())
        return Converting(self, context).rounds()


class Numbered(NamedTuple):
    """A row with its number in the source, and why it is rejected before it is put into words."""

    number: int
    row: Row
    rejection: Rejection | None


class Converting:
    """A conversion that is under way."""

    def __init__(self, stage: Convert, context: StageContext) -> None:
        self.stage, self.context, self.name = stage, context, context.name
        self.wording = Wording(
            answer=stage.answer,
            phrasings={name: phrasing for name, phrasing in stage.phrasings.items() if phrasing is not None},
            several_answers=stage.several_answers,
            merged_share=stage.merged_share,
            draw=self._draw,
        )
        self.columns = sorted(stage.columns)
        self.digest = stage.source.digest()

    def rounds(self) -> Iterator[Round]:
        """Yield a round for every so many rows; raises RunFolderError for a source that is not what it was."""
        past = self.context.logged_rounds
        if past and past[-1].get("source") != self.digest:
            raise RunFolderError(
                f"recipe.{self.name}.source is not what it was when this run started: its files have changed. Restore "
                "them, or start a new run."
            )
        rows = self._rows()
        size = self.stage.rows_per_round
        done = sum(row["candidates"] for row in past)
        batch, number = list(islice(rows, done, done + size)), len(past) + 1
        while batch:
            later = list(islice(rows, size))
            yield self._round(batch, number, None if later else READ)
            batch, number = later, number + 1

    def _rows(self) -> Iterator[Numbered]:
        """Yield every row of the source, numbered, with what the rows of its task say about it."""
        number = 0
        for task in self.stage.source.tasks():
            border, seen = self._border(task), set[int]()
            for row in self._sound(task):
                number += 1
                yield Numbered(number, row, self._beyond(row, border) or self._repeated(row, seen))

    def _sound(self, task: str) -> Iterator[Row]:
        for row in self.stage.source.rows(task):
            if isinstance(row, Mistake):
                raise DataError([f"{row.place}: {row.text}."])
            yield row

    def _draw(self, row: Row, what: str) -> int:
        return draw(self.context.random_seed, self.name, row.name, what)

    def _border(self, task: str) -> int:
        """Return the highest draw that is within the cap of a task."""
        if (most := self.stage.most_per_task) is None:
            return LARGEST
        lowest = nsmallest(most + 1, (self._draw(row, "cap") for row in self._sound(task)))
        return LARGEST if len(lowest) <= most else lowest[most - 1]

    def _beyond(self, row: Row, border: int) -> Rejection | None:
        if border == LARGEST or self._draw(row, "cap") <= border:
            return None
        return Rejection("cap", f"not drawn: {self.stage.most_per_task:,} rows of {row.task} are used", task=row.name)

    def _repeated(self, row: Row, seen: set[int]) -> Rejection | None:
        """Return why a row is not the first of its task that says this; called for every row, in order."""
        if not self.stage.unique:
            return None
        said = [str(row.values.get(column)) for column in self.columns]
        key = draw(0, "", "\0".join(said), "unique")
        if key in seen:
            return Rejection("duplicate", "an earlier row of its task says the same", task=row.name)
        seen.add(key)
        return None

    def _round(self, batch: list[Numbered], number: int, ending: Ending | None) -> Round:
        builder = RoundBuilder(self.name, number, source=self.digest)
        pool = self.context.pool
        for place, (row_number, row, known) in enumerate(batch, 1):
            request = f"{self.name}/{number}/{place}"
            made = known or self.wording.of(row)
            if isinstance(made, Candidate):
                builder.parsed += 1
                made = judge(made, self.stage.filters, pool) or made
            if isinstance(made, Rejection):
                builder.rejections.append(replace(made, task=row.name, request=request))
                continue
            task = self._task(made, row, f"{self.name}_{row_number}", number, request)
            pool.add(task)
            builder.keep(task)
            builder.kept += 1
        return builder.done(pool, ending=ending)

    def _task(self, made: Candidate, row: Row, id: str, number: int, request: str) -> Task:
        return Task(
            id=id,
            origin=self.name,
            instruction=made.instruction,
            is_classification=made.is_classification,
            instances=made.instances,
            round=number,
            request=request,
            attributes={"row": row.name},
        )
