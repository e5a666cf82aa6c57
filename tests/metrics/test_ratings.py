"""Shares of the grades that a judge gave."""

import pytest
from tracked import a_round

from selfinstruct.metrics.intervals import wilson
from selfinstruct.metrics.ratings import Ratings
from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Reference

METRIC = Ratings(benchmark="user_oriented", group="application", attribute="rating")


@pytest.fixture
def graded(task):
    """Makes answered tasks with these grades; None for a grade that could not be read."""

    def make(*grades):
        return [
            task(
                number,
                instances=(Instance("", "An answer."),),
                references=(Reference("", ("A reference.",)),),
                attributes={"application": "mail"} | ({} if grade is None else {"rating": grade}),
            )
            for number, grade in enumerate(grades)
        ]

    return make


def test_the_shares_of_good_grades_have_intervals(graded):
    found = METRIC.lines(Pool(graded("A", "A", "B", "C", "D")))

    assert [(line.level, line.name, line.items) for line in found] == [("all", "all", 5), ("application", "mail", 5)]
    figures = found[0].figures
    assert (figures["rated_a"].value, figures["rated_a_or_b"].value, figures["unreadable"].value) == (0.4, 0.6, 0.0)
    assert (figures["rated_a"].low, figures["rated_a"].high) == pytest.approx(wilson(2, 5), abs=1e-6)
    assert (figures["rated_a_or_b"].low, figures["rated_a_or_b"].high) == pytest.approx(wilson(3, 5), abs=1e-6)
    assert figures["unreadable"].low is None


def test_a_grade_that_could_not_be_read_is_neither_good_nor_left_out(graded):
    figures = METRIC.lines(Pool(graded("A", None)))[0].figures

    assert (figures["rated_a"].value, figures["rated_a_or_b"].value, figures["unreadable"].value) == (0.5, 0.5, 0.5)


def test_a_task_without_an_answer_counts_as_the_lowest_grade(graded, task):
    unanswered = task(9, instances=None, references=(Reference("", ("A reference.",)),))
    (_, item) = METRIC.items(Pool([*graded("A"), unanswered]))

    assert (item.id, item.group) == ("seed_task_9-0", "none")
    assert item.figures == {"rated_a": 0.0, "rated_a_or_b": 0.0, "unreadable": 0.0}


def test_tasks_of_no_benchmark_are_not_looked_at(graded, task):
    assert METRIC.lines(Pool([task(9)])) == []
    assert [item.task for item in METRIC.items(Pool([*graded("B"), task(9)]))] == ["seed_task_0"]


def test_a_round_has_the_shares_of_what_was_judged_in_it(graded):
    assert METRIC.figures(a_round(tasks=graded("A", "B", "C", None)), Pool()) == {
        "rated_a": 0.333333,
        "rated_a_or_b": 0.666667,
    }
    assert METRIC.figures(a_round(tasks=graded(None)), Pool()) == {}
