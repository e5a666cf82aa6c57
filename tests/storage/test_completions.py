import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.storage.completions import Store, StoredRequest

HEAD = "Write instructions. " * 40


def asked(number=1, text="Say something.", stage="grow", round_=1, draw=0, system=None):
    request = Request(
        id=f"{stage}/{round_}/{number}",
        stage=stage,
        round=round_,
        text=text,
        system=system,
        chat=False,
        decoding=Decoding(),
        reply_format="whole",
    )
    return StoredRequest(
        request,
        key=f"key of {text}".encode(errors="replace"),
        draw=draw,
        fingerprint='{"name": "m"}',
        decoding='{"top_p": 1}',
    )


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "completions.sqlite")
    yield opened
    opened.close()


def save(store, *questions, **reply):
    waiting = [Future() for _ in questions]
    for question, kept in zip(questions, waiting, strict=True):
        store.save(question, Completion(**({"text": "Said."} | reply)), kept)
    return [kept.result(timeout=10) for kept in waiting]


def rows(tmp_path, query):
    connection = sqlite3.connect(tmp_path / "completions.sqlite")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_reply_is_on_disk_when_its_future_has_it(store, tmp_path):
    (reply,) = save(store, asked(), text="Sing.", prompt_tokens=3, cost_usd=0.5, model="m-1")

    assert reply.text == "Sing."
    (row,) = rows(tmp_path, "SELECT stage, round, request, draw, text, prompt_tokens, cost_usd, model FROM completions")
    assert row == ("grow", 1, "grow/1/1", 0, "Sing.", 3, 0.5, "m-1")


def test_it_is_found_by_request_and_key(store):
    save(store, asked(), text="Sing.", completion_tokens=7)

    assert store.find(asked().request, b"key of Say something.") == Completion(text="Sing.", completion_tokens=7)
    assert store.find(asked().request, b"another") is None
    assert store.find(asked(2).request, b"key of Say something.") is None


def test_what_prompts_have_in_common_lies_there_once_and_the_view_shows_them_whole(store, tmp_path):
    texts = [f"{HEAD}Task {number}" for number in range(5)] + ["Short.", f"{HEAD[:-3]}!"]
    save(store, *(asked(number, text, system="Be kind.") for number, text in enumerate(texts)))

    assert rows(tmp_path, "SELECT prompt FROM completions ORDER BY request") == [(text,) for text in texts]
    assert rows(tmp_path, "SELECT DISTINCT system, identity, decoding FROM completions") == [
        ("Be kind.", '{"name": "m"}', '{"top_p": 1}')
    ]
    kept = [len(rest) for (rest,) in rows(tmp_path, "SELECT rest FROM replies ORDER BY request")]
    assert kept[0] == len(texts[0])
    assert kept[1:5] == [1, 1, 1, 1]


def test_a_question_put_otherwise_the_second_time_has_a_beginning_of_its_own(store, tmp_path):
    texts = [f"{HEAD}{HEAD}{end}" for end in "abc"] + [f"{HEAD}AGAIN {HEAD}{end}" for end in "abc"]
    save(store, *(asked(number, text) for number, text in enumerate(texts)))

    kept = [len(rest) for (rest,) in rows(tmp_path, "SELECT rest FROM replies ORDER BY request")]
    assert kept[1:3] == [1, 1]
    assert kept[5] == 1
    assert rows(tmp_path, "SELECT prompt FROM completions ORDER BY request") == [(text,) for text in texts]


def test_the_draws_of_a_question_are_known(store):
    save(store, asked(1), asked(2, draw=2))

    assert store.draws(b"key of Say something.") == {0, 2}
    assert store.draws(b"another") == set()


def test_replies_for_rounds_that_no_stage_came_to_are_told(store):
    save(
        store,
        *(asked(1, round_=number, draw=number) for number in (1, 2, 3)),
        prompt_tokens=10,
        completion_tokens=5,
        cost_usd=0.5,
    )
    save(store, asked(1, stage="other", round_=9, draw=9), prompt_tokens=10)

    assert store.beyond({"grow": 1}) == {
        "requests": 2,
        "prompt_tokens": 20,
        "completion_tokens": 10,
        "cost_usd": 1.0,
    }
    assert store.beyond({"grow": 1, "other": 8}) == {
        "requests": 3,
        "prompt_tokens": 30,
        "completion_tokens": None,
        "cost_usd": None,
    }
    assert store.beyond({})["requests"] == 0


def test_the_usage_of_a_stage_has_the_bytes_of_prompt_and_system_message(store):
    save(store, asked(0, "grün", system="né"), prompt_tokens=10, completion_tokens=5, cost_usd=0.5)
    save(store, asked(1, "x" * 900, round_=3), prompt_tokens=10)
    save(store, asked(2, "a", stage="other"))

    assert store.usage("grow") == [(1, 5 + 3, 15, 0.5), (3, 900, None, None)]


def test_replies_that_have_arrived_and_are_not_written_yet_are_counted(store, tmp_path):
    with store_held_up(tmp_path):
        for number in range(3):
            store.save(asked(number, f"{number}"), Completion(text="Said."), Future())
        counting = threading.Thread(target=lambda: counted.append(store.beyond({"grow": 0})["requests"]))
        counted = []
        counting.start()
    counting.join()

    assert counted == [3]


def test_it_goes_on_where_another_process_was_killed(tmp_path):
    program = """
import os, sys
sys.path.insert(0, sys.argv[2])
from test_completions import *
store = Store(Path(sys.argv[1]))
save(store, *(asked(number, f"{HEAD}{number}") for number in range(3)))
os.kill(os.getpid(), 9)
"""
    here = __file__.rpartition("/")[0]
    path = tmp_path / "completions.sqlite"
    subprocess.run([sys.executable, "-c", "from pathlib import Path\n" + program, str(path), here], check=False)

    store = Store(path)
    save(store, asked(4, f"{HEAD}4"))
    store.close()

    assert len(rows(tmp_path, "SELECT * FROM completions")) == 4


def test_a_file_that_is_no_store_is_told(tmp_path):
    (tmp_path / "x.sqlite").write_text("garbage" * 1000)

    with pytest.raises(RunFolderError, match=r"is damaged: file is not a database\. To continue, move it away"):
        Store(tmp_path / "x.sqlite")


def test_a_store_of_another_format_is_told(tmp_path):
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(RunFolderError, match="its format is 99, and this program knows 5"):
        Store(tmp_path / "x.sqlite")


def test_a_store_of_which_a_part_is_lost_is_told(tmp_path):
    whole = Store(tmp_path / "x.sqlite")
    save(whole, *(asked(number, f"{number} {HEAD * 20}") for number in range(50)))
    whole.close()
    os.truncate(tmp_path / "x.sqlite", 4096)

    with pytest.raises(RunFolderError, match=r"x.sqlite is damaged: database disk image is malformed"):
        Store(tmp_path / "x.sqlite")


CHANGES = (
    *("text = 'Sung.'", "finish_reason = 'length'", "prompt_tokens = 4", "completion_tokens = 1", "cost_usd = 0.25"),
    *("model = 'm-2'", "sent = NULL", "request = 'grow/1/9'", "draw = 1"),
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_reply_that_changed_since_it_was_stored_is_reported_and_not_used(change, store, tmp_path):
    save(store, asked(), text="Sing.", prompt_tokens=3, cost_usd=0.5, model="m-1", sent="{}")
    with sqlite3.connect(tmp_path / "completions.sqlite") as connection:
        connection.execute(f"UPDATE replies SET {change}")
    connection.close()

    request = replace(asked().request, id="grow/1/9" if "request" in change else "grow/1/1")
    for find in (lambda: store.find(request, asked().key), lambda: store.drawn(asked().key, int("draw" in change))):
        with pytest.raises(RunFolderError, match=f"the reply to {request.id} has changed since it was stored"):
            find()


def test_a_reply_that_changed_can_be_paid_for_again(store, tmp_path):
    save(store, asked(), text="Sing.")
    rows(tmp_path, "SELECT 1")
    with sqlite3.connect(tmp_path / "completions.sqlite") as connection:
        connection.execute("UPDATE replies SET text = 'Sung.'")
        with pytest.raises(RunFolderError) as found:
            connection.commit() or store.find(asked().request, asked().key)
        connection.execute(str(found.value).split('"')[1])
    connection.close()

    assert store.find(asked().request, asked().key) is None
    save(store, asked(), text="Sing.")
    assert store.find(asked().request, asked().key).text == "Sing."


def test_what_was_sent_is_kept_and_found(store, tmp_path):
    save(store, asked(), sent='{"stop": ["a"]}')

    assert rows(tmp_path, "SELECT sent FROM completions") == [('{"stop": ["a"]}',)]
    assert store.find(asked().request, asked().key).sent == '{"stop": ["a"]}'


def test_two_stores_may_write_the_same_texts_to_one_file(store, tmp_path):
    other = Store(tmp_path / "completions.sqlite")
    save(store, asked(1, f"{HEAD}1"), sent="{}")

    save(other, asked(2, f"{HEAD}2", draw=1), sent="{}")
    other.close()

    assert rows(tmp_path, "SELECT request, prompt FROM completions ORDER BY request") == [
        ("grow/1/1", f"{HEAD}1"),
        ("grow/1/2", f"{HEAD}2"),
    ]


def test_a_row_that_cannot_be_written_fails_alone(store, tmp_path):
    waiting = [Future() for _ in range(3)]
    with store_held_up(tmp_path):
        for number, kept in enumerate(waiting):
            tokens = 10**30 if number == 1 else 5
            store.save(asked(number, f"{number}"), Completion(text="Said.", prompt_tokens=tokens), kept)

    assert waiting[0].result(timeout=10).text == waiting[2].result(timeout=10).text == "Said."
    assert "cannot be written: Python int too large" in str(waiting[1].exception(timeout=10))
    assert rows(tmp_path, "SELECT request FROM completions") == [("grow/1/0",), ("grow/1/2",)]


@contextmanager
def store_held_up(tmp_path):
    """Another process writes for a moment, so that rows wait and are written together."""
    connection = sqlite3.connect(tmp_path / "completions.sqlite", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    time.sleep(0.05)
    connection.execute("ROLLBACK")
    connection.close()


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_store_that_another_process_has_locked_is_waited_for(begin, mode, tmp_path):
    """In a new file the first process to open it makes the tables; whoever opens it meanwhile waits."""
    program = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(f"PRAGMA journal_mode={sys.argv[3]}")
connection.execute(sys.argv[2])
print("locked", flush=True)
time.sleep(0.5)
connection.execute("ROLLBACK")
"""
    path = tmp_path / "completions.sqlite"
    words = [sys.executable, "-c", program, str(path), begin, mode]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        started = time.monotonic()
        store = Store(path)
        assert time.monotonic() - started > 0.2
    save(store, asked())
    store.close()

    assert rows(tmp_path, "SELECT request FROM completions") == [("grow/1/1",)]


def test_half_a_surrogate_pair_in_a_prompt_is_kept_as_what_it_cannot_be(store, tmp_path):
    save(store, asked(1, "a \ud800 b"))

    assert rows(tmp_path, "SELECT prompt FROM completions") == [("a \ufffd b",)]


def test_a_reply_that_cannot_be_written_is_an_error_of_the_run_and_later_ones_are_tried_again(store, tmp_path):
    blocker = sqlite3.connect(tmp_path / "completions.sqlite", isolation_level=None)
    blocker.execute("ALTER TABLE replies RENAME TO elsewhere")
    with pytest.raises(RunFolderError, match=r"completions\.sqlite cannot be used: no such table: replies"):
        save(store, asked(1))

    blocker.execute("ALTER TABLE elsewhere RENAME TO replies")
    blocker.close()
    save(store, asked(2))

    assert rows(tmp_path, "SELECT request FROM completions") == [("grow/1/2",)]


def test_a_reply_that_nobody_waits_for_any_more_does_not_stop_the_writing(store, tmp_path):
    given_up = Future()
    given_up.cancel()
    store.save(asked(1), Completion(text="given up"), given_up)

    (reply,) = save(store, asked(2, text="Another."))

    assert reply.text == "Said."
    assert rows(tmp_path, "SELECT text FROM completions ORDER BY request") == [("given up",), ("Said.",)]


@pytest.mark.parametrize(
    "odd", [{"text": {"a": 1}}, {"model": 7j}, {"cost_usd": []}, {"prompt_tokens": 10**30}], ids=str
)
def test_a_reply_that_cannot_be_written_is_an_error_for_its_own_waiter_alone(store, odd):
    bad, good = Future(), Future()
    store.save(asked(1), Completion(**{"text": "x", **odd}), bad)
    store.save(asked(2, text="Another."), Completion(text="Said."), good)

    assert good.result(timeout=10).text == "Said."
    with pytest.raises(RunFolderError, match=r"cannot be (written|used)"):
        bad.result(timeout=10)
