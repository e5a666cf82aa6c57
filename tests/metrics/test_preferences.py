"""Which of two systems a judge prefers, in both orders."""

import pytest
from tracked import a_round

from selfinstruct.metrics.intervals import wilson
from selfinstruct.metrics.preferences import Preferences
from selfinstruct.metrics.table import Figure
from selfinstruct.pool import Pool
from selfinstruct.task import Reference

METRIC = Preferences(benchmark="pairwise", forward="forward", backward="backward")


@pytest.fixture
def compared(task):
    """Makes tasks with both verdicts, None for one that could not be read, and the numbers of words of both answers."""

    def make(*verdicts, words=(3, 5)):
        tasks = []
        for number, pair in enumerate(verdicts):
            known = {key: said for key, said in zip(("forward", "backward"), pair, strict=True) if said is not None}
            answers = ["word " * count for count in words]
            known |= {"systems": ["short", "long"], "answers": answers}
            tasks.append(task(number, instances=None, references=(Reference("", ()),), attributes=known))
        return tasks

    return make


@pytest.mark.parametrize(
    ("forward", "backward", "result", "flipped", "unreadable"),
    [
        ("1", "2", "win", 0, 0),
        ("2", "1", "loss", 0, 0),
        ("tie", "tie", "tie", 0, 0),
        ("1", "1", "tie", 1, 0),
        ("2", "2", "tie", 1, 0),
        ("1", "tie", "tie", 1, 0),
        ("tie", "1", "tie", 1, 0),
        ("1", None, "tie", 0, 1),
        (None, "2", "tie", 0, 1),
        (None, None, "tie", 0, 1),
    ],
)
def test_a_system_wins_where_it_is_preferred_in_both_orders(forward, backward, result, flipped, unreadable, compared):
    (item,) = METRIC.items(Pool(compared((forward, backward))))
    results = {name: item.figures[name] for name in ("win", "tie", "loss")}

    assert results == {"win": 0.0, "tie": 0.0, "loss": 0.0, result: 1.0}
    assert item.figures["win_rate"] == {"win": 1, "tie": 0.5, "loss": 0}[result]
    assert (item.figures["flipped"], item.figures["unreadable"]) == (flipped, unreadable)


@pytest.mark.parametrize(
    ("forward", "backward", "shown_first"),
    [("1", "1", 1.0), ("2", "2", 0.0), ("1", "2", 0.5), ("tie", "1", 1.0), (None, "2", 0.0)],
)
def test_how_often_the_answer_shown_first_wins_is_counted_among_decided_verdicts(
    forward, backward, shown_first, compared
):
    assert METRIC.items(Pool(compared((forward, backward))))[0].figures["first_shown_wins"] == shown_first


@pytest.mark.parametrize(
    ("verdicts", "words", "longer"),
    [
        (("1", "2"), (3, 5), 0.0),
        (("1", "2"), (5, 3), 1.0),
        (("2", "1"), (3, 5), 1.0),
        (("1", "1"), (3, 5), 0.5),
        (("tie", "1"), (3, 5), 1.0),
    ],
)
def test_how_often_the_longer_answer_wins_is_counted_among_decided_verdicts(verdicts, words, longer, compared):
    assert METRIC.items(Pool(compared(verdicts, words=words)))[0].figures["longer_wins"] == longer


def test_figures_that_do_not_apply_to_a_task_are_left_out(compared):
    (undecided,) = METRIC.items(Pool(compared(("tie", None))))
    (equal,) = METRIC.items(Pool(compared(("1", "2"), words=(4, 4))))

    assert not {"first_shown_wins", "longer_wins"} & undecided.figures.keys()
    assert "longer_wins" not in equal.figures


def test_there_is_one_line_with_the_names_of_both_systems(compared):
    verdicts = [("1", "2")] * 3 + [("2", "1")] + [("1", "1")] * 2
    (line,) = METRIC.lines(Pool(compared(*verdicts)))

    assert (line.level, line.name, line.items) == ("all", "short / long", 6)
    assert {name: line.figures[name].value for name in ("win", "tie", "loss", "win_rate")} == {
        "win": 0.5,
        "tie": 0.333333,
        "loss": 0.166667,
        "win_rate": 0.666667,
    }
    assert (line.figures["win"].low, line.figures["win"].high) == pytest.approx(wilson(3, 6), abs=1e-6)
    assert line.figures["win_rate"].low is not None
    assert (line.figures["words_first"], line.figures["words_second"]) == (Figure(3.0), Figure(5.0))


def test_a_rate_at_equal_length_that_cannot_be_fitted_has_its_reason(compared):
    (line,) = METRIC.lines(Pool(compared(("1", "2"), ("2", "1"))))

    assert line.figures["win_rate_at_equal_length"] == Figure(None)
    assert line.notes == {"at_equal_length": "could not be fitted: fewer than 10 comparisons"}


def test_a_rate_at_equal_length_that_can_be_fitted_has_no_note(compared, task):
    pairs = [compared(verdict, words=words)[0] for verdict in (("1", "2"), ("2", "1")) for words in ((2, 6), (6, 2))]
    tasks = [task(number, attributes=pairs[number % 4].attributes) for number in range(20)]
    (line,) = METRIC.lines(Pool(tasks))

    assert line.figures["win_rate_at_equal_length"].value == pytest.approx(0.5, abs=1e-6)
    assert line.notes == {}


def test_tasks_without_two_answers_are_not_looked_at(pool):
    assert METRIC.items(pool) == []
    assert METRIC.lines(pool) == []


def test_a_round_has_the_share_of_the_newest_verdicts_for_the_answer_shown_first(compared):
    found = METRIC.figures(a_round(tasks=compared(("1", "1"), ("1", "2"), ("2", "2"), ("1", "tie"))), Pool())

    assert found == {"first_shown_wins": 0.333333}
    assert METRIC.figures(a_round(tasks=compared(("1", None))), Pool()) == {"first_shown_wins": 1.0}
    assert METRIC.figures(a_round(tasks=compared(("tie", "tie"))), Pool()) == {}
