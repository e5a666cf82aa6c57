from dataclasses import dataclass, replace

import pytest

from selfinstruct.budget import UNLIMITED, Budget, BudgetTracker
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.grow import Grow
from selfinstruct.recipe.sampling import Saturation, position_in, seen
from selfinstruct.round import Candidate, Rejection, Sample


class Whole:
    """A parser: the reply is an instruction, `#` makes it unreadable."""

    reply_format = "whole"

    def parse(self, completion, shown):
        if completion.text.startswith("#"):
            return [Rejection(filter="parse", reason="unreadable", text=completion.text)]
        return [Candidate(completion.text, attributes={"length": len(completion.text)})]


@dataclass
class Each:
    """A sampler: every task that is no child, by a number drawn for it; nothing while a child has no instances."""

    def sample(self, pool, rng, count, stage):
        if any(pool[made].instances is None for made in pool.of(stage)):
            return []
        tasks = [task for task in pool if task.is_human]
        return [
            Sample(variables={"task": task}, parents=(task.id,), attributes={"drawn": rng.randrange(1000)})
            for task in tasks[:count]
        ]

    def preview(self, pool, rng):
        return Sample(variables={"task": next(iter(pool))})


def grow(**changes):
    prompt = Prompt(
        template="{{ task.id }}",
        system=None,
        values={},
        few_shot={},
        decoding={},
        retry_temperature=None,
        parser=Whole(),
    )
    values = {
        "until": None,
        "generations": 3,
        "requests_per_round": 4,
        "rounds_ahead": 0,
        "saturation": None,
        "sampler": Each(),
        "prompt": prompt,
        "model": None,
    }
    return Grow(**(values | changes))


def setting(pool, model, logged_rounds=(), budget=None):
    budget = budget or BudgetTracker(UNLIMITED)
    return StageContext(
        name="grow", pool=pool, model=model, budget=budget, random_seed=1, logged_rounds=list(logged_rounds)
    )


@pytest.fixture
def model(scripted):
    return scripted(lambda r: "# none" if r.text.endswith("7") else f"Do {r.id} of {r.text}")


def answered(pool):
    """Have every task completed, as another stage would."""
    for made in list(pool.of("grow")):
        pool.put(replace(pool[made], instances=()))


def through(pool, model, stop=False):
    """The rounds of all generations, begun anew after every round where it is to stop."""
    rows = []
    while True:
        before = len(rows)
        for round_ in grow().rounds(setting(pool, model, rows)):
            rows.append(round_.row())
            if stop:
                break
        if len(rows) == before:
            if all(pool[made].instances is not None for made in pool.of("grow")):
                return rows
            answered(pool)


def seeds(task):
    return Pool(task(number) for number in range(10))


def test_a_generation_is_cut_into_rounds_and_ends_with_the_last_of_them(pool, model):
    rounds = list(grow().rounds(setting(pool, model)))

    assert [(round_.number, round_.generation, round_.asked) for round_ in rounds] == [(1, 1, 4), (2, 1, 4), (3, 1, 2)]
    assert [round_.ended for round_ in rounds] == [None, None, "generation 1 is finished"]
    assert rounds[0].row()["generation"] == 1
    assert len(pool.of("grow")) == 9


def test_what_the_sampler_drew_and_the_reply_said_stands_in_tasks_and_rejections(pool, model):
    rounds = list(grow().rounds(setting(pool, model)))
    made = pool["grow_1"]

    assert made.attributes.keys() == {"drawn", "generation", "length"}
    assert made.row()["attributes"] == made.attributes
    assert type(made).from_row(made.row()) == made
    assert rounds[1].rejections[0].row("grow", 2)["attributes"].keys() == {"drawn", "generation"}


def test_the_next_generation_begins_when_the_one_before_is_completed(pool, model):
    first = [round_.row() for round_ in grow().rounds(setting(pool, model))]

    assert list(grow().rounds(setting(pool, model, first))) == []
    answered(pool)
    second = list(grow().rounds(setting(pool, model, first)))

    assert [(round_.number, round_.generation) for round_ in second] == [(4, 2), (5, 2), (6, 2)]
    assert second[-1].ended == "generation 2 is finished"


def test_after_the_last_generation_nothing_is_asked(task, model):
    rows = through(seeds(task), model)

    assert [row["generation"] for row in rows] == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_each_generation_draws_by_a_stream_of_its_own(task, model):
    pool = seeds(task)
    through(pool, model)

    drawn = [pool[made].attributes["drawn"] for made in pool.of("grow")]
    assert drawn[:9] != drawn[9:18]


def test_a_run_stopped_after_any_round_comes_to_the_same(task, model):
    whole, broken = seeds(task), seeds(task)

    assert through(whole, model) == through(broken, model, stop=True)
    assert [made.row() for made in whole] == [made.row() for made in broken]


def test_a_generation_that_a_budget_ended_goes_on_where_it_was(task, model):
    pool = seeds(task)
    budget = BudgetTracker(Budget(requests=6, tokens=None, usd=None, minutes=None))
    first = [round_.row() for round_ in grow().rounds(setting(pool, model, (), budget))]

    rest = list(grow().rounds(setting(pool, model, first)))

    assert [(row["asked"], "ended" in row) for row in first] == [(4, False)]
    assert [round_.asked for round_ in rest] == [4, 2]
    assert {pool[made].parents[0] for made in pool.of("grow")} == {f"seed_task_{k}" for k in range(10) if k != 7}


def test_many_rounds_of_a_generation_are_under_way_at_once(pool, model):
    rounds = grow(requests_per_round=1).rounds(setting(pool, model))
    next(rounds)

    assert len(model.asked) == 10


def test_where_a_stage_goes_on_follows_from_its_rounds():
    rows = [{"generation": 1, "asked": 4}, {"generation": 1, "asked": 3}]

    assert position_in([]) == (1, 0)
    assert position_in(rows) == (1, 7)
    assert position_in([*rows, {"generation": 1, "asked": 1, "ended": "generation 1 is finished"}]) == (2, 0)


@pytest.mark.parametrize("changes", [{"until": 3}, {"generations": None}])
def test_a_stage_has_exactly_one_end(changes):
    with pytest.raises(ValueError, match="wants one of until and generations"):
        grow(**changes)


def test_saturation_does_not_go_with_generations():
    with pytest.raises(ValueError, match="set saturation to null"):
        grow(saturation=Saturation(rounds=2, kept_share=0.0))


def test_early_rounds_lag_by_half_at_most():
    assert [seen(number, 12) for number in (1, 2, 3, 10, 26, 27)] == [0, 1, 1, 5, 13, 14]
