"""What of a conversation makes a task, in the words of chat trainers."""

import pytest

from selfinstruct.seeds import Seeds
from selfinstruct.task import Instance


def said(*turns, **more):
    return {"messages": [{"role": role, "content": text} for role, text in turns], **more}


ONE = said(("user", " Why? "), ("assistant", "So."))


@pytest.fixture
def seeds(conversation):
    def seeds(path, longer="first"):
        return conversation("chat", path, author="m", longer=longer)

    return seeds


def test_it_is_a_source_of_seeds(write, seeds):
    assert isinstance(seeds(write(ONE)), Seeds)


def test_the_first_question_is_the_instruction_and_the_first_answer_its_output(write, seeds):
    row = said(("system", "Be kind."), ("user", "Why?"), ("assistant", "So."), ("user", "No!"), ("assistant", "Yes."))

    (task,) = seeds(write(row)).load()

    assert (task.instruction, task.instances) == ("Why?", (Instance("", "So."),))


def test_a_question_without_an_answer_has_no_instance(write, seeds):
    assert seeds(write(said(("user", "Why?")))).load()[0].instances is None


def test_one_question_under_one_id_is_a_task_with_several_answers(write, seeds):
    (task,) = seeds(write(ONE | {"id": "a"}, said(("user", "Why?"), ("assistant", "Because."), id="a"))).load()

    assert [instance.output for instance in task.instances] == ["So.", "Because."]


def test_other_questions_under_one_id_are_tasks_with_a_number(write, seeds):
    rows = (ONE | {"id": "a"}, said(("user", "How?"), id="a"), said(("user", "When?"), id="a"), ONE | {"id": "a_2"})

    assert [task.id for task in seeds(write(*rows)).load()] == ["a", "a_3", "a_4", "a_2"]


def test_what_goes_on_is_refused_where_that_is_wished(write, seeds, problems_of):
    path = write(said(("user", "a"), ("assistant", "b"), ("user", "c")))

    assert problems_of(seeds(path, longer="refuse")) == [":1: has 3 turns; one question and one answer make a task."]


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ({}, "'messages' must be a list that is not empty (got null)"),
        (said(), "'messages' must be a list that is not empty (got [])"),
        (said(("assistant", "b")), "must begin with a question"),
        (said(("system", "b")), "must begin with a question"),
        (said(("user", "a"), ("user", "b")), "has two questions before the first answer"),
        (said(("user", " ")), "the first question is empty"),
        ({"messages": ["x"]}, "turn 1 must be an object with 'role' and 'content' (got \"x\")"),
        (said(("tool", "x")), "turn 1: 'role' must be one of user, assistant, system, developer (got \"tool\")"),
        (said(("user", 1)), "turn 1: 'content' must be text (got 1)"),
        (ONE | {"id": ""}, "'id' must be text of 1 to 200 characters (got \"\")"),
    ],
)
def test_what_is_no_conversation_is_reported(row, mistake, write, seeds, problems_of):
    assert problems_of(seeds(write(ONE, row))) == [f":2: {mistake}."]


def test_exported_conversations_say_themselves_who_wrote_them(write, conversation):
    row = ONE | {"id": "instructions_1", "origin": "instructions", "models": ["offline"]}

    (task,) = conversation("chat", write(row), author="human").load()

    assert (task.id, task.origin, task.models) == ("instructions_1", "human", {"seeds": "offline"})


def shared(asker, answerer):
    return {"id": "x_0", "conversations": [{"from": asker, "value": "Why?"}, {"from": answerer, "value": "So."}]}


@pytest.mark.parametrize(("asker", "answerer"), [("human", "gpt"), ("user", "chatgpt"), ("human", "bard")])
def test_published_words_for_the_two_are_read(asker, answerer, write, conversation):
    (task,) = conversation("sharegpt", write(shared(asker, answerer), as_list=True)).load()

    assert (task.id, task.instruction, task.instances[0].output) == ("x_0", "Why?", "So.")
    assert task.writers == ("unknown",)


def test_another_word_is_reported(write, conversation, problems_of):
    (reported,) = problems_of(conversation("sharegpt", write(shared("me", "gpt"))))

    assert reported.startswith(":1: turn 1: 'from' must be one of human, user, gpt, ")
