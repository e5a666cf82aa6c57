"""Which question each recorded request asked: what its prompt showed, or which task it was about.

A run keeps its prompts as they were sent, and for each kept task its parents, but not what a request showed that gave
nothing.  That can be found again, since nothing in a run is left to chance: the same sampler, pool and random stream
draw the same tasks.  Each question found is checked by rendering it: the text must be the recorded one, letter by
letter.  Where it is not, because the prompt or the sampler is another now, the question counts as not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.recipe.grow import Grow
from selfinstruct.recipe.sampling import asked_of, kept_before, listed, live, seen
from selfinstruct.request import Request
from selfinstruct.round import Round, Sample
from selfinstruct.sampler import ByInput, about
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.replies import Reply, number_of


@dataclass(frozen=True, slots=True)
class Question:
    """A recorded request, understood."""

    request: Request
    sample: Sample
    reply: Reply | None
    """None where the model gave none."""


def samples(
    stage: Grow, name: str, number: int, *, pool: Pool, kept: Sequence[int], random_seed: int, count: int
) -> list[Sample]:
    """What the prompts of a round showed; `kept` are the tasks made after each round, from 0."""
    before = kept[seen(number, stage.rounds_ahead)]
    return live(stage.sampler, name, number, pool, before, random_seed, stage.requests_per_round)[:count]


def samples_of_generation(
    stage: Grow, round_: Round, earlier: Sequence[Round], pool: Pool, random_seed: int
) -> list[Sample]:
    """What the prompts of a round showed, in a stage that goes by generations; `earlier` are the rounds before it."""
    rows = [other.row() for other in earlier]
    generation = round_.generation or 1
    drawn = listed(stage.sampler, round_.stage, generation, pool, kept_before(rows, generation), random_seed)
    start = asked_of(rows, generation)
    return drawn[start : start + round_.asked]


def grown(
    stage: Grow, round_: Round, drawn: Sequence[Sample], replies: Mapping[str, Sequence[Reply]], chat: bool
) -> list[Question] | None:
    """The questions of a round of `Grow`; None where they are not those that were recorded."""
    found = []
    for number, sample in enumerate(drawn, 1):
        request = stage.prompt.render(sample, chat, round_.stage, round_.number, number)
        answers = replies.get(request.id, ())
        reply = next((reply for reply in answers if reply.prompt == request.text), None)
        if answers and reply is None:
            return None
        found.append(Question(request, sample, reply))
    return found


def annotated(
    stage: Annotate, round_: Round, pool: Pool, replies: Mapping[str, Sequence[Reply]], chat: bool
) -> list[Question]:
    """The questions of a round of `Annotate` that are known, in the order asked.

    `pool` is that before the round.  A request of whose reply something was turned away names its task in the
    rejection; any other is found by its text.
    """
    if by_input := asked_by_input(stage, round_, pool):
        return annotated_by_input(stage, round_, by_input, replies, chat)
    named = {item.request: item.task for item in round_.rejections if item.task is not None}
    left = [request_id for request_id in replies if request_id not in named]
    open_ = {task.id for task in round_.tasks if round_.stage not in task.gave_up}
    found: dict[str, Question] = {}
    for request_id, task_id in named.items():
        if (sample := sample_of(stage, pool, task_id)) is not None:
            answers = replies.get(request_id, ())
            found[request_id] = question(stage.prompt, request_id, sample, answers, stage.attempts, chat)
    for attempt in range(1, stage.attempts + 1):
        texts: dict[str, list[Question]] = {}
        for task in (pool[task.id] for task in round_.tasks if task.id in open_):
            sample = stage.widen(about(task, pool))
            request = stage.prompt.render(sample, chat, round_.stage, round_.number, 0, attempt)
            texts.setdefault(request.text, []).append(Question(request, sample, None))
        for request_id in list(left):
            reply = next((reply for reply in replies[request_id] if texts.get(reply.prompt)), None)
            if reply is not None:
                known = texts[reply.prompt].pop(0)
                left.remove(request_id)
                open_.discard(known.sample.task.id if known.sample.task else "")
                found[request_id] = Question(replace(known.request, id=request_id), known.sample, reply)
        if not left or not open_:
            break
    return [found[request_id] for request_id in sorted(found, key=number_of)]


def asked_by_input(stage: Annotate, round_: Round, pool: Pool) -> dict[tuple[str, str], Sample]:
    """What a round may have asked, by task and input; nothing where its stage asks about whole tasks."""
    if not isinstance(stage.sampler, ByInput):  # else every round would go through all tasks for nothing
        return {}
    drawn = stage.sampler.sample(pool, Random(0), len(pool), round_.stage)
    asked = {task.id for task in round_.tasks}
    return {
        (sample.task.id, sample.input): stage.widen(sample)
        for sample in drawn
        if sample.task is not None and sample.input is not None and sample.task.id in asked
    }


def annotated_by_input(
    stage: Annotate,
    round_: Round,
    drawn: Mapping[tuple[str, str], Sample],
    replies: Mapping[str, Sequence[Reply]],
    chat: bool,
) -> list[Question]:
    """The questions of a round that asked about tasks input by input, as far as they are known, in the order asked."""
    named = {item.request: (item.task or "", str(item.attributes.get("input"))) for item in round_.rejections}
    answered = [(task.id, pair.input) for task in round_.tasks for pair in task.instances or ()]
    texts: dict[str, list[Sample]] = {}
    for sample in (drawn[key] for key in answered if key in drawn):
        for attempt in range(1, stage.attempts + 1):
            text = stage.prompt.render(sample, chat, round_.stage, round_.number, 0, attempt).text
            if sample not in texts.setdefault(text, []):
                texts[text].append(sample)
    found = []
    for request_id in sorted({*replies, *named}, key=number_of):
        answers = replies.get(request_id, ())
        if request_id in named:
            asked = drawn.get(named[request_id])
        else:
            asked = next((texts[reply.prompt].pop(0) for reply in answers if texts.get(reply.prompt)), None)
        if asked is not None:
            found.append(question(stage.prompt, request_id, asked, answers, stage.attempts, chat))
    return found


def sample_of(stage: Annotate, pool: Pool, task_id: str) -> Sample | None:
    """What a prompt about a task shows."""
    if task_id not in pool:
        return None
    return stage.widen(about(pool[task_id], pool))


def question(
    prompt: Prompt, request_id: str, sample: Sample, answers: Sequence[Reply], attempts: int, chat: bool
) -> Question:
    """A request about a known task, with the attempt whose text was sent."""
    stage, round_, number = request_id.rsplit("/", 2)
    for attempt in range(1, attempts + 1):
        request = prompt.render(sample, chat, stage, int(round_), int(number), attempt)
        if reply := next((reply for reply in answers if reply.prompt == request.text), None):
            return Question(request, sample, reply)
    first = prompt.render(sample, chat, stage, int(round_), int(number))
    return Question(first, sample, answers[-1] if answers else None)


def recorded_questions(record: RunReader, recipe: Mapping[str, object], place: int) -> list[Question] | None:
    """The questions of the round at a place of the record's, by the run's own recipe; None where they are not known."""
    round_ = record.rounds[place]
    stage, name = recipe.get(round_.stage), round_.stage
    chat, before = record.chat(name), record.pool_before(place)
    with record.replies() as replies:
        answers = replies.of(name, round_.number)
    if isinstance(stage, Annotate):
        return annotated(stage, round_, before, answers, chat)
    if isinstance(stage, Grow):
        seed = record.config.get("random_seed", 0)
        if round_.generation is not None:
            drawn = samples_of_generation(stage, round_, record.of(name)[: round_.number - 1], before, seed)
        else:
            drawn = samples(
                stage, name, round_.number, pool=before, kept=record.kept(name), random_seed=seed, count=round_.asked
            )
        return grown(stage, round_, drawn, answers, chat)
    return None
