from random import Random

from selfinstruct.pool import Pool
from selfinstruct.sampler.missing import Missing


def ids(samples):
    return [sample.task.id for sample in samples]


def test_takes_tasks_that_lack_the_field_in_the_order_of_the_pool(pool, task):
    pool.add(task(10, origin="grow", is_classification=None))
    pool.add(task(11, origin="grow", is_classification=None))

    samples = Missing(field="is_classification", where={}).sample(pool, Random(0), 10, "classification")

    assert ids(samples) == ["seed_task_10", "seed_task_11"]
    assert samples[0].variables["task"].id == "seed_task_10"


def test_takes_at_most_as_many_as_wanted(pool, task):
    for number in range(10, 15):
        pool.add(task(number, origin="grow", instances=None))

    assert len(Missing(field="instances", where={}).sample(pool, Random(0), 3, "input_first")) == 3


def test_takes_only_tasks_that_have_the_wanted_value(pool, task):
    pool.add(task(10, is_classification=True, instances=None))
    pool.add(task(11, is_classification=False, instances=None))
    pool.add(task(12, is_classification=None, instances=None))

    samples = Missing(field="instances", where={"is_classification": True}).sample(pool, Random(0), 9, "output_first")

    assert ids(samples) == ["seed_task_10"]


def test_passes_over_tasks_that_the_stage_has_given_up(pool, task):
    pool.add(task(10, instances=None, failed_stages={"input_first": "parse: no output"}))
    sampler = Missing(field="instances", where={})

    assert sampler.sample(pool, Random(0), 9, "input_first") == []
    assert ids(sampler.sample(pool, Random(0), 9, "another")) == ["seed_task_10"]


def test_the_preview_is_any_task(pool):
    assert Missing(field="instances", where={}).preview(pool, Random(0)).task.id == "seed_task_0"


def test_an_attribute_may_lack_and_may_be_asked_for(pool, task):
    pool.add(task(10, origin="evolution", attributes={"equality": "not equal"}))
    pool.add(task(11, origin="evolution", attributes={"equality": "not equal", "difficulty": 7}))
    pool.add(task(12, origin="evolution"))

    rated = Missing(field="difficulty", where={"equality": "not equal"}).sample(pool, Random(0), 9, "difficulty")
    judged = Missing(field="equality", where={"origin": "evolution"}).sample(pool, Random(0), 9, "equality")

    assert ids(rated) == ["seed_task_10"]
    assert ids(judged) == ["seed_task_12"]


def test_tasks_that_have_an_answer_may_be_asked_for(pool, task):
    pool.add(task(10, instances=None))

    samples = Missing(field="difficulty", where={"is_answered": True}).sample(pool, Random(0), 99, "difficulty")

    assert ids(samples) == [f"seed_task_{number}" for number in range(10)]


def test_shows_what_the_task_was_made_of(pool, task):
    pool.add(task(10, origin="evolution", instances=None, parents=("seed_task_3", "gone")))

    (sample,) = Missing(field="instances", where={}).sample(pool, Random(0), 9, "answers")

    assert [parent.id for parent in sample.variables["parents"]] == ["seed_task_3"]


def test_a_field_may_be_asked_about_only_where_another_is_not_known(task):
    pool = Pool([task(0, is_classification=None), task(1, is_classification=None, instances=None)])
    sampler = Missing(field="is_classification", where={"instances": None})

    assert [sample.task.id for sample in sampler.sample(pool, Random(0), 9, "classification")] == ["seed_task_1"]
