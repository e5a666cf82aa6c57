import pytest

from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.storage.drawn import sample_of, written
from selfinstruct.task import Instance


def test_a_sample_is_read_back_as_it_was_drawn(task):
    pool = Pool([task(0), task(1)])
    first, second = pool
    sample = Sample(
        variables={
            "tasks": [first, second],
            "task": second,
            "demonstrations": [Instance("a\ud800", "é")],
            "number": 3,
            "text": None,
        },
        parents=(first.id, second.id),
        task=second,
        input="4 + 5",
        attributes={"operation": "deepen", "generation": 2},
    )

    assert sample_of(written(sample, 2), pool) == (sample, 2)


def test_a_value_of_another_type_is_stored_as_its_text():
    found, _ = sample_of(written(Sample({"place": 1 + 2j}), 1), Pool())

    assert found.variables == {"place": "(1+2j)"}


def test_a_task_that_the_pool_does_not_have_is_an_error(task):
    with pytest.raises(KeyError):
        sample_of(written(Sample({"task": task(7)}), 1), Pool())
