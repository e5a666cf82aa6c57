import json
from concurrent.futures import Future

from small_runs import make_run

from selfinstruct.actions.publication.replies import write_replies
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.recording import key_of


def test_tokens_that_came_from_a_cache_are_published_where_there_are_any(tmp_path):
    run = make_run(tmp_path / "run")
    store = Store(run / "completions.sqlite")
    for number, cached in ((1, 7), (2, None)):
        request, kept = Request(f"grow/1/{number}", "grow", 1, "Say.", None, True, Decoding(), "whole"), Future()
        asked = StoredRequest(request, key_of("{}", request, "{}"), number, "{}", "{}")
        store.save(asked, Completion("x", cached_tokens=cached), kept)
    store.close()
    (tmp_path / "capsule").mkdir()

    write_replies(run, tmp_path / "capsule", ["grow"])

    rows = [json.loads(line) for line in (tmp_path / "capsule" / "replies.jsonl").read_text().splitlines()]
    assert rows[0]["cached_tokens"] == 7
    assert "cached_tokens" not in rows[1]
