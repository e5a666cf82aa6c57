import json

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.rows import check_end, check_none_lost, lines_of, read, rejection_row, round_row, task_of


def test_lines_come_with_their_numbers_up_to_the_end_that_was_committed(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"1\n2\n3\ntorn")

    assert list(lines_of(path)) == [(1, b"1\n"), (2, b"2\n"), (3, b"3\n")]
    assert list(lines_of(path, 4)) == [(1, b"1\n"), (2, b"2\n")]
    assert list(lines_of(path, 0)) == list(lines_of(tmp_path / "none")) == []


def test_rounds_that_the_summary_counts_and_that_are_gone_are_reported(tmp_path):
    rounds = [{"candidates": 3}, {"candidates": 4}]
    for text in ("", "[]", "{}", '{"candidates": null}', '{"candidates": 7}', '{"candidates": 6}', "[" * 100_000):
        (tmp_path / "summary.json").write_text(text)
        check_none_lost(tmp_path, rounds)

    (tmp_path / "summary.json").write_text('{"candidates": 8}')
    with pytest.raises(
        RunFolderError, match=r"rounds\.jsonl has lost its end: its rounds have 7 candidates, and summary"
    ):
        check_none_lost(tmp_path, rounds)


def test_an_end_within_a_line_is_told(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"1\n22\n")

    with pytest.raises(RunFolderError, match=r"x.jsonl:2: the last committed round does not end with this line"):
        list(lines_of(path, 3))


def test_a_file_that_is_not_read_is_looked_at_where_it_ends(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"1\n22\n")
    for end in (0, 2, 5):
        check_end(path, end)

    with pytest.raises(RunFolderError, match=r"x.jsonl: no line ends at byte 3, where the last committed round ended"):
        check_end(path, 3)


@pytest.mark.parametrize("text", ["a \ud800 b", "\U0001f600 \\ud800", "\x00", "\\udead"])
def test_a_task_with_any_text_is_read(text, task):
    row = task(instruction=text).row()

    assert read("x:1", json.dumps(row).encode(), task_of).instruction == text


REJECTED = {"stage": "grow", "round": 1, "request": "grow/1/1", "filter": "length", "reason": "too long"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"filter": 5}, "'filter' must be a text, not 5"),
        ({"text": ["x"]}, r"'text' must be a text, not \['x'\]"),
        ({"instruction": "x", "output": "y"}, "'input' and 'output' stand together"),
        ({"nearest": 0.5}, "'nearest' must be a list"),
    ],
)
def test_a_rejection_of_another_shape_is_told(changes, message):
    with pytest.raises(RunFolderError, match=f"r:7: {message}"):
        read("r:7", json.dumps(REJECTED | changes).encode(), rejection_row)


def test_a_rejection_as_a_run_writes_it_is_read():
    row = REJECTED | {"instruction": "x", "input": "", "output": "y", "nearest": ["seed_task_0", 0.75]}

    assert read("r:1", json.dumps(row).encode(), rejection_row) == row


ROUND = {
    "stage": "grow",
    "round": 1,
    "asked": 2,
    "failed": 0,
    "candidates": 2,
    "parsed": 2,
    "kept": 2,
    "pool": 12,
    "prompt_tokens": 5,
    "completion_tokens": 5,
    "cost_usd": None,
}


@pytest.mark.parametrize("more", [{}, {"end": "target", "ended": "2 kept"}, {"ended": "2 kept"}])
def test_a_round_as_a_run_writes_it_is_read(more):
    assert read("r:1", json.dumps(ROUND | more).encode(), round_row) == ROUND | more


@pytest.mark.parametrize("more", [{"end": "tired", "ended": "2 kept"}, {"end": "target"}, {"end": 5, "ended": "x"}])
def test_an_end_that_no_stage_has_is_refused(more):
    with pytest.raises(
        RunFolderError, match=r"r:1: 'end' must be one of target, saturated, .*, with 'ended' beside it"
    ):
        read("r:1", json.dumps(ROUND | more).encode(), round_row)


def test_a_budget_stop_that_version_0_1_0_wrote_down_is_no_end_of_a_stage():
    row = ROUND | {"ended": "budget: 2 of 2 requests spent, and the next request does not fit"}

    assert read("r:1", json.dumps(row).encode(), round_row) == ROUND
