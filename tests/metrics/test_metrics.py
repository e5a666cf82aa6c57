"""The scores of benchmarks, whatever metrics give them."""

from selfinstruct.metrics import Scoring, joined, tables
from selfinstruct.metrics.operations import Operations
from selfinstruct.metrics.ratings import Ratings
from selfinstruct.metrics.reference_scores import ReferenceScores
from selfinstruct.metrics.table import Figure, Item, Line, Table
from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Reference


def scores(benchmark="user_oriented"):
    return ReferenceScores(benchmark=benchmark, group="application", tokenizer=None)


def ratings(benchmark="user_oriented"):
    return Ratings(benchmark=benchmark, group="application", attribute="rating")


def benchmark_pool(task):
    """Two answered tasks, the second of which is not graded."""
    grades = [{"rating": "A"}, {}]
    return Pool(
        task(
            number,
            instances=(Instance("x", "right"),),
            references=(Reference("x", ("right",)),),
            attributes={"application": f"app {number}", **grade},
        )
        for number, grade in enumerate(grades)
    )


def test_only_metrics_of_benchmarks_have_tables(task):
    assert isinstance(scores(), Scoring)
    assert not isinstance(Operations(), Scoring)
    assert tables([Operations()], benchmark_pool(task)) == []


def test_a_pool_without_references_has_no_tables(pool):
    assert tables([scores(), ratings()], pool) == []


def test_metrics_of_one_benchmark_have_one_table(task):
    (table,) = tables([scores(), Operations(), ratings()], benchmark_pool(task))

    assert table.benchmark == "user_oriented"
    assert [(line.level, line.name) for line in table.lines] == [
        ("all", "all"),
        ("application", "app 0"),
        ("application", "app 1"),
    ]
    assert {"rouge_l", "exact_match", "rated_a", "rated_a_or_b"} <= table.overall.keys()
    assert (table.overall["exact_match"], table.overall["rated_a"]) == (1.0, 0.5)
    assert [(item.id, item.answer, item.figures["rouge_l"], item.figures["rated_a"]) for item in table.items] == [
        ("seed_task_0-0", "right", 1.0, 1.0),
        ("seed_task_1-0", "right", 1.0, 0.0),
    ]
    assert table.meanings == {**scores().meanings, **ratings().meanings}


def test_each_benchmark_has_a_table_of_its_own(task):
    found = tables([scores("one"), ratings("two")], benchmark_pool(task))

    assert [(table.benchmark, "rated_a" in table.overall) for table in found] == [("one", False), ("two", True)]


def test_lines_and_items_that_one_table_alone_has_are_in_the_joined_one():
    def table(name, level, **notes):
        line = Line(level=level, name="x", items=1, figures={name: Figure(0.5)}, notes=notes)
        item = Item(id=f"{level}-0", task=level, group="x", figures={name: 0.5})
        return Table(benchmark="b", lines=[line], items=[item], meanings={name: f"{name} is shown"})

    apart = joined(table("a", "all"), table("b", "task"))
    together = joined(table("a", "all", metric="a"), table("b", "all", judge="b"))

    assert [line.level for line in apart.lines] == ["all", "task"]
    assert [item.id for item in apart.items] == ["all-0", "task-0"]
    assert [(dict(line.figures), line.notes) for line in together.lines] == [
        ({"a": Figure(0.5), "b": Figure(0.5)}, {"metric": "a", "judge": "b"})
    ]
    assert [item.figures for item in together.items] == [{"a": 0.5, "b": 0.5}]
    assert together.meanings == {"a": "a is shown", "b": "b is shown"}
