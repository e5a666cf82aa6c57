"""The rounds of a recorded run, made again one by one.

Two pools grow side by side: that of the recorded run, which says what each prompt showed, and the new one, which the
filters see.  A task of one is the task of the other that was read from the same words of the same reply.

A run that was started with one `until` and resumed with a larger one has a round in the middle that rejected what was
surplus then.  As long as everything is as it was, the same is surplus again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from selfinstruct.budget import UNLIMITED, BudgetTracker
from selfinstruct.errors import RunFolderError
from selfinstruct.model import ModelClient
from selfinstruct.pool import Pool
from selfinstruct.recipe import NullModel, Stage, StageContext
from selfinstruct.recipe.annotate import Annotate, Annotating
from selfinstruct.recipe.grow import Grow, Growing
from selfinstruct.recipe.outcome import subject
from selfinstruct.recipe.round_builder import RoundBuilder
from selfinstruct.recipe.sampling import ContinuousSampling
from selfinstruct.request import Completion, Failure
from selfinstruct.round import MODEL, Candidate, End, Ending, Round, Sample
from selfinstruct.storage.reader import Asked, RunReader
from selfinstruct.task import Task

RECORDED = Ending(End.RECORDED, "all recorded replies have been used")


def answer(asked: Asked, round_: Round) -> Completion:
    """Return the reply to a request, or why it has none."""
    if asked.reply is not None:
        return asked.reply.completion
    refused = [item for item in round_.rejections if item.request == asked.id and item.filter == MODEL]
    return Completion(failure=Failure("refused", refused[0].reason if refused else "there is no stored reply"))


class Regrowing(Growing):
    """A stage that grows, out of stored replies."""

    def repeat(
        self, asked: Sequence[Asked], recorded: Round, chat: bool, until: int
    ) -> tuple[RoundBuilder, Ending | None]:
        """Return what a round becomes when at most `until` tasks are kept, and whether the stage then ends."""
        builder = RoundBuilder(self.name, recorded.number, self.context.model.name, asked=len(asked))
        whole, read = self.stage, builder.read
        self.stage = replace(whole, until=until)
        self.take(
            builder,
            ((one.sample, one.id, read(whole.prompt, answer(one, recorded), one.sample, chat)) for one in asked),
        )
        ending = self.stage.drawing(self.context, self.progress).ending(0)
        self.stage = whole
        return builder, ending

    def would_show(self, number: int, count: int) -> list[list[str]]:
        """Return the instructions that the prompts of a round would show, had the run kept what is kept now."""
        assert isinstance(self.drawing, ContinuousSampling)
        return [[self.pool[parent].instruction for parent in one.parents] for one in self.drawing.draw(number)[:count]]

    @property
    def has_ended(self) -> bool:
        """Return whether it needs no further round."""
        return self.progress.rounds > 0 and self.drawing.ending(0) is not None


class Reannotating(Annotating):
    """A stage that annotates, out of stored replies."""

    def __init__(self, stage: Annotate, context: StageContext) -> None:
        super().__init__(stage, context)
        self.without: set[str] = set()
        """Tasks of which no stored reply passes, and of which a run would have asked again."""

    def repeat(
        self, asked: Sequence[Asked], recorded: Round, chat: bool, ids: Mapping[str, str]
    ) -> tuple[RoundBuilder, None]:
        """Return what a round becomes; `ids` are recorded tasks with their names in the new pool."""
        builder = RoundBuilder(self.context.name, recorded.number, self.context.model.name)
        lacking = {subject(sample).id: sample for sample in self.lacking(1)}
        tried, kept, final = dict[str, Sample](), set[str](), set[str]()
        for one in asked:
            known = ids.get(one.sample.task.id) if one.sample.task is not None else None
            if known not in lacking or (known in kept and not self.stage.answers):
                continue
            sample = tried[known] = lacking[known]
            builder.asked += 1
            found = builder.read(self.stage.prompt, answer(one, recorded), sample, chat)
            if self.answer(found, sample, one.id, builder):
                kept.add(known)
            elif not self.stage.retry_on_filter and any(isinstance(piece, Candidate) for piece in found):
                final.add(known)
        failed = {ids[task.id] for task in recorded.tasks if recorded.stage in task.failed_stages and task.id in ids}
        failed |= final
        left = [known for known in tried if known not in kept]
        self.give_up([tried[known] for known in left if known in failed], builder)
        self.without.update(known for known in left if known not in failed)
        self.apply(builder)
        order = [ids[task.id] for task in recorded.tasks if task.id in ids]
        builder.tasks = {known: builder.tasks[known] for known in order if known in builder.tasks}
        return builder, None

    def lacking_tasks(self) -> list[str]:
        """Return the tasks that lack what the stage fills."""
        return [subject(sample).id for sample in self.lacking(1)]


class Rerun:
    """Makes the rounds of a recorded run again, by a recipe, into a pool that holds the seeds."""

    def __init__(
        self,
        record: RunReader,
        recipe: Mapping[str, Stage],
        random_seed: int,
        pool: Pool,
        embedders: Mapping[str, Mapping[str, ModelClient]],
    ) -> None:
        self.record = record
        self.old = Pool(record.seeds)
        self.new = pool
        self.ids: dict[str, str] = {task.id: task.id for task in record.seeds}
        """Tasks of the recorded run that are kept again, with their new ids."""
        self.is_same = True
        """Whether every round so far is as it was."""
        self.first_other: dict[str, int] = {}
        """For each stage the first round that would have shown other tasks."""
        self.stages: dict[str, Regrowing | Reannotating] = {}
        self._empty: dict[str, list[Round]] = {}
        self._last = {round_.stage: place for place, round_ in enumerate(record.rounds)}
        for name, stage in recipe.items():
            context = StageContext(
                name=name,
                pool=pool,
                model=NullModel(author(record, name)),
                budget=BudgetTracker(UNLIMITED),
                random_seed=random_seed,
                logged_rounds=(),
                embedders=embedders[name],
            )
            if isinstance(stage, Grow):
                self.stages[name] = Regrowing(stage, context)
            elif isinstance(stage, Annotate):
                self.stages[name] = Reannotating(stage, context)

    def rounds(self) -> Iterator[Round]:
        """Yield every round, made again, without those at a stage's end for which nothing is left."""
        for place, recorded in enumerate(self.record.rounds):
            again = self._again(recorded)
            for task in recorded.tasks:
                (self.old.put if task.id in self.old else self.old.add)(task)
            self.is_same = self.is_same and again is not None and rows(again[0]) == rows(recorded)
            if again is None:
                continue
            builder, ending = again
            if self.is_same:
                ending = Ending(recorded.end, recorded.ended or "") if recorded.end is not None else None
            elif place == self._last[recorded.stage]:
                ending = ending or RECORDED
            metrics = self.stages[recorded.stage].stage.metrics
            yield from self._without_empty_end(builder.done(self.new, metrics, ending))

    def _again(self, recorded: Round) -> tuple[RoundBuilder, Ending | None] | None:
        stage = self.stages.get(recorded.stage)
        if stage is None:
            raise RunFolderError(f"{self.record.folder}: its stage '{recorded.stage}' is not in the recipe.")
        asked = self.record.asked(recorded, self.old, stage.stage.prompt)
        chat = self.record.chat(recorded.stage)
        if isinstance(stage, Regrowing):
            return self._grow(stage, recorded, asked, chat)
        return stage.repeat(asked, recorded, chat, self.ids)

    def _without_empty_end(self, made: Round) -> Iterator[Round]:
        """Hold back rounds in which nothing was asked, until one comes in which something was."""
        held = self._empty.setdefault(made.stage, [])
        held.append(made)
        if made.asked:
            yield from held
            held.clear()

    def _grow(
        self, stage: Regrowing, recorded: Round, asked: Sequence[Asked], chat: bool
    ) -> tuple[RoundBuilder, Ending | None] | None:
        limit = stage.stage.until
        assert limit is not None  # refilter refuses a recipe of generations
        if stage.progress.kept[-1] >= limit or (stage.has_ended and not self.is_same):
            return None
        name, number = recorded.stage, recorded.number
        if self.is_same and recorded.end is End.TARGET:
            limit = min(limit, self.record.kept(name)[number])
        if not self.is_same and name not in self.first_other:
            shown = [[self.old[parent].instruction for parent in one.sample.parents] for one in asked]
            if shown != stage.would_show(number, recorded.asked):
                self.first_other[name] = number
        builder, ending = stage.repeat(asked, recorded, chat, limit)
        self.ids |= matched(recorded.tasks, builder.tasks.values())
        return builder, ending


def author(record: RunReader, stage: str) -> str:
    """Return who wrote the replies of a stage, by the tasks' own record."""
    names = (task.models[stage] for round_ in record.of(stage) for task in round_.tasks if stage in task.models)
    return next(names, "not known")


def rows(made: Round | RoundBuilder) -> list[dict[str, Any]]:
    """Return all that a round has made, to be compared with another's."""
    tasks = made.tasks.values() if isinstance(made, RoundBuilder) else made.tasks
    return [task.row() for task in tasks] + [item.row(made.stage, made.number) for item in made.rejections]


def matched(old: Iterable[Task], new: Iterable[Task]) -> dict[str, str]:
    """Return which old task is which new one: that of the same words in the same reply."""
    names = dict(numbered(new))
    return {known: names[key] for key, known in numbered(old) if key in names}


def numbered(tasks: Iterable[Task]) -> Iterator[tuple[tuple[str, str, int], str]]:
    """Yield each task's id under what distinguishes it from the others of a round."""
    counts: Counter[tuple[str, str]] = Counter()
    for task in tasks:
        key = (task.request, task.instruction)
        counts[key] += 1
        yield (*key, counts[key]), task.id
