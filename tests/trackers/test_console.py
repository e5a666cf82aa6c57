"""The tracker that prints to the terminal."""

import json
import logging
import os
import re
import sys
from collections import Counter
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import tracked
from tracked import UNUSED

from selfinstruct.budget import Stop
from selfinstruct.pool import Pool
from selfinstruct.round import Rejection
from selfinstruct.storage.summary import summarise
from selfinstruct.trackers import Tracker
from selfinstruct.trackers.console import (
    Console,
    duration,
    files,
    kept_before,
    line,
    speed,
    spent,
    time_left,
    under_way,
)


def start_in(folder, **changes):
    return tracked.start_in(folder, **{"targets": {"instructions": 10, "answers": None}, **changes})


def a_round(number=1, stage="instructions", kept=3, rejected=("similarity", "similarity", "length"), **changes):
    known = {
        "stage": stage,
        "parsed": kept + len(rejected),
        "kept": kept,
        "rejections": tuple(Rejection(name, "why", text="[bold]model text[/bold]") for name in rejected),
        "pool": 1178,
        "cost_usd": 0.0125,
    }
    return tracked.a_round(number, **{**known, **changes})


def run(folder, *rounds, error=None, stopped=None, unused=None, **changes):
    """Print a run; its summary."""
    start, tracker = start_in(folder, **changes), Console()
    tracker.start(start)
    for step, round_ in enumerate(rounds, 1):
        tracker.log(round_, step)
    declared = {"recipe": {round_.stage: {} for round_ in rounds}}
    summary = summarise(
        replace(start, declared=declared),
        Pool(),
        [round_.row() for round_ in rounds],
        error,
        timings=[{"stage": round_.stage, "round": round_.number, "seconds": round_.seconds} for round_ in rounds],
        unused=UNUSED | (unused or {}),
        stopped=stopped,
    )
    tracker.finish(summary, error)
    return summary


def test_it_is_a_tracker():
    assert isinstance(Console(), Tracker)


def test_it_begins_with_what_runs_with_which_model_and_where(tmp_path, capsys):
    Console().start(start_in(tmp_path))

    assert capsys.readouterr().out == f"self_instruct: generate+export · model gpt-x · {tmp_path}\n"


def test_offline_text_is_told_from_a_models_at_the_start_and_at_the_end(tmp_path, capsys):
    run(tmp_path, a_round(), is_offline=True, models=("offline",))

    assert capsys.readouterr().out.count("made by the offline grammar, not by a model") == 2


def test_a_model_is_not_called_offline(tmp_path, capsys):
    run(tmp_path, a_round())

    assert "offline" not in capsys.readouterr().out.lower()


def test_a_round_is_one_line(tmp_path, capsys):
    tracker = Console()
    tracker.start(start_in(tmp_path))
    capsys.readouterr()
    tracker.log(a_round(), 1)

    assert re.fullmatch(
        r"instructions 1 · kept 3 of 6 · rejected 3 \(length 1, similarity 2\) · pool 1,178 · 1,234 tokens · \$0\.0125"
        r" · 3 of 10 so far · [\d,.]+/s · 0:00:00 left\n",
        capsys.readouterr().out,
    )


def test_lines_are_not_wrapped_where_nobody_looks(tmp_path, capsys):
    names = tuple(f"a_filter_with_a_long_name_{number}" for number in range(20))
    tracker = Console()
    tracker.start(start_in(tmp_path / ("deep" * 30)))
    tracker.log(a_round(rejected=names), 1)

    assert len(capsys.readouterr().out.splitlines()) == 2


def test_failed_requests_and_the_end_of_a_stage_are_told():
    text = line(a_round(failed=1, rejected=(), ended="10 kept").row(), "10 so far")

    assert " · rejected 0 · 1 of 2 requests failed · " in text
    assert text.endswith(" · ended: 10 kept")


def test_an_unknown_price_is_a_dash_and_no_price_is_nought():
    assert spent(a_round(cost_usd=None).row()) == "1,234 tokens · cost –"
    assert spent(a_round(cost_usd=0.0).row()) == "1,234 tokens · $0.0000"


def test_counts_add_up_over_the_rounds_of_a_stage(tmp_path, capsys):
    run(tmp_path, a_round(1), a_round(2), a_round(1, stage="answers"))
    lines = capsys.readouterr().out.splitlines()

    assert " · 6 of 10 so far · " in lines[2]
    assert " · 3 so far · " in lines[3]


def test_a_run_that_goes_on_counts_what_was_kept_before(tmp_path, capsys):
    rows = [a_round(1).row(), a_round(2).row(), a_round(1, stage="answers").row()]
    (tmp_path / "rounds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    tracker = Console()
    tracker.start(start_in(tmp_path))
    tracker.log(a_round(3), 4)

    assert kept_before(tmp_path) == Counter(instructions=6, answers=3)
    assert " · 9 of 10 so far · " in capsys.readouterr().out


def test_the_end_shows_every_stage_and_the_totals(tmp_path, capsys):
    run(tmp_path, a_round(1), a_round(2), a_round(1, stage="answers", rejected=()))
    out = capsys.readouterr().out
    cells = [re.findall(r"[^\s│┃]+(?: [^\s│┃]+)*", text) for text in out.splitlines() if text.startswith("│")]

    assert cells == [
        ["instructions", "2", "4", "12", "6", "6 (length 2, similarity 4)"],
        ["answers", "1", "2", "3", "3", "0"],
        ["total", "3", "6", "15", "9", "6 (length 2, similarity 4)"],
    ]
    assert "0:00:04 · 3,702 tokens · $0.0375" in out


def test_the_end_says_why_and_where_the_files_are(tmp_path, capsys):
    (tmp_path / "dataset").mkdir()
    for name in ("pool.jsonl", "dataset/alpaca.jsonl", "summary.json", "run.log", "capsule.zip"):
        (tmp_path / name).touch()
    run(tmp_path, a_round(ended="10 kept"))
    *_, reason, where = capsys.readouterr().out.splitlines()

    assert reason == "Done: instructions: 10 kept"
    assert where == f"Files in {tmp_path}: dataset/alpaca.jsonl, capsule.zip, pool.jsonl, summary.json"


def test_a_budget_stop_is_shown_as_one_with_what_was_asked_for_unfinished_rounds(tmp_path, capsys):
    run(tmp_path, a_round(), stopped=Stop("requests", "budget: 5 of 5 requests spent"), unused={"requests": 1})
    *_, totals, reason, _ = capsys.readouterr().out.splitlines()

    assert " · plus 1 request that no round has used: " in totals
    assert reason == "Stopped: budget: 5 of 5 requests spent"


def test_a_finished_run_says_what_was_asked_ahead_in_vain(tmp_path, capsys):
    run(tmp_path, a_round(), unused={"requests": 2})

    assert " · plus 2 requests that no round has used: " in capsys.readouterr().out


def test_a_run_without_rounds_has_no_table(tmp_path, capsys):
    run(tmp_path)

    assert "total" not in capsys.readouterr().out
    assert files(tmp_path) == []


def test_a_failure_is_shown_without_its_reason_which_follows_on_standard_error(tmp_path, capsys):
    run(tmp_path, a_round(), error="model: no key in OPENAI_API_KEY")
    out = capsys.readouterr().out

    assert "\nNot finished.\n" in out
    assert "OPENAI_API_KEY" not in out
    assert "Done" not in out


def test_names_are_no_markup(tmp_path, capsys):
    run(tmp_path, a_round(stage="[bold]x[/bold] :smile:", rejected=("[/]",)))

    assert capsys.readouterr().out.count("[bold]x[/bold] :smile:") == 2


def test_finish_without_start_is_silent(capsys):
    Console().finish({}, "it did not start")

    assert capsys.readouterr().out == ""


def test_an_output_that_knows_no_dashes_gets_question_marks(tmp_path):
    written = BytesIO()
    with redirect_stdout(TextIOWrapper(written, encoding="ascii", write_through=True)) as output:
        run(tmp_path, a_round(cost_usd=None))
        text = output.buffer.getvalue()

    assert b" ? cost ?" in text


@contextmanager
def terminal(monkeypatch, **environment):
    """A terminal as standard output; gives a function that reads what it showed."""
    import pty

    for name in ("NO_COLOR", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    there, here = pty.openpty()
    os.set_blocking(there, False)
    with os.fdopen(there, "rb", buffering=0) as shown, os.fdopen(here, "w", encoding="utf-8") as output:

        def read():
            output.flush()
            return b"".join(iter(lambda: shown.read(4096), None)).decode()

        with redirect_stdout(output):
            yield read


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_has_a_bar_that_is_gone_at_the_end(tmp_path, monkeypatch):
    with terminal(monkeypatch) as shown:
        run(tmp_path, a_round(1), a_round(1, stage="answers"))
        out = shown()

    assert "━" in out
    assert "\x1b[?25l" in out
    assert out.rindex("\x1b[?25h") < out.index("total")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_what_is_logged_to_a_terminal_appears_above_the_bar(tmp_path, monkeypatch):
    with terminal(monkeypatch) as shown:
        handler, tracker = logging.StreamHandler(sys.stdout), Console()
        logging.getLogger().addHandler(handler)
        try:
            tracker.start(start_in(tmp_path))
            during = handler.stream
            logging.getLogger().warning("waiting 3 s")
            tracker.finish(summarise(start_in(tmp_path), Pool(), [], None, timings=[], unused=UNUSED), None)
        finally:
            logging.getLogger().removeHandler(handler)
        after, out = handler.stream, shown()

        assert during is not sys.stdout
        assert after is sys.stdout
    assert re.search(r"waiting 3 s\s*\r\n", out)


@pytest.mark.parametrize("quiet", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_that_wants_no_codes_gets_plain_lines(tmp_path, monkeypatch, quiet):
    with terminal(monkeypatch, **quiet) as shown:
        run(tmp_path, a_round(), is_offline=True, models=("offline",), error="it broke")

        assert "\x1b" not in shown()


@pytest.mark.parametrize("quiet", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
@pytest.mark.parametrize("columns", ["40", "60", "100"])
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_table_fits_its_terminal(tmp_path, monkeypatch, quiet, columns):
    many = tuple(f"filter_{number}" for number in range(9))
    with terminal(monkeypatch, COLUMNS=columns, **quiet) as shown:
        run(tmp_path, a_round(rejected=many))
        rows = [line for line in re.sub(r"\x1b\[[\d;?]*\w", "", shown()).splitlines() if line[:1] in tuple("┏┃┡│├└")]

    assert rows
    assert max(map(len, rows)) <= int(columns)
    assert columns == "40" or sum("filter_" in row for row in rows) > 1  # on 40 columns there is no room for names


def test_a_file_is_as_wide_as_it_is_asked_to_be(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    run(tmp_path, a_round())
    lines = capsys.readouterr().out.splitlines()

    assert max(len(line) for line in lines if line.startswith("│")) <= 40
    assert any(line.startswith("instructions 1 · kept") and len(line) > 80 for line in lines)


def test_an_output_that_is_no_terminal_gets_no_codes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    run(tmp_path, a_round(), is_offline=True, models=("offline",), error="it broke")

    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(("pace", "text"), [(0, "0.0/min"), (0.5, "30.0/min"), (1.25, "1.2/s"), (1234, "1,234.0/s")])
def test_a_pace_is_told_in_a_unit_for_people(pace, text):
    assert speed(pace) == text


@pytest.mark.parametrize(
    ("kept", "target", "pace", "text"),
    [
        (0, 7200, 2, " · 1:00:00 left"),
        (5, 10, 0, " · – left"),
        (10, 10, 1, ""),
        (5, None, 1, ""),
    ],
)
def test_the_time_left_follows_from_the_pace(kept, target, pace, text):
    assert time_left(kept, target, pace) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.4, "0:00:00"), (3723.6, "1:02:04"), (360000, "100:00:00")]
)
def test_durations_are_hours_minutes_and_seconds(seconds, text):
    assert duration(seconds) == text


def test_rich_is_not_needed_to_build_it():
    import subprocess

    code = "import sys, selfinstruct.trackers.console as c; c.Console(); sys.exit('rich' in sys.modules)"
    root = Path(__file__).parents[2]

    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_a_line_tells_the_generation_and_the_figures_that_have_a_plain_name():
    row = a_round(generation=3, figures={"accuracy": 0.51234, "operations/3/deepen/kept": 4}).row()

    text = line(row, "")

    assert " · generation 3 · kept " in text
    assert " · accuracy 0.5123 · pool " in text
    assert "deepen" not in text


ROW = {
    "stage": "answers",
    "round": 3,
    "last_round": 3,
    "asked": 1200,
    "answered": 40,
    "failed": 0,
    "prompt_tokens": 1000,
    "completion_tokens": 234,
    "cost_usd": 0.5,
}


def test_what_is_under_way_is_one_line():
    assert under_way(ROW, 3661) == (
        "answers 3 · asked 1,200 · answered 40 · 1,234 tokens · $0.5000 · under way for 1:01:01"
    )
    unknown = {"failed": 2, "last_round": 5, "prompt_tokens": None, "cost_usd": None}
    assert under_way(ROW | unknown, 60) == (
        "answers 3–5 · asked 1,200 · answered 40 · failed 2 · tokens – · cost – · under way for 0:01:00"
    )


def test_what_is_under_way_is_printed_where_there_is_no_bar(tmp_path, capsys):
    tracker = Console()
    tracker.wait(ROW, 60)
    tracker.start(start_in(tmp_path))
    tracker.wait(ROW, 60)

    assert capsys.readouterr().out.splitlines()[1:] == [under_way(ROW, 60)]


def test_what_waits_in_batches_is_shown():
    assert "in batches 1,200, of which 300 are done" in under_way(ROW | {"in_batches": 1200, "done_in_batches": 300}, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_the_bar_of_a_terminal_shows_what_waits_in_batches(tmp_path, monkeypatch):
    with terminal(monkeypatch, COLUMNS="120") as shown:
        tracker = Console()
        tracker.start(start_in(tmp_path))
        tracker.wait(ROW, 60)
        tracker.wait(ROW | {"in_batches": 1200, "done_in_batches": 300}, 120)
        tracker.finish(summarise(start_in(tmp_path), Pool(), [], None, timings=[], unused=UNUSED), None)
        out = re.sub(r"\x1b\[[0-9;]*m", "", shown())

    assert re.search(r"answers ━+ in batches 1,200, of which 300 are done 0:00:00", out)
    assert "under way" not in out
