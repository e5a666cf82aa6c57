"""How many requests and tokens a stage will need, what they cost, and how long they take.

A stage that makes tasks needs more candidates the larger its pool (novelty.py); a stage that completes tasks asks about
a share of them, some more than once.  Both are measured in an earlier run where there is one, or assumed.  Of a
measured stage only the decline of novelty has a range: the next run is taken to be like the earlier one, and
differences between their configs are noted elsewhere.
"""

import math
from dataclasses import dataclass

from selfinstruct.actions.plan.assumptions import Assumptions, Kind, Range, exactly
from selfinstruct.actions.plan.earlier import Earlier, Measured
from selfinstruct.actions.plan.novelty import candidates
from selfinstruct.budget import Pricing
from selfinstruct.filters import NeighborFilter
from selfinstruct.model import Model
from selfinstruct.model.batches import Batching
from selfinstruct.model.settings import CompletionSettings
from selfinstruct.recipe import ModelStage
from selfinstruct.recipe.annotate import AHEAD, Annotate
from selfinstruct.recipe.grow import Grow
from selfinstruct.sampler.missing import Missing


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stage will need."""

    tasks: Range
    """Tasks that it is to make, or to complete."""
    made: Range
    """Tasks that it adds to the pool."""
    requests: Range
    prompts: Range
    """Tokens of all prompts."""
    replies: Range
    """Tokens of all replies."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The assumptions and measurements behind all estimates."""

    assumed: Assumptions
    earlier: Earlier | None

    def measured(self, name: str, stage: ModelStage) -> Measured | None:
        """Return the measurements of a stage in the earlier run; None where it has made or completed nothing."""
        found = None if self.earlier is None else self.earlier.stages.get(name)
        if found is None or not (found.subjects if stage.target is None else found.kept):
            return None
        return found

    def of(
        self, name: str, stage: ModelStage, made: Range, lacking: int, prompt_tokens: float, inputs: float | None
    ) -> Estimate:
        """Return what a stage will need after `made` tasks, when `lacking` seeds lack what it fills.

        `inputs` says how many inputs of each task it asks about, where it asks input by input.
        """
        measured = self.measured(name, stage)
        added, size = exactly(0), 1
        if stage.target is not None:
            tasks = added = exactly(stage.target)
            requests = self._grown(stage.target, stage, measured)
            size = stage.requests_per_round if isinstance(stage, Grow) else 1
        elif isinstance(stage, Grow) and stage.generations is not None:
            tasks = requests = exactly(lacking * stage.generations)  # each task once a generation
            added = tasks if measured is None else exactly(tasks.expected * measured.kept / measured.asked)
        else:
            tasks = (made * self._share(stage, measured)).mapped(lambda count: count + lacking)
            requests = (tasks * self._each(stage, measured, inputs)).mapped(lambda count: count * (inputs or 1))
        whole = requests.mapped(lambda count: float(size * math.ceil(count / size)))
        prompts = whole.mapped(lambda count: count * prompt_tokens)
        replies = whole * self.reply(stage, measured)
        return Estimate(tasks=tasks, made=added, requests=whole, prompts=prompts, replies=replies)

    def reply(self, stage: ModelStage, measured: Measured | None) -> Range:
        """Return the tokens of one reply of a stage."""
        tokens = None if measured is None else measured.tokens("completion_tokens")
        range_ = self.assumed.reply_tokens[kind_of(stage)] if tokens is None else exactly(tokens)
        most = stage.prompt.decoding.max_tokens
        return range_ if most is None else range_.mapped(lambda tokens: min(tokens, most))

    def _grown(self, target: int, stage: ModelStage, measured: Measured | None) -> Range:
        """Return the requests for so many tasks."""
        if measured is not None:
            measuring = [name for name, filter_ in stage.filters.items() if isinstance(filter_, NeighborFilter)]
            judged, asked = measured.judged(measuring)
            per_candidate = asked / sum(row.judged for row in judged)
            return candidates(judged, target).mapped(lambda count: count * per_candidate)
        kept = self.assumed.kept_per_request
        if kind_of(stage) == "whole_tasks":
            kept = self.assumed.whole_tasks_per_request
        return Range(low=target / kept.high, expected=target / kept.expected, high=target / kept.low)

    def _each(self, stage: ModelStage, measured: Measured | None, inputs: float | None) -> Range:
        """Return the requests for each task, or for each of its inputs."""
        attempts, draws = (stage.attempts, stage.answers or 1) if isinstance(stage, Annotate) else (1, 1)
        completed = 0 if measured is None else measured.subjects if inputs is None else measured.kept
        if measured is None or not completed:
            return self.assumed.attempts_per_task.mapped(lambda count: min(count, attempts) * draws)
        return exactly(min(measured.asked / completed, attempts * draws))

    def _share(self, stage: ModelStage, measured: Measured | None) -> Range:
        """Return the share of the tasks made that the stage completes."""
        earlier = self.earlier
        if earlier is not None and measured is not None and "ended" in measured.rounds[-1] and earlier.made:
            return exactly(min(1.0, measured.of_made / earlier.made))
        where = stage.sampler.where if isinstance(stage.sampler, Missing) else {}
        if (wanted := where.get("is_classification")) is None:
            return exactly(1)
        share = self.assumed.classification
        return share if wanted else Range(low=1 - share.high, expected=1 - share.expected, high=1 - share.low)


def kind_of(stage: ModelStage) -> Kind:
    """Return what the replies of a stage hold, as its parser says, or else by what the stage does with them."""
    holds: Kind | None = getattr(stage.prompt.parser, "holds", None)
    if holds is not None:
        return holds
    if not isinstance(stage, Annotate):
        return "tasks"
    return "answers" if stage.instances is None else "instances"


def is_batched(stage: ModelStage, model: Model) -> bool:
    """Return whether the requests of a stage are sent in batches."""
    return isinstance(stage, Annotate) and isinstance(model, Batching) and model.batch


def cost(stage: ModelStage, model: Model, found: Estimate) -> Range | None:
    """Return what a stage costs; None where the price is not known."""
    rates = model.pricing()
    if rates is None:
        return None
    if is_batched(stage, model):
        rates = Pricing(rates.prompt / 2, rates.completion / 2)
    replies = found.replies.mapped(lambda tokens: rates.of(0, tokens))
    return found.prompts.mapped(lambda tokens: rates.of(tokens, 0)) + replies


def pace(stage: ModelStage, model: Model, found: Estimate, latency: float) -> tuple[str, Range] | None:
    """Return the limit that decides how long a stage takes, and the seconds; None without limits and for batches.

    The time of the program itself, such as for similarity, is not included.
    """
    if not isinstance(model, CompletionSettings) or is_batched(stage, model):
        return None
    under_way = AHEAD
    if isinstance(stage, Grow) and stage.generations is None:
        under_way = (stage.rounds_ahead + 1) * stage.requests_per_round
    at_once = min(model.concurrency, under_way)
    narrow = "rounds_ahead" if under_way < model.concurrency else "concurrency"
    limits = {narrow: found.requests.mapped(lambda count: count * latency / at_once)}
    if (most := model.requests_per_minute) is not None:
        limits["requests_per_minute"] = found.requests.mapped(lambda count: 60 * count / most)
    if (tokens := model.tokens_per_minute) is not None:
        limits["tokens_per_minute"] = (found.prompts + found.replies).mapped(lambda count: 60 * count / tokens)
    return max(limits.items(), key=lambda limit: limit[1].expected)
