from dataclasses import replace

import pytest
from tracked import a_round

from selfinstruct.metrics import Scoring
from selfinstruct.metrics.execution_accuracy import ExecutionAccuracy
from selfinstruct.metrics.table import Figure
from selfinstruct.pool import Pool
from selfinstruct.task import Instance


@pytest.fixture
def pool(task):
    """Two families whose answer is right by both normal forms."""
    tasks = []
    for name in "ab":
        known = {"family": name, "set": "execute", "metric": "exact_match", "instructions": ["Do."]}
        tasks.append(task(id=f"{name}.execute", instances=(Instance("x", "-5."),), attributes=known))
        made = task(id=name, origin="induction", instances=(Instance("x", "-5"),))
        tasks.append(replace(made, attributes={"family": name, "prompts": 2}))
    return Pool(tasks)


def test_a_round_tells_the_scores_of_its_families(pool):
    assert ExecutionAccuracy(scoring="strict").figures(a_round(tasks=(pool["a"],)), pool) == {"score/a": 0.5}


def test_the_last_round_tells_the_scores_of_all_and_their_mean(pool):
    found = ExecutionAccuracy(scoring="strict").figures(a_round(tasks=(pool["a"],), ended="all tasks handled"), pool)

    assert found == {"score/a": 0.5, "score/b": 0.5, "score": 0.5}


def test_the_scoring_may_be_the_papers(pool, task):
    right = Pool([*pool, task(id="c", origin="induction", instruction="Other.", instances=(Instance("x", " 5"),))])

    assert ExecutionAccuracy(scoring="paper").figures(a_round(tasks=(pool["a"],)), right) == {"score/a": 0.5}


def test_what_has_no_score_yet_is_left_out(task):
    held = task(id="a.execute", attributes={"family": "a", "set": "execute", "metric": "contains"})

    assert ExecutionAccuracy(scoring="strict").figures(a_round(ended="budget"), Pool([held])) == {}


@pytest.fixture
def loose(pool):
    """The families, of which the answer of b is right by the paper's scoring alone."""
    pool.put(replace(pool["b"], instances=(Instance("x", "-5.7"),)))
    return pool


def test_the_items_are_the_families_with_their_scores_by_both_normal_forms(loose):
    metric = ExecutionAccuracy(scoring="strict")

    assert isinstance(metric, Scoring)
    assert [(item.id, item.task, item.group, item.figures) for item in metric.items(loose)] == [
        ("a", "a", "all", {"paper": 0.5, "strict": 0.5}),
        ("b", "b", "all", {"paper": 0.5, "strict": 0.0}),
    ]


def test_a_family_without_a_score_is_not_an_item_but_has_a_line(loose, task):
    known = {"family": "c", "set": "execute", "metric": "contains"}
    later = task(id="c", origin="induction", instances=None, attributes={"family": "c", "prompts": 1})
    more = Pool([*loose, task(id="c.execute", attributes=known), later])
    metric = ExecutionAccuracy(scoring="strict")

    assert [item.id for item in metric.items(more)] == ["a", "b"]
    assert [line.name for line in metric.lines(more)] == ["all", "a", "b", "c"]
    assert metric.lines(more)[3].figures == {"paper": Figure(None), "strict": Figure(None)}
    assert metric.lines(more)[0].figures == {"paper": Figure(0.5), "strict": Figure(0.25)}


def test_a_line_has_the_counts_of_its_family_and_the_first_one_their_sums(loose):
    first, _, line = ExecutionAccuracy(scoring="strict").lines(loose)

    assert (line.level, line.name, line.items) == ("family", "b", 1)
    assert line.figures == {"paper": Figure(0.5), "strict": Figure(0.0), "best_strict": Figure(0.0)}
    assert line.notes == {
        "metric": "exact_match",
        "prompts": 2,
        "predictions": 1,
        "instructions": 1,
        "executed": 1,
        "unanswered": 0,
        "best": loose["b"].instruction,
    }
    assert (first.level, first.name, first.items) == ("all", "all", 2)
    assert first.notes == {"prompts": 4, "predictions": 2, "instructions": 2, "executed": 2, "unanswered": 0}


def test_a_pool_without_instructions_has_no_lines(task):
    held = task(id="a.execute", attributes={"family": "a", "set": "execute", "metric": "contains"})

    assert ExecutionAccuracy(scoring="strict").lines(Pool([held])) == []
    assert ExecutionAccuracy(scoring="strict").lines(Pool()) == []
