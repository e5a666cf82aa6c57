"""What the run folder holds of one task, one request or one rejection, as lines of Markdown.

The filters are asked again, on the pool as it stood when the candidate was judged, since a run stores only the first
reason of a rejection and nothing of what a filter saw in a candidate that passed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from selfinstruct.actions.explain.lineage import descent
from selfinstruct.actions.explain.pieces import described, fenced, reply_lines, verdicts
from selfinstruct.pages.pieces import Words, one_line, outcomes, piece_text
from selfinstruct.pages.story import NOT_STORED, facts_of, origin_of
from selfinstruct.recipe import Stage, asking
from selfinstruct.recipe.grow import Grow
from selfinstruct.round import Candidate, Rejection, Round
from selfinstruct.storage.reader import Asked, RunReader
from selfinstruct.storage.replies import Reply, number_of
from selfinstruct.task import Task
from selfinstruct.text.command import pasted

FEW = 50
"""Children that are named."""


class Story:
    """Explains what a run folder holds of an id."""

    def __init__(self, record: RunReader, recipe: Mapping[str, Stage]) -> None:
        self.record = record
        self.recipe = asking(recipe)
        self._places = {(round_.stage, str(round_.number)): place for place, round_ in enumerate(record.rounds)}

    def of(self, name: str) -> list[str] | None:
        """Return the story of a task, a rejection or a request; None where the run has none of this name."""
        if name in self.record.pool:
            return [*self._task(self.record.pool[name])]
        request, mark, number = name.replace(":", "#").rpartition("#")
        rejections = self._rejections(request) if mark else []
        if number.isdecimal() and 1 <= int(number) <= len(rejections):
            return [*self._rejected(rejections[int(number) - 1], int(number))]
        if self._place(name) is not None and (self._rejections(name) or self._replies(name)):
            title = [f"# {name}", "", f"A request of {name.rsplit('/', 1)[0]} and everything that came of it."]
            return [*title, *self._request(name)]
        return None

    def _place(self, request: str) -> int | None:
        """Return the place of the round in which a request was asked."""
        stage, _, rest = request.partition("/")
        round_, _, number = rest.partition("/")
        return self._places.get((stage, round_)) if number.isdecimal() else None

    def _rejections(self, request: str) -> list[Rejection]:
        return [] if self._place(request) is None else self.record.rejections(request)

    def _replies(self, request: str) -> list[Reply]:
        stage, number, _ = request.rsplit("/", 2)
        with self.record.replies() as replies:
            return replies.of(stage, int(number)).get(request, [])

    def _asked(self, place: int) -> list[Asked]:
        """Return the requests of a round; nothing where its stage is not in the recipe."""
        round_ = self.record.rounds[place]
        stage = self.recipe.get(round_.stage)
        return [] if stage is None else self.record.asked(round_, self.record.pool_before(place), stage.prompt)

    def _task(self, task: Task) -> Iterator[str]:
        yield from (f"# {pasted(task.id)}", "", fenced(task.instruction), "", origin_of(task))
        yield from facts_of(task)
        if task.request:
            yield from self._request(task.request, task)
        for place, round_ in enumerate(self.record.rounds):
            if round_.stage != task.origin and any(changed.id == task.id for changed in round_.tasks):
                yield from ("", f"## Later: {round_.stage}, round {round_.number}")
                asked = self._asked(place)
                if not all(one.is_known for one in asked):
                    yield from ("", NOT_STORED)
                for one in asked:
                    if one.sample.task is not None and one.sample.task.id == task.id:
                        yield from self._annotation(one, round_)
        yield from self._examples(task)

    def _rejected(self, rejection: Rejection, number: int) -> Iterator[str]:
        text = piece_text(rejection.candidate or rejection, is_whole=rejection.task is None)
        yield from (f"# {rejection.request}:{number}", "", fenced(text), "")
        yield f"Rejected by `{rejection.filter}`: {rejection.reason}."
        if rejection.task is not None:
            yield f"It was about the task {pasted(rejection.task)}."
        yield from self._request(rejection.request, number)

    def _request(self, request: str, about: Task | int | None = None) -> Iterator[str]:
        """Yield a request, its reply, and each piece of it; with the filters' words on one piece, or on all."""
        place = self._place(request)
        if place is None or self.record.rounds[place].source is not None:  # a round that read annotated rows
            return
        round_, stage = self.record.rounds[place], self.recipe.get(request.partition("/")[0])
        one = next((found for found in self._asked(place) if found.id == request), None)
        if stage is None or one is None or not one.is_known:
            reason = f"Its stage is not in this recipe ({request})." if stage is None else NOT_STORED
            reply = next(reversed(self._replies(request)), None)
            yield from ("", reason, *reply_lines(reply, round_.rejections, request))
        elif isinstance(stage, Grow):
            parents = about.parents if isinstance(about, Task) else one.sample.parents
            yield from ("", "## Parents shown", "")
            yield from (f"- {pasted(parent)}: {one_line(self.record.pool[parent].instruction)}" for parent in parents)
            yield from reply_lines(one.reply, round_.rejections, request)
            if one.reply is not None:
                yield from self._candidates(one, self._pieces(one, round_), stage, place, about)
        else:
            yield from ("", f"About the task {pasted(one.sample.task.id) if one.sample.task else ''}.")
            yield from self._annotation(one, round_)

    def _pieces(self, asked: Asked, round_: Round) -> list[Candidate | Rejection]:
        assert asked.reply is not None
        parse = self.recipe[round_.stage].prompt.parse
        return list(parse(asked.reply.completion, asked.sample, self.record.chat(round_.stage)))

    def _candidates(
        self, asked: Asked, pieces: list[Candidate | Rejection], stage: Grow, place: int, about: Task | int | None
    ) -> Iterator[str]:
        request, round_ = asked.id, self.record.rounds[place]
        kept = [task for task in round_.tasks if task.request == request]
        own = [(task.instruction, task.instances[0] if task.instances else None) for task in kept]
        found = outcomes(pieces, self._rejections(request), own)
        yield from ("", "## How it was read, and what became of each piece", "")
        yield from described(found, request, kept, is_whole=True)
        pool = self.record.pool_before(place)
        for task in round_.tasks:
            if number_of(task.request) < number_of(request):
                pool.add(task)
        for outcome in found:
            made = None if outcome.kept is None else kept[outcome.kept]
            known = outcome.number if made is None else made.id
            wanted = about.id if isinstance(about, Task) else about
            if wanted in (None, known) and isinstance(outcome.piece, Candidate):
                number = "a piece whose outcome is unknown" if known is None else f"{request}:{known}"
                name = number if made is None else pasted(made.id)
                yield from verdicts(outcome.piece, stage.filters, pool, name, made)
            elif made is not None:
                pool.add(made)

    def _annotation(self, asked: Asked, round_: Round) -> Iterator[str]:
        """Yield a request about a task, its reply, and what became of each piece."""
        request = asked.id
        yield from ("", f"### {request}")
        yield from reply_lines(asked.reply, round_.rejections, request)
        if asked.reply is None or (task := asked.sample.task) is None:
            return
        pieces = [
            replace(piece, instruction=task.instruction) if isinstance(piece, Candidate) else piece
            for piece in self._pieces(asked, round_)
        ]
        rejections = self._rejections(request)
        after = next((changed for changed in round_.tasks if changed.id == task.id), task)
        given = asked.sample.input
        own = [pair for pair in after.instances or () if given is None or pair.input == given]
        kept: list[Words] = [(task.instruction, instance) for instance in own] or [(task.instruction, None)]
        found = outcomes(pieces, rejections, kept if len(pieces) > len(rejections) else [])
        yield from ("", "How it was read, and what became of each piece:", "")
        yield from described(found, request, [after] * len(found))

    def _examples(self, task: Task) -> Iterator[str]:
        """Yield the tasks whose prompts showed this one."""
        of = descent(self.record.pool)
        own = of.children.get(task.id, [])
        requests = {self.record.pool[child].request for child in own}
        yield from ("", "## What used it as an example", "")
        yield f"{len(own)} children, from {len(requests)} requests; {len(of.descendants(task.id))} descendants."
        yield from (f"- {pasted(child)}: {one_line(self.record.pool[child].instruction)}" for child in own[:FEW])
        if len(own) > FEW:
            yield f"- and {len(own) - FEW} more"
