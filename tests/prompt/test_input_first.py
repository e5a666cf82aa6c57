import pytest
from pieces import pairs, reasons

from selfinstruct.prompt import Parser
from selfinstruct.prompt.input_first import InputFirst
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance, Task

TASK = Task(id="a", origin="human", instruction="Translate it.")


def parse(text: str, *, chat: bool = False, finish_reason: str = "stop") -> list[Candidate | Rejection]:
    return InputFirst().parse(Completion(text=text, finish_reason=finish_reason), {"task": TASK, "chat": chat})


def test_it_is_a_parser_and_says_what_it_expects() -> None:
    assert isinstance(InputFirst(), Parser)
    assert InputFirst().reply_format == "input_first"


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


@pytest.mark.parametrize("rule", ["---", "***", "___", "==="])
def test_a_rule_between_instances_belongs_to_none(rule: str) -> None:
    parts = ("", "Example 1\na", "Output: b", "Example 2\nc\nOutput: d", "I hope this helps!")
    found = parse(f"\n\n{rule}\n\n".join(parts), chat=True)

    assert pairs(found) == [("a", "b"), ("c", "d")]
    assert reasons(found) == ["farewell"]


def test_a_farewell_right_below_a_rule_is_taken_off() -> None:
    assert pairs(parse("Input: a\nOutput: b\n---\nI hope this helps!", chat=True)) == [("a", "b")]


@pytest.mark.parametrize(
    "text",
    [
        "one\n\n---\n\ntwo",
        "Heading\n=======\ntext",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "---\ntitle: Cats\n---\n\nText.",
        "***\n\nstars are the answer",
        "Name: ______\n______",
    ],
)
def test_a_rule_that_is_part_of_an_input_or_an_output_stays(text: str) -> None:
    assert pairs(parse(f"Input: {text}\nOutput: b")) == [(text, "b")]
    assert pairs(parse(f"Input: a\nOutput: {text}\n\n---\n\nInput: c\nOutput: d")) == [("a", text), ("c", "d")]


@pytest.mark.parametrize(
    "text",
    [
        "Example: a\nOutput: b\n\nExample: c\nOutput: d",
        "Example: Input: a\nOutput: b\n\nExample: Input: c\nOutput: d",
        "Example Input: a\nExample Output: b\n\nExample Input: c\nExample Output: d",
        "Example input: a\nExample output: b\n\nExample input: c\nExample output: d",
        "Example 1 Input: a\nExample 1 Output: b\n\nExample 2 Input: c\nExample 2 Output: d",
        "**Example Input:** a\n**Example Output:** b\n\n**Example Input:** c\n**Example Output:** d",
        "Input: a\nExpected Output: b\n\nInput: c\nExpected Output: d",
        "1. Input: a\n   Output: b\n2. Input: c\n   Output: d",
        "1) **Input:** a\n**Output:** b\n\n2) **Input:** c\n**Output:** d",
        "Sure! Here are two examples:\n\n1. Input: a\n   Output: b\n2. Input: c\n   Output: d",
        "Here are two examples:\nExample: a\nOutput: b\nExample: c\nOutput: d",
    ],
)
def test_instances_are_read_in_the_form_that_the_first_label_shows(text: str) -> None:
    assert pairs(parse(text, chat=True)) == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Word: run\nExample: I run.\nOutput: a verb", ("Word: run\nExample: I run.", "a verb")),
        ("Input: a\nOutput: b\nExample: c", ("a", "b\nExample: c")),
        ("Example: a is b\nInput: c\nOutput: d", ("Example: a is b\nInput: c", "d")),
        ("Input: Sum.\nExpected Output: 3\nOutput: right", ("Sum.\nExpected Output: 3", "right")),
        (
            "Input: the parts\nOutput: In order:\n1. Input: keys\n2. Output: ink",
            ("the parts", "In order:\n1. Input: keys\n2. Output: ink"),
        ),
        ("1. Input: a\n2. Output: b\nOutput: c", ("a\n2. Output: b", "c")),
    ],
)
def test_a_label_in_another_form_than_the_first_is_text(text: str, expected: tuple[str, str]) -> None:
    assert pairs(parse(text)) == [expected]


@pytest.mark.parametrize(
    "text", ["Example: a", "Example: a\nOutput length: 5", "1. Output: b\n\n2.", "Example Input: a"]
)
def test_an_example_on_its_line_is_no_output(text: str) -> None:
    assert (pairs(parse(text)), reasons(parse(text))) == ([], ["no output marker"])


@pytest.mark.parametrize("text", ["Output:\nExample 1\n", "Output:\nExample 1\nExample 2", "Output:\n---"])
def test_an_output_of_headings_alone_is_empty(text: str) -> None:
    assert (pairs(parse(text)), reasons(parse(text))) == ([], ["empty output"])


def test_the_text_before_the_repeated_task_is_kept() -> None:
    found = parse("Example 1\na\nOutput: b\n\nTask: Translate it.\nExample 2\nc\nOutput: d")

    assert (pairs(found), reasons(found)) == ([("a", "b")], ["further task"])


def test_a_token_ends_the_reply_and_its_last_instance_is_whole() -> None:
    found = parse("Input: a\nOutput: b</s><s>[INST] More. [/INST] Input: c\nOutput: d", finish_reason="length")

    assert found == [Candidate(instances=(Instance("a", "b"),))]


def test_a_cut_off_instance_does_not_mark_the_one_before_it() -> None:
    found = parse("Example 1\na\nOutput: b\n\nExample 2\na\nOutput: bo", finish_reason="length")

    assert [(piece.position, piece.truncated) for piece in found if isinstance(piece, Candidate)] == [
        (0, False),
        (1, True),
    ]


@pytest.mark.parametrize("said", ["None", "<noinput>", "N/A", "No input required."])
def test_an_input_that_only_says_there_is_none_is_empty(said) -> None:
    assert pairs(parse(f"Input: {said}\nOutput: a\n")) == [("", "a")]
