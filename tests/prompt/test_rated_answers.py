import pytest

from selfinstruct.prompt import Parser
from selfinstruct.prompt.rated_answers import RatedAnswers
from selfinstruct.request import Completion
from selfinstruct.round import Candidate

PARSER = RatedAnswers(lowest=1, highest=5)
DRAWN = [
    {"output": "a", "votes": 1, "score": 1, "chosen": False},
    {"output": "b", "votes": 2, "score": 2, "chosen": True},
    {"output": "c", "votes": 1, "score": 1, "chosen": False},
]


@pytest.fixture
def read(task):
    """What is read of a reply to a prompt that has shown the answers in this order."""

    def read(text, shown="cab"):
        prompt_vars = {"task": task(attributes={"alternatives": DRAWN}), "answers": list(shown)}
        (piece,) = PARSER.parse(Completion(text=text, finish_reason="stop"), prompt_vars)
        if not isinstance(piece, Candidate):
            return piece.reason
        return [(one["output"], one["votes"], one["score"], one["chosen"]) for one in piece.attributes["alternatives"]]

    return read


def test_it_is_a_parser():
    assert isinstance(PARSER, Parser)


def test_the_best_rated_answer_is_chosen_wherever_the_prompt_has_shown_it(read):
    found = read("The first is best.\nAnswer 1: 5\nAnswer 2: 2\nAnswer 3: 4")

    assert found == [("a", 1, 2, False), ("b", 2, 4, False), ("c", 1, 5, True)]


def test_of_equals_the_one_stays_that_most_agree_on(read):
    assert [chosen for *_, chosen in read("Answer 1: 4\nAnswer 2: 4\nAnswer 3: 4")] == [False, True, False]


def test_of_equals_that_were_not_chosen_before_the_first_drawn_is_taken(read):
    assert [chosen for *_, chosen in read("Answer 1: 4\nAnswer 2: 4\nAnswer 3: 1")] == [True, False, False]


def test_a_rating_may_name_the_high_end_of_any_scale(task):
    prompt_vars = {"task": task(attributes={"alternatives": DRAWN}), "answers": ["a", "b", "c"]}
    (piece,) = RatedAnswers(lowest=1, highest=10).parse(
        Completion(text="Answer 1: 7/10\nAnswer 2: 10/10\nAnswer 3: 9"), prompt_vars
    )

    assert [one["score"] for one in piece.attributes["alternatives"]] == [7, 10, 9]


def test_every_answer_needs_a_rating_on_the_scale(read):
    assert read("Answer 1: 4\nAnswer 2: 7") == "no rating from 1 to 5 of Answer 2, Answer 3"
