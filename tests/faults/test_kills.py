"""A run that is killed again and again ends as one that never was, and asks for no reply that it has.

Each chain is one run: begun, killed with SIGKILL, begun again with its folder alone, killed again, and in the end left
to finish.  The moments are drawn: while the program starts, after so many requests, as soon as a file has grown, which
is in the middle of a commit, and while the dataset is written.  Some processes are started as a user starts them, so
that they are killed while they import, too; the others are forked (commands.py).

    SELFINSTRUCT_KILLS=600 python -m pytest tests/faults/test_kills.py     many more

Self-Instruct bears most of them; the other recipes, of the same stages, are killed a few times each.
"""

import os
import shutil
import signal
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

from selfinstruct.storage.ownership import is_start_own

KILLS = int(os.environ.get("SELFINSTRUCT_KILLS", "32"))
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


SHARED = ("model=endpoint", "model.timeout_seconds=2", "model.concurrency=16", "trackers=[]", "formats=[alpaca,chat]")
GOLDEN = Path(__file__).parents[1] / "golden"
RECIPES = {
    "alpaca": (*SHARED, "recipe.tasks.until=90", "recipe.tasks.requests_per_round=1", "recipe.tasks.rounds_ahead=5"),
    "evol_instruct": (
        *(*SHARED, f"seeds.path={GOLDEN}/evol_instruct_seeds.jsonl", "recipe/judge@recipe=difficulty"),
        *("recipe.evolution.generations=3", "recipe.evolution.requests_per_round=2"),
        *("recipe.equality.requests_per_round=2", "recipe.answers.requests_per_round=1"),
    ),
    "instruction_induction": (
        *(*SHARED, "seeds.only=[antonyms,rhymes,sum]", "recipe.induction.requests_per_round=3"),
        *("recipe.induction.sampler.prompts=4", "recipe.execution.sampler.inputs=5"),
        "recipe.execution.requests_per_round=4",
    ),
    "user_oriented": (
        *(*SHARED, "recipe/judge@recipe=rating", "actions=[generate,score,export]"),
        *("recipe.answers.requests_per_round=4", "recipe.rating.requests_per_round=3"),
    ),
    "convert": (
        *("trackers=[]", "formats=[alpaca,chat]", "recipe.conversion.source.path={remarks}"),
        *(
            "recipe.conversion.rows_per_round=20",
            "recipe.conversion.unique=true",
            "recipe.conversion.most_per_task=400",
        ),
    ),
}
"""Recipe to a small run of it."""
KILLS_OF_A_RECIPE = max(4, KILLS // 8)

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
    """Whether the folder knows which run it is of, and that it is the user's own.

    One that was killed twice before it asked anything, the second time while Hydra wrote its files anew, is removed.
    """
    if (folder / "config.json").exists() or is_start_own(folder):
        return True
    if size(folder / ".hydra" / "seal") > 0:
        shutil.rmtree(folder)
    return False


def killed(process):
    """End a process; whether it had not ended by itself."""
    process.kill()
    _, message = process.communicate()
    assert "Traceback" not in message
    assert process.returncode in (0, -signal.SIGKILL), message
    return process.returncode != 0


def chain(begin, words, server, place, whole, needed, made, kills, rng, moments_of=MOMENTS):
    """Runs that are killed so many times between them; which moments it were."""
    moments = Counter()
    for number in range(1000):
        folder = place / f"run{number}"
        while True:
            before, answered = kept(folder, place), server.answered()
            moment = rng.choice(moments_of) if moments.total() < kills else None
            is_time = moment(rng, folder, server) if moment else lambda: False
            process = begin(*(() if is_begun(folder) else words), f"hydra.run.dir={folder}")
            while process.poll() is None and not is_time():
                time.sleep(0.0005 if moment is as_a_file_grows else 0.003)
            is_killed = killed(process)
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
            start = partial(begin, fresh=name == "started")
            return chain(start, of_server, server, place, whole, needed, made, share, rng)

    with ThreadPoolExecutor(3) as pool:
        chains = [
            pool.submit(play, "started", KILLS // 8),
            pool.submit(play, "forked", KILLS // 2),
            pool.submit(play, "forked through faults", KILLS - KILLS // 8 - KILLS // 2, **passing),
        ]
        moments = sum((played.result() for played in chains), Counter())

    assert moments.total() == KILLS
    assert set(moments) == {moment.__name__ for moment in MOMENTS}


@pytest.fixture
def remarks(tmp_path):
    """A file of five hundred rows, a tenth of which stand twice."""
    path = tmp_path / "remarks.csv"
    rows = (
        f"Remark {number % 450} is made.,thing {number % 7},{'yes' if number % 3 else 'no'}\n" for number in range(500)
    )
    path.write_text("remark,topic,liked\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def made_and_scored(made):
    """What a run made, and its scores where it has some."""
    return lambda folder: made(folder) | {path.name: path.read_bytes() for path in folder.glob("scores.*")}


@pytest.mark.parametrize("recipe", RECIPES)
def test_another_recipe_killed_at_any_moment_goes_on_to_the_same_bytes_and_asks_for_nothing_that_it_has(
    recipe, begin, run, server, remarks, made_and_scored, tmp_path
):
    words = [f"recipe={recipe}", *(word.format(remarks=remarks) for word in RECIPES[recipe])]
    asks = "model=endpoint" in words
    words += [f"model.api_base={server.url}"] * asks
    uninterrupted, place = tmp_path / "whole", tmp_path / "killed"
    place.mkdir()
    run(*words, f"hydra.run.dir={uninterrupted}")
    whole, needed = made_and_scored(uninterrupted), kept(uninterrupted, place)
    server.begin(delay=0.003)

    some = [moment for moment in MOMENTS if asks or moment is not after_some_requests]
    rng = Random(recipe)
    moments = chain(begin, words, server, place, whole, needed, made_and_scored, KILLS_OF_A_RECIPE, rng, some)

    assert moments.total() == KILLS_OF_A_RECIPE
    assert len(whole["pool.jsonl"]) > 10_000
    assert len(needed) > 12 or not asks
