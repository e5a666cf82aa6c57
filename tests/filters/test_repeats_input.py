import pytest

from selfinstruct.filters.repeats_input import RepeatsInput
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


def judged(input: str, output: str) -> str | None:
    return RepeatsInput().reject(Candidate(instances=(Instance(input, output),)), Pool())


@pytest.mark.parametrize(("input", "output"), [("a b", "a b"), (" a b\n", "a b ")])
def test_an_output_like_its_input_is_rejected(input: str, output: str) -> None:
    assert judged(input, output) == "the output repeats the input"


@pytest.mark.parametrize(("input", "output"), [("a b", "A b"), ("", "a"), ("a", ""), ("", " ")])
def test_other_outputs_pass(input: str, output: str) -> None:
    assert judged(input, output) is None


def test_a_candidate_without_instance_passes() -> None:
    assert RepeatsInput().reject(Candidate(instruction="Do it."), Pool()) is None
