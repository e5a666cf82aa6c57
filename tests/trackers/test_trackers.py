"""A tracker that raises is reported once and switched off, and the run continues."""

import json
import logging
from dataclasses import dataclass, field

import pytest

from selfinstruct.trackers import Trackers


@dataclass
class Breaking:
    """A tracker that raises in some of its methods."""

    breaks_in: tuple[str, ...] = ()
    error: Exception = field(default_factory=lambda: ConnectionError("no route to host."))
    calls: list[str] = field(default_factory=list)

    def _called(self, name):
        self.calls.append(name)
        if name in self.breaks_in:
            raise self.error

    def start(self, start):
        self._called("start")

    def log(self, round_, step):
        self._called("log")

    def wait(self, row, seconds):
        self._called("wait")

    def finish(self, summary, error):
        self._called("finish")


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize(
    ("method", "words", "calls"),
    [
        ("start", "trackers.mine cannot start", ["start", "finish"]),
        ("log", "trackers.mine cannot log round 1", ["start", "log", "finish"]),
        ("wait", "trackers.mine cannot show what is under way", ["start", "log", "wait", "log", "finish"]),
        ("finish", "trackers.mine cannot finish", ["start", "log", "wait", "log", "wait", "finish"]),
    ],
)
def test_a_tracker_that_raises_is_reported_once_and_gets_no_further_round(method, words, calls, caplog):
    mine, other = Breaking((method, "finish")), Breaking()
    trackers = Trackers({"mine": mine, "other": other})

    trackers.start(None)
    for step in (1, 2):
        trackers.log(None, step)
        trackers.wait({}, 1.0)
    trackers.finish({}, None)

    assert warnings(caplog) == [
        f"{words}: no route to host. It is switched off, and the run continues without it.",
    ]
    assert mine.calls[: len(calls)] == calls or method == "wait"
    assert other.calls == ["start", "log", "wait", "log", "wait", "finish"]


@dataclass
class Illustrated(Breaking):
    """A tracker that logs what a report shows."""

    got: list[object] = field(default_factory=list)

    def log_report(self, figures, samples):
        self._called("report")
        self.got.append((figures, samples))


def test_figures_are_drawn_once_for_trackers_that_log_them_and_never_for_others(caplog):
    drawn = []

    def draw():
        drawn.append(1)
        return {"funnel": b"PNG"}

    Trackers({"plain": Breaking()}).log_report(draw, [])
    assert drawn == []

    mine, broken = Illustrated(), Illustrated(("report",))
    Trackers({"broken": broken, "mine": mine}).log_report(draw, [["kept", "a", "b"]])

    assert drawn == [1]
    assert mine.got == [({"funnel": b"PNG"}, [["kept", "a", "b"]])]
    assert len(warnings(caplog)) == 1
    assert warnings(caplog)[0].startswith("trackers.broken cannot log the report: no route to host.")


def test_a_closed_standard_output_is_not_an_error_of_the_tracker():
    with pytest.raises(BrokenPipeError):
        Trackers({"console": Breaking(("log",), BrokenPipeError())}).log(None, 1)


@pytest.mark.parametrize("method", ["start", "log", "finish"])
def test_a_run_with_a_tracker_that_raises_has_the_same_files(method, composed, built, tmp_path, caplog):
    words = ("recipe.instructions.until=5", "trackers=[]", "formats=[chat]")
    whole, broken = built(composed(*words), tmp_path / "whole"), built(composed(*words), tmp_path / "broken")
    broken.trackers = {"mine": Breaking((method,))}

    for run in (whole, broken):
        run.execute()

    for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/chat.jsonl"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert json.loads((tmp_path / "broken/summary.json").read_text())["completed"] is True
    assert len(warnings(caplog)) == 1
