"""The stages of a recipe, which read and judge stored replies instead of asking for new ones.

They are the stages themselves, and only where their replies come from differs: so a candidate is read, judged, measured
and counted by the very code of a run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from selfinstruct.recipe import StageContext
from selfinstruct.recipe.annotate import Annotate, Annotating
from selfinstruct.recipe.grow import Growing
from selfinstruct.recipe.round_builder import RoundBuilder
from selfinstruct.recipe.sampling import ContinuousSampling
from selfinstruct.request import Completion, Failure
from selfinstruct.round import MODEL, Ending, Round, Sample
from selfinstruct.sampler import about
from selfinstruct.storage.reader import Asked


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
        prompt, whole = self.stage.prompt, self.stage
        self.stage = replace(whole, until=until)
        answered = (
            (one.sample, one.id, builder.read(prompt, answer(one, recorded), one.sample, chat)) for one in asked
        )
        self.take(builder, answered)
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
        lacking, tried = set(self.lacking_tasks()), dict[str, Sample]()
        for one in asked:
            known = ids.get(one.sample.task.id) if one.sample.task is not None else None
            if known is None or known not in lacking:
                continue
            sample = self.stage.widen(about(self.pool[known], self.pool))
            builder.asked += 1
            found = builder.read(self.stage.prompt, answer(one, recorded), sample, chat)
            tried[known] = sample
            if self.answer(found, sample, one.id, builder):
                lacking.remove(known)
        failed = {ids[task.id] for task in recorded.tasks if recorded.stage in task.failed_stages and task.id in ids}
        left = [known for known in tried if known in lacking]
        self.give_up([tried[known] for known in left if known in failed], builder)
        self.without.update(known for known in left if known not in failed)
        self.apply(builder)
        order = [ids[task.id] for task in recorded.tasks if task.id in ids]
        builder.tasks = {known: builder.tasks[known] for known in order if known in builder.tasks}
        return builder, None

    def lacking_tasks(self) -> list[str]:
        """Return the tasks that lack what the stage fills."""
        return [sample.task.id for sample in self.lacking(1) if sample.task is not None]
