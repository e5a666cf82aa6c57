import pytest

from selfinstruct.filters.refusal import Refusal
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance

RULE = Refusal(words={"sorry": True, "regret": False}, below_words=80)


def judged(output):
    return RULE.reject(Candidate(instances=(Instance("", output),)), Pool())


@pytest.mark.parametrize("output", ["I'm sorry, but I cannot do that.", "SORRY", "So sorry " + "x " * 77])
def test_a_short_output_that_says_sorry_is_turned_away(output):
    assert judged(output).startswith("says 'sorry' in ")


@pytest.mark.parametrize(
    "output",
    ["Sorry " + "x " * 79, "A sorrylike word.", "With regret, no.", "All is well.", ""],
)
def test_a_long_one_or_one_without_the_word_passes(output):
    assert judged(output) is None


def test_a_candidate_without_instance_passes():
    assert RULE.reject(Candidate(instruction="Say sorry."), Pool()) is None
