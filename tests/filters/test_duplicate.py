from selfinstruct.filters.duplicate import Duplicate
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


def judged(*pairs: tuple[str, str]) -> list[str | None]:
    instances = tuple(Instance(*pair) for pair in pairs)
    return [Duplicate().reject(Candidate(instances=instances, position=i), Pool()) for i in range(len(instances))]


def test_the_first_of_equal_instances_stays() -> None:
    assert judged(("a", "x"), ("b", "x"), ("a ", "x"), ("a", "x\n")) == [
        None,
        None,
        "repeats instance 1 of the reply",
        "repeats instance 1 of the reply",
    ]


def test_instances_without_input_are_compared_by_their_output() -> None:
    assert judged(("", "x"), ("", "y"), ("", "x")) == [None, None, "repeats instance 1 of the reply"]


def test_another_output_is_no_duplicate() -> None:
    assert judged(("a", "x"), ("a", "X")) == [None, None]


def test_a_candidate_without_instance_passes() -> None:
    assert Duplicate().reject(Candidate(instruction="Do it."), Pool()) is None
