import pytest
from pydantic import ValidationError

from selfinstruct.filters import Filter
from selfinstruct.filters.length import Length, count_words
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


def judged(instruction: str, min_words: int = 4, max_words: int = 6) -> str | None:
    return Length(min_words=min_words, max_words=max_words).reject(Candidate(instruction=instruction), Pool())


def test_is_a_filter() -> None:
    assert isinstance(Length(min_words=4, max_words=150), Filter)


@pytest.mark.parametrize("instruction", ["one two three four", "one two three four five six"])
def test_both_ends_of_the_range_are_kept(instruction: str) -> None:
    assert judged(instruction) is None


def test_too_few_words_are_rejected_with_their_number() -> None:
    assert judged("Tell a joke.") == "too short: 3 of at least 4 words"


def test_too_many_words_are_rejected_with_their_number() -> None:
    assert judged("one two three four five six seven") == "too long: 7 words, at most 6"


def test_an_empty_instruction_is_too_short() -> None:
    assert judged("") == "too short: 0 of at least 4 words"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("well-known  words\n& signs", 4),
        ("如何减少空气污染？", 8),
        ("用Python写一个程序", 7),
        ("カタカナ と ひらがな", 9),
        ("สวัสดี", 4),
        ("한국어 문장을 요약하세요.", 3),
        ("Écrivez un poème court", 4),
        ("。", 1),
    ],
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words


def test_a_range_that_nothing_can_meet_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"min_words \(7\) is above max_words \(6\)"):
        Length(min_words=7, max_words=6)


def test_a_negative_number_of_words_is_refused() -> None:
    with pytest.raises(ValidationError, match="min_words"):
        Length(min_words=-1, max_words=6)
