"""The format of conversations."""

from exported import CONVERSATIONS

from selfinstruct.formats import Format
from selfinstruct.formats.chat import Chat


def rows(include_seeds=False, system=None):
    ((name, found),) = Chat(include_seeds=include_seeds, system=system).files(CONVERSATIONS, random_seed=1)
    assert name == "chat.jsonl"
    return list(found)


def test_it_is_a_format():
    assert isinstance(Chat(include_seeds=False, system=None), Format)


def test_the_user_writes_instruction_and_input_and_the_assistant_the_output():
    assert rows()[0] == {
        "messages": [
            {"role": "user", "content": "Translate.\n\nKäse"},
            {"role": "assistant", "content": "cheese"},
        ],
        "id": "tasks_1",
        "origin": "tasks",
        "models": ["offline"],
    }


def test_without_an_input_the_user_writes_the_instruction_alone():
    assert rows()[1]["messages"][0]["content"] == "Translate."


def test_every_instance_is_a_conversation():
    assert [row["id"] for row in rows()] == ["tasks_1", "tasks_1"]


def test_a_system_message_opens_every_conversation_if_it_is_set():
    opened = [row["messages"][0] for row in rows(system="Be brief.")]

    assert opened == [{"role": "system", "content": "Be brief."}] * 2


def test_seeds_follow_when_they_are_wanted():
    assert [row["id"] for row in rows(include_seeds=True)] == ["tasks_1", "tasks_1", "seed_1"]
