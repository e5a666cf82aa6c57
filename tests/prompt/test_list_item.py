import pytest

from selfinstruct.prompt.list_item import (
    ItemHead,
    ReplyContext,
    body_end,
    fault,
    is_aside,
    joined,
    read_head,
    read_item,
    reason_of,
    split_title,
    title_or_body,
)
from selfinstruct.prompt.list_line import read_line
from selfinstruct.round import Candidate, Rejection

COMPLETION = ReplyContext(is_chat=False, solves=False)
CHAT = ReplyContext(is_chat=True, solves=False)
SOLVES = ReplyContext(is_chat=True, solves=True)


def read(text: str, context: ReplyContext = CHAT, *, may_continue: bool = True) -> list[str]:
    """The instruction, and each rejection as `reason: text`."""
    found = read_item([read_line(line) for line in text.split("\n")], context, may_continue=may_continue)
    return [piece.instruction if isinstance(piece, Candidate) else f"{piece.reason}: {piece.text}" for piece in found]


def end(head: str, body: str, context: ReplyContext = CHAT, *, may_continue: bool = True) -> int:
    lines = [read_line(line) for line in body.split("\n")]
    return body_end(ItemHead("", head, ""), lines, context, may_continue=may_continue)


def test_the_body_belongs_to_the_instruction() -> None:
    assert read("1. Sort these:\n- red\n- blue\n\nBe brief.") == ["Sort these: - red - blue Be brief."]


def test_a_further_paragraph_of_an_item_that_may_not_go_on_is_an_explanation() -> None:
    assert read("1. Write a poem.\nUse rhymes.\n\nPoems are fun.", may_continue=False) == [
        "Write a poem. Use rhymes.",
        "explanation: Poems are fun.",
    ]


def test_where_the_reply_solves_the_tasks_the_body_is_an_answer() -> None:
    assert read("1. Write a poem:\nRoses are red.", SOLVES) == ["Write a poem", "solution step: Roses are red."]


def test_a_colon_before_what_is_cut_off_goes_too() -> None:
    assert read("1. Sort these:\nAnswer: a, b") == ["Sort these", "solution step: Answer: a, b"]


def test_what_is_no_instruction_is_rejected_as_it_was_written() -> None:
    assert read("**1.** Sure! Here you go") == ["preamble: **1.** Sure! Here you go"]


def test_what_follows_on_the_line_of_a_rejected_item_is_not_rejected_twice() -> None:
    assert read("1. Unfortunately, no. -> none") == ["explanation: 1. Unfortunately, no. -> none"]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("**Poem**: Write a poem.", "Write a poem."),
        ("**Poems**\n   - Write a poem.", "Write a poem."),
        ("**Write a poem**\nUse three rhymes.", "Write a poem. Use three rhymes."),
        ("**Write a poem**\nWrite a poem about Paris.", "Write a poem about Paris."),
        ("**Write a poem.**\n   - Make sure that it rhymes.", "Write a poem."),
        ("**Write a poem**", "Write a poem"),
        ("**Write a poem**: (I'll need a subject)", "Write a poem"),
        ("**Write** a poem.", "Write a poem."),
        ("**Write a poem** about **cats**.", "Write a poem about cats."),
        ("Task 3: Write a poem.", "Write a poem."),
        ("Write a poem. **(done)**", "Write a poem."),
        ("Write a poem. -> Roses are red.", "Write a poem."),
        ("Write a poem. This task requires fantasy.", "Write a poem."),
        ("Write a poem (of four lines)", "Write a poem (of four lines)"),
    ],
)
def test_titles_and_remarks_are_reported_from_the_task(item: str, expected: str) -> None:
    assert read(f"1. {item}")[0] == expected


def test_a_title_whose_body_is_no_instruction_is_a_heading() -> None:
    assert read("1. **Poem**\nRoses are red.") == ["heading: 1. **Poem**", "explanation: Roses are red."]


def test_a_bare_title_is_an_instruction_unless_the_reply_solves_the_tasks() -> None:
    assert read("1. **Poem**") == ["Poem"]
    assert read("1. **Poem**", SOLVES) == ["heading: 1. **Poem**"]


def test_an_instruction_is_on_one_line_without_emphasis() -> None:
    assert joined(["Write **one**  line", "", "\tabout __small cats__."]) == "Write one line about small cats."


@pytest.mark.parametrize("text", ["Say what 2**3**2 is.", "Explain snake__case__names."])
def test_stars_and_underscores_inside_words_are_no_emphasis(text: str) -> None:
    assert joined([text]) == text


def test_emphasis_that_is_opened_and_never_closed_is_taken_off() -> None:
    assert joined(["**Write a poem."]) == "Write a poem."


def test_an_answer_after_an_arrow_is_dropped_of_a_chat_model_only() -> None:
    assert read_head("Write a poem. -> Roses", CHAT) == ItemHead("", "Write a poem.", " -> Roses")
    assert read_head("Write a poem. -> Roses", COMPLETION) == ItemHead("", "Write a poem. -> Roses", "")


def test_an_arrow_inside_a_sentence_is_its_text() -> None:
    assert read_head("Link each word (word -> head word).", CHAT).dropped == ""


def test_brackets_are_dropped_if_what_they_hold_is_a_remark() -> None:
    assert read_head("Pick one (I'll need the list)", CHAT).text == "Pick one"
    assert read_head("Pick one (of four)", CHAT).text == "Pick one (of four)"


def test_brackets_after_a_title_are_dropped_whatever_they_hold() -> None:
    assert read_head("**Poem** (of four lines)", COMPLETION) == ItemHead("Poem", "", "(of four lines)")


@pytest.mark.parametrize("text", ["**Poem**: Write it.", "**Poem** – Write it.", "**Task 3: Poem** - Write it."])
def test_a_title_stands_in_bold_before_a_separator(text: str) -> None:
    assert split_title(text) == ("Poem", "Write it.")


def test_a_label_in_bold_is_no_title() -> None:
    assert split_title("**Task 3:** Write it.") == ("", "Write it.")


@pytest.mark.parametrize(
    "text", ["**Write** a poem", "**Poem** Write it.", "**Write a poem**: about cats", "****", "**a"]
)
def test_emphasis_that_is_part_of_the_sentence_is_no_title(text: str) -> None:
    assert split_title(text)[0] == ""


@pytest.mark.parametrize("line", ["Note: it is hard.", "Step 1: Divide.", "Let me know if you need more."])
def test_the_body_ends_before_an_aside(line: str) -> None:
    assert is_aside(line)
    assert end("Write a poem.", f"Use rhymes.\n{line}") == 1


def test_in_a_markdown_reply_bullets_after_a_whole_sentence_are_no_body() -> None:
    assert end("Write a poem.", "- Roses\n- Violets") == 0
    assert end("Write a poem.", "- Roses\n- Violets", COMPLETION) == 2
    assert end("Write of these:", "- Roses\n- Violets") == 2


def test_in_a_markdown_reply_the_body_ends_before_a_field() -> None:
    assert end("Write a poem", "of four lines\nExample: Roses") == 1
    assert end("Write a poem", "of four lines\nExample: Roses", COMPLETION) == 2


def test_a_title_that_is_a_name_gives_way_to_the_instruction() -> None:
    assert title_or_body("Sum of Integers", "Write a program.", 1, is_alone=False) == ("Write a program.", 1)


def test_a_title_that_asks_stands_before_its_body() -> None:
    assert title_or_body("Why is it so?", "Explain it.", 1, is_alone=False) == ("Why is it so? Explain it.", 1)


def test_a_title_without_a_body_is_an_instruction_only_where_it_stands_alone() -> None:
    assert title_or_body("Poem:", "", 0, is_alone=True) == ("Poem", 0)
    assert title_or_body("Poem:", "", 0, is_alone=False) == ("", 0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("**", "empty item"),
        ("...", "empty item"),
        ("6 (1 + 2 + 3 = 6)", "solution step"),
        ("The answer is 42.", "solution step"),
        ("(this one is missing)", "note"),
        ("（省略）", "note"),
    ],
)
@pytest.mark.parametrize("context", [COMPLETION, CHAT])
def test_text_other_than_an_instruction_is_rejected_with_a_reason(
    text: str, reason: str, context: ReplyContext
) -> None:
    assert fault(text, context) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I'm sorry, but I can't assist with that.", "refusal"),
        ("I'm ready to help. What are the tasks?", "preamble"),
        ("Here are some more:", "preamble"),
        ("Let me know if you need more.", "farewell"),
        ("Note: this one is hard.", "explanation"),
    ],
)
def test_remarks_to_the_reader_are_rejected_in_chat_replies_only(text: str, reason: str) -> None:
    assert fault(text, CHAT) == reason
    assert fault(text, COMPLETION) is None


def test_where_the_reply_solves_the_tasks_only_what_is_worded_as_one_is_an_instruction() -> None:
    assert fault("Potato chips", SOLVES) == "solution step"
    assert fault("Potato chips", CHAT) is None
    assert fault("Find potato chips.", SOLVES) is None


@pytest.mark.parametrize(
    "text",
    [
        "Here is a list of words. Sort them by length.",
        "I'd like to learn Spanish. Where do I begin?",
        "Solve the equation for x: 2x + 5 = ?",
        "First, read the text, then write a summary.",
        "Note down three reasons to exercise.",
        "This task requires you to write a business plan.",
        "Let's say you have 12 apples. How many can you give to 3 friends?",
        "Output the second smallest element of a list.",
        "Link each word (current word -> its head word).",
    ],
)
def test_an_instruction_that_sounds_like_talk_is_kept(text: str) -> None:
    assert fault(text, CHAT) is None


@pytest.mark.parametrize(
    ("rest", "context", "reason"),
    [
        ("I hope this helps!", SOLVES, "farewell"),
        ("Roses are red.", SOLVES, "solution step"),
        ("Step 1: Divide.", CHAT, "solution step"),
        ("Poems are fun.", CHAT, "explanation"),
    ],
)
def test_the_lines_that_are_not_the_instruction_are_named(rest: str, context: ReplyContext, reason: str) -> None:
    assert reason_of(rest, context) == reason


def test_rejections_are_the_parser_s() -> None:
    (found,) = read_item([read_line("1.")], COMPLETION, may_continue=False)

    assert found == Rejection(filter="parse", reason="empty item", text="1.")


def test_a_name_in_underscores_stays() -> None:
    assert joined(["What does __init__ do, and __what is__ it?"]) == "What does __init__ do, and what is it?"


def test_a_title_without_a_word_is_none() -> None:
    lines = [read_line("1. **：：：：**"), read_line("Write a poem.")]

    assert read_item(lines, ReplyContext(is_chat=True, solves=False), may_continue=True) == [Candidate("Write a poem.")]
