import pytest

from selfinstruct.prompt.answer import Answer
from selfinstruct.request import Completion
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


def read(text, chat=False, **completion):
    (piece,) = Answer().parse(Completion(text=text, **completion), {"chat": chat, "input": "hot"})
    return piece.instance if isinstance(piece, Candidate) else piece.reason


def test_the_answer_belongs_to_the_input_of_the_prompt():
    assert read(" cold\nInput: wet") == Instance("hot", "cold\nInput: wet")
    assert Answer().reply_format == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here is the output:\n\ncold\n\nLet me know if you need more!",
        "**Output:** cold",
        "The answer is: cold",
        "<think>Opposite?</think>cold",
        "```\ncold\n```",
    ],
)
def test_a_chat_model_may_announce_its_answer(text):
    assert read(text, chat=True) == Instance("hot", "cold")


def test_a_label_within_an_answer_is_a_part_of_it():
    assert read("It depends: the answer: cold", chat=True) == Instance("hot", "It depends: the answer: cold")


def test_a_preamble_alone_is_the_answer():
    assert read("Sure!", chat=True) == Instance("hot", "Sure!")


def test_a_reply_that_was_cut_off_is_an_answer():
    (piece,) = Answer().parse(Completion(text="co", finish_reason="length"), {"input": "hot"})

    assert (piece.instance, piece.truncated) == (Instance("hot", "co"), True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  ", "empty reply"),
        ("<think>w", "unfinished thought"),
        ("Output:", "no answer"),
        ("I cannot help.", "refusal"),
    ],
)
def test_what_is_no_answer_is_reported(text, reason):
    assert read(text, chat=True) == reason


@pytest.mark.parametrize(
    "text",
    [
        "**Output:** cold\n\n---\n\nLet me know!",
        "---\n\ncold\n\n***",
        "Sure! Here is the output:\n\n---\n\ncold",
        "cold\n---",
        "cold<|im_end|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\ncold<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nhot",
    ],
)
def test_rules_and_control_tokens_around_an_answer_are_left_out(text):
    assert read(text, chat=True) == Instance("hot", "cold")


@pytest.mark.parametrize(
    "text", ["one\n\n---\n\ntwo", "Title\n=====\n\ntext", "a | b\n---|---\n1 | 2", "---\nname: x\n---\n\ntext"]
)
def test_a_rule_inside_an_answer_stays(text):
    assert read(text, chat=True) == Instance("hot", text)


def test_an_answer_that_a_control_token_ended_is_whole():
    (piece,) = Answer().parse(
        Completion(text="cold</s>cold</s>", finish_reason="length"), {"chat": False, "input": "hot"}
    )

    assert piece == Candidate(instances=(Instance("hot", "cold"),))


def test_a_label_with_a_colon_of_full_width_is_left_out():
    assert read("**Output：** cold", chat=True) == Instance("hot", "cold")
