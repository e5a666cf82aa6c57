"""Lines of means over all items, over groups and over tasks."""

import pytest

from selfinstruct.metrics.intervals import bootstrap, wilson
from selfinstruct.metrics.table import Figure, Item, Line, Table, divided, figure, line, lines_of


def item(task, number=0, group="one", **figures):
    return Item(id=f"{task}-{number}", task=task, group=group, figures=figures)


def test_there_is_a_line_for_all_for_each_group_and_for_each_task():
    items = [
        item("b", 0, "two", score=1.0),
        item("b", 1, "two", score=0.5),
        item("a", 0, "one", score=0.0),
        item("c", 0, "two", score=0.0),
    ]
    lines = lines_of(items, "category", {})

    assert [(one.level, one.name, one.items, one.figures["score"].value) for one in lines] == [
        ("all", "all", 4, 0.375),
        ("category", "two", 3, 0.5),
        ("category", "one", 1, 0.0),
        ("task", "b", 2, 0.75),
        ("task", "a", 1, 0.0),
        ("task", "c", 1, 0.0),
    ]


def test_where_each_task_has_one_item_tasks_have_no_lines():
    lines = lines_of([item("a", score=1.0), item("b", score=0.0)], "application", {})

    assert [one.level for one in lines] == ["all", "application"]


def test_without_items_there_are_no_lines():
    assert lines_of([], "category", {}) == []


def test_a_figure_is_the_mean_over_the_items_that_have_it():
    found = line("all", "all", [item("a", score=1.0), item("b", score=0.5, words=7.0), item("c", score=0.0)], {})

    assert (found.items, found.figures) == (3, {"score": Figure(0.5), "words": Figure(7.0)})


def test_figures_have_six_digits():
    assert figure([("a", 1.0), ("b", 1.0), ("c", 0.0)], None) == Figure(0.666667)


def test_only_the_figures_that_are_named_have_an_interval():
    items = [item(str(number), score=number % 2, share=number % 2, other=1.0) for number in range(10)]
    figures = line("all", "all", items, {"score": "bootstrap", "share": "wilson"}).figures

    assert figures["other"] == Figure(1.0)
    assert (figures["share"].low, figures["share"].high) == pytest.approx(wilson(5, 10), abs=1e-6)
    assert (figures["score"].low, figures["score"].high) == pytest.approx(bootstrap([0, 1] * 5, [1] * 10), abs=1e-6)


def test_the_bootstrap_is_given_the_answers_of_each_task_together():
    values = [(task, value) for task in "abcdef" for value in (float(task in "ace"), 1.0)]
    found = figure(values, "bootstrap")

    assert (found.low, found.high) == pytest.approx(bootstrap([2, 1, 2, 1, 2, 1], [2] * 6), abs=1e-6)


def test_few_tasks_have_a_mean_without_an_interval():
    assert figure([("a", 1.0)] * 10, "bootstrap") == Figure(1.0)


def test_items_are_divided_in_the_order_in_which_the_keys_come():
    found = divided([item("b", 0), item("a", 0), item("b", 1)], lambda one: one.task)

    assert [(key, [one.id for one in items]) for key, items in found.items()] == [
        ("b", ["b-0", "b-1"]),
        ("a", ["a-0"]),
    ]


def test_the_figures_of_all_items_are_the_overall_ones():
    lines = [
        Line(level="task", name="a", items=1, figures={"score": Figure(1.0)}),
        Line(level="all", name="all", items=2, figures={"score": Figure(0.5), "rate": Figure(None)}),
    ]

    assert Table(benchmark="x", lines=lines, items=[], meanings={}).overall == {"score": 0.5, "rate": None}
    assert Table(benchmark="x", lines=lines[:1], items=[], meanings={}).overall == {}
