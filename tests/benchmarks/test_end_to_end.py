"""Whole runs against a server that replays real text: with rounds that overlap, and with a barrier behind each.

Without the shared data there is no such server, and these are skipped.
"""

import filecmp
import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
SLOW = ("--latency-ms", "50", "--jitter-ms", "200")
FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/alpaca.jsonl")
BARRIER = """
import sys
from selfinstruct.cli import main as entry
from selfinstruct.recipe import annotate
annotate.AHEAD = 1  # one attempt of one round under way
entry.main()
"""

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the replay server lies beside the shared data")


@contextmanager
def server(*words):
    tool = SHARED / "tools" / "replay_llm.py"
    command = [sys.executable, str(tool), "--port", "0", "--style", "mixed", "--max-seconds", "3000", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://\S+", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def run(url, folder, until, *words, program=(str(ROOT / "run.py"),)):
    """The seconds that a run took, and the most memory that it had, in megabytes."""
    words = [
        *("model=endpoint", f"model.api_base={url}", f"recipe.instructions.until={until}"),
        *(f"seeds.path={SHARED}/data/seed_tasks.jsonl", f"hydra.run.dir={folder}", *words),
    ]
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *program, *words], cwd=ROOT, stdout=subprocess.DEVNULL)
    most = 0.0
    while process.poll() is None:  # what wait4 tells of memory counts the parent's, from which it was forked
        status = Path(f"/proc/{process.pid}/status")
        if found := re.search(r"VmHWM:\s*(\d+) kB", status.read_text()):
            most = int(found[1]) / 1024
        time.sleep(0.2)
    assert process.returncode == 0
    return time.perf_counter() - began, most


def test_five_thousand_tasks_with_overlapping_rounds_and_with_a_barrier(table, tmp_path):
    with server(*SLOW) as url:
        ours, _ = run(url, tmp_path / "64", 5000, "model.concurrency=64")
    with server(*SLOW) as url:  # a new one, for it never gives the same reply twice
        fewer, _ = run(url, tmp_path / "8", 5000, "model.concurrency=8")
    with server(*SLOW) as url:
        words = ("model.concurrency=64", "recipe.instructions.rounds_ahead=0")
        barrier, _ = run(url, tmp_path / "barrier", 5000, *words, program=("-c", BARRIER))
    for name in FILES:
        assert filecmp.cmp(tmp_path / "64" / name, tmp_path / "8" / name, shallow=False), name

    what = "5,000 tasks, 50 ms and up to 200 ms of jitter"
    table.row(
        "Whole runs, seconds",
        f"{what}, 64 under way",
        ours,
        against="a barrier behind each round",
        theirs=barrier,
        ratio=barrier / ours,
        limit="at least 2.5 times faster",
    )
    table.row("Whole runs, seconds", f"{what}, 8 under way, to the same bytes", fewer)


def test_fifty_two_thousand_tasks(table, tmp_path):
    with server() as url:
        seconds, megabytes = run(url, tmp_path / "run", 52000)
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    size = sum(path.stat().st_size for path in (tmp_path / "run").rglob("*") if path.is_file()) / 1e6

    assert summary["tasks"]["made"] == 52000
    assert summary["candidates"] == summary["kept"] + sum(summary["rejected"].values())
    table.row("Whole runs, seconds", "52,000 tasks with instances, a server without latency", seconds)
    table.row("Whole runs, memory and disk", "52,000 tasks, resident, MB", megabytes, limit=600)
    table.row("Whole runs, memory and disk", "52,000 tasks, run folder with W&B, MB", size, limit=500)
