"""How many requests and tokens a stage will need.

A stage that makes tasks needs more candidates the larger its pool (novelty.py), at a number of candidates a request; a
stage that completes tasks asks about a share of them, some more than once.  Both are measured in an earlier run where
there is one, stage by stage, or assumed.  The range covers chance alone: the next run is taken to be like the earlier
one, and differences between their configs are noted elsewhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from selfinstruct.actions.plan.assumptions import Assumptions, kind_of
from selfinstruct.actions.plan.earlier import Earlier, Measured
from selfinstruct.actions.plan.novelty import Novelty
from selfinstruct.actions.plan.range import Range, exactly
from selfinstruct.filters import NeighborFilter
from selfinstruct.recipe import ModelStage
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.recipe.grow import Grow
from selfinstruct.sampler.missing import Missing

TENTH = 1.28
"""Standard deviations from the median to the tenth percentile."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stage will need."""

    tasks: Range
    """Tasks that it is to make, or to complete."""
    requests: Range
    prompt_tokens: float
    """Of one request, on average."""
    reply_tokens: Range
    """Of one reply, on average."""
    new_share: float | None
    """The share of candidates that are still new at the end; None where that is not known."""
    is_measured: bool
    """Whether requests and replies are those of an earlier run, and not assumed."""

    @property
    def prompts(self) -> Range:
        """Tokens of all prompts."""
        return self.requests.mapped(lambda count: count * self.prompt_tokens)

    @property
    def replies(self) -> Range:
        """Tokens of all replies."""
        return self.requests * self.reply_tokens


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The assumptions and measurements behind all estimates."""

    assumed: Assumptions
    earlier: Earlier | None

    def of(
        self,
        name: str,
        stage: ModelStage,
        made: Range,
        lacking: int,
        prompt_tokens: float,
        inputs: float | None = None,
    ) -> Estimate:
        """Return what a stage will need after `made` tasks, when `lacking` seeds lack what it fills.

        `inputs` says how many inputs of each task it asks about, where it asks input by input.
        """
        measured = self.measured(name, stage)
        reply = self._reply(stage, measured)
        if stage.target is not None:
            tasks, requests, new_share = exactly(stage.target), *self._grown(stage.target, stage, measured)
        elif isinstance(stage, Grow) and stage.generations is not None:
            tasks = requests = exactly(lacking * stage.generations)  # each task once a generation
            new_share = None
        else:
            tasks = self._tasks(stage, measured, made, lacking)
            each = self._each(stage, measured) if inputs is None else self._each_input(stage, measured)
            requests, new_share = (tasks * each).mapped(lambda count: count * (inputs or 1)), None
        whole = requests.mapped(lambda count: float(math.ceil(count)))
        if isinstance(stage, Grow) and stage.generations is None:
            size = stage.requests_per_round
            whole = requests.mapped(lambda count: float(size * math.ceil(count / size)))
        return Estimate(
            tasks=tasks,
            requests=whole,
            prompt_tokens=prompt_tokens,
            reply_tokens=reply,
            new_share=new_share,
            is_measured=measured is not None,
        )

    def made(self, name: str, stage: ModelStage, found: Estimate) -> Range:
        """Return the tasks that a stage will add; with generations and no measurement, as many as it asks for."""
        if stage.target is not None:
            return exactly(stage.target)
        if not isinstance(stage, Grow):
            return exactly(0)
        measured = self.measured(name, stage)
        return found.tasks if measured is None else found.tasks * exactly(measured.kept / measured.asked)

    def _reply(self, stage: ModelStage, measured: Measured | None) -> Range:
        tokens = None if measured is None else measured.tokens("completion_tokens")
        range_ = self.assumed.reply_tokens[kind_of(stage)] if tokens is None else exactly(tokens)
        most = stage.prompt.decoding.max_tokens
        return range_ if most is None else range_.mapped(lambda tokens: min(tokens, most))

    def measured(self, name: str, stage: ModelStage) -> Measured | None:
        """Return the measurements of a stage in the earlier run; None where it has made or completed nothing."""
        found = None if self.earlier is None else self.earlier.stages.get(name)
        if found is None or not (found.subjects if stage.target is None else found.kept):
            return None
        return found

    def _grown(self, target: int, stage: ModelStage, measured: Measured | None) -> tuple[Range, float | None]:
        if measured is not None:
            return grown(measured, target, measuring(stage))
        kept = self.assumed.kept(stage)
        return Range(low=target / kept.high, expected=target / kept.expected, high=target / kept.low), None

    def _tasks(self, stage: ModelStage, measured: Measured | None, made: Range, lacking: int) -> Range:
        return (made * self._share(stage, measured, made.expected)).mapped(lambda count: count + lacking)

    def _each(self, stage: ModelStage, measured: Measured | None) -> Range:
        attempts = attempts_of(stage)
        if measured is None:
            return self.assumed.attempts_per_task.mapped(lambda count: min(count, attempts))
        return repeated(measured, attempts, self._attempts_before(stage, measured))

    def _each_input(self, stage: ModelStage, measured: Measured | None) -> Range:
        """Return the requests for each input of a task."""
        if measured is None or not measured.kept:
            return self._each(stage, None)
        return exactly(min(measured.asked / measured.kept, attempts_of(stage)))

    def _share(self, stage: ModelStage, measured: Measured | None, made: float) -> Range:
        """Return the share of the tasks made that the stage completes."""
        earlier = self.earlier
        if earlier is not None and measured is not None and measured.is_whole and earlier.made:
            return binomial(measured.of_made, earlier.made, made)
        where = stage.sampler.where if isinstance(stage.sampler, Missing) else {}
        if (wanted := where.get("is_classification")) is None:
            return exactly(1)
        if earlier is not None and (decided := sum(earlier.classified.get(v, 0) for v in BOTH)):
            return binomial(earlier.classified.get(wanted, 0), decided, made)
        share = self.assumed.classification
        return share if wanted else Range(low=1 - share.high, expected=1 - share.expected, high=1 - share.low)

    def _attempts_before(self, stage: ModelStage, measured: Measured) -> int:
        assert self.earlier is not None
        kept = self.earlier.config["recipe"].get(measured.rounds[0]["stage"], {}).get("attempts")
        return kept if isinstance(kept, int) else attempts_of(stage)


BOTH = (True, False)


def measuring(stage: ModelStage) -> list[str]:
    """Return the names of the filters that reject candidates that are too similar to the pool."""
    return [name for name, filter_ in stage.filters.items() if isinstance(filter_, NeighborFilter)]


def attempts_of(stage: ModelStage) -> int:
    """Return the most requests of a stage for one task."""
    return stage.attempts if isinstance(stage, Annotate) else 1


def grown(measured: Measured, target: int, filters: Sequence[str]) -> tuple[Range, float]:
    """Return the requests for so many tasks, and the share that is new at the end."""
    rounds = measured.judged(filters)
    judged = [row for row, _ in rounds]
    asked = sum(count for _, count in rounds)
    total = sum(row.judged for row in judged)
    novelty = Novelty(judged)
    requests = novelty.candidates(target).mapped(lambda count: count * asked / total)
    spread = deviation([row.judged - count * total / asked for row, count in rounds]) * math.sqrt(len(rounds)) / total
    return widened(requests, spread), novelty.share(target)


def repeated(measured: Measured, attempts: int, before: int) -> Range:
    """Return the requests for each task as measured, corrected for another number of attempts."""
    failing = 1 - measured.completed / measured.asked
    each = measured.asked / measured.subjects * series(failing, attempts) / series(failing, before)
    spread = math.sqrt(failing / measured.asked)
    return widened(exactly(each), spread).mapped(lambda count: min(max(1.0, count), attempts))


def series(failing: float, attempts: int) -> float:
    """Return the requests for each task, if each fails with the same probability."""
    return sum(failing**attempt for attempt in range(attempts))


def binomial(count: int, of: int, made: float) -> Range:
    """Return a counted share for a run of another size, with the chance in both runs."""
    share = min(1.0, count / of)
    guess = (count + 1) / (of + 2)  # so that none of a few does not mean none of many
    spread = TENTH * math.sqrt(guess * (1 - guess) * (1 / of + 1 / max(1.0, made)))
    return Range(low=max(0.0, share - spread), expected=share, high=min(1.0, share + spread))


def widened(range_: Range, spread: float) -> Range:
    """Return the range widened by an independent relative spread."""
    below = math.hypot(math.log(range_.expected / range_.low), TENTH * spread)
    above = math.hypot(math.log(range_.high / range_.expected), TENTH * spread)
    return replace(range_, low=range_.expected * math.exp(-below), high=range_.expected * math.exp(above))


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation around 0."""
    return math.sqrt(sum(value * value for value in values) / len(values))
