"""A run that is killed again and again ends as one that never was, and asks for no reply that it has.

Each chain is one run: begun, killed with SIGKILL, begun again with its folder alone, killed again, and in the end left
to finish.  The moments are drawn: while the program starts, after so many requests, as soon as a file has grown, which
is in the middle of a commit, and while the dataset is written.  Starting Python costs more than all of that, so that
most processes are forked off one that has imported everything; some are started as a user starts them.

    SELFINSTRUCT_KILLS=600 python -m pytest tests/faults/test_kills.py     many more
"""

import os
import shutil
import signal
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random

import pytest

KILLS = int(os.environ.get("SELFINSTRUCT_KILLS", "32"))
FORKING = """
import importlib, os, pkgutil, sys
import aiohttp, selfinstruct
for module in pkgutil.walk_packages(selfinstruct.__path__, "selfinstruct."):
    importlib.import_module(module.name)
from selfinstruct.entry import main
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        sys.argv = ["run.py", *line.rstrip("\\n").split("\\t")]
        sys.stderr = open(os.path.join(sys.argv[-1].partition("=")[2] + ".err"), "w")
        sys.stdout = open(os.devnull, "w")
        main()
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Forks a process for each line of words that it reads, tells its id, and how it ended."""
GROWING = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "timings.jsonl", "completions.sqlite-wal")


def size(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def after_a_while(rng, folder, server):
    end = time.monotonic() + rng.uniform(0.05, 1.2)
    return lambda: time.monotonic() >= end


def after_some_requests(rng, folder, server):
    end = len(server.asked) + rng.randint(1, 20)
    return lambda: len(server.asked) >= end


def as_a_file_grows(rng, folder, server):
    path, times = folder / rng.choice(GROWING), rng.randint(1, 3)
    seen = [size(path)]

    def is_time():
        if (now := size(path)) > seen[-1]:
            seen.append(now)
        return len(seen) > times

    return is_time


def while_it_exports(rng, folder, server):
    before = set((folder / "dataset").glob("*"))
    return lambda: set((folder / "dataset").glob("*")) != before


MOMENTS = (*(after_a_while, after_some_requests) * 2, *(as_a_file_grows,) * 4, while_it_exports)


def kept(folder, place):
    """How often each question has its reply on disk, read from a copy, so that nothing is mended by reading."""
    for name in ("completions.sqlite", "completions.sqlite-wal"):
        (place / name).unlink(missing_ok=True)
        if (folder / name).exists():
            shutil.copy(folder / name, place / name)
    with closing(sqlite3.connect(place / "completions.sqlite")) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'completions'").fetchone():
            return Counter()
        return Counter(connection.execute("SELECT prompt, sent FROM completions").fetchall())


def is_begun(folder):
    """Whether the folder knows which run it is of."""
    return (folder / "config.json").exists() or size(folder / ".hydra" / "overrides.yaml") > 0


class Started:
    """A process as a user starts it."""

    def __init__(self, begin, words):
        self.process = begin(*words)

    def is_over(self):
        return self.process.poll() is not None

    def kill(self):
        """End it; whether it had not ended by itself."""
        self.process.kill()
        _, told = self.process.communicate()
        assert "Traceback" not in told
        assert self.process.returncode in (0, -signal.SIGKILL), told
        return self.process.returncode != 0


class Forked:
    """A process forked off one that has imported everything."""

    def __init__(self, forking, words):
        self.told = f"{words[-1].partition('=')[2]}.err"
        forking.stdin.write("\t".join(words) + "\n")
        forking.stdin.flush()
        self.id = int(forking.stdout.readline())
        self.end = ThreadPoolExecutor(1)
        self.status = self.end.submit(lambda: int(forking.stdout.readline()))

    def is_over(self):
        return self.status.done()

    def kill(self):
        """End it; whether it had not ended by itself."""
        if not self.status.done():
            os.kill(self.id, signal.SIGKILL)
        status = self.status.result()
        self.end.shutdown()
        with open(self.told, encoding="utf-8") as told:
            assert status in (0, signal.SIGKILL), told.read()
        return status != 0


def chain(start, words, server, place, whole, needed, made, kills, rng):
    """Runs that are killed so many times between them; which moments it were."""
    moments = Counter()
    for number in range(1000):
        folder = place / f"run{number}"
        while True:
            before, answered = kept(folder, place), server.answered()
            moment = rng.choice(MOMENTS) if moments.total() < kills else None
            is_time = moment(rng, folder, server) if moment else lambda: False
            process = start([*(() if is_begun(folder) else words), f"hydra.run.dir={folder}"])
            while not process.is_over() and not is_time():
                time.sleep(0.0005 if moment is as_a_file_grows else 0.003)
            is_killed = process.kill()
            for question, times in (server.answered() - answered).items():
                assert times <= max(needed[question], 1) - before[question], "a reply was asked for that was kept"
            if not is_killed:
                break
            moments[moment.__name__] += 1
        assert made(folder) == whole
        if moments.total() >= kills:
            return moments
    raise AssertionError


@pytest.fixture
def needed(uninterrupted, tmp_path):
    """How often the run that was not interrupted needed each question."""
    (tmp_path / "needed").mkdir()
    return kept(uninterrupted, tmp_path / "needed")


def test_a_run_killed_at_any_moment_goes_on_to_the_same_bytes_and_asks_for_nothing_that_it_has(
    begin, another, words, passing, whole, needed, made, tmp_path
):
    def play(name, share, **faults):
        place = tmp_path / name
        place.mkdir()
        rng = Random(name)
        with another() as server:
            server.begin(delay=0.005, **faults)
            of_server = [*words, f"model.api_base={server.url}"]
            if name == "started":
                return chain(lambda w: Started(begin, w), of_server, server, place, whole, needed, made, share, rng)
            forking = begin(program=("-c", FORKING))
            return chain(lambda w: Forked(forking, w), of_server, server, place, whole, needed, made, share, rng)

    with ThreadPoolExecutor(3) as pool:
        chains = [
            pool.submit(play, "started", KILLS // 8),
            pool.submit(play, "forked", KILLS // 2),
            pool.submit(play, "forked through faults", KILLS - KILLS // 8 - KILLS // 2, **passing),
        ]
        moments = sum((played.result() for played in chains), Counter())

    assert moments.total() == KILLS
    assert set(moments) == {moment.__name__ for moment in MOMENTS}
