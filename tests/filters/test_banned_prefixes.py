import pytest

from selfinstruct.filters.banned_prefixes import BannedPrefixes
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


def judged(
    instruction: str, *, whole_words: bool = True, text: str = "Write a program", wanted: bool = True
) -> str | None:
    part = BannedPrefixes(texts={text: wanted}, whole_words=whole_words)
    return part.reject(Candidate(instruction=instruction), Pool())


@pytest.mark.parametrize(
    "instruction",
    ["Write a program that sorts.", "write a program", "WRITE A PROGRAM:", "Write  a\nprogram", " Write a program"],
)
def test_an_opening_is_found_in_any_case(instruction: str) -> None:
    assert judged(instruction) == "begins with 'Write a program'"


@pytest.mark.parametrize("instruction", ["Write a python program", "Please write a program", "Rewrite a program", ""])
def test_other_beginnings_pass(instruction: str) -> None:
    assert judged(instruction) is None


def test_a_longer_word_is_no_opening() -> None:
    assert judged("Write a programme for the concert.") is None


def test_a_longer_word_is_an_opening_where_words_need_not_be_whole() -> None:
    assert judged("Write a programme for the concert.", whole_words=False) == "begins with 'Write a program'"


def test_an_opening_switched_off_is_not_looked_for() -> None:
    assert judged("Write a program.", wanted=False) is None


def test_an_opening_in_chinese_needs_no_boundary() -> None:
    assert judged("写一个程序来排序", text="写一个程序") == "begins with '写一个程序'"
