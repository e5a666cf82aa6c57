from collections import Counter
from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.sampler.latest import Latest
from selfinstruct.task import Instance

BOTH = Latest(operations={"deepen": 1.0, "breadth": 3.0, "never": 0.0})


def shown(pool, count=99):
    return [sample.variables["task"].id for sample in BOTH.sample(pool, Random(0), count, "evolution")]


@pytest.fixture
def evolved(task):
    """Three seeds: one evolved twice, one whose evolution failed, one that was never evolved."""

    def child(name, parent, **changes):
        return task(0, **({"id": name, "origin": "evolution", "parents": (parent,)} | changes))

    return Pool(
        [
            *(task(number) for number in (1, 2, 3)),
            child("evolution_1", "seed_task_1"),
            child("evolution_2", "seed_task_2", instances=None, failed_stages={"equality": "no gain"}),
            child("evolution_3", "evolution_1"),
        ]
    )


def test_of_each_task_the_newest_version_that_survived_is_shown(evolved):
    assert shown(evolved) == ["evolution_3", "seed_task_2", "seed_task_3"]
    assert shown(evolved, 2) == ["evolution_3", "seed_task_2"]


def test_nothing_is_shown_while_a_task_is_on_its_way(evolved, task):
    evolved.add(task(0, id="evolution_4", origin="evolution", parents=("seed_task_3",), instances=None))

    assert shown(evolved) == []


def test_a_task_that_lacks_a_rating_only_has_survived(evolved, task):
    evolved.put(
        task(0, id="evolution_3", origin="evolution", parents=("evolution_1",), failed_stages={"difficulty": "?"})
    )

    assert shown(evolved)[0] == "evolution_3"


def test_a_task_that_a_judges_verdict_keeps_out_has_not_survived(evolved, task):
    known = {"failed_stages": {"quality": "quality: judged '1'"}, "attributes": {"rejected": {"quality": "quality"}}}
    evolved.put(task(0, id="evolution_3", origin="evolution", parents=("evolution_1",), **known))

    assert shown(evolved)[0] == "evolution_1"


def test_tasks_of_other_stages_are_begun_with_like_seeds(task):
    pool = Pool([task(1), task(2, origin="instructions")])

    assert shown(pool) == ["seed_task_1", "seed_task_2"]


def test_operations_are_drawn_by_weight(task):
    pool = Pool(task(number) for number in range(400))
    samples = BOTH.sample(pool, Random(1), 400, "evolution")
    drawn = Counter(sample.variables["operation"] for sample in samples)

    assert drawn.keys() == {"deepen", "breadth"}
    assert 2 < drawn["breadth"] / drawn["deepen"] < 4
    assert samples[0].attributes == {"operation": samples[0].variables["operation"]}
    assert samples[0].parents == ("seed_task_0",)


def test_instruction_and_input_are_one_text(task):
    pool = Pool([task(1, instruction="Sort this.", instances=(Instance("b, a", "a, b"),))])

    assert BOTH.preview(pool, Random(0)).variables["text"] == "Sort this.\n\nb, a"


def test_every_operation_that_may_be_drawn_is_previewed(pool):
    assert [sample.variables["operation"] for sample in BOTH.previews(pool)] == ["deepen", "breadth"]


@pytest.mark.parametrize("operations", [{}, {"deepen": 0.0}])
def test_some_operation_must_have_a_weight(operations):
    with pytest.raises(ValueError, match="no operation with a weight"):
        Latest(operations=operations)
