"""The format of conversations between a human and `gpt`."""

from exported import CONVERSATIONS

from selfinstruct.formats import Format
from selfinstruct.formats.sharegpt import Sharegpt


def rows(include_seeds=False):
    ((name, found),) = Sharegpt(include_seeds=include_seeds).files(CONVERSATIONS, random_seed=1)
    assert name == "sharegpt.jsonl"
    return list(found)


def test_it_is_a_format():
    assert isinstance(Sharegpt(include_seeds=False), Format)


def test_the_human_asks_and_gpt_answers_whoever_wrote_it():
    assert rows()[0] == {
        "id": "tasks_1",
        "conversations": [{"from": "human", "value": "Translate.\n\nKäse"}, {"from": "gpt", "value": "cheese"}],
        "origin": "tasks",
        "models": ["offline"],
    }


def test_the_columns_of_the_format_come_first():
    assert list(rows()[0])[:2] == ["id", "conversations"]


def test_without_an_input_the_human_writes_the_instruction_alone():
    assert rows()[1]["conversations"][0]["value"] == "Translate."


def test_seeds_follow_when_they_are_wanted():
    assert [row["id"] for row in rows(include_seeds=True)] == ["tasks_1", "tasks_1", "seed_1"]
