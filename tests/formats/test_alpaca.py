"""The format of one row a task."""

from selfinstruct.formats import Format
from selfinstruct.formats.alpaca import Alpaca
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Task

POOL = Pool(
    [
        Task("seed_1", HUMAN, "Say hello.", instances=(Instance("", "Hello!"),)),
        Task("tasks_1", "tasks", "Name a colour.", instances=(Instance("", "Rot"), Instance("", "Grün"))),
        Task("tasks_2", "tasks", "Not answered."),
    ]
)


def rows(include_seeds=False):
    ((name, found),) = Alpaca(include_seeds=include_seeds).files(POOL, random_seed=1)
    assert name == "alpaca.jsonl"
    return list(found)


def test_it_is_a_format():
    assert isinstance(Alpaca(include_seeds=False), Format)


def test_a_task_is_one_row_with_its_first_instance():
    assert rows() == [
        {
            "instruction": "Name a colour.",
            "input": "",
            "output": "Rot",
            "id": "tasks_1",
            "origin": "tasks",
            "models": [],
        }
    ]


def test_seeds_follow_when_they_are_wanted():
    assert [row["id"] for row in rows(include_seeds=True)] == ["tasks_1", "seed_1"]
