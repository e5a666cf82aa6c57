"""Which refusals are a request's own fault, and which are the account's, the parameters', the stage's or the server's.

A provider that answers 400 may mean this one prompt (too long, against its policy), or every request: the account is
empty, a parameter is not supported, a region is not served.  Words do not tell these apart, for each provider has its
own; whether others are answered does.  So a refused request is held: its future stays open, nothing downstream takes it
for a rejection, and no round that holds it is committed.  It counts as refused for itself when it was refused twice,
and after each of them the model has answered another request of its stage, with the same parameters, that was sent
later.  Twice, because an account may be refilled while a run lasts: what was refused for want of money is then
answered, and no moment decides what is data.

The same holds for a request that got no whole reply in all its attempts: half a body, a login page, or a text that a
filter or a fault of the provider ended.  A filter means this one prompt, a fault mostly every request.

Where nothing else is under way that could be answered, or many are held, a probe is sent in its place: a few words with
the same parameters.  If it is refused as well, no request will be answered, and the run stops; if it is answered, the
account and the parameters are sound.  Nor may a stage be refused as a whole, by prompts that are all too long, say: if
none of its requests was ever answered, and several different ones were refused, the run stops too.  A stage of fewer
requests than that is believed, or a run that ends with two refused tasks could never end.

A probe costs at most one reply.  There are never more of them than refusals; none is stored, each is in the log, and as
a further attempt at the refused request it is not counted by `budget`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

from selfinstruct.request import Completion, Decoding, Failure, Request

FEW = 5
"""So many refusals are probed at the start of a stage; a stage of so many requests, all refused, is not believed.  A
request without a whole reply counts as many refusals as it had attempts."""
MANY = 10
"""So many refusals in a row are probed where the stage has had answers; after so many others are asked no more."""
PARAMETERS = tuple(field.name for field in fields(Decoding) if field.name != "stop")
PROBE = "Write the numbers from one to fifty in words."
"""Harmless, and answered at some length, since some faults of a server end long replies only."""
Step: TypeAlias = Literal["probe", "stop", "believe"]


@dataclass(slots=True, eq=False)
class Held:
    """A refused request that waits for a judgement."""

    request: Request
    future: "Future[Completion]"
    failure: Failure
    last_sent: int
    """The number of the attempt that was sent last when the refusal came."""
    garbled: int = 0
    """Replies without a whole completion that it got; 0 where the server refused it."""
    is_sound: bool = False
    """Whether a probe with its parameters was answered since."""

    def shares(self, request: Request) -> bool:
        """Whether a request is of the same stage and asks with the same parameters."""
        ours = self.request
        return (ours.stage, ours.chat) == (request.stage, request.chat) and same(ours.decoding, request.decoding)


def same(one: Decoding, other: Decoding) -> bool:
    """Whether two decodings have the same parameters; stop strings aside, which may hold words of a prompt."""
    return one is other or all(getattr(one, name) == getattr(other, name) for name in PARAMETERS)


def probe_of(refused: Request) -> Request:
    """A few words, to be asked with the parameters of a refused request."""
    return replace(refused, id=f"{refused.id}/probe", text=PROBE, system=None)


Holds: TypeAlias = Callable[[Held], bool]


class Refusals:
    """The refusals that are held, and what is known to judge them by."""

    def __init__(self) -> None:
        self.answered_stages: set[str] = set()
        """Those with a request that was answered, in this process or before."""
        self.held: list[Held] = []
        self._again: set[Future[Completion]] = set()
        self._prompts: defaultdict[str, set[tuple[str | None, str]]] = defaultdict(set)

    def hold(self, held: Held) -> None:
        """Judge a refusal later."""
        self.held.append(held)
        if held.request.stage not in self.answered_stages:
            self._prompts[held.request.stage].add((held.request.system, held.request.text))

    def answered(self, request: Request, attempt: int) -> list[Held]:
        """Take out what is the request's own fault since this attempt at another one was answered."""
        self.answered_stages.add(request.stage)
        if not self.held:
            return []
        return self._taken(
            lambda held: (
                held.request.stage == request.stage
                and (held.is_sound or (held.last_sent < attempt and held.shares(request)))
            )
        )

    def proved(self, probe: Request, attempt: int) -> list[Held]:
        """Note that a probe was answered; take out what that is enough for."""
        for held in self.held:
            held.is_sound = held.is_sound or (held.shares(probe) and held.last_sent < attempt)
        return self._taken(lambda held: held.is_sound and held.request.stage in self.answered_stages)

    def believed(self, held: Held) -> list[Held]:
        """Take out all that share the parameters of one, for no others are to come."""
        return self._taken(lambda other: other.shares(held.request))

    def all(self) -> list[Held]:
        """Take out all."""
        return self._taken(lambda held: True)

    def _taken(self, matches: Holds) -> list[Held]:
        taken: list[Held] = []
        left: list[Held] = []
        for held in self.held:
            (taken if matches(held) else left).append(held)
        self.held = left
        return taken

    def is_second(self, held: Held) -> bool:
        """Whether a request was asked again since it was refused first; from now on it was."""
        if held.future in self._again:
            self._again.remove(held.future)
            return True
        self._again.add(held.future)
        return False

    @property
    def is_blocking(self) -> bool:
        """Whether no more requests are to be sent before it is known what these refusals mean."""
        return any(self._is_fruitless(held.request.stage, MANY) for held in self.held)

    def _is_fruitless(self, stage: str, least: int) -> bool:
        return stage not in self.answered_stages and len(self._prompts[stage]) >= least

    def step(
        self, is_waiting: Callable[[Held], bool], is_under_way: Callable[[Held], bool]
    ) -> tuple[Step, Held] | None:
        """What to do now about the held refusals; None to wait.

        The arguments say whether requests that share its parameters are still to be sent, or were sent and not ended.
        """
        for held, unproved in self._groups():
            stage, is_busy = held.request.stage, is_under_way(held)
            is_alone = not is_busy and (self._is_fruitless(stage, MANY) or not is_waiting(held))
            if unproved:
                if is_alone or unproved >= (MANY if stage in self.answered_stages else FEW):
                    return "probe", held
            elif not is_busy and self._is_fruitless(stage, FEW if is_alone else MANY):
                return "stop", held
            elif is_alone:
                return "believe", held
        return None

    def _groups(self) -> Iterator[tuple[Held, int]]:
        """The first of each group that shares its parameters, and how many refusals of it no probe has proved."""
        seen: list[Held] = []
        for held in self.held:
            if not any(first.shares(held.request) for first in seen):
                seen.append(held)
                unproved = [other for other in self.held if not other.is_sound and held.shares(other.request)]
                yield held, sum(max(1, other.garbled) for other in unproved)


def all_refused(held: Held) -> str:
    """Why a run stops whose probe was refused as well, or got no whole reply."""
    stage = held.request.stage
    if held.garbled:
        return f"(No request of {stage} gets a whole reply now, not even a few words with the same parameters.)"
    return f"(Every request of {stage} is refused now, even a few words with the same parameters.)"


def stage_refused(held: Held) -> str:
    """Why a run stops where a probe was answered, and no request of a stage."""
    stage = held.request.stage
    what = f"No request of {stage} gets a whole reply" if held.garbled else f"Every request of {stage} is refused"
    return (
        f"({what}, but a few words with the same parameters are answered: "
        f"check the length and the content of recipe.{stage}.prompt.)"
    )
