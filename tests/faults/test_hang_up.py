"""A run whose terminal closes, as when a connection by ssh is lost, ends like by SIGTERM and can be resumed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import commands
import pytest

pty = pytest.importorskip("pty")
ATTACHED = """
import fcntl, os, runpy, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program as the first of a terminal, which the system tells that the terminal has closed."""


@pytest.fixture
def at_a_terminal(tmp_path, key):
    """Start `python run.py` at a terminal of its own; the process, and what closes the terminal."""
    started = []

    def start(*words):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", ATTACHED, commands.RUN, *words],
            **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
            cwd=tmp_path,
            env=os.environ | {"OPENAI_API_KEY": key},
            start_new_session=True,
        )
        os.close(theirs)
        started.append(process)
        return process, lambda: os.close(ours)

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_run_whose_terminal_closes_while_it_waits_for_replies_says_so_in_its_log_and_resumes_to_the_same(
    at_a_terminal, server, run, words, whole, made, tmp_path
):
    server.begin(delay=0.4)
    process, close = at_a_terminal(*words, "trackers=[console]", "hydra.run.dir=run")
    end = time.monotonic() + 60
    while len(server.asked) < 20 and time.monotonic() < end:
        time.sleep(0.01)
    close()

    assert process.wait(timeout=60) == 129
    log = Path(tmp_path / "run/run.log").read_text(encoding="utf-8")
    assert "Stopped. " in log.splitlines()[-1]
    assert f"hydra.run.dir={tmp_path}/run" in log.splitlines()[-1]
    assert "Traceback" not in log
    server.begin()
    assert run("hydra.run.dir=run", "trackers=[]")[0] == 0
    assert made(tmp_path / "run") == whole
