import json
import sqlite3
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from selfinstruct.errors import ModelError, RunFolderError
from selfinstruct.request import Completion, Decoding, Failure, Request
from selfinstruct.storage.completions import Store
from selfinstruct.storage.recording import key_of, recorded


def request(number=1, text="Say something.", **decoding):
    return Request(
        id=f"grow/1/{number}",
        stage="grow",
        round=1,
        text=text,
        system=None,
        chat=False,
        decoding=Decoding(**decoding),
        reply_format="whole",
    )


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "completions.sqlite")
    yield opened
    opened.close()


def rows(tmp_path, columns):
    connection = sqlite3.connect(tmp_path / "completions.sqlite")
    try:
        return connection.execute(f"SELECT {columns} FROM completions ORDER BY request").fetchall()
    finally:
        connection.close()


def ask(store, model, *requests):
    with recorded(model, store) as answering:
        return list(answering.complete(requests))


class Slow:
    """A model whose replies come when the test says so."""

    name, mode, store = "slow", "chat", None

    def __init__(self):
        self.replies = {}

    def fingerprint(self):
        return {}

    @contextmanager
    def session(self, answered=None):
        yield self

    def submit(self, requests):
        self.replies |= {request.id: Future() for request in requests}
        return [self.replies[request.id] for request in requests]


def wait_for(condition):
    import time

    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_a_reply_is_on_disk_before_it_is_used(store, tmp_path, scripted):
    with recorded(scripted(lambda r: f"reply to {r.id}"), store) as answering:
        replies = answering.complete([request(1), request(2)])

        assert next(replies).text == "reply to grow/1/1"
        assert rows(tmp_path, "text, stage, round, model")[0] == ("reply to grow/1/1", "grow", 1, "scripted-1")


def test_a_reply_is_on_disk_while_it_waits_behind_a_slower_one(store, tmp_path):
    model = Slow()
    with recorded(model, store) as answering:
        replies = answering.complete([request(1), request(2)])
        model.replies["grow/1/2"].set_result(Completion(text="quick"))

        wait_for(lambda: rows(tmp_path, "text") == [("quick",)])

        model.replies["grow/1/1"].set_result(Completion(text="slow"))
        assert [reply.text for reply in replies] == ["slow", "quick"]


def test_a_reply_that_is_not_needed_any_more_is_kept_and_what_was_not_sent_is_not_asked(store, tmp_path):
    model = Slow()
    with recorded(model, store) as answering:
        replies = answering.complete([request(1), request(2)])
        model.replies["grow/1/1"].set_running_or_notify_cancel()

        replies.close()
        model.replies["grow/1/1"].set_result(Completion(text="paid for"))

        assert model.replies["grow/1/2"].cancelled()
        wait_for(lambda: rows(tmp_path, "text") == [("paid for",)])


def test_the_same_request_is_not_asked_for_again(store, scripted):
    model = scripted(lambda r: f"reply to {r.id}")
    first = ask(store, model, request(1), request(2))

    again = ask(store, model, request(1), request(3), request(2))

    assert [asked.id for asked in model.asked] == ["grow/1/1", "grow/1/2", "grow/1/3"]
    assert again[0] == first[0]
    assert again[1].text == "reply to grow/1/3"
    assert again[2] == first[1]


def test_the_same_question_again_is_another_draw(store, tmp_path, scripted):
    ask(store, scripted(lambda r: r.id), request(1), request(2), request(3, text="Another."))
    ask(store, scripted(lambda r: r.id), request(4))

    assert rows(tmp_path, "draw, text") == [(0, "grow/1/1"), (1, "grow/1/2"), (0, "grow/1/3"), (2, "grow/1/4")]


def test_draws_are_numbered_in_the_order_asked_not_in_that_of_the_replies(store, tmp_path):
    model = Slow()
    with recorded(model, store) as answering:
        replies = answering.complete([request(1), request(2)])
        for number in (2, 1):
            model.replies[f"grow/1/{number}"].set_result(Completion(text=f"{number}"))
        list(replies)

    assert rows(tmp_path, "draw, text") == [(0, "1"), (1, "2")]


def test_whatever_shapes_a_reply_is_in_its_key(store, tmp_path, scripted):
    ask(store, scripted(str), request(1), request(2, temperature=0.5), request(3, text="x"))
    ask(store, scripted(str, name="another"), request(4))

    assert len(set(rows(tmp_path, "key"))) == 4


FROZEN = Path(__file__).with_name("store_2.sql")
IDENTITY = {"api_base": "https://example.org/v1", "mode": "chat", "name": "m-1"}
QUESTION = {"text": "Name a river in Bolivia – any."}
LONG = {"max_tokens": 16, "temperature": 0.7, "stop": ["\n\n"], "extra": {"seed": 7}}
PINNED = {
    "with a system message": "74974d073e4b8df9e33025ee252ea19af9db963ad07ea3b61e585613014c6fd9",
    "chat": "3da0b7597bf6ebf688e3748ed4adae8db29c40f3750118db0527a286572523ac",
    "completion": "be0b8978842781e2b33b77cb1c36306f30f723f35f445de2ac1a29c89505cc29",
}
"""Keys that version 0.1.0 gave; a program that gives others would pay for every stored reply again."""
QUESTIONS = {
    "with a system message": replace(request(1, **QUESTION, **LONG), system="Be brief.", chat=True),
    "chat": replace(request(2, **QUESTION), chat=True),
    "completion": request(3, **QUESTION),
}
REPLIES = {
    "with a system message": Completion(
        "Río Beni.", "stop", 12, 4, 0.00025, 0.75, "m-1-0613", '{"max_tokens": 16, "temperature": 0.7}'
    ),
    "chat": Completion("The Mamoré.", "length", seconds=0.5, model="m-1-0613"),
    "completion": Completion(" is the Beni.", "stop", 9, seconds=0.5, model="m-1-0613"),
}


@pytest.mark.parametrize("kind", PINNED)
def test_the_key_of_a_request_never_changes(kind):
    question = QUESTIONS[kind]
    decoding = json.dumps(asdict(question.decoding), sort_keys=True, ensure_ascii=False)

    assert key_of(json.dumps(IDENTITY, sort_keys=True), question, decoding).hex() == PINNED[kind]


def test_the_replies_that_an_older_version_stored_are_found_and_nothing_is_asked(tmp_path, scripted):
    with closing(sqlite3.connect(tmp_path / "completions.sqlite")) as connection:
        connection.executescript(FROZEN.read_text(encoding="utf-8"))
    model = scripted(lambda request: "It was asked again.")
    model.fingerprint = lambda: IDENTITY

    with closing(Store(tmp_path / "completions.sqlite")) as store:
        found = ask(store, model, *QUESTIONS.values())

    assert found == list(REPLIES.values())
    assert model.asked == []


@pytest.mark.parametrize("changes", [{"system": "Be brief."}, {"system": ""}, {"chat": True}])
def test_requests_that_differ_in_the_system_message_or_in_how_they_are_sent_are_two(changes, store, scripted):
    model = scripted(lambda request: f"{request.system} {request.chat}")
    one, other = request(), replace(request(), **changes)

    assert [reply.text for reply in ask(store, model, one, other)] == [f"{r.system} {r.chat}" for r in (one, other)]
    assert [reply.text for reply in ask(store, model, other)] == [f"{other.system} {other.chat}"]
    assert model.asked == [one, other]


def test_a_failure_is_never_stored(store, tmp_path, scripted):
    model = scripted(lambda r: Completion(failure=Failure("refused", "too long")) if r.id[-1] == "1" else "fine")

    replies = ask(store, model, request(1), request(2))

    assert replies[0].failure.message == "too long"
    assert rows(tmp_path, "text") == [("fine",)]


@pytest.mark.parametrize("kind", ["unavailable", "fatal"])
def test_a_model_that_cannot_go_on_ends_the_run_but_what_it_still_answered_is_kept(store, tmp_path, scripted, kind):
    model = scripted(lambda r: Completion(failure=Failure(kind, "no key")) if r.id[-1] == "2" else f"reply {r.id}")
    seen = []

    with recorded(model, store) as answering, pytest.raises(ModelError, match="scripted: no key"):
        seen.extend(answering.complete([request(1), request(2), request(3)]))
    store.close()

    assert [reply.text for reply in seen] == ["reply grow/1/1"]
    assert rows(tmp_path, "text") == [("reply grow/1/1",), ("reply grow/1/3",)]


def test_half_a_surrogate_pair_is_replaced(store, scripted):
    (reply,) = ask(store, scripted(lambda r: "a\ud800b \ud83d\ude00"), request(1))

    assert reply.text == "a\ufffdb 😀"


def test_it_is_called_what_the_model_is_called(store, scripted):
    with recorded(scripted(str, mode="chat"), store) as answering:
        assert (answering.name, answering.mode) == ("scripted", "chat")


def test_what_one_run_has_paid_for_another_finds_in_the_store_they_share(tmp_path, scripted):
    path, reported = str(tmp_path / "new" / "shared.sqlite"), []
    for name in ("a", "b"):
        model, own = scripted(lambda r: f"{len(reported)} {r.id}", store=path), Store(tmp_path / f"{name}.sqlite")
        reported.append([reply.text for reply in ask(own, model, request(1), request(2), request(3, text="x"))])
        reported.append(len(model.asked))
        own.close()

    assert reported[0] == reported[2] == ["0 grow/1/1", "0 grow/1/2", "0 grow/1/3"]
    assert (reported[1], reported[3]) == (3, 0)
    connection = sqlite3.connect(tmp_path / "b.sqlite")
    assert connection.execute("SELECT COUNT(*) FROM completions").fetchone() == (3,)
    connection.close()


def test_a_further_draw_is_paid_for_where_the_shared_store_has_fewer(tmp_path, store, scripted):
    path = str(tmp_path / "shared.sqlite")
    first = Store(tmp_path / "first.sqlite")
    ask(first, scripted(lambda r: "old", store=path), request(1))
    first.close()

    replies = ask(store, scripted(lambda r: "new", store=path), request(1), request(2))

    assert [reply.text for reply in replies] == ["old", "new"]


def test_a_shared_store_that_cannot_be_written_is_told_once_and_ends_nothing(tmp_path, store, scripted, caplog):
    path = tmp_path / "shared.sqlite"

    def kept(_: Request) -> str:  # asked when the store is open; a trigger that is there before is refused
        with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
            body = "BEGIN SELECT RAISE(FAIL, 'no room'); END"
            blocker.execute(f"CREATE TRIGGER IF NOT EXISTS full BEFORE INSERT ON replies {body}")
        return "kept"

    replies = ask(store, scripted(kept, store=str(path)), request(1), request(2), request(3))

    assert [reply.text for reply in replies] == ["kept"] * 3
    (reported,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "shared.sqlite cannot be used: no room" in reported


def test_a_defect_of_the_line_reaches_whoever_takes_the_reply(store):
    model = Slow()
    with recorded(model, store) as answering:
        replies = answering.complete([request(1)])
        model.replies["grow/1/1"].set_exception(KeyError("defect"))

        with pytest.raises(KeyError, match="defect"):
            next(replies)


def test_a_shared_store_that_cannot_be_made_is_told(tmp_path, store, scripted):
    (tmp_path / "file").touch()

    with pytest.raises(RunFolderError, match=r"model\.store=.* cannot be used: "):
        ask(store, scripted(str, store=str(tmp_path / "file" / "x.sqlite")), request(1))


ODD = [{"model": {"a": 1}}, {"model": 7}, {"finish_reason": {"a": 1}}, {"text": None}, {"prompt_tokens": 10**30}]


@pytest.mark.parametrize("odd", [*ODD, {"cost_usd": "much"}, {"seconds": {}}], ids=str)
def test_no_reply_of_odd_types_keeps_anyone_waiting(store, scripted, odd):
    with recorded(scripted(lambda r: Completion(**{"text": "x", **odd})), store) as answering:
        future = answering.complete([request()]).kept[0]

        future.exception(timeout=10)  # a TimeoutError otherwise

    assert future.done()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("strange", "scripted: a reply ended with the unknown reason 'strange'. Such replies count as complete."),
        ("", "scripted: why replies end is not reported, so cut-off replies cannot be recognized."),
    ],
)
def test_a_reason_that_says_nothing_is_reported_once(store, scripted, caplog, word, message):
    model = scripted(lambda r: Completion(f"reply to {r.id}", finish_reason=word))

    replies = ask(store, model, request(1), request(2), request(3))

    assert [reply.finish_reason for reply in replies] == [word] * 3
    assert caplog.messages == [message]


def test_a_server_that_invents_reasons_does_not_fill_the_log(store, scripted, caplog):
    model = scripted(lambda r: Completion("x", finish_reason=f"reason {r.id}"))

    ask(store, model, *map(request, range(20)))

    assert len(caplog.messages) == 5


@pytest.mark.parametrize("word", ["stop", "length", "tool_calls"])
def test_a_known_reason_is_not_reported(store, scripted, caplog, word):
    ask(store, scripted(lambda r: Completion("x", finish_reason=word)), request())

    assert caplog.messages == []


class Choosy(Slow):
    """A model that takes no top_p, and answers at once."""

    name = "choosy"

    def accepted(self, decoding):
        return replace(decoding, top_p=None)

    def unsupported_parameters(self, key, stages):
        return []

    def submit(self, requests):
        self.asked = requests
        futures = [Future() for _ in requests]
        for future in futures:
            future.set_result(Completion(text="yes"))
        return futures


def test_what_a_model_does_not_take_is_neither_sent_nor_part_of_the_key(store, tmp_path):
    model = Choosy()

    ask(store, model, request(1, temperature=0.7, top_p=0.5))
    assert model.asked[0].decoding == Decoding(temperature=0.7)

    ask(store, model, request(1, temperature=0.7, top_p=0.9))  # the same request as it is sent: found, not asked
    assert model.asked == []
    assert rows(tmp_path, "COUNT(*)") == [(1,)]


def test_the_tokens_that_came_from_a_cache_are_stored(store, scripted):
    model = scripted(lambda _: Completion("x", prompt_tokens=9, completion_tokens=1, cached_tokens=7))
    ask(store, model, request())

    assert ask(store, model, request())[0].cached_tokens == 7
    assert len(model.asked) == 1
