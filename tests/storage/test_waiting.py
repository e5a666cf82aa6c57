import json
from concurrent.futures import Future
from dataclasses import replace

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.model.batches import Intent
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.waiting import Batch, left_in, name_of

REQUEST = Request("answers/1/1", "answers", 1, "question", None, True, Decoding(), "whole")


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "completions.sqlite")
    yield opened
    opened.close()


INTENT = Intent("f/../1", 3.0, 2)


def noted(folder, batch_id="b1"):
    """A batch of two requests that is on disk."""
    batch = Batch.of({name: (replace(REQUEST, id=f"answers/1/{name}"), Future()) for name in "12"})
    batch.note(folder, "{}", INTENT, batch_id)
    return batch


def test_a_batch_is_found_again_by_the_model_that_asked(store, tmp_path):
    noted(tmp_path)

    (found,) = left_in(store, "{}")

    assert (found.id, found.left) == ("b1", {"1": "answers/1/1", "2": "answers/1/2"})
    assert list(left_in(store, '{"name": "other"}')) == []


def test_a_batch_that_may_have_been_created_is_found_again(store, tmp_path):
    noted(tmp_path, "")

    (found,) = left_in(store, "{}")

    assert (found.id, found.intent) == ("", INTENT)


def test_the_file_is_the_same_when_the_id_is_known(tmp_path):
    noted(tmp_path, "").note(tmp_path, "{}", INTENT, "b1")

    assert [path.name for path in tmp_path.glob("*.json")] == ["batch-f____1.json"]


def test_a_file_of_an_earlier_version_is_read(store, tmp_path):
    text = json.dumps({"batch": "b1", "model": "{}", "requests": {"1": "answers/1/1"}})
    (tmp_path / "batch-b1.json").write_text(text)

    assert [batch.id for batch in left_in(store, "{}")] == ["b1"]


def test_a_batch_that_was_not_created_leaves_no_file(tmp_path):
    batch = noted(tmp_path, "")
    batch.withdraw()

    assert (list(tmp_path.glob("*.json")), batch.intent) == ([], None)


def test_the_file_goes_with_the_last_request(tmp_path):
    batch = noted(tmp_path)
    batch.forget({"1"})
    assert batch.path.exists()

    batch.forget({"2"})

    assert not batch.path.exists()


def test_requests_whose_replies_are_stored_are_not_waited_for(store, tmp_path):
    noted(tmp_path)
    for draw, number in enumerate("12"):
        kept = Future()
        asked = StoredRequest(replace(REQUEST, id=f"answers/1/{number}"), b"key", draw, "{}", "{}")
        store.save(asked, Completion("x"), kept)
        kept.result(timeout=60)
        if number == "1":
            assert [[*batch.left] for batch in left_in(store, "{}")] == [["2"]]

    list(left_in(store, "{}"))

    assert list(tmp_path.glob("batch-*")) == []


EMPTY = json.dumps({"batch": "", "model": "{}", "requests": {}})


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({"batch": "x", "model": "{}", "requests": 3}), EMPTY])
def test_a_file_that_cannot_be_read_is_reported(store, tmp_path, text):
    (tmp_path / "batch-x.json").write_text(text)

    with pytest.raises(RunFolderError, match=r"batch-x\.json cannot be read.*Delete it"):
        list(left_in(store, "{}"))


def test_the_name_of_a_request_depends_on_all_that_shapes_its_reply():
    others = [
        replace(REQUEST, id="answers/1/2"),
        replace(REQUEST, text="other"),
        replace(REQUEST, system="Be brief."),
        replace(REQUEST, decoding=Decoding(max_tokens=3)),
    ]

    assert len({name_of(request) for request in [REQUEST, *others]}) == 5
    assert name_of(REQUEST) == name_of(replace(REQUEST, attempt=2))
    assert len(name_of(REQUEST)) <= 64  # Anthropic's limit
