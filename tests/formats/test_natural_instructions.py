"""The format of the flattened rows of Natural Instructions v2."""

from selfinstruct.formats import Format
from selfinstruct.formats.natural_instructions import NaturalInstructions
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Task

POOL = Pool(
    [
        Task("seed_1", HUMAN, "Say hello.", instances=(Instance("", "Hello!"),)),
        Task(
            "tasks_1",
            "tasks",
            "Translate.",
            instances=(Instance("Käse", "cheese"), Instance("", "What?")),
            models={"tasks": "offline"},
        ),
        Task("tasks_2", "tasks", "Not answered."),
    ]
)


def rows(include_seeds=False):
    ((name, found),) = NaturalInstructions(include_seeds=include_seeds).files(POOL, random_seed=1)
    assert name == "natural_instructions.jsonl"
    return list(found)


def test_it_is_a_format():
    assert isinstance(NaturalInstructions(include_seeds=False), Format)


def test_every_instance_is_a_row_with_who_wrote_it_behind_the_published_columns():
    assert rows()[0] == {
        "task_name": "tasks_1",
        "id": "tasks_1-1",
        "definition": "Translate.",
        "inputs": "Käse",
        "targets": "cheese",
        "origin": "tasks",
        "models": ["offline"],
    }
    assert list(rows()[0])[:5] == ["task_name", "id", "definition", "inputs", "targets"]


def test_instances_have_ids_of_their_own():
    assert [row["id"] for row in rows(include_seeds=True)] == ["tasks_1-1", "tasks_1-2", "seed_1-1"]
