"""Again: the stages of a recipe, which read and judge recorded replies instead of asking for new ones.

They are the stages themselves, and only where their replies come from is another: so a candidate is read, judged,
measured and counted by the very code of a run.  Written anew, that code would decide otherwise one day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from selfinstruct.actions.questions import Question
from selfinstruct.budget import NOTHING, UNLIMITED, BudgetTracker, Pricing
from selfinstruct.model import Mode
from selfinstruct.pool import Pool
from selfinstruct.recipe import StageContext, stream
from selfinstruct.recipe.annotate import Annotate, Annotating
from selfinstruct.recipe.grow import Growing
from selfinstruct.recipe.round_builder import PendingReplies, RoundBuilder
from selfinstruct.request import Completion, Failure, Request
from selfinstruct.round import MODEL, Ending, Round, Sample
from selfinstruct.sampler import about
from selfinstruct.storage.replies import number_of


@dataclass
class Given(Iterator[Completion]):
    """Replies that are there already."""

    completions: Iterator[Completion]

    def __next__(self) -> Completion:
        return next(self.completions)

    def close(self) -> None:
        """Nothing is under way."""


@dataclass(frozen=True)
class Author:
    """The model that wrote the recorded replies; it is not asked again."""

    name: str
    mode: Mode

    def pricing(self) -> Pricing | None:
        """Nothing is paid."""
        return None

    def complete(self, requests: Sequence[Request]) -> Given:
        """It has no more to say."""
        return Given(iter(()))


def setting(name: str, pool: Pool, author: Author, random_seed: int) -> StageContext:
    """What a stage works with, at its first round."""
    return StageContext(
        name=name, pool=pool, model=author, purse=BudgetTracker(UNLIMITED), random_seed=random_seed, past=()
    )


def answer(question: Question, round_: Round) -> Completion:
    """What a question was answered, or why it was not."""
    if question.reply is not None:
        return question.reply.completion
    refused = [item for item in round_.rejections if item.request == question.request.id and item.filter == MODEL]
    message = refused[0].reason if refused else "there is no recorded reply"
    return Completion(failure=Failure("refused", message))


class Regrowing(Growing):
    """A stage that grows, out of recorded replies."""

    def repeat(self, questions: Sequence[Question], recorded: Round, until: int) -> Round:
        """The round that the recorded one becomes when at most `until` tasks are kept."""
        turn = RoundBuilder(self.name, recorded.number, self.setting.model.name, asked=len(questions))
        completions = [answer(question, recorded) for question in questions]
        asked = [(question.sample, question.request) for question in questions]
        replies, purse, rates = Given(iter(completions)), self.setting.purse, self.setting.model.pricing
        answers = PendingReplies(turn, self.stage.prompt, asked, replies, purse, rates, NOTHING)
        whole, self.stage = self.stage, replace(self.stage, until=until)
        self.drawing = self.stage.drawing(self.setting, self.figures)
        round_ = self._read(turn, answers)
        ending = self._ending(round_)
        self.stage = whole
        self.drawing = whole.drawing(self.setting, self.figures)
        return round_.concluded(ending)

    def _ending(self, round_: Round) -> Ending | None:
        self.figures.add(round_)
        return self.drawing.end(0)

    @property
    def ended(self) -> bool:
        """Whether it needs no further round."""
        return bool(self.figures.rows) and self.drawing.end(0) is not None


class Reannotating(Annotating):
    """A stage that annotates, out of recorded replies."""

    def __init__(self, stage: Annotate, setting: StageContext) -> None:
        self.stage = stage
        self.setting = setting
        self.pool = setting.pool
        self.without: set[str] = set()
        """Tasks of which no recorded reply passes, and of which a run would have asked again."""

    def repeat(self, questions: Sequence[Question], recorded: Round, ids: Mapping[str, str]) -> Round:
        """The round that the recorded one becomes; `ids` are recorded tasks with what they are called now."""
        name = self.setting.name
        turn = RoundBuilder(name, recorded.number, self.setting.model.name)
        lacking = set(self.lacking())
        tried: dict[str, Sample] = {}
        for question in sorted(questions, key=lambda question: number_of(question.request.id)):
            old = question.sample.task
            known = ids.get(old.id) if old is not None else None
            if known is None or known not in lacking:
                continue
            task = self.pool[known]
            sample = self.stage.widen(about(task, self.pool))
            turn.asked += 1
            found = turn.read(self.stage.prompt, answer(question, recorded), sample, question.request.chat)
            tried[known] = sample
            if self._answer(found, sample, question.request, turn):
                lacking.remove(known)
        self._leave([known for known in tried if known in lacking], tried, recorded, ids, turn)
        self._settle(turn)
        order = [ids[task.id] for task in recorded.tasks if task.id in ids]
        turn.tasks = {known: turn.tasks[known] for known in order if known in turn.tasks}
        return turn.done(self.pool, self.stage.metrics)

    def lacking(self) -> list[str]:
        """The tasks that lack what the stage fills."""
        name = self.setting.name
        rng = stream(self.setting.random_seed, name, 1)
        drawn = self.stage.sampler.sample(self.pool, rng, len(self.pool), name)
        return [sample.task.id for sample in drawn if sample.task is not None]

    def _leave(
        self,
        left: Sequence[str],
        tried: Mapping[str, Sample],
        recorded: Round,
        ids: Mapping[str, str],
        turn: RoundBuilder,
    ) -> None:
        """Give up what the run gave up, and note the rest."""
        gave_up = {ids[task.id] for task in recorded.tasks if recorded.stage in task.gave_up and task.id in ids}
        self._give_up([tried[known] for known in left if known in gave_up], turn)
        self.without.update(known for known in left if known not in gave_up)
