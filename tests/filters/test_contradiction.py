from typing import Literal

import pytest
from pydantic import ValidationError

from selfinstruct.filters.contradiction import Contradiction
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance

SPOILT = "instances 1 and 3 of the reply have one input and two outputs"


def judged(scope: Literal["input", "task"], *pairs: tuple[str, str]) -> list[str | None]:
    instances = tuple(Instance(*pair) for pair in pairs)
    part = Contradiction(scope=scope)
    return [part.reject(Candidate(instances=instances, position=i), Pool()) for i in range(len(instances))]


def test_the_instances_with_the_input_are_rejected() -> None:
    assert judged("input", ("a", "yes"), ("b", "yes"), (" a", "no")) == [SPOILT, None, SPOILT]


def test_all_instances_of_the_reply_are_rejected_in_the_scope_of_the_task() -> None:
    assert judged("task", ("a", "yes"), ("b", "yes"), ("a", "no")) == [SPOILT, SPOILT, SPOILT]


@pytest.mark.parametrize("scope", ["input", "task"])
@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "yes"), ("b", "no")],
        [("", "yes"), ("", "no")],
        [(" ", "yes"), ("", "no")],
        [("a", "yes"), ("a", "yes ")],
        [("a", "yes"), ("a", "")],
        [("a", "yes")],
    ],
)
def test_what_does_not_contradict_passes(scope: Literal["input", "task"], pairs: list[tuple[str, str]]) -> None:
    assert judged(scope, *pairs) == [None] * len(pairs)


@pytest.mark.parametrize("scope", ["input", "task"])
def test_a_candidate_without_instance_passes(scope: Literal["input", "task"]) -> None:
    assert Contradiction(scope=scope).reject(Candidate(instruction="Do it."), Pool()) is None


def test_another_scope_is_refused() -> None:
    with pytest.raises(ValidationError, match="scope"):
        Contradiction(scope="reply")  # type: ignore[arg-type]
