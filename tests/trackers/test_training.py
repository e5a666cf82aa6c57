"""What the trackers show of a training."""

import re
import sys
from contextlib import redirect_stdout

import pytest
import tracked
from pretending import LINES

from selfinstruct.round import Round, TrainingStep
from selfinstruct.trackers import Trackers, TrainingTracker
from selfinstruct.trackers.console import Console, files, trained

TRAINING = {
    "rows": {"trained_on": 1234},
    "dataset": {"name": "chat.jsonl"},
    "steps": 24,
    "first_loss": 6.2464,
    "loss": 6.1893,
    "validation_loss": 6.1771,
    "tokens": 18780,
    "seconds": 61.0,
}


def steps(tokens_per_second=1234.5, seconds_left=75.0):
    return [
        TrainingStep(row=line, steps=2, tokens_per_second=tokens_per_second, seconds_left=seconds_left)
        for line in LINES
    ]


def show(folder, training=TRAINING, **changes):
    """Print a training; what is known of it."""
    start = tracked.start_in(folder, **{"job_type": "train", "models": (), **changes})
    tracked.log(Console(), start, steps=steps(), training=training)


def test_the_console_shows_trainings():
    assert isinstance(Console(), TrainingTracker)


def test_a_logged_step_is_one_line(tmp_path, capsys):
    show(tmp_path)
    lines = capsys.readouterr().out.splitlines()

    assert "train 1 of 2 · loss 2.5 · learning rate 0.0001 · 1,234 tokens/s · 0:01:15 left" in lines
    assert "train 2 of 2 · validation loss 2.25 · 1,234 tokens/s · 0:01:15 left" in lines


def test_a_step_without_a_pace_has_none(tmp_path, capsys):
    tracker = Console()
    tracker.start(tracked.start_in(tmp_path))
    tracker.log_step(steps(tokens_per_second=None, seconds_left=None)[0])

    assert "train 1 of 2 · loss 2.5 · learning rate 0.0001\n" in capsys.readouterr().out


def test_the_end_says_what_a_training_came_to_and_nothing_of_rounds_that_were_not_made(tmp_path, capsys):
    show(tmp_path)
    out = capsys.readouterr().out

    assert (
        "trained on 1,234 rows of chat.jsonl · 24 steps · loss 6.246 to 6.189 · validation loss 6.177"
        " · 18,780 tokens · 0:01:01\nDone.\n" in out
    )
    assert "nothing was generated" not in out


def test_unknown_losses_are_left_out():
    text = trained({**TRAINING, "first_loss": None, "loss": None, "validation_loss": None})

    assert text == "trained on 1,234 rows of chat.jsonl · 24 steps · 18,780 tokens · 0:01:01"


def test_the_files_at_the_end_have_the_models(tmp_path):
    for name in ("model", "merged", "dataset"):
        (tmp_path / name).mkdir()
    (tmp_path / "dataset" / "chat.jsonl").touch()
    (tmp_path / "scores.md").touch()

    assert files(tmp_path) == ["dataset/chat.jsonl", "model", "merged", "scores.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("quiet", "has_bar"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_a_bar_with_loss_pace_and_time_left(tmp_path, monkeypatch, quiet, has_bar):
    import os
    import pty

    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "160", **quiet}.items():
        monkeypatch.setenv(name, value)
    there, here = pty.openpty()
    os.set_blocking(there, False)
    with os.fdopen(there, "rb", buffering=0) as seen, os.fdopen(here, "w", encoding="utf-8") as output:
        with redirect_stdout(output):
            show(tmp_path)
            output.flush()
        out = b"".join(iter(lambda: seen.read(4096), None)).decode()
    plain = re.sub(r"\x1b\[[\d;?]*\w", "", out)

    assert ("━" in out) is has_bar
    assert ("\x1b" in out) is has_bar
    assert "waiting for the first replies" not in plain
    bars = [line for line in re.split(r"[\r\n]", plain) if "━" in line]
    assert not has_bar or any("1,234 tokens/s · 0:01:15 left" in line for line in bars)


def test_a_tracker_that_knows_no_trainings_gets_none_and_one_that_raises_gets_no_more(caplog):
    class Rounds:
        def start(self, start): ...

        def log(self, round_: Round, step: int): ...

        def finish(self, summary, error): ...

    class Breaking(Rounds):
        seen = 0

        def log_step(self, step):
            self.seen += 1
            raise ValueError("it broke")

    breaking = Breaking()
    trackers = Trackers({"rounds": Rounds(), "breaking": breaking})
    for step in steps():
        trackers.log_step(step)

    assert breaking.seen == 1
    assert "trackers.breaking cannot log step 1 of the training: it broke." in caplog.text
