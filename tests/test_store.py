import sqlite3

import pytest

from selfinstruct.errors import ModelError, RunFolderError
from selfinstruct.round import Completion, Decoding, Failure, Request
from selfinstruct.store import Store


def request(number=1, text="Say something.", **decoding):
    return Request(
        id=f"grow/1/{number}",
        stage="grow",
        round=1,
        text=text,
        system=None,
        chat=False,
        decoding=Decoding(**decoding),
        expects="whole",
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


def test_a_reply_is_on_disk_before_it_is_used(store, tmp_path, scripted):
    replies = store.through(scripted(lambda r: f"reply to {r.id}")).complete([request(1), request(2)])

    assert next(replies).text == "reply to grow/1/1"
    assert rows(tmp_path, "text, stage, round, model") == [("reply to grow/1/1", "grow", 1, "scripted-1")]


def test_the_same_request_is_not_asked_for_again(store, scripted):
    model = scripted(lambda r: f"reply to {r.id}")
    first = list(store.through(model).complete([request(1), request(2)]))

    again = list(store.through(model).complete([request(1), request(3), request(2)]))

    assert [asked.id for asked in model.asked] == ["grow/1/1", "grow/1/2", "grow/1/3"]
    assert again[0] == first[0]
    assert again[1].text == "reply to grow/1/3"
    assert again[2] == first[1]


def test_the_same_question_again_is_another_draw(store, tmp_path, scripted):
    list(store.through(scripted(lambda r: r.id)).complete([request(1), request(2), request(3, text="Another.")]))

    assert rows(tmp_path, "draw, text") == [(0, "grow/1/1"), (1, "grow/1/2"), (0, "grow/1/3")]


def test_whatever_shapes_a_reply_is_in_its_key(store, tmp_path, scripted):
    list(store.through(scripted(str)).complete([request(1), request(2, temperature=0.5), request(3, text="x")]))
    list(store.through(scripted(str, name="another")).complete([request(4)]))

    assert len(set(rows(tmp_path, "key"))) == 4


def test_a_failure_is_never_stored(store, tmp_path, scripted):
    model = scripted(lambda r: Completion(failure=Failure("refused", "too long")) if r.id[-1] == "1" else "fine")

    replies = list(store.through(model).complete([request(1), request(2)]))

    assert replies[0].failure.message == "too long"
    assert rows(tmp_path, "text") == [("fine",)]


@pytest.mark.parametrize("kind", ["unavailable", "fatal"])
def test_a_model_that_cannot_go_on_ends_the_run_but_what_it_still_answered_is_kept(store, tmp_path, scripted, kind):
    model = scripted(lambda r: Completion(failure=Failure(kind, "no key")) if r.id[-1] == "2" else f"reply {r.id}")
    seen = []

    with pytest.raises(ModelError, match="scripted: no key"):
        seen.extend(store.through(model).complete([request(1), request(2), request(3)]))

    assert [reply.text for reply in seen] == ["reply grow/1/1"]
    assert rows(tmp_path, "text") == [("reply grow/1/1",), ("reply grow/1/3",)]


def test_half_a_surrogate_pair_is_replaced(store, scripted):
    (reply,) = store.through(scripted(lambda r: "a\ud800b \ud83d\ude00")).complete([request(1)])

    assert reply.text == "a\ufffdb 😀"


def test_it_is_the_model_in_every_other_way(store, scripted):
    model = scripted(str, mode="chat", is_offline=True)
    recorded = store.through(model)

    assert (recorded.name, recorded.mode, recorded.is_offline) == ("scripted", "chat", True)
    assert (recorded.problems(), recorded.identity()) == ([], model.identity())


def test_a_file_that_is_no_store_is_told(tmp_path):
    (tmp_path / "x.sqlite").write_text("garbage" * 1000)

    with pytest.raises(RunFolderError, match="cannot be used"):
        Store(tmp_path / "x.sqlite")
