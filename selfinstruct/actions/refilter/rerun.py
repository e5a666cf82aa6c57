"""Rerun: the rounds of a recorded run, made again one by one.

Two pools grow side by side: that of the recorded run, which says what each request showed, and the new one, which the
filters see.  A task of one is the task of the other that was read from the same words of the same reply.

A run that was begun with one `until` and went on with a larger one has left a round in the middle that turned away what
was surplus then.  As long as everything is as it was, the same is surplus again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from selfinstruct.actions.questions import Question, annotated, grown, samples
from selfinstruct.actions.refilter.again import Author, Reannotating, Regrowing, setting
from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.recipe import Stage
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.recipe.grow import Grow
from selfinstruct.round import End, Ending, Round, Sample
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.replies import Replies
from selfinstruct.task import Task

RECORDED = Ending(End.RECORDED, "nothing is left of what was recorded")


class Rerun:
    """Makes the rounds of a record again, by a recipe, into a pool that holds the seeds."""

    def __init__(self, record: RunReader, recipe: Mapping[str, Stage], random_seed: int, pool: Pool) -> None:
        self.record = record
        self.random_seed = random_seed
        self.old = Pool(record.seeds)
        self.new = pool
        self.ids: dict[str, str] = {task.id: task.id for task in record.seeds}
        """Tasks of the recorded run that are kept again, with what they are called now."""
        self.is_same = True
        """Whether every round so far is as it was."""
        self.first_other: dict[str, int] = {}
        """For each stage the first round that would have shown other tasks."""
        self.stages: dict[str, Regrowing | Reannotating] = {}
        self._empty: dict[str, list[Round]] = {}
        self._last = {round_.stage: place for place, round_ in enumerate(record.rounds)}
        for name, stage in recipe.items():
            given = setting(name, pool, author(record, name), random_seed)
            if isinstance(stage, Grow):
                self.stages[name] = Regrowing(stage, given)
            elif isinstance(stage, Annotate):
                self.stages[name] = Reannotating(stage, given)

    def rounds(self) -> Iterator[Round]:
        """Every round, made again, without those at a stage's end for which nothing is left."""
        with self.record.replies() as replies:
            for place, recorded in enumerate(self.record.rounds):
                made = self._again(recorded, replies)
                for task in recorded.tasks:
                    if task.id in self.old:
                        self.old.put(task)
                    else:
                        self.old.add(task)
                self.is_same = self.is_same and made is not None and rows(made) == rows(recorded)
                if made is not None:
                    if self.is_same:
                        made = replace(made, end=recorded.end, ended=recorded.ended)
                    elif made.end is None and place == self._last[made.stage]:
                        made = made.concluded(RECORDED)
                    yield from self._without_empty_end(made)

    def _again(self, recorded: Round, replies: Replies) -> Round | None:
        stage = self.stages.get(recorded.stage)
        if stage is None:
            raise RunFolderError(f"{self.record.folder}: its stage '{recorded.stage}' is not in the recipe.")
        if isinstance(stage, Regrowing):
            return self._grow(stage, recorded, replies)
        answers = replies.of(recorded.stage, recorded.number)
        chat = self.record.chat(recorded.stage)
        return stage.repeat(annotated(stage.stage, recorded, self.old, answers, chat), recorded, self.ids)

    def _without_empty_end(self, made: Round) -> Iterator[Round]:
        """Hold back rounds in which nothing was asked, until one comes in which something was."""
        held = self._empty.setdefault(made.stage, [])
        held.append(made)
        if made.asked:
            yield from held
            held.clear()

    def _grow(self, stage: Regrowing, recorded: Round, replies: Replies) -> Round | None:
        limit = stage.stage.until
        assert limit is not None  # refilter refuses a recipe of generations
        if stage.kept[-1] >= limit or (stage.ended and not self.is_same):
            return None
        if self.is_same and recorded.end is End.TARGET:
            limit = min(limit, self._kept_by(recorded))
        made = stage.repeat(self._questions(stage, recorded, replies), recorded, limit)
        self.ids |= matched(recorded.tasks, made.tasks)
        return made

    def _kept_by(self, recorded: Round) -> int:
        """How much the run had kept after a round."""
        return self.record.kept(recorded.stage)[recorded.number]

    def _questions(self, stage: Regrowing, recorded: Round, replies: Replies) -> list[Question]:
        """The recorded questions of a round; whether a run with the new pool would have shown the same is noted."""
        name, number = recorded.stage, recorded.number
        drawn = [
            samples(stage.stage, name, number, pool=pool, kept=kept, random_seed=self.random_seed, count=recorded.asked)
            for pool, kept in ((self.old, self.record.kept(name)), (self.new, stage.kept))
            if pool is self.old or (not self.is_same and name not in self.first_other)
        ]
        if len(drawn) == 2 and drawn_texts(drawn[0], self.old) != drawn_texts(drawn[1], self.new):
            self.first_other[name] = number
        answers = replies.of(name, number)
        questions = grown(stage.stage, recorded, drawn[0], answers, self.record.chat(name))
        if questions is None:
            raise RunFolderError(
                f"{self.record.folder}: round {number} of {name} asked something else than this config would have."
            )
        return questions


def author(record: RunReader, stage: str) -> Author:
    """Who wrote the replies of a stage, by the tasks' own record."""
    names = (task.models[stage] for round_ in record.of(stage) for task in round_.tasks if stage in task.models)
    return Author(next(names, "not known"), "chat" if record.chat(stage) else "completion")


def rows(round_: Round) -> list[dict[str, Any]]:
    """All that a round has made, to be compared with another's."""
    made = [task.row() for task in round_.tasks]
    return made + [item.row(round_.stage, round_.number) for item in round_.rejections]


def drawn_texts(drawn: Iterable[Sample], pool: Pool) -> list[list[str]]:
    """What some samples show."""
    return [[pool[parent].instruction for parent in sample.parents] for sample in drawn]


def matched(old: Iterable[Task], new: Iterable[Task]) -> dict[str, str]:
    """Which of the old tasks is which of the new ones: that of the same words in the same reply."""
    names = dict(numbered(new))
    return {known: names[key] for key, known in numbered(old) if key in names}


def numbered(tasks: Iterable[Task]) -> Iterator[tuple[tuple[str, str, int], str]]:
    """Each task's id under what tells it from the others of a round."""
    counts: Counter[tuple[str, str]] = Counter()
    for task in tasks:
        key = (task.request, task.instruction)
        counts[key] += 1
        yield (*key, counts[key]), task.id
