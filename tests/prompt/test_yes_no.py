import pytest

from selfinstruct.prompt import Parser
from selfinstruct.prompt.yes_no import YesNo
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Task

SHOWN = {"task": Task(id="a", origin="human", instruction="Sort the list."), "chat": True}


def read(text: str, finish_reason: str = "stop") -> bool | str:
    found = YesNo().parse(Completion(text=text, finish_reason=finish_reason), SHOWN)
    assert len(found) == 1
    piece = found[0]
    if isinstance(piece, Rejection):
        assert piece.filter == "parse"
        return piece.reason
    assert piece.is_classification is not None
    return piece.is_classification


def test_it_is_a_parser_and_says_what_it_expects() -> None:
    assert isinstance(YesNo(), Parser)
    assert YesNo().reply_format == "yes_no"


@pytest.mark.parametrize(
    "text",
    [
        *(
            " Yes",
            "yes",
            "YES",
            "Yes.",
            "**Yes**",
            "- Yes",
            "`Yes`",
            '"Yes"',
            "> Yes",
            "Answer: yes",
            "**Answer:** Yes",
        ),
        *("A: Yes", "The answer is yes.", "Final answer: **Yes**", "Is it classification? **Yes**", "Sure!\n\nYes"),
        "Yes, this is a classification task: its answer is one of a few fixed labels.",
        "Yes, it decides whether the email is spam or not.",
        *("This is a classification task", "The task is classification.", "Classification"),
        *("是", "是的。", "예", "네.", "はい、分類です"),
        "Yes\n\nTask: Write a poem.\nIs it classification? No",
        "Task: Sort the list.\nIs it classification? Yes",
        "<think>It is not.</think>Yes",
    ],
)
def test_this_means_yes(text: str) -> None:
    assert read(text) is True


@pytest.mark.parametrize(
    "text",
    [
        *(" No", "no", "No.", "**No**", "**Answer**: No", "Classification: No", "Nope", "No, it is not", "No, the"),
        "No, this is not a classification task: its answer is open-ended.",
        "No, because it isn't a classification. It is generation.",
        *("It is not classification", "This isn’t a classification task", "Not classification", "Non-classification"),
        *("否", "不是。", "아니오", "아니요, 분류 작업이 아닙니다", "いいえ"),
        "Classification tasks have labels.\n\nAnswer: No",
        "No\n\nYes",
    ],
)
def test_this_means_no(text: str) -> None:
    assert read(text) is False


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Yes and no",
            "Yes or no?",
            "Yes/No",
            "It depends",
            "No, it depends on the context",
            "Maybe",
            "Yes, but not really",
        ),
        *(
            "No, this is a classification task",
            "Yes, it is not a classification task",
            "This could be a classification task",
        ),
        *("continue", "Nothing", "Yesterday", "是否", "1. Yes", "No problem! Yes"),
        "Yes, of course! What would you like to ask?",
        "Yes, I can continue to answer your questions.",
        "Task: Another task.\nIs it classification? Yes",
    ],
)
def test_this_is_neither(text: str) -> None:
    assert read(text) == "neither yes nor no"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty reply"), ("<think>Yes", "unfinished thought"), ("I'm sorry, but I can't help with that.", "refusal")],
)
def test_what_is_no_answer_is_named(text: str, reason: str) -> None:
    assert read(text) == reason


def test_an_answer_in_a_reply_that_was_cut_off_is_whole() -> None:
    found = YesNo().parse(Completion(text="No, the", finish_reason="length"), SHOWN)

    assert found == [Candidate(is_classification=False)]


@pytest.mark.parametrize(
    "text",
    [
        "Yes.\ufffd\ufffd，我无法回答这个问题。",
        "No, sorry. I cannot answer this question.",
        "Yes. I'm unable to determine what the task is.",
        "예. 이 질문에는 답변할 수 없습니다.",
        "はい。この質問にはお答えできません。",
    ],
)
def test_an_answer_that_is_taken_back_is_none(text: str) -> None:
    assert read(text) == "neither yes nor no"


@pytest.mark.parametrize(
    "text", ["Yes. One can decide it by its words.", "はい。分類で回答できます。", "Yes.\nI cannot say more."]
)
def test_an_answer_that_continues_counts(text: str) -> None:
    assert read(text) is True


def test_the_answer_to_a_task_that_the_reply_made_up_does_not_count() -> None:
    assert read("Task: Sing a song.\nIs it classification? No") == "neither yes nor no"
    assert read("Task: Sort the list.\nIs it classification? No") is False


@pytest.mark.parametrize(
    "text", ["No<|im_end|>\n<|im_start|>user\nYes", "---\nNo\n---", "<s> No</s>", "analysisYes?assistantfinalNo"]
)
def test_control_tokens_and_rules_are_no_part_of_an_answer(text: str) -> None:
    assert read(text) is False
