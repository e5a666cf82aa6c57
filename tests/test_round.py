from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


def test_a_candidate_knows_the_instance_that_is_judged():
    instances = (Instance("a", "1"), Instance("b", "2"))

    assert Candidate(instances=instances, position=1).instance == Instance("b", "2")
    assert Candidate(instruction="x").instance is None


def test_the_row_of_a_rejected_instance_shows_it():
    candidate = Candidate(instances=(Instance("a", "1"),))
    row = Rejection("empty_output", "empty", candidate=candidate, task="grow_1", nearest=("x", 0.5)).row("io", 2)

    assert (row["input"], row["output"], row["task"], row["nearest"]) == ("a", "1", "grow_1", ["x", 0.5])
    assert "text" not in row
