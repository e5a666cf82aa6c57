"""Story: what the run folder tells of one task, one request or one rejection.

The filters are asked again, on the pool as it stood when the candidate was judged, since a run writes down only the
first reason of a rejection and nothing of what a filter saw in a candidate that passed.
"""

from collections.abc import Iterator, Mapping

from selfinstruct.actions.explain.fate import Words, fates, verdicts_together
from selfinstruct.actions.explain.lineage import children, descendants
from selfinstruct.actions.explain.pieces import name_of, read_again, told_fates, told_verdicts, words_of
from selfinstruct.actions.explain.text import fenced, one_line, piece_text, told_reply
from selfinstruct.actions.questions import Question, recorded_questions
from selfinstruct.recipe import Stage, asking
from selfinstruct.recipe.grow import Grow
from selfinstruct.round import Candidate, Rejection, Round
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.replies import Reply, number_of
from selfinstruct.task import Task
from selfinstruct.text.command import pasted

FEW = 50
"""Children that are named."""


class Story:
    """Tells what a record holds of an id."""

    def __init__(self, record: RunReader, recipe: Mapping[str, Stage]) -> None:
        self.record = record
        self.recipe = asking(recipe)
        self._places = {(round_.stage, round_.number): place for place, round_ in enumerate(record.rounds)}
        self._known: dict[int, list[Question]] = {}

    def of(self, name: str) -> list[str] | None:
        """The story of a task, a rejection or a request; None where the run has none of this name."""
        if name in self.record.pool:
            return [*self._task(self.record.pool[name])]
        request, mark, number = name.replace(":", "#").rpartition("#")
        rejections = self._rejections(request) if mark else []
        if number.isdecimal() and 1 <= int(number) <= len(rejections):
            return [*self._rejected(rejections[int(number) - 1], int(number))]
        if self._place(name) is not None and (self._rejections(name) or self._replies(name)):
            title = [f"# {name}", "", f"A request of {name.rsplit('/', 1)[0]} and all that came of it."]
            return [*title, *self._request(name)]
        return None

    def ids(self) -> list[str]:
        """Every id there is."""
        found = [task.id for task in self.record.pool]
        for round_ in self.record.rounds:
            found += [f"{round_.stage}/{round_.number}/{number}" for number in range(1, round_.asked + 1)]
            counts: dict[str, int] = {}
            for item in round_.rejections:
                counts[item.request] = counts.get(item.request, 0) + 1
                found.append(f"{item.request}:{counts[item.request]}")
        return found

    def _place(self, request: str) -> int | None:
        """The place of the round in which a request was asked."""
        stage, _, rest = request.partition("/")
        numbers = rest.split("/")
        if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
            return None
        return self._places.get((stage, int(numbers[0])))

    def _round(self, request: str) -> Round | None:
        place = self._place(request)
        return None if place is None else self.record.rounds[place]

    def _rejections(self, request: str) -> list[Rejection]:
        round_ = self._round(request)
        return [item for item in round_.rejections if item.request == request] if round_ else []

    def _replies(self, request: str) -> list[Reply]:
        round_ = self._round(request)
        if round_ is None:
            return []
        with self.record.replies() as replies:
            return replies.of(round_.stage, round_.number).get(request, [])

    def _questions(self, place: int) -> list[Question]:
        if place not in self._known:
            self._known[place] = recorded_questions(self.record, self.recipe, place) or []
        return self._known[place]

    def _question(self, request: str) -> Question | None:
        place = self._place(request)
        questions = [] if place is None else self._questions(place)
        return next((question for question in questions if question.request.id == request), None)

    def _task(self, task: Task) -> Iterator[str]:
        yield f"# {pasted(task.id)}"
        yield from ("", fenced(task.instruction), "")
        if task.is_human:
            yield f"A seed, written by {' and '.join(task.writers) or 'a person'}."
        elif not task.models:
            row = task.attributes.get("row", "that is not known")
            yield f"Made by `{task.origin}` in round {task.round} from the annotated row {row}; no model wrote it."
        else:
            author = task.models.get(task.origin, "a model that is not known")
            yield f"Made by `{task.origin}` in round {task.round}, request `{task.request}`, by {author}."
        yield f"Classification: {'not asked' if task.is_classification is None else task.is_classification}."
        yield f"Instances: {len(task.instances or ())}."
        if task.attributes:
            yield f"Attributes: {', '.join(f'{name} {value}' for name, value in task.attributes.items())}."
        yield from (f"Given up by `{stage}`: {reason}" for stage, reason in task.gave_up.items())
        if task.request:
            yield from self._request(task.request, task)
        for place, round_ in enumerate(self.record.rounds):
            if round_.stage != task.origin and any(changed.id == task.id for changed in round_.tasks):
                yield from ("", f"## Later: {round_.stage}, round {round_.number}")
                for question in self._questions(place):
                    if question.sample.task is not None and question.sample.task.id == task.id:
                        yield from self._annotation(question, round_)
        yield from self._offspring(task)

    def _rejected(self, rejection: Rejection, number: int) -> Iterator[str]:
        yield f"# {rejection.request}:{number}"
        told = piece_text(rejection.candidate or rejection, is_whole=rejection.task is None)
        yield from ("", fenced(told), "", f"Rejected by `{rejection.filter}`: {rejection.reason}.")
        if rejection.task is not None:
            yield f"It was about the task {pasted(rejection.task)}."
        yield from self._request(rejection.request, number)

    def _request(self, request: str, about: Task | int | None = None) -> Iterator[str]:
        """A request, its reply, and each piece of it; with the filters' words on one piece, or on all."""
        round_, question = self._round(request), self._question(request)
        if round_ is None or round_.source is not None:  # a round that read annotated rows, and asked nobody
            return
        replies = self._replies(request)
        reply = question.reply if question is not None else next(reversed(replies), None)
        stage = self.recipe.get(round_.stage)
        if question is None:
            yield from ("", "What it asked cannot be worked out: sampler or prompt are not those of the run.")
        if not isinstance(stage, Grow):
            if question is not None:
                task = question.sample.task
                yield from ("", f"About the task {pasted(task.id) if task else ''}.")
                yield from self._annotation(question, round_)
            return
        sample = () if question is None else question.sample.parents
        parents = about.parents if isinstance(about, Task) else sample
        yield from ("", "## Parents shown", "")
        yield from (f"- {pasted(parent)}: {one_line(self.record.pool[parent].instruction)}" for parent in parents)
        yield from told_reply(reply, round_.rejections, request)
        if reply is None or question is None:
            return
        yield from self._pieces_of_grow(question, reply, stage, round_, about)

    def _pieces_of_grow(
        self, question: Question, reply: Reply, stage: Grow, round_: Round, about: Task | int | None
    ) -> Iterator[str]:
        request = question.request.id
        kept = [task for task in round_.tasks if task.request == request]
        pieces = stage.prompt.parse(reply.completion, question.sample, question.request.chat)
        found = fates(pieces, self._rejections(request), [words_of(task) for task in kept])
        yield from ("", "## How it was read, and what became of each piece", "")
        yield from told_fates(found, request, kept, is_whole=True)
        place = self._place(request)
        pool = self.record.pool_before(place or 0)
        for task in round_.tasks:
            if number_of(task.request) < number_of(request):
                pool.add(task)
        for fate in found:
            made = None if fate.kept is None else kept[fate.kept]
            is_asked = (
                about is None or about == fate.number or (made is not None and made.id == getattr(about, "id", None))
            )
            if is_asked and isinstance(fate.piece, Candidate):
                yield from told_verdicts(fate.piece, stage.filters, pool, name_of(fate, request, made), made)
            elif made is not None:
                pool.add(made)

    def _annotation(self, question: Question, round_: Round) -> Iterator[str]:
        """A request about a task, its reply, and what became of each piece."""
        request, stage = question.request.id, self.recipe[round_.stage]
        yield from ("", f"### {request}")
        yield from told_reply(question.reply, round_.rejections, request)
        if question.reply is None or question.sample.task is None:
            return
        task = question.sample.task
        pieces = read_again(stage.prompt, question)
        rejections = self._rejections(request)
        after = next((changed for changed in round_.tasks if changed.id == task.id), task)
        given = question.sample.input
        own = [pair for pair in after.instances or () if given is None or pair.input == given]
        kept: list[Words] = [(task.instruction, instance) for instance in own] or [(task.instruction, None)]
        found = fates(pieces, rejections, kept if len(pieces) > len(rejections) else [])
        yield from ("", "How it was read, and what became of each piece:", "")
        yield from told_fates(found, request, [after] * len(found))
        candidates = [piece for piece in pieces if isinstance(piece, Candidate)]
        judged = verdicts_together(candidates, stage.filters, self.record.pool)
        if stage.filters and candidates:
            yield from ("", "What the filters say, each of what those before it have left:", "")
            for number, said in enumerate(judged, 1):
                yield f"- candidate {number}: " + "; ".join(
                    f"{name} {reason or 'passes'}" for name, reason in said.items()
                )

    def _offspring(self, task: Task) -> Iterator[str]:
        of = children(self.record.pool)
        own = of.get(task.id, [])
        requests = {self.record.pool[child].request for child in own}
        yield from ("", "## What used it as an example", "")
        yield f"{len(own)} children, from {len(requests)} requests; {len(descendants(task.id, of))} descendants."
        yield from (f"- {pasted(child)}: {one_line(self.record.pool[child].instruction)}" for child in own[:FEW])
        if len(own) > FEW:
            yield f"- and {len(own) - FEW} more"
