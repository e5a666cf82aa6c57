"""Two processes at once: one folder is for one of them, one store for as many as like."""

import sqlite3
import time
from contextlib import closing


def test_a_second_process_in_the_same_folder_is_refused_and_the_first_ends_well(
    server, begin, run, words, whole, made, tmp_path
):
    server.begin(delay=0.5)
    first = begin(*words, "hydra.run.dir=run")
    while not (tmp_path / "run/rounds.jsonl").exists():
        assert first.poll() is None
        time.sleep(0.01)

    code, _, message = run("hydra.run.dir=run")
    server.delay = 0

    assert code == 1
    assert message == f"{tmp_path}/run is in use by another process. Wait for it, or choose another folder.\n"
    assert first.communicate(timeout=60) == ("", "")
    assert first.returncode == 0
    assert made(tmp_path / "run") == whole


def test_two_processes_share_a_store_at_the_same_time_and_each_pays_for_what_the_other_has_not(
    server, begin, words, whole, made, tmp_path
):
    server.begin(delay=0.03)
    shared = [*words, "model.store=shared.sqlite", "model.concurrency=4"]
    runs = [begin(*shared, f"hydra.run.dir={name}") for name in ("a", "b")]

    for process in runs:
        assert process.communicate(timeout=100) == ("", "")
        assert process.returncode == 0

    assert made(tmp_path / "a") == made(tmp_path / "b") == whole
    kept, (sound,) = read(tmp_path / "shared.sqlite", "SELECT prompt, sent FROM completions", "PRAGMA integrity_check")
    assert sound == ("ok",)
    assert set(server.answered()) == set(kept)
    third = begin(*shared, "hydra.run.dir=c")
    before = len(server.asked)
    assert third.communicate(timeout=100) == ("", "")
    assert made(tmp_path / "c") == whole
    assert len(server.asked) - before <= 20  # what it asked ahead and nobody needed


def read(path, *queries):
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(query).fetchall() for query in queries]
