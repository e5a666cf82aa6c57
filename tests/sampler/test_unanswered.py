from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.sampler import Sampler
from selfinstruct.sampler.unanswered import Unanswered
from selfinstruct.task import Instance, Reference


@pytest.fixture
def benchmark(task):
    """Makes a task that asks about these inputs."""

    def make(number, *inputs, **changes):
        references = tuple(Reference(text, (f"right for {text}",)) for text in inputs)
        return task(number, instances=changes.pop("instances", None), references=references, **changes)

    return make


def drawn(pool, count=1):
    return [(one.task.id, one.input) for one in Unanswered().sample(pool, Random(0), count, "answers")]


def test_every_input_of_every_task_is_shown_in_the_order_of_the_benchmark(benchmark):
    pool = Pool([benchmark(1, "b", "a"), benchmark(0, "c")])

    assert isinstance(Unanswered(), Sampler)
    assert drawn(pool) == [("seed_task_1", "b"), ("seed_task_1", "a"), ("seed_task_0", "c")]


def test_an_input_that_stands_twice_is_shown_once(benchmark):
    assert drawn(Pool([benchmark(0, "a", "b", "a")])) == [("seed_task_0", "a"), ("seed_task_0", "b")]


def test_an_input_of_two_tasks_is_shown_with_both(benchmark):
    assert drawn(Pool([benchmark(0, "a"), benchmark(1, "a")])) == [("seed_task_0", "a"), ("seed_task_1", "a")]


def test_inputs_with_an_answer_and_those_given_up_are_not_shown_again(benchmark):
    answered = (Instance("a", "x"),)
    given_up = {"unanswered": {"b": "parse: empty reply"}}
    pool = Pool([benchmark(0, "a", "b", "c", instances=answered, attributes=given_up)])

    assert drawn(pool) == [("seed_task_0", "c")]


def test_nothing_is_shown_of_tasks_without_references(pool):
    assert drawn(pool) == []


def test_a_sample_is_about_one_input_of_its_task(benchmark):
    (sample,) = Unanswered().sample(Pool([benchmark(0, "a")]), Random(0), 1, "answers")

    assert sample.variables.keys() == {"task", "input"}
    assert (sample.variables["task"].id, sample.variables["input"]) == ("seed_task_0", "a")
    assert sample.attributes == {"input": "a"}


def test_the_preview_is_the_first_input_of_the_first_task_with_references(benchmark, task):
    sample = Unanswered().preview(Pool([task(9), benchmark(0, "b", "a"), benchmark(1, "c")]), Random(0))

    assert (sample.task.id, sample.input) == ("seed_task_0", "b")


def test_a_pool_without_references_has_no_preview(pool):
    with pytest.raises(ValueError, match=r"wants tasks with references\. Set seeds=superni_tasks or seeds=user_tasks"):
        Unanswered().preview(pool, Random(0))
