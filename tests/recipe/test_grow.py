from dataclasses import dataclass, replace

import pytest

from selfinstruct.budget import UNLIMITED, Budget, BudgetTracker
from selfinstruct.filters.empty_output import EmptyOutput
from selfinstruct.filters.ends_with_colon import EndsWithColon
from selfinstruct.filters.repeats_input import RepeatsInput
from selfinstruct.filters.truncated import Truncated
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext, stream
from selfinstruct.recipe.grow import Grow
from selfinstruct.recipe.sampling import Saturation
from selfinstruct.request import Completion, Failure
from selfinstruct.round import Candidate, Rejection
from selfinstruct.sampler.mixed import Mixed
from selfinstruct.task import Instance


class Lines:
    """A parser: each line is an instruction, `#` makes it unreadable."""

    reply_format = "lines"

    def parse(self, completion, shown):
        return [
            Rejection(filter="parse", reason="unreadable", text=line) if line.startswith("#") else Candidate(line)
            for line in completion.text.splitlines()
        ]


class Known:
    """A filter: what the pool holds already; measures too."""

    def reject(self, candidate, pool):
        return "known" if any(task.instruction == candidate.instruction for task in pool) else None

    def nearest(self, candidate, pool):
        return ("seed_task_0", 0.5)

    def measure(self, tasks, pool):
        return [Near(nearest=(("seed_task_0", 0.5), ("seed_task_1", 0.25)), average=0.125) for _ in tasks]


class NoShouting:
    def reject(self, candidate, pool):
        return "shouts" if candidate.instruction.isupper() else None


@dataclass
class Near:
    nearest: tuple
    average: float


PROMPT = Prompt(
    template="{{ tasks | length }}",
    system=None,
    values={},
    few_shot={},
    decoding={},
    retry_temperature=None,
    parser=Lines(),
)


def grow(**changes):
    values = {
        "until": 4,
        "generations": None,
        "requests_per_round": 2,
        "rounds_ahead": 0,
        "saturation": None,
        "sampler": Mixed(human=2, machine=1),
        "prompt": PROMPT,
        "filters": {"shouting": NoShouting(), "known": Known()},
        "model": None,
    }
    return Grow(**(values | changes))


def setting(name, pool, model, past, budget=None):
    budget = budget or BudgetTracker(UNLIMITED)
    return StageContext(name=name, pool=pool, model=model, budget=budget, random_seed=1, logged_rounds=past)


@pytest.fixture
def numbered(scripted):
    """A model that writes two new instructions, one unreadable line, one twin and one shout a request."""
    return scripted(lambda r: f"Do {r.id}\n# preamble\nDo {r.id}\nALAS\nSay {r.id}")


def test_keeps_exactly_as_many_as_wanted_and_accounts_for_the_rest(pool, numbered):
    (only,) = grow(until=3).rounds(setting("grow", pool, numbered, []))

    assert len(pool.of("grow")) == 3
    assert (only.asked, only.kept, only.candidates, only.parsed) == (2, 3, 10, 8)
    assert only.row()["rejected/parse"] == 2
    assert only.row()["rejected/known"] == 1
    assert only.row()["rejected/shouting"] == 1
    assert only.row()["rejected/surplus"] == 3
    assert only.ended == "3 kept"
    assert only.row()["ended"] == "3 kept"


def test_what_comes_after_the_last_one_needed_is_surplus(pool, numbered):
    (only,) = grow(until=1).rounds(setting("grow", pool, numbered, []))

    assert [rejection.filter for rejection in only.rejections] == [
        *("parse", "surplus", "surplus", "surplus"),
        *("surplus", "parse", "surplus", "surplus", "surplus"),
    ]


def test_a_kept_task_records_where_it_came_from(pool, numbered):
    next(grow().rounds(setting("grow", pool, numbered, [])))
    made = pool["grow_1"]

    assert (made.origin, made.round, made.request) == ("grow", 1, "grow/1/1")
    assert made.instruction == "Do grow/1/1"
    assert made.models == {"grow": "scripted"}
    assert len(made.parents) == 3
    assert made.most_similar == (("seed_task_0", 0.5), ("seed_task_1", 0.25))
    assert made.average_similarity == 0.125
    assert made.instances is None


def test_a_rejection_names_the_request_the_candidate_and_the_nearest_task(pool, numbered):
    first = next(grow().rounds(setting("grow", pool, numbered, [])))
    row = first.rejections[1].row("grow", 1)

    assert row == {
        "stage": "grow",
        "round": 1,
        "request": "grow/1/1",
        "filter": "known",
        "reason": "known",
        "instruction": "Do grow/1/1",
        "nearest": ["seed_task_0", 0.5],
    }
    assert "nearest" not in first.rejections[2].row("grow", 1)
    assert first.rejections[0].row("grow", 1)["text"] == "# preamble"


def test_a_request_without_a_reply_is_one_rejection(pool, scripted):
    model = scripted(
        lambda r: Completion(failure=Failure("refused", "too long")) if r.id.endswith("1") else f"Do {r.id}"
    )
    first = next(grow().rounds(setting("grow", pool, model, [])))

    assert (first.asked, first.failed, first.candidates, first.kept) == (2, 1, 2, 1)
    assert (first.rejections[0].filter, first.rejections[0].reason) == ("model", "too long")


def test_ends_when_nothing_new_comes(pool, scripted):
    stage = grow(saturation=Saturation(rounds=3, kept_share=0.0))

    rounds = list(stage.rounds(setting("grow", pool, scripted(lambda r: "Always this"), [])))

    assert len(rounds) == 4
    assert rounds[-1].ended == "saturated: at most 0% kept in 3 rounds"
    assert [round_.ended for round_ in rounds[:-1]] == [None] * 3


def test_goes_on_where_it_was_stopped(task, numbered):
    from selfinstruct.pool import Pool

    whole = Pool(task(number) for number in range(10))
    rounds = list(grow(until=9).rounds(setting("grow", whole, numbered, [])))
    part = Pool(task(number) for number in range(10))
    first = next(grow(until=9).rounds(setting("grow", part, numbered, [])))

    rest = list(grow(until=9).rounds(setting("grow", part, numbered, [first.row()])))

    assert [task.row() for task in part] == [task.row() for task in whole]
    assert [round_.number for round_ in rest] == [round_.number for round_ in rounds[1:]]
    assert list(grow(until=9).rounds(setting("grow", part, numbered, [r.row() for r in rounds]))) == []


def test_each_round_has_a_stream_of_its_own():
    assert stream(1, "grow", 1).random() == stream(1, "grow", 1).random()
    assert len({stream(*key).random() for key in [(1, "grow", 1), (2, "grow", 1), (1, "g", 1), (1, "grow", 2)]}) == 4


def shown(model, number):
    """The parents of each request of a round, by what its prompt lists."""
    return {word for request in model.asked if request.round == number for word in request.text.split("|")}


NAMES = Prompt(
    template="{% for task in tasks %}{{ task.id }}|{% endfor %}",
    system=None,
    values={},
    few_shot={},
    decoding={},
    retry_temperature=None,
    parser=Lines(),
)


@pytest.mark.parametrize("rounds_ahead", [0, 1, 3])
def test_a_round_shows_the_pool_as_it_stood_that_many_rounds_before(pool, scripted, rounds_ahead):
    model = scripted(lambda r: f"Do {r.id}")
    stage = grow(
        until=24, rounds_ahead=rounds_ahead, prompt=NAMES, sampler=Mixed(human=2, machine=50), requests_per_round=2
    )

    rounds = list(stage.rounds(setting("grow", pool, model, [])))

    for number in range(1, len(rounds) + 1):
        seen = max(number - 1 - rounds_ahead, number // 2)
        made = {word for word in shown(model, number) if word.startswith("grow")}
        assert made == {f"grow_{k}" for k in range(1, 2 * seen + 1)}


def test_rounds_are_under_way_beside_each_other(pool, scripted):
    model = scripted(lambda r: f"Do {r.id}")
    stage = grow(until=30, rounds_ahead=2, requests_per_round=1)

    rounds = stage.rounds(setting("grow", pool, model, []))

    asked = []
    for _ in range(8):
        number = next(rounds).number
        asked.append(max(request.round for request in model.asked) - number)
    assert asked == [2, 3, 3, 3, 3, 3, 3, 3]  # while a round is given, those that need to see no more than it


def test_no_more_is_asked_than_the_yield_so_far_makes_necessary(pool, scripted):
    model = scripted(lambda r: f"Do {r.id}")

    rounds = list(grow(until=10, rounds_ahead=5, requests_per_round=1).rounds(setting("grow", pool, model, [])))

    assert (len(rounds), len(model.asked)) == (10, 10)


def test_rounds_asked_ahead_in_vain_are_not_sent_where_they_wait(pool, scripted):
    closed = []

    class Counting(type(scripted(str))):
        def complete(self, requests):
            replies = super().complete(requests)
            replies.close = lambda: closed.append(requests[0].id)
            return replies

    model = Counting(lambda r: f"Do {r.id}" if r.round < 6 else "\n".join(f"Do {r.id} {k}" for k in range(9)))

    rounds = list(grow(until=14, rounds_ahead=3, requests_per_round=1).rounds(setting("grow", pool, model, [])))

    assert len(rounds) == 6
    assert closed == ["grow/7/1", "grow/8/1", "grow/9/1"]


def test_how_far_it_asked_ahead_changes_no_result(task, numbered):
    from selfinstruct.pool import Pool

    pools = []
    for stopped in (0, 2, 5):
        pool = Pool(task(number) for number in range(10))
        stage = grow(until=30, rounds_ahead=3)
        rounds = stage.rounds(setting("grow", pool, numbered, []))
        figures = [next(rounds).row() for _ in range(stopped)]
        rounds.close()
        figures += [round_.row() for round_ in stage.rounds(setting("grow", pool, numbered, figures))]
        pools.append(([made.row() for made in pool], figures))

    assert pools[0] == pools[1] == pools[2]


def limited(**limits):
    return BudgetTracker(Budget(**({"requests": None, "tokens": None, "usd": None, "minutes": None} | limits)))


def test_a_budget_stops_the_stage_between_rounds_and_ends_it_not(pool, scripted):
    model = scripted(lambda r: f"Do {r.id}")
    held = limited(requests=5)

    rounds = list(grow(until=30, rounds_ahead=3).rounds(setting("grow", pool, model, [], held)))

    assert [(round_.asked, round_.end, round_.ended) for round_ in rounds] == [(2, None, None)] * 2
    assert len(model.asked) == 4
    assert held.empty.limit == "requests"


LIMITED = replace(PROMPT, decoding={"max_tokens": 100})
"""A question of it may take 100.5 tokens; with the reply that is scripted it takes 15."""


def grown(pool, model, held=None):
    """The rounds of a stage with two questions in each, as they are committed."""
    stage = grow(until=30, rounds_ahead=3, prompt=LIMITED)
    return [(made.row(), made.tasks, made.rejections) for made in stage.rounds(setting("grow", pool, model, [], held))]


@pytest.mark.parametrize(("tokens", "finished", "asked"), [(150, 2, 4), (140, 1, 3), (115, 0, 1)])
def test_a_round_that_was_asked_in_part_is_finished_or_leaves_no_trace(tokens, finished, asked, task, scripted):
    model = scripted(lambda r: f"Do {r.round}\nDo {r.id}")
    whole, tight = (Pool(task(number) for number in range(10)) for _ in range(2))
    rounds = grown(whole, model)
    everything = [request.id for request in model.asked]
    model.asked.clear()

    held = limited(tokens=tokens)
    some = grown(tight, model, held)

    assert some == rounds[:finished]
    assert [request.id for request in model.asked] == everything[:asked]
    assert list(tight) == list(whole)[: len(tight)]
    assert len(tight) == 10 + sum(row["kept"] for row, _, _ in some)
    assert held.empty.limit == "tokens"


class Pairs:
    """A parser: each line is an instruction, an input and an output; `...` at the end breaks off."""

    reply_format = "pairs"

    def parse(self, completion, shown):
        rows = (line.split("|") for line in completion.text.splitlines())
        return [
            Candidate(text, instances=(Instance(given, output.removesuffix("...")),), truncated=output.endswith("..."))
            for text, given, output in rows
        ]


def test_a_candidate_with_an_instance_is_judged_and_kept_with_it(pool, scripted):
    filters = {
        "truncated": Truncated(),
        "empty_output": EmptyOutput(),
        "repeats_input": RepeatsInput(),
        "ends_with_colon": EndsWithColon(),
    }
    model = scripted(lambda r: "Do a|x|y\nDo b|x|y...\nDo c|x| \nDo d|x|x\nDo e|x|As follows:\nDo f||y")
    stage = grow(until=2, requests_per_round=1, filters=filters, prompt=replace(PROMPT, parser=Pairs()))

    (round_,) = stage.rounds(setting("grow", pool, model, []))

    assert [(task.instruction, task.instances) for task in round_.tasks] == [
        ("Do a", (Instance("x", "y"),)),
        ("Do f", (Instance("", "y"),)),
    ]
    assert [rejection.filter for rejection in round_.rejections] == list(filters)
    assert round_.rejections[0].row("grow", 1)["input"] == "x"
