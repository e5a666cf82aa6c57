"""Which refusals are a request's own fault, and which are the account's, the parameters', the stage's or the server's.

A provider that answers 400 may mean this one prompt (too long, against its policy), or every request: the account is
empty, a parameter is not supported.  What tells them apart is whether others are answered.  So a refused request is
held: its future stays open, and no round that contains it is committed.  The refusal is final when it came twice, and
after each of them the model has answered another request of its stage, with the same parameters, that was sent later;
twice, because an account may be refilled during a run.  The same holds for a request that got no whole reply in all its
attempts.

Where nothing else is under way that could be answered, or many requests are held, a probe is sent instead: a few words
with the same parameters.  If it is refused as well, the run stops; if it is answered, the account and the parameters
are sound.  The run also stops where none of a stage's requests was ever answered, and several different ones were
refused.  In a stage of fewer requests than that the refusals are accepted, or a run that ends with two refused tasks
could never end.  A probe costs at most one reply; none is stored, and `budget` does not count it.
"""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

from selfinstruct.model.arguments import ABOUT_SCHEMA, SCHEMA, UNSTRUCTURED
from selfinstruct.request import Completion, Decoding, Failure, Request

FEW = 5
"""Refusals that are probed at the start of a stage; a stage of so many requests, all refused, stops the run.  A request
without a whole reply counts as many refusals as it had attempts."""
MANY = 10
"""Refusals in a row that are probed where the stage has had answers; no new requests are sent after so many others."""
PARAMETERS = tuple(field.name for field in fields(Decoding) if field.name != "stop")
PROBE = "Write the numbers from one to fifty in words."
"""Harmless, and answered at some length, since some faults of a server end long replies only."""
Step: TypeAlias = Literal["probe", "stop", "accept"]


@dataclass(slots=True, eq=False)
class Refusal:
    """A refused request that is held until it is judged."""

    request: Request
    future: "Future[Completion]"
    failure: Failure
    last_sent: int  # the number of the attempt that was sent last when the refusal came
    garbled: int = 0  # replies without a whole completion that it got; 0 where the server refused it
    is_sound: bool = False  # whether a probe with its parameters was answered since

    def shares(self, request: Request) -> bool:
        """Return whether a request has the same stage and parameters; stop strings may quote a prompt, so not these."""
        own = self.request
        if (own.stage, own.chat) != (request.stage, request.chat):
            return False
        one, other = own.decoding, request.decoding
        return one is other or all(getattr(one, name) == getattr(other, name) for name in PARAMETERS)


def probe_of(refused: Request) -> Request:
    """Return a few words, to be sent with the parameters of a refused request."""
    return replace(refused, id=f"{refused.id}/probe", text=PROBE, system=None)


class Refusals:
    """The refusals that are held, and what is known to judge them by."""

    def __init__(self) -> None:
        self.answered_stages: set[str] = set()  # stages with an answered request, in this process or before
        self.held: list[Refusal] = []
        self._again: set[Future[Completion]] = set()
        self._prompts: defaultdict[str, set[tuple[str | None, str]]] = defaultdict(set)

    def hold(self, refusal: Refusal) -> None:
        """Hold a refusal until it is judged."""
        self.held.append(refusal)
        if refusal.request.stage not in self.answered_stages:
            self._prompts[refusal.request.stage].add((refusal.request.system, refusal.request.text))

    def answered(self, request: Request, attempt: int) -> list[Refusal]:
        """Note that a request was answered by this attempt; take out the refusals that this makes final."""
        self.answered_stages.add(request.stage)
        if not self.held:
            return []
        return self.take(
            lambda refusal: (
                refusal.request.stage == request.stage
                and (refusal.is_sound or (refusal.last_sent < attempt and refusal.shares(request)))
            )
        )

    def probed(self, probe: Request, attempt: int) -> list[Refusal]:
        """Note that a probe was answered; take out the refusals that this makes final."""
        for refusal in self.held:
            refusal.is_sound = refusal.is_sound or (refusal.shares(probe) and refusal.last_sent < attempt)
        return self.take(lambda refusal: refusal.is_sound and refusal.request.stage in self.answered_stages)

    def take(self, matches: Callable[[Refusal], bool] = lambda refusal: True) -> list[Refusal]:
        """Take out the refusals that match."""
        taken = [refusal for refusal in self.held if matches(refusal)]
        self.held = [refusal for refusal in self.held if not matches(refusal)]
        return taken

    def is_second(self, refusal: Refusal) -> bool:
        """Return whether a request was refused before; from now on it was."""
        if refusal.future in self._again:
            self._again.remove(refusal.future)
            return True
        self._again.add(refusal.future)
        return False

    @property
    def is_blocking(self) -> bool:
        """Whether no more requests are to be sent before these refusals are judged."""
        return any(self._is_fruitless(refusal.request.stage, MANY) for refusal in self.held)

    def _is_fruitless(self, stage: str, least: int) -> bool:
        return stage not in self.answered_stages and len(self._prompts[stage]) >= least

    def step(
        self, is_waiting: Callable[[Refusal], bool], is_under_way: Callable[[Refusal], bool]
    ) -> tuple[Step, Refusal] | None:
        """Return what to do now about a held refusal, or None to wait for requests that share its parameters."""
        seen: list[Refusal] = []
        for refusal in self.held:
            if any(first.shares(refusal.request) for first in seen):
                continue
            seen.append(refusal)
            doubtful = [other for other in self.held if not other.is_sound and refusal.shares(other.request)]
            unproved = sum(max(1, other.garbled) for other in doubtful)
            stage, is_busy = refusal.request.stage, is_under_way(refusal)
            is_alone = not is_busy and (self._is_fruitless(stage, MANY) or not is_waiting(refusal))
            if unproved:
                if is_alone or unproved >= (MANY if stage in self.answered_stages else FEW):
                    return "probe", refusal
            elif not is_busy and self._is_fruitless(stage, FEW if is_alone else MANY):
                return "stop", refusal
            elif is_alone:
                return "accept", refusal
        return None


def reason_to_stop(refusal: Refusal, *, is_answered: bool) -> str:
    """Return why a run stops, where a probe was answered and no request of the stage, or where neither was."""
    stage = refusal.request.stage
    what = f"No request of {stage} gets a whole reply" if refusal.garbled else f"Every request of {stage} is refused"
    if not is_answered:
        is_unnamed = SCHEMA in refusal.request.decoding.extra and not ABOUT_SCHEMA.search(refusal.failure.message)
        more = f" {UNSTRUCTURED}" * is_unnamed
        return f"({what} now, {'not ' * bool(refusal.garbled)}even a few words with the same parameters.{more})"
    advice = f"check the length and the content of recipe.{stage}.prompt"
    return f"({what}, but a few words with the same parameters are answered: {advice}.)"
