import pytest

from selfinstruct.filters.empty_output import EmptyOutput
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


@pytest.mark.parametrize("output", ["", " \n\t", "\u3000"])
def test_an_output_of_white_space_is_rejected(output: str) -> None:
    candidate = Candidate(instances=(Instance("a", output),))

    assert EmptyOutput().reject(candidate, Pool()) == "the output is empty"


def test_an_output_passes() -> None:
    assert EmptyOutput().reject(Candidate(instances=(Instance("", "0"),)), Pool()) is None


def test_the_instance_at_the_position_is_judged() -> None:
    instances = (Instance("a", "b"), Instance("c", ""))

    assert EmptyOutput().reject(Candidate(instances=instances, position=0), Pool()) is None
    assert EmptyOutput().reject(Candidate(instances=instances, position=1), Pool()) == "the output is empty"


def test_a_candidate_without_instance_passes() -> None:
    assert EmptyOutput().reject(Candidate(instruction="Do it."), Pool()) is None
