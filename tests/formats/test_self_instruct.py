"""The format of one row an instance."""

from exported import POOL

from selfinstruct.formats import Format
from selfinstruct.formats.self_instruct import SelfInstruct
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Task


def rows(include_seeds=False, pool=POOL):
    (name, found), *others = SelfInstruct(include_seeds=include_seeds).files(pool, random_seed=1)
    assert (name, others) == ("self_instruct.jsonl", [])
    return list(found)


def test_it_is_a_format():
    assert isinstance(SelfInstruct(include_seeds=False), Format)


def test_every_instance_is_a_row_with_where_it_came_from():
    origin = {"id": "instructions_1", "origin": "instructions", "models": ["davinci", "curie"]}

    assert rows() == [
        {"instruction": "Übersetze ins Japanische.", "input": "Danke", "output": "ありがとう", **origin},
        {"instruction": "Übersetze ins Japanische.", "input": "Ja", "output": "はい", **origin},
    ]


def test_the_columns_of_the_published_data_come_first():
    assert list(rows()[0]) == ["instruction", "input", "output", "id", "origin", "models"]


def test_tasks_without_instances_are_skipped():
    assert {row["id"] for row in rows()} == {"instructions_1"}


def test_a_task_with_no_instance_at_all_is_skipped_like_one_that_has_none_yet():
    assert rows(pool=Pool([Task("a", "tasks", "Do.", instances=())])) == []


def test_seeds_follow_when_they_are_wanted_and_no_model_wrote_them():
    found = rows(include_seeds=True)

    assert [row["id"] for row in found] == ["instructions_1", "instructions_1", "seed_1"]
    assert (found[-1]["origin"], found[-1]["models"]) == ("human", [])


def test_seeds_without_instances_are_skipped():
    assert rows(include_seeds=True, pool=Pool([Task("seed_1", HUMAN, "Think.")])) == []


def test_the_random_seed_plays_no_part():
    assert [list(f) for _, f in SelfInstruct(include_seeds=True).files(POOL, 1)] == [
        list(f) for _, f in SelfInstruct(include_seeds=True).files(POOL, 2)
    ]


def test_an_empty_pool_gives_an_empty_file():
    assert rows(pool=Pool()) == []
