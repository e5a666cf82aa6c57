import pytest

from selfinstruct.filters.ends_with_colon import EndsWithColon
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


@pytest.mark.parametrize(
    ("input", "output", "reason"),
    [
        ("Words:", "a", "the input ends with ':'"),
        ("a", "The list: \n", "the output ends with ':'"),
        ("", "答案：", "the output ends with '：'"),
        ("Words:", "List:", "the input ends with ':'"),
    ],
)
def test_a_last_colon_is_rejected(input: str, output: str, reason: str) -> None:
    assert EndsWithColon().reject(Candidate(instances=(Instance(input, output),)), Pool()) == reason


def test_a_colon_inside_passes() -> None:
    assert EndsWithColon().reject(Candidate(instances=(Instance("a: b", "at 10:30"),)), Pool()) is None


def test_a_candidate_without_instance_passes() -> None:
    assert EndsWithColon().reject(Candidate(instruction="Do this:"), Pool()) is None
