import pytest

from selfinstruct.prompt.wording import (
    announces_solutions,
    announces_tasks,
    is_about_the_list,
    is_calculation,
    is_instruction,
    is_remark,
    is_working,
)


@pytest.mark.parametrize(
    "text",
    ["Write a poem.", "Please sort these words.", "Kindly explain it.", "**Write** a poem.", "given a list, sort"],
)
def test_an_instruction_begins_with_a_word_that_instructions_begin_with(text: str) -> None:
    assert is_instruction(text)


@pytest.mark.parametrize("text", ["Roses are red?", "(Any questions?)", "Capital of France？"])
def test_whatever_asks_is_an_instruction(text: str) -> None:
    assert is_instruction(text)


@pytest.mark.parametrize("text", ["시를 쓰세요", "写一首诗", "Напиши стихи"])
def test_what_is_in_another_script_gets_the_benefit_of_the_doubt(text: str) -> None:
    assert is_instruction(text)


@pytest.mark.parametrize("text", ["Potato chips", "Roses are red.", "Writing is fun.", "The word 시 in Korean", ""])
def test_a_phrase_or_a_statement_is_no_instruction(text: str) -> None:
    assert not is_instruction(text)


@pytest.mark.parametrize("text", ["6 (1 + 2 + 3 = 6)", "a = 2", "**42**"])
def test_numbers_and_signs_without_a_word_are_a_calculation(text: str) -> None:
    assert is_calculation(text)


@pytest.mark.parametrize("text", ["Add 2 + 2.", "x + y", "1 + 2は?", ""])
def test_what_has_a_word_or_another_script_or_no_digit_is_no_calculation(text: str) -> None:
    assert not is_calculation(text)


@pytest.mark.parametrize(
    "text",
    [
        "Step 1: Subtract 5 from both sides.",
        "To solve this, we need to divide by 2.",
        "First, multiply both sides by 2.",
        "Therefore, we have x = 2.",
        "The answer is 42.",
        "Output: 42",
        "**Answer:** 42",
        "Subtract 5 from both sides: 2x = 11 - 5",
    ],
)
def test_a_step_of_a_solution_is_working(text: str) -> None:
    assert is_working(text)


@pytest.mark.parametrize(
    "text",
    [
        "First, read the text, then write a summary.",
        "Output the second smallest element of a list.",
        "Step by step, explain how to tie a knot.",
        "Solve the equation for x: 2x + 5 = 11",
        "Simplify the fraction: 6 / 8 = ?",
    ],
)
def test_an_instruction_that_sounds_like_a_step_is_not(text: str) -> None:
    assert not is_working(text)


@pytest.mark.parametrize(
    "text",
    [
        "Unfortunately, there is no text.",
        "Please provide the text, and I will translate it.",
        "(I'll need the colour)",
        "（Note: it is short）",
        "No input needed",
        "None",
        "This task is already done.",
        "You’ve already asked this.",
        "Here is a simple one:",
    ],
)
def test_what_speaks_to_the_reader_about_the_tasks_is_a_remark(text: str) -> None:
    assert is_remark(text)


@pytest.mark.parametrize(
    "text",
    [
        "Please provide a recipe for soup.",
        "Note down three reasons to exercise.",
        "This task requires you to write a business plan.",
        "This task is to sort a list.",
        "Here is a list of words. Sort them by length.",
        "None of these words rhymes. Why?",
    ],
)
def test_an_instruction_that_sounds_like_a_remark_is_not(text: str) -> None:
    assert not is_remark(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm ready to help. What are the tasks?",
        "Here are the tasks with a brief description of each",
        "Which one would you like to start with?",
        "The tenth task is missing.",
        "This is just a placeholder.",
    ],
)
def test_what_speaks_of_the_list_is_about_it_wherever_it_says_so(text: str) -> None:
    assert is_about_the_list(text)


def test_an_instruction_that_mentions_a_list_is_not_about_the_list_it_stands_in() -> None:
    assert not is_about_the_list("Sort a list of tasks by how urgent they are.")


@pytest.mark.parametrize(
    "text", ["Here are the tasks with my responses:", "Let's go through each of them.", "I'll begin with task 1."]
)
def test_a_lead_may_announce_solutions(text: str) -> None:
    assert announces_solutions(text)


def test_a_lead_that_only_lists_tasks_announces_no_solutions() -> None:
    assert not announces_solutions("Here are 8 more tasks:")


@pytest.mark.parametrize("text", ["Come up with a series of tasks:", "**More instructions for you：**"])
def test_tasks_are_announced_by_a_line_that_ends_in_a_colon(text: str) -> None:
    assert announces_tasks(text)


@pytest.mark.parametrize("text", ["Come up with a series of tasks.", "Do these tasks. Use this list:", "Sort these:"])
def test_another_colon_or_another_ending_announces_no_tasks(text: str) -> None:
    assert not announces_tasks(text)
