import pytest
from pieces import pairs, reasons

from selfinstruct.prompt import Parser
from selfinstruct.prompt.label_first import LabelFirst
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance, Task

TASK = Task(id="a", origin="human", instruction="Is it spam?")


def parse(text: str, *, chat: bool = False, finish_reason: str = "stop") -> list[Candidate | Rejection]:
    return LabelFirst().parse(Completion(text=text, finish_reason=finish_reason), {"task": TASK, "chat": chat})


def test_it_is_a_parser_and_says_what_it_expects() -> None:
    assert isinstance(LabelFirst(), Parser)
    assert LabelFirst().reply_format == "label_first"


def test_each_label_opens_an_instance() -> None:
    found = parse("Class label: spam\nSubject: Win!\nBody: Now.\n\nClass label: ham\nSubject: Hi\n")

    instances = (Instance("Subject: Win!\nBody: Now.", "spam"), Instance("Subject: Hi", "ham"))
    assert found == [Candidate(instances=instances, position=0), Candidate(instances=instances, position=1)]


def test_a_label_may_need_no_input() -> None:
    assert pairs(parse("Class label: 0.5")) == [("", "0.5")]


def test_a_label_may_stand_on_the_next_line() -> None:
    assert pairs(parse("Class label:\nspam\nText: a")) == [("Text: a", "spam")]


def test_only_a_leading_input_marker_is_removed() -> None:
    assert pairs(parse("Class label: 2\nInput: {1}\nInput: {2}")) == [("{1}\nInput: {2}", "2")]


@pytest.mark.parametrize(
    "text",
    [
        "**Class label:** spam\n**Sentence:** Win!\n\n**Class label: ham**\n**Sentence:** Hi",
        "- Class label: spam\n- Sentence: Win!\n- Class label: ham\n- Sentence: Hi",
        "## Class label: spam\nSentence: Win!\n## Class label: ham\nSentence: Hi",
        "Example 1\nClass label: spam\nSentence: Win!\n\nExample 2\nClass label：ham\nSentence: Hi",
        "Class label: spam\r\nSentence: Win!\r\n\r\nClass label: ham\r\nSentence: Hi",
        "```\nClass label: spam\nSentence: Win!\nClass label: ham\nSentence: Hi\n```",
        "<think>Class label: x</think>\nClass label: spam\nSentence: Win!\nClass label: ham\nSentence: Hi",
    ],
)
def test_dress_is_taken_off(text: str) -> None:
    assert pairs(parse(text)) == [("Sentence: Win!", "spam"), ("Sentence: Hi", "ham")]


def test_a_marker_inside_a_line_is_text() -> None:
    assert pairs(parse("Class label: yes\nSays: the Class label: is here")) == [
        ("Says: the Class label: is here", "yes")
    ]


def test_a_chat_model_s_first_and_last_words_are_rejections() -> None:
    found = parse("Sure! Here you go:\n\nClass label: spam\nText: a\n\nI hope this helps!", chat=True)

    assert pairs(found) == [("Text: a", "spam")]
    assert reasons(found) == ["preamble", "farewell"]


def test_it_stops_at_another_task() -> None:
    found = parse("Class label: spam\nText: a\n\nTask: Is it red?\nClass label: yes")

    assert pairs(found) == [("Text: a", "spam")]
    assert reasons(found) == ["further task"]


def test_a_reply_that_says_the_prompt_again_is_read_after_its_own_task() -> None:
    found = parse("Some header\n\nTask: Is it red?\nClass label: yes\n\nTask: Is it spam?\nClass label: ham\nText: a")

    assert pairs(found) == [("Text: a", "ham")]
    assert reasons(found) == ["further task"]


def test_the_last_instance_of_a_reply_that_was_cut_off_is_truncated() -> None:
    found = parse("Class label: spam\nText: a\nClass label: ham\nText: Hel", finish_reason="length")

    assert [piece.truncated for piece in found if isinstance(piece, Candidate)] == [False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is spam.", ["no class label"]),
        ("Class label:", ["no class label"]),
        ("I'm sorry, but I can't assist with that request.", ["refusal"]),
        ("", ["empty reply"]),
        ("<think>Class label: a", ["unfinished thought"]),
        ("Task: Is it red?", ["further task"]),
        ("Task: Is it spam?", ["no class label"]),
    ],
)
def test_what_cannot_be_read_is_named(text: str, expected: list[str]) -> None:
    assert reasons(parse(text)) == expected


@pytest.mark.parametrize("rule", ["---", "***", "___", "==="])
def test_a_rule_between_instances_belongs_to_none(rule: str) -> None:
    text = f"{rule}\nClass label: spam\na\n\n{rule}\n\nClass label: ham\nb\n\n{rule}\n\nI hope this helps!"
    found = parse(text, chat=True)

    assert pairs(found) == [("a", "spam"), ("b", "ham")]
    assert reasons(found) == ["farewell"]


def test_a_rule_between_two_parts_of_an_input_stays() -> None:
    assert pairs(parse("Class label: spam\na\n\n---\n\nb\n\n---\n\nClass label: ham")) == [
        ("a\n\n---\n\nb", "spam"),
        ("", "ham"),
    ]


def test_a_block_of_two_fields_is_one_input() -> None:
    found = parse("Class label: spam\nSubject: a\nText: b\n\nClass label: ham\n**Subject:** c\n**Text:** d")

    assert pairs(found) == [("Subject: a\nText: b", "spam"), ("Subject: c\nText: d", "ham")]


def test_labels_in_a_list_are_labels() -> None:
    assert pairs(parse("1. Class label: spam\nText: a\n2. Class label: ham\nText: b")) == [
        ("Text: a", "spam"),
        ("Text: b", "ham"),
    ]


def test_control_tokens_are_no_part_of_an_instance() -> None:
    text = "<|start_header_id|>assistant<|end_header_id|>\n\nClass label: spam\na<|eot_id|>"

    assert parse(text) == [Candidate(instances=(Instance("a", "spam"),))]


@pytest.mark.parametrize("said", ["None", "Input: <noinput>", "N/A", "No input required."])
def test_an_input_that_only_says_there_is_none_is_empty(said) -> None:
    assert pairs(parse(f"Class label: yes\n{said}\n")) == [("", "yes")]
