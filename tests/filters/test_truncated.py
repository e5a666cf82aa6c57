import pytest

from selfinstruct.filters.truncated import Truncated
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


@pytest.mark.parametrize(
    "candidate",
    [Candidate(instruction="Write a", truncated=True), Candidate(instances=(Instance("a", "b"),), truncated=True)],
)
def test_what_was_cut_off_is_rejected(candidate: Candidate) -> None:
    assert Truncated().reject(candidate, Pool()) == "the reply was cut off inside it"


def test_what_is_whole_passes() -> None:
    assert Truncated().reject(Candidate(instruction="Write a poem."), Pool()) is None
