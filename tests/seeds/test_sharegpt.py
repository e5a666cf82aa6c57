import pytest

from selfinstruct.seeds import Seeds
from selfinstruct.seeds.sharegpt import Sharegpt


def row(asker, answerer):
    return {"id": "x_0", "conversations": [{"from": asker, "value": "Why?"}, {"from": answerer, "value": "So."}]}


@pytest.mark.parametrize(("asker", "answerer"), [("human", "gpt"), ("user", "chatgpt"), ("human", "bard")])
def test_published_words_for_the_two_are_read(asker, answerer, write):
    seeds = Sharegpt(path=write(row(asker, answerer), as_list=True), written_by="unknown", longer="first")
    (task,) = seeds.load()

    assert isinstance(seeds, Seeds)
    assert (task.id, task.instruction, task.instances[0].output) == ("x_0", "Why?", "So.")
    assert task.writers == ("unknown",)


def test_another_word_is_told(write, problems_of):
    (told,) = problems_of(Sharegpt(path=write(row("me", "gpt")), written_by="unknown", longer="first"))

    assert told.startswith(":1: turn 1: 'from' must be one of human, user, gpt, ")
