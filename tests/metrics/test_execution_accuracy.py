from dataclasses import replace

import pytest

from selfinstruct.metrics.execution_accuracy import ExecutionAccuracy
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.task import Instance


@pytest.fixture
def pool(task):
    """Two families whose answer to -5 is right by strict scoring alone."""
    tasks = []
    for name in "ab":
        known = {"family": name, "set": "execute", "metric": "exact_match", "instructions": ["Do."]}
        tasks.append(task(id=f"{name}.execute", instances=(Instance("x", "-5."),), attributes=known))
        made = task(id=name, origin="induction", instances=(Instance("x", "-5"),))
        tasks.append(replace(made, attributes={"family": name, "prompts": 2}))
    return Pool(tasks)


def done(*tasks, ended=None):
    return Round(
        stage="execution",
        number=1,
        asked=1,
        failed=0,
        parsed=1,
        kept=1,
        tasks=tasks,
        rejections=(),
        pool=4,
        prompt_tokens=0,
        completion_tokens=0,
        cost_usd=0.0,
        ended=ended,
    )


def test_a_round_tells_the_scores_of_its_families(pool):
    assert ExecutionAccuracy(scoring="strict").figures(done(pool["a"]), pool) == {"score/a": 0.5}


def test_the_last_round_tells_the_scores_of_all_and_their_mean(pool):
    found = ExecutionAccuracy(scoring="strict").figures(done(pool["a"], ended="all tasks handled"), pool)

    assert found == {"score/a": 0.5, "score/b": 0.5, "score": 0.5}


def test_the_scoring_may_be_the_papers(pool, task):
    right = Pool([*pool, task(id="c", origin="induction", instruction="Other.", instances=(Instance("x", " 5"),))])

    assert ExecutionAccuracy(scoring="paper").figures(done(pool["a"]), right) == {"score/a": 0.5}


def test_what_has_no_score_yet_is_left_out(task):
    held = task(id="a.execute", attributes={"family": "a", "set": "execute", "metric": "contains"})

    assert ExecutionAccuracy(scoring="strict").figures(done(ended="budget"), Pool([held])) == {}
