from random import Random

import pytest

from selfinstruct.sampler.mixed import Mixed


def test_shows_only_human_tasks_while_there_are_no_others(pool):
    (sample,) = Mixed(human=6, machine=2).sample(pool, Random(1), 1, "grow")

    assert len(sample.parents) == 8
    assert all(pool[parent].is_human for parent in sample.parents)
    assert [task.id for task in sample.variables["tasks"]] == list(sample.parents)


def test_one_machine_task_takes_the_place_of_one_human_task(pool, task):
    pool.add(task(10, origin="grow"))

    (sample,) = Mixed(human=6, machine=2).sample(pool, Random(1), 1, "grow")

    assert sorted(pool[parent].origin for parent in sample.parents) == ["grow"] + ["human"] * 7


def test_shows_six_human_and_two_machine_tasks_in_mixed_order(pool, task):
    for number in range(10, 20):
        pool.add(task(number, origin="grow"))

    samples = Mixed(human=6, machine=2).sample(pool, Random(1), 50, "grow")

    places = set()
    for sample in samples:
        origins = [pool[parent].origin for parent in sample.parents]
        assert origins.count("human") == 6
        assert origins.count("grow") == 2
        assert len(set(sample.parents)) == 8
        places.update(place for place, origin in enumerate(origins) if origin == "grow")
    assert places == set(range(8))


def test_machine_tasks_are_those_of_its_own_stage(pool, task):
    pool.add(task(10, origin="another"))

    (sample,) = Mixed(human=6, machine=2).sample(pool, Random(1), 1, "grow")

    assert "seed_task_10" not in sample.parents


def test_the_same_stream_draws_the_same_tasks(pool):
    sampler = Mixed(human=6, machine=2)

    assert sampler.sample(pool, Random(7), 5, "grow") == sampler.sample(pool, Random(7), 5, "grow")


def test_more_human_tasks_than_seeds_is_an_error(pool):
    with pytest.raises(ValueError, match="wants 11 human tasks, but seeds has 10"):
        Mixed(human=11, machine=2).preview(pool, Random(0))


def test_a_prompt_that_shows_nothing_is_an_error(pool):
    with pytest.raises(ValueError, match="no task at all"):
        Mixed(human=0, machine=0).preview(pool, Random(0))


def test_the_preview_shows_what_the_first_prompt_shows(pool):
    assert len(Mixed(human=6, machine=2).preview(pool, Random(0)).parents) == 8
