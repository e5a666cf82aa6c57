import pytest

from selfinstruct.prompt import Parser
from selfinstruct.prompt.input_first import InputFirst
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance, Task

TASK = Task(id="a", origin="human", instruction="Translate it.")


def parse(text: str, *, chat: bool = False, finish_reason: str = "stop") -> list[Candidate | Rejection]:
    return InputFirst().parse(Completion(text=text, finish_reason=finish_reason), {"task": TASK, "chat": chat})


def pairs(found: list[Candidate | Rejection]) -> list[tuple[str, str]]:
    instances = [piece.instance for piece in found if isinstance(piece, Candidate)]
    return [(instance.input, instance.output) for instance in instances if instance]


def reasons(found: list[Candidate | Rejection]) -> list[str]:
    return [piece.reason for piece in found if isinstance(piece, Rejection)]


def test_it_is_a_parser_and_says_what_it_expects() -> None:
    assert isinstance(InputFirst(), Parser)
    assert InputFirst().expects == "input_first"


def test_each_example_is_an_instance() -> None:
    found = parse("Example 1\nText: a\nTo: French\nOutput: b\n\nExample 2\nInput: c\nOutput:\nd\ne\n")

    instances = (Instance("Text: a\nTo: French", "b"), Instance("c", "d\ne"))
    assert found == [Candidate(instances=instances, position=0), Candidate(instances=instances, position=1)]


def test_a_task_that_needs_no_input_goes_straight_to_the_output() -> None:
    assert pairs(parse("Output: a\nb")) == [("", "a\nb")]


@pytest.mark.parametrize(
    "text",
    [
        "**Example 1**\n**Input:** a\n**Output:** b\n\n**Example 2**\n**Input:** c\n**Output:** d",
        "- Example 1\n- Input: a\n- Output: b\n\n- Example 2\n- Input: c\n- Output: d",
        "## Example 1\nInput: a\nOutput: b\n## Example 2\nInput: c\nOutput: d",
        "Example 1:\nInput: a\nOutput: b\nExample 2:\nInput: c\nOutput: d",
        "**Example 1:**\nInput 1: a\nOutput 1: b\n**Example 2:**\nInput 2: c\nOutput 2: d",
        "Example\nInput：a\nOutput：b\nExample\nInput: c\nOutput: d",
        "Input: a\nOutput: b\n\nInput: c\nOutput: d",
        "```\nExample 1\nInput: a\nOutput: b\nExample 2\nInput: c\nOutput: d\n```",
        "Example 1\n**Input**\na\n**Output**\nb\n\nExample 2\n### Input\nc\n### Output\nd",
        "</think>\nExample 1\nInput: a\nOutput: b\nExample 2\nInput: c\nOutput: d",
    ],
)
def test_dress_is_taken_off(text: str) -> None:
    assert pairs(parse(text)) == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    "output",
    [
        "For Example, use it.",
        "Examples include cats.",
        "print('Output: 5')  # Output: 5",
        "At 10:30 see https://x.org; the Input: field is empty.",
        "1. one\n2. two",
        "```python\nprint(1)\nOutput: 5\nExample 1\n```",
    ],
)
def test_a_marker_counts_at_the_beginning_of_a_line_only(output: str) -> None:
    assert pairs(parse(f"Example 1\nInput: a\nOutput: {output}")) == [("a", output)]


def test_field_names_of_the_input_stay_and_lose_their_dress() -> None:
    assert pairs(parse("**Example 1**\n**Sentence:** a\n**Output:** b")) == [("Sentence: a", "b")]
    assert pairs(parse("- Example 1\n- Sentence: a\n- Output: b")) == [("Sentence: a", "b")]


def test_a_second_output_ends_the_first_and_is_rejected() -> None:
    found = parse("Output: a\nOutput: b")

    assert pairs(found) == [("", "a")]
    assert [(piece.reason, piece.text) for piece in found if isinstance(piece, Rejection)] == [
        ("second output", "Output: b")
    ]


def test_an_example_without_an_output_is_all_output() -> None:
    assert pairs(parse("Example 1\nI would walk.\nExample 2\nI would run.")) == [
        ("", "I would walk."),
        ("", "I would run."),
    ]


def test_examples_that_an_output_lists_are_its_text() -> None:
    assert pairs(parse("Output:\nExample 1: a cat.\nExample 2: a dog.")) == [
        ("", "Example 1: a cat.\nExample 2: a dog.")
    ]


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize("text", ["\ndef f():\n    return 1\n", "Sure! What is the text?", "Example Input: a"])
def test_a_reply_without_markers_is_no_instance(text: str, chat: bool) -> None:
    assert reasons(parse(text, chat=chat)) == ["no output marker"]


def test_a_chat_model_s_first_and_last_words_are_rejections() -> None:
    found = parse("Sure! Here you go:\n\nInput: a\nOutput: b\n\nLet me know if you would like more!", chat=True)

    assert pairs(found) == [("a", "b")]
    assert reasons(found) == ["preamble", "farewell"]


def test_words_before_the_first_example_are_rejections() -> None:
    assert reasons(parse("Sure! Here you go:\n\nExample 1\nOutput: b")) == ["preamble"]
    assert reasons(parse("Some thoughts.\n\nExample 1\nOutput: b")) == ["explanation"]


def test_it_stops_at_another_task() -> None:
    found = parse("Output: a\n\nTask: Write a poem.\nOutput: b")

    assert pairs(found) == [("", "a")]
    assert reasons(found) == ["further task"]


def test_a_reply_that_says_its_task_again_is_read_after_it() -> None:
    assert pairs(parse("Task: Translate it.\nInput: a\nOutput: b")) == [("a", "b")]


def test_the_last_instance_of_a_reply_that_was_cut_off_is_truncated() -> None:
    found = parse("Example 1\nOutput: a\nExample 2\nOutput: b", finish_reason="length")

    assert [piece.truncated for piece in found if isinstance(piece, Candidate)] == [False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Input: a", ["no output marker"]),
        ("Output:", ["empty output"]),
        ("Example 1\nInput: a\n", ["no output marker"]),
        ("I'm sorry, but I can't assist with that request.", ["refusal"]),
        ("", ["empty reply"]),
        ("<think>Output: a", ["unfinished thought"]),
        ("Task: Write a poem.\nOutput: a", ["further task"]),
        ("Task: Translate it.", ["no output marker"]),
    ],
)
def test_what_cannot_be_read_is_named(text: str, expected: list[str]) -> None:
    assert reasons(parse(text)) == expected


@pytest.mark.parametrize("said", ["None", "<noinput>", "N/A", "No input required."])
def test_an_input_that_only_says_there_is_none_is_empty(said) -> None:
    assert pairs(parse(f"Input: {said}\nOutput: a\n")) == [("", "a")]
