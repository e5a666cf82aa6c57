import os
import re
import time
from concurrent.futures import Future

import pytest

from selfinstruct.pages.live import time_left
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.folder import held


@pytest.fixture
def running(growing, made):
    """A run under way: a process holds it, and its store is open."""
    with held(growing.folder):
        store = Store(growing.folder / "completions.sqlite")
        yield growing.commit(made("a", "One.")), store
        store.close()


def save(store, number):
    request = Request(f"grow/9/{number}", "grow", 9, "prompt", None, True, Decoding(), "")
    done = Future()
    store.save(StoredRequest(request, bytes([number]), 0, "{}", "{}", None), Completion("x", seconds=0.5), done)
    done.result(timeout=60)


def test_committed_rounds_and_the_replies_between_two_commits_are_shown(look, running):
    run, store = running
    save(store, 1)
    save(store, 2)
    page = look(run.folder, "/one/live").text

    assert "2 replies stored" in page
    assert "0.50 s each" in page
    assert "1 of 100" in page
    assert "grow 1 kept 1 of 1" in page
    assert "data-ended" not in page


def test_a_run_without_replies_or_rounds_says_so(look, growing):
    with held(growing.folder):
        page = look(growing.folder, "/one/live").text

    assert "No reply is stored yet." in page
    assert "No round is committed yet." in page


def test_a_run_that_has_ended_is_not_asked_again(look, growing, made):
    page = look(growing.commit(made("a", "One.")).folder, "/one/live").text

    assert page.startswith('<section class="live" data-live="/one/live" data-ended>')


def test_looking_leaves_no_file_in_the_folder(look, running):
    run, store = running
    save(store, 1)
    look(run.folder, "/one/live")
    look(run.folder, "/one/")
    before = {path.name for path in run.folder.rglob("*")}
    store.close()
    look(run.folder, "/one/live")
    after = {path.name for path in run.folder.rglob("*")}

    assert before - after <= {"completions.sqlite-wal", "completions.sqlite-shm"}
    assert not after - before
    assert not any(re.search("-wal|-shm", name) for name in after)


def test_the_time_left_is_that_of_the_last_rounds():
    rows = [{"round": number, "kept": 10} for number in (1, 2)]
    timings = [{"stage": "grow", "round": number, "seconds": 30.0} for number in (1, 2)]

    assert time_left("grow", rows, timings, 1230) == "about 1:01:30 left"
    assert time_left("grow", rows, [], 100) == ""
    assert time_left("grow", rows, timings, 0) == ""


def test_batches_that_wait_at_the_provider_are_shown(look, running):
    run, store = running
    save(store, 1)
    for name, minute in (("x", 5), ("y", 4)):
        (run.folder / f"batch-{name}.json").touch()
        moment = time.mktime((2026, 1, 2, 3, minute, 0, 0, 0, 0))
        os.utime(run.folder / f"batch-{name}.json", (moment, moment))

    assert "2 batches wait at the provider, since 2026-01-02 03:04." in look(run.folder, "/one/live").text
