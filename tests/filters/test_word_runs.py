"""Runs of thirteen words, against a plain search for them."""

from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.filters.vocabulary import Vocabulary
from selfinstruct.filters.word_runs import LENGTH, Shared, WordRuns

WORDS = [f"word{number}" for number in range(40)]
TEXTS = st.lists(st.sampled_from("ab"), max_size=25)


class Index:
    def __init__(self, *texts: list[str]) -> None:
        self.words, self.runs = Vocabulary(), WordRuns()
        for text in texts:
            self.runs.add(self.words.taken(text))

    def first(self, words: list[str]) -> Shared | None:
        return self.runs.first(self.words.known(words))


def plain_first(texts: list[list[str]], words: list[str]) -> Shared | None:
    """The first run of the words that any text has, and the first text that has it."""
    for at in range(len(words) - LENGTH + 1):
        for number, text in enumerate(texts):
            for start in range(len(text) - LENGTH + 1):
                if text[start : start + LENGTH] == words[at : at + LENGTH]:
                    return Shared(number, at)
    return None


def test_thirteen_words_in_a_row_are_found_with_their_text_and_place() -> None:
    index = Index(WORDS[20:], WORDS[:20])

    assert index.first(["so", *WORDS[3 : 3 + LENGTH], "there"]) == Shared(1, 1)


def test_twelve_words_in_a_row_are_not_found() -> None:
    assert Index(WORDS).first([*WORDS[:12], "other", *WORDS[12:24]]) is None


def test_no_run_goes_from_one_text_into_the_next() -> None:
    index = Index(WORDS[:10], WORDS[10:20])

    assert index.first(WORDS[:20]) is None
    assert index.first([*WORDS[:10], "new", *WORDS[10:20]]) is None


def test_of_two_texts_with_a_run_the_first_is_named() -> None:
    assert Index(WORDS[30:], WORDS[:15], WORDS[:20]).first(WORDS[:15]) == Shared(1, 0)


def test_words_that_no_text_has_match_nothing() -> None:
    assert Index(WORDS).first(["new"] * 30) is None


def test_an_empty_index_and_a_short_text_share_nothing() -> None:
    assert Index().first(WORDS) is None
    assert Index(WORDS[:5]).first(WORDS) is None
    assert Index(WORDS).first(WORDS[:12]) is None
    assert Index(WORDS).first([]) is None


@given(st.lists(TEXTS, max_size=6), TEXTS)
def test_what_is_found_is_what_a_plain_search_finds(texts: list[list[str]], words: list[str]) -> None:
    assert Index(*texts).first(words) == plain_first(texts, words)
