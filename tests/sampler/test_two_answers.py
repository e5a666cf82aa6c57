from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.sampler import Sampler
from selfinstruct.sampler.two_answers import TwoAnswers
from selfinstruct.task import Reference

FORWARD = TwoAnswers(field="forward", swapped=False)
BACKWARD = TwoAnswers(field="backward", swapped=True)


@pytest.fixture
def pair(task):
    """Makes a task with two answers."""

    def make(number, failed_stages=(), **known):
        attributes = {"systems": ["a", "b"], "answers": ["of a", "of b"], **known}
        references = (Reference("x", ()),)
        failed = dict.fromkeys(failed_stages, "parse: empty reply")
        return task(number, instances=None, references=references, attributes=attributes, failed_stages=failed)

    return make


def shown(sample):
    return [sample.variables[key] for key in ("input", "answer_1", "answer_2")]


def test_the_two_answers_are_shown_in_one_of_the_two_orders(pair):
    pool = Pool([pair(0)])
    (forward,), (backward,) = (one.sample(pool, Random(0), 1, "verdict") for one in (FORWARD, BACKWARD))

    assert isinstance(FORWARD, Sampler)
    assert shown(forward) == ["x", "of a", "of b"]
    assert shown(backward) == ["x", "of b", "of a"]
    assert forward.variables["task"] is forward.task
    assert forward.task.id == "seed_task_0"


def test_tasks_that_are_compared_in_this_order_or_given_up_are_not_shown(pair, task):
    pool = Pool([pair(0, forward="1"), pair(1, backward="2"), pair(2, failed_stages=["one"]), task(3), pair(4)])

    def ids(sampler, stage):
        return [sample.task.id[-1] for sample in sampler.sample(pool, Random(0), 1, stage)]

    assert ids(FORWARD, "one") == ["1", "4"]
    assert ids(FORWARD, "other") == ["1", "2", "4"]
    assert ids(BACKWARD, "one") == ["0", "4"]


def test_the_preview_is_the_first_task_with_two_answers(pair, task):
    sample = BACKWARD.preview(Pool([task(9), pair(0), pair(1)]), Random(0))

    assert (sample.task.id, shown(sample)) == ("seed_task_0", ["x", "of b", "of a"])


def test_a_pool_without_two_answers_has_no_preview(pool):
    with pytest.raises(ValueError, match=r"wants tasks with two answers\. Set seeds=two_answers"):
        FORWARD.preview(pool, Random(0))
