import pytest

from selfinstruct.prompt.label_line import Fence, Field, Kind, fenced, field_of, fields, input_of

KINDS: tuple[Kind, ...] = ("Example", "Input", "Output")


def kinds_and_texts(text: str) -> list[tuple[str, str]]:
    return [(field.kind, field.text) for field in fields(text, KINDS)]


@pytest.mark.parametrize(
    "line",
    ["Input: a", "Input：a", "Input 2: a", "  Input: a", "- Input: a", "**Input:** a", "__Input__: a", "### Input: a"],
)
def test_a_label_opens_a_field_however_it_is_markdown(line: str) -> None:
    field = field_of(line)

    assert field is not None
    assert (field.kind, field.text) == ("Input", "a")


@pytest.mark.parametrize(
    "line", ["Example 1", "Example", "Example 1:", "Example 1.", "**Example 1**", "Example 1: a cat"]
)
def test_an_example_has_a_number_or_stands_alone(line: str) -> None:
    field = field_of(line)

    assert field is not None
    assert field.kind == "Example"


@pytest.mark.parametrize("line", ["**Output**", "## Output"])
def test_a_markdown_label_alone_on_its_line_needs_no_colon(line: str) -> None:
    field = field_of(line)

    assert field is not None
    assert (field.kind, field.text) == ("Output", "")


@pytest.mark.parametrize(
    "line",
    [
        *("For Example, use it.", "Example of a poem", "Example: a cat", "Examples include cats."),
        *("print('Output: 5')", "Output", "Output 5 words.", "input: a", "OUTPUT: a", "Task 2: a"),
    ],
)
def test_a_line_that_only_mentions_a_label_is_text(line: str) -> None:
    assert field_of(line) is None


def test_emphasis_around_the_whole_line_is_taken_off() -> None:
    field = field_of("**Class label: ham**")

    assert field is not None
    assert field.text == "ham"


def test_emphasis_within_the_text_is_left() -> None:
    assert Field("Output", [" so **very**"]).text == "so **very**"


def test_a_field_can_be_said_as_it_was_written() -> None:
    (_, field) = fields("**Output:** a\n  b\n", KINDS)

    assert field.source == "**Output:** a\n  b"


def test_the_text_before_any_field_comes_first() -> None:
    assert kinds_and_texts("Hi.\nInput: a\nOutput: b\nc") == [("text", "Hi."), ("Input", "a"), ("Output", "b\nc")]


def test_the_text_before_any_field_may_be_empty() -> None:
    assert kinds_and_texts("Output: b") == [("text", ""), ("Output", "b")]


def test_labels_of_other_kinds_are_text() -> None:
    assert kinds_and_texts("Output: b\nClass label: c") == [("text", ""), ("Output", "b\nClass label: c")]


def test_inside_a_code_fence_of_a_field_nothing_is_a_field() -> None:
    assert kinds_and_texts("Output:\n```\nInput: 5\n```\nInput: a")[1:] == [
        ("Output", "```\nInput: 5\n```"),
        ("Input", "a"),
    ]


def test_a_code_fence_that_opens_before_any_field_holds_fields() -> None:
    assert kinds_and_texts("Here:\n```\nOutput: 5\n```")[1:] == [("Output", "5")]


def test_a_code_fence_reaches_to_the_line_that_closes_it() -> None:
    assert list(fenced(["a", "```", "b", "```", "c"])) == [
        ("a", Fence(False, False, False)),
        ("```", Fence(False, True, False)),
        ("b", Fence(True, False, False)),
        ("```", Fence(True, False, True)),
        ("c", Fence(False, False, False)),
    ]


@pytest.mark.parametrize("lines", [["```", "a"], ["```a```", "b"]])
def test_a_code_fence_that_is_never_closed_or_ends_on_its_line_holds_nothing(lines: list[str]) -> None:
    assert not any(any(fence) for _, fence in fenced(lines))


def test_an_input_loses_its_leading_label_and_keeps_further_ones() -> None:
    block = fields("Input: a\nInput: b", KINDS)

    assert input_of(block, is_bulleted=False) == "a\nInput: b"


def test_field_names_of_an_input_are_unmarkdown() -> None:
    block = fields("**Sentence:** a\n**Word**: b", KINDS)

    assert input_of(block, is_bulleted=False) == "Sentence: a\n**Word**: b"


def test_names_in_a_bulleted_reply_lose_their_bullets() -> None:
    block = fields("- **Sentence:** a\n- Word: b", KINDS)

    assert input_of(block, is_bulleted=True) == "Sentence: a\nWord: b"


def test_bullets_of_an_input_stay_where_the_reply_is_not_bulleted() -> None:
    block = fields("- **Sentence:** a\n- Word: b", KINDS)

    assert input_of(block, is_bulleted=False) == "- Sentence: a\n- Word: b"
