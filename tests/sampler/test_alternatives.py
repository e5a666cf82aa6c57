from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.sampler import Sampler
from selfinstruct.sampler.alternatives import Alternatives

ALL = Alternatives()


@pytest.fixture
def answered(task):
    """Makes a task for which these answers were drawn."""

    def make(number, outputs, **changes):
        found = [{"output": one, "votes": 1, "score": 1, "chosen": False} for one in outputs]
        return task(number, attributes={"alternatives": found}, **changes)

    return make


def taken(*tasks):
    return [sample.task.id for sample in ALL.sample(Pool(tasks), Random(0), 99, "choice")]


def test_a_task_with_several_answers_is_taken_until_the_stage_has_handled_it(answered, task):
    assert isinstance(ALL, Sampler)
    assert taken(task(0), answered(1, "a"), answered(2, "ab")) == ["seed_task_2"]
    assert taken(answered(1, "ab", models={"choice": "judge"})) == []
    assert taken(answered(1, "ab", failed_stages={"choice": "parse: unreadable"})) == []


def test_the_order_of_the_answers_is_shuffled_by_the_task_alone(answered):
    pool = Pool(answered(number, "abcd") for number in range(20))
    first, second = (ALL.sample(pool, Random(seed), 99, "choice") for seed in (1, 2))
    orders = ["".join(sample.variables["answers"]) for sample in first]

    assert orders == ["".join(sample.variables["answers"]) for sample in second]
    assert {*map("".join, map(sorted, orders))} == {"abcd"}
    assert len({order[0] for order in orders}) == 4
