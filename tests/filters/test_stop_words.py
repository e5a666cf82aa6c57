import pytest

from selfinstruct.filters.stop_words import StopWords
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance

RULE = StopWords(words={"the": True, "and": True, "It": True, "is": True, "no": False})


def judged(output):
    return RULE.reject(Candidate(instances=(Instance("", output),)), Pool())


@pytest.mark.parametrize("output", [".", "?!", "- - -", "", "…"])
def test_punctuation_alone_says_nothing(output):
    assert judged(output) == "only punctuation"


@pytest.mark.parametrize("output", ["The.", "and, and", "It is\nthe"])
def test_stop_words_alone_say_nothing(output):
    assert judged(output) == "only punctuation and stop words"


@pytest.mark.parametrize("output", ["No.", "42", "the answer", "是", "The_end"])
def test_anything_else_passes(output):
    assert judged(output) is None


def test_a_candidate_without_instance_passes():
    assert RULE.reject(Candidate(instruction="the"), Pool()) is None


def test_a_word_is_a_word():
    with pytest.raises(ValueError, match="pattern"):
        StopWords(words={"two words": True})
