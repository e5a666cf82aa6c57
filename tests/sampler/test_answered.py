from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.sampler import Foreseeing, Sampler
from selfinstruct.sampler.answered import Answered
from selfinstruct.task import Instance, Reference

REFERENCES = (Reference("x", ("right", "true")), Reference("y", ("other",)))
ANSWERS = (Instance("y", "second"), Instance("x", "first"))


def sampler(shows_references=True):
    return Answered(field="rating", shows_references=shows_references)


def drawn(pool, stage="rating", **keys):
    return sampler(**keys).sample(pool, Random(0), 1, stage)


@pytest.fixture
def answered(task):
    """Makes a task of a benchmark with these answers to its inputs x and y."""

    def make(number, instances=ANSWERS, **changes):
        return task(number, instances=instances, references=REFERENCES, **changes)

    return make


def test_a_judge_sees_the_answer_to_the_first_input_and_its_references(answered):
    (sample,) = drawn(Pool([answered(0)]))

    assert isinstance(sampler(), Sampler)
    assert sample.task.id == "seed_task_0"
    assert sample.input is None
    assert {key: value for key, value in sample.variables.items() if key != "task"} == {
        "input": "x",
        "answer": "first",
        "references": ["right", "true"],
    }


def test_references_may_be_left_out(answered):
    (sample,) = drawn(Pool([answered(0)]), shows_references=False)

    assert sample.variables["references"] == []


def test_tasks_that_are_judged_not_answered_or_given_up_are_not_shown(answered, task):
    pool = Pool(
        [
            answered(0, attributes={"rating": "A"}),
            answered(1, instances=None),
            answered(2, failed_stages={"rating": "parse: the last line is none of A, B, C, D"}),
            task(3),
            answered(4),
        ]
    )

    assert [one.task.id for one in drawn(pool)] == ["seed_task_4"]
    assert [one.task.id for one in drawn(pool, "another")] == ["seed_task_2", "seed_task_4"]


def test_a_reference_is_never_shown_as_the_answer(answered):
    assert drawn(Pool([answered(0, instances=(Instance("y", "second"),))])) == []


def test_the_preview_has_a_reference_in_place_of_the_answer(answered, task):
    pool = Pool([task(9), answered(0, instances=None), answered(1)])

    assert sampler().preview(pool, Random(0)).variables["answer"] == "right"
    assert sampler().preview(Pool([answered(1)]), Random(0)).variables["answer"] == "first"


def test_a_pool_without_references_has_no_preview(pool):
    with pytest.raises(ValueError, match=r"wants tasks with references\. Set seeds=user_tasks"):
        sampler().preview(pool, Random(0))


def test_one_prompt_for_each_task_of_the_benchmark_is_foreseen(answered, task):
    assert isinstance(sampler(), Foreseeing)
    assert sampler().foreseen(Pool([answered(0, instances=None), task(1), answered(2)])) == 2
