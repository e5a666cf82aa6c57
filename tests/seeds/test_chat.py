from selfinstruct.seeds.chat import Chat


def test_exported_conversations_say_themselves_who_wrote_them(write):
    row = {
        "messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}],
        "id": "instructions_1",
        "origin": "instructions",
        "models": ["offline"],
    }

    (task,) = Chat(path=write(row), written_by="human", longer="first").load()

    assert (task.id, task.origin, task.models) == ("instructions_1", "human", {"seeds": "offline"})
