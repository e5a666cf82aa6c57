import tracked
from tracked import a_round, a_step

from selfinstruct.trackers.rows import Rows


def rows_of(start, *rounds, steps=(), summary=None, error=None):
    """Everything that is written of a run."""
    written = []
    rows = Rows(start, written.append)
    for round_ in rounds:
        rows.add(round_)
    for step in steps:
        rows.add_step(step)
    if summary is not None:
        rows.finish(summary, error)
    return written


def test_the_rounds_of_earlier_processes_come_first_and_count_into_the_totals(tmp_path):
    start = tracked.info(tmp_path, rounds=(a_round(1), a_round(2)))

    written = rows_of(start, a_round(3))

    assert [row["instructions/round"] for row in written] == [1, 2, 3]
    assert [row["kept"] for row in written] == [2, 4, 6]


def test_nothing_is_null_and_why_a_stage_ended_is_text(tmp_path):
    (row,) = rows_of(tracked.info(tmp_path), a_round(1, ended="10 kept"))

    assert row["instructions/ended"] == "10 kept"
    assert "cost_usd" not in row
    assert None not in row.values()


def test_each_step_of_a_training_is_written_once(tmp_path):
    now = a_step(3)
    start = tracked.info(tmp_path, steps=(a_step(1).row, a_step(2).row, now.row))

    written = rows_of(start, steps=(now, a_step(4, validation_loss=None)))

    assert [row["train/step"] for row in written] == [1, 2, 3, 4]
    assert "train/validation_loss" not in written[-1]


def test_a_training_of_an_earlier_process_is_written_at_the_end(tmp_path):
    start = tracked.info(tmp_path, steps=(a_step(1).row,))

    written = rows_of(start, summary={"stop_reason": "done"})

    assert [list(row) for row in written] == [["train/step", "train/loss"], ["summary/stop_reason"]]


def test_the_end_has_scores_and_diversity_or_what_went_wrong(tmp_path):
    summary = {"stop_reason": "10 kept", "diversity": {"verbs": 3, "nearest": None}, "scores": {"s": {"rouge_l": 0.5}}}

    (good,) = rows_of(tracked.info(tmp_path), summary=summary)
    (bad,) = rows_of(tracked.info(tmp_path), summary=summary, error="no key")

    assert good == {"summary/diversity/verbs": 3, "summary/scores/s/rouge_l": 0.5, "summary/stop_reason": "10 kept"}
    assert bad["summary/stop_reason"] == "no key"
