import pytest

from selfinstruct.pool import Pool


class Seen:
    def __init__(self):
        self.ids = []

    def add(self, task):
        self.ids.append(task.id)


def test_tasks_keep_their_order_and_place(task):
    pool = Pool([task(0), task(1)])
    pool.put(task(0, is_classification=True))

    assert [made.id for made in pool] == ["seed_task_0", "seed_task_1"]
    assert pool["seed_task_0"].is_classification is True


def test_an_id_is_taken_only_once(pool, task):
    with pytest.raises(ValueError, match="seed_task_0"):
        pool.add(task(0))


def test_the_instruction_of_a_task_stays(pool, task):
    with pytest.raises(ValueError, match="instruction and origin stay"):
        pool.put(task(0, instruction="Another one."))


def test_new_ids_count_the_tasks_of_a_stage_and_pass_over_taken_ones(pool, task):
    pool.add(task(0, id="grow_2", origin="human"))
    pool.add(task(0, id="grow_1", origin="grow"))

    assert pool.new_id("grow") == "grow_3"


def test_an_index_is_told_of_every_task_once_also_of_later_ones(pool, task):
    seen = pool.index("seen", Seen)
    pool.add(task(10))
    pool.put(task(10, is_classification=True))

    assert pool.index("seen", Seen) is seen
    assert seen.ids == [f"seed_task_{number}" for number in range(11)]


def test_tasks_are_found_by_origin(pool, task):
    pool.add(task(10, origin="grow"))

    assert pool.of("grow") == ["seed_task_10"]
    assert len(pool.of("human")) == 10
    assert pool.of("nothing") == []
    assert "seed_task_10" in pool
    assert len(pool) == 11


def test_a_pool_as_it_stood_before_holds_only_the_first_tasks_of_an_origin(pool, task):
    for number in range(3):
        pool.add(task(number, id=f"grow_{number}", origin="grow"))

    earlier = pool.before("grow", 1)

    assert earlier.of("grow") == ["grow_0"]
    assert [made.id for made in earlier if made.origin == "grow"] == ["grow_0"]
    assert len(earlier) == len(pool) - 2
    assert earlier.of("human") == pool.of("human")
    assert "grow_1" not in earlier
    assert pool.before("grow", 3) is pool


def test_a_new_id_is_none_that_a_seed_has(task):
    pool = Pool([task(id=f"grow_{number}") for number in (1, 2, 4)])
    given = []
    for _ in range(3):
        given.append(pool.new_id("grow"))
        pool.add(task(id=given[-1], origin="grow"))

    assert given == ["grow_3", "grow_5", "grow_6"]
    assert Pool(pool).new_id("grow") == "grow_7"


def test_a_new_id_stays_the_same_until_it_is_taken(pool):
    assert [pool.new_id("grow"), pool.new_id("grow")] == ["grow_1", "grow_1"]
