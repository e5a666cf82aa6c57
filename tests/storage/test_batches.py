import json
import signal
import time
from collections import Counter

import batching
import commands
import pytest
from servers import SETTINGS

from selfinstruct.errors import ModelError
from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.settings import Price
from selfinstruct.request import Decoding, Request
from selfinstruct.storage.completions import Store
from selfinstruct.storage.recording import recorded
from selfinstruct.storage.tally import Tally


@pytest.fixture
def provider():
    with batching.provided() as running:
        yield running


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "completions.sqlite")
    yield opened
    opened.close()


def model(provider, **changes):
    values = SETTINGS | {
        "name": "m",
        "api_base": provider.url,
        "timeout_seconds": 5,
        "deadline_seconds": 20,
        "attempts": 2,
        "price": Price(prompt=2.0, completion=10.0),
        "batch": True,
    }
    return Endpoint(**(values | changes))


def requests(count=3, stage="answers"):
    return [
        Request(f"{stage}/1/{number}", stage, 1, f"question {number}", None, True, Decoding(max_tokens=9), "whole")
        for number in range(1, count + 1)
    ]


def ask(store, answering, asked):
    with recorded(answering, store) as line:
        return list(line.batched.complete(asked))


def sent(line, store):
    """Requests of a batch that waits."""
    replies = line.batched.complete(requests())
    replies._batches.want(next(iter(replies.submitted.values())))
    while not waiting(store):
        time.sleep(0.01)
    return replies


def interrupt(store, answering):
    with recorded(answering, store) as line:
        sent(line, store)
        raise KeyboardInterrupt


def texts(replies):
    return [reply.text for reply in replies]


def prompts(batch):
    return sorted(batch.values())


def waiting(store):
    store.beyond({})  # returns when the thread that writes has done all that came before
    return sorted(store.folder.glob("batch-*.json"))


def test_requests_are_sent_in_one_batch_and_answered_in_the_order_asked(provider, store):
    replies = ask(store, model(provider), requests())

    assert texts(replies) == ["reply to question 1", "reply to question 2", "reply to question 3"]
    assert [prompts(batch) for batch in provider.batches] == [["question 1", "question 2", "question 3"]]
    assert provider.alone == []


def test_requests_of_several_rounds_share_a_batch(provider, store):
    with recorded(model(provider), store) as line:
        first = line.batched.complete(requests(2))
        second = line.batched.complete([*requests(3)][2:])
        found = texts(first) + texts(second)

    assert found == ["reply to question 1", "reply to question 2", "reply to question 3"]
    assert len(provider.batches) == 1


def test_a_reply_of_a_batch_costs_half_the_price_of_the_config(provider, store):
    (reply,) = ask(store, model(provider), requests(1))

    assert reply.cost_usd == pytest.approx((100 * 2.0 + 20 * 10.0) / 2 / 1e6)
    assert json.loads(reply.sent) == {"max_tokens": 9}


def test_the_cost_of_a_batch_is_unknown_where_no_price_is_known(provider, store):
    (reply,) = ask(store, model(provider, price=Price(prompt=None, completion=None)), requests(1))

    assert reply.cost_usd is None


def test_requests_that_fail_in_a_batch_are_sent_alone(provider, store):
    provider.is_failed = lambda prompt: prompt.endswith("2")

    assert texts(ask(store, model(provider), requests())) == [f"reply to question {number}" for number in (1, 2, 3)]
    assert provider.alone == ["question 2"]


def test_requests_whose_lines_are_damaged_are_sent_alone(provider, store):
    whole = provider.lines

    def damaged(number, *, failed):
        first, second, third, *others = whole(number, failed=failed).splitlines() or [""] * 3
        return "\n".join([first[:40], second.replace("choices", "chores"), third, "[]", *others])

    provider.lines = damaged

    assert texts(ask(store, model(provider), requests())) == [f"reply to question {number}" for number in (1, 2, 3)]
    assert len(provider.alone) == 2


@pytest.mark.parametrize("failing", ["/batches/batch_0", "/files/out_0/content"])
def test_a_busy_provider_is_asked_again_for_state_and_replies(provider, store, failing):
    provider.busy = [failing, failing]

    assert len(ask(store, model(provider), requests())) == 3
    assert [path for _, path, _ in provider.calls].count(failing) >= 3
    assert (len(provider.batches), provider.alone) == (1, [])


def test_no_file_of_a_batch_is_left_when_its_replies_are_stored(provider, tmp_path):
    store = Store(tmp_path / "completions.sqlite")
    ask(store, model(provider), requests())
    store.close()

    assert [path.name for path in tmp_path.iterdir()] == ["completions.sqlite"]


def test_an_interrupted_run_leaves_its_batch_and_finds_it_again(provider, store, caplog):
    provider.looks = 10**9
    with pytest.raises(KeyboardInterrupt):
        interrupt(store, model(provider))
    provider.looks = 0

    assert "Batch batch_0 stays at the provider. Resume the run" in caplog.text
    assert len(ask(store, model(provider), requests())) == 3
    assert len(provider.batches) == 1
    assert provider.alone == []


def test_a_batch_of_another_model_is_left_alone(provider, store):
    path = store.folder / "batch-other.json"
    path.write_text(json.dumps({"batch": "other", "model": "{}", "requests": {"x": "answers/1/9"}}))

    ask(store, model(provider), requests())

    assert waiting(store) == [path]
    assert len(provider.batches) == 1


def test_the_file_of_a_batch_whose_replies_are_all_stored_goes_when_the_run_is_resumed(provider, store):
    ask(store, model(provider), requests())
    found = {"batch": "b", "model": json.dumps(model(provider).fingerprint(), sort_keys=True)}
    (store.folder / "batch-b.json").write_text(json.dumps(found | {"requests": {"x": "answers/1/1"}}))

    ask(store, model(provider), requests())

    assert waiting(store) == []


def test_the_file_of_a_batch_whose_replies_came_from_elsewhere_goes_with_the_run(provider, tmp_path):
    store = Store(tmp_path / "completions.sqlite")
    found = {"batch": "b", "model": json.dumps(model(provider).fingerprint(), sort_keys=True)}
    (tmp_path / "batch-b.json").write_text(json.dumps(found | {"requests": {"x": "answers/1/1"}}))

    ask(store, model(provider), requests(1))

    assert waiting(store) == []
    store.close()


def test_a_batch_that_waits_is_reported_with_the_time_of_its_creation(provider, store, caplog):
    provider.looks = 10**9
    with pytest.raises(KeyboardInterrupt):
        interrupt(store, model(provider))
    (path,) = waiting(store)
    noted = json.loads(path.read_text())
    noted["intent"]["since"] = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, 0))
    path.write_text(json.dumps(noted))
    provider.looks = 0
    ask(store, model(provider), requests())

    assert "3 requests wait in batch batch_0 since 2026-01-02 03:04, for up to 24 hours." in caplog.text


def test_a_batch_that_is_refused_ends_the_run_and_is_forgotten(provider, store):
    provider.fault = "the model m has no batches"

    with pytest.raises(ModelError, match="refused batch batch_0: the model m has no batches"):
        ask(store, model(provider), requests())
    assert waiting(store) == []


def test_a_batch_that_is_too_large_is_sent_in_halves(provider, store):
    provider.most = 2

    assert len(ask(store, model(provider), requests(4))) == 4
    assert [len(batch) for batch in provider.batches] == [4, 2, 2]
    assert provider.alone == []


def test_an_outage_while_a_batch_is_looked_at_is_waited_out(provider, store):
    provider.looks = 3
    with recorded(model(provider), store) as line:
        replies = sent(line, store)
        provider.outage = [503]

        assert len(list(replies)) == 3
    assert len(provider.batches) == 1


def lose_the_next_id(provider):
    """Break the line when a batch is there, before its id is sent."""

    def lost():
        provider.created = lambda: None
        raise ConnectionAbortedError

    provider.created = lost


def test_a_batch_whose_id_is_lost_on_the_way_is_found(provider, store, caplog):
    ask(store, model(provider), requests(2, "others"))
    lose_the_next_id(provider)

    assert len(ask(store, model(provider), requests())) == 3
    assert [len(batch) for batch in provider.batches] == [2, 3]
    assert "It is batch batch_1." in caplog.text


def test_a_batch_whose_id_is_lost_at_a_server_without_a_list_ends_the_run(provider, store, caplog):
    provider.is_listed = False
    lose_the_next_id(provider)

    with pytest.raises(ModelError, match=r"does not list its batches. Delete .*batch-file_0.json"):
        ask(store, model(provider), requests())
    assert "3 requests may be in a batch at the provider" in caplog.text
    assert len(waiting(store)) == 1


@pytest.mark.parametrize("statuses", [[429], [503]])
def test_a_batch_that_a_busy_server_does_not_create_is_sent_again_at_once(provider, store, statuses):
    provider.after_upload = statuses

    assert len(ask(store, model(provider), requests())) == 3
    assert [path for method, path, _ in provider.calls if method == "POST"] == ["/files", "/batches", "/batches"]
    assert "/batches" not in [path for method, path, _ in provider.calls if method == "GET"]


def test_a_batch_that_is_not_taken_leaves_no_file(provider, store):
    provider.after_upload = [402]

    with pytest.raises(ModelError, match="HTTP 402"):
        ask(store, model(provider), requests())
    assert waiting(store) == []


def test_an_interrupt_while_a_batch_is_looked_for_ends_the_wait(provider, store, caplog):
    tally = Tally()
    provider.listed = lambda after, prefix: {"data": [], "has_more": False}
    lose_the_next_id(provider)
    with recorded(model(provider), store, tally) as line:
        replies = line.batched.complete(requests())
        replies._batches.want(next(iter(replies.submitted.values())))
        while "/batches" not in [path for method, path, _ in provider.calls if method == "GET"]:
            time.sleep(0.01)
        with pytest.raises(KeyboardInterrupt):
            tally.interrupt()

    assert "Resume the run to find it." in caplog.text
    assert len(waiting(store)) == 1


def test_a_server_without_a_batch_interface_is_reported_with_the_address(provider, store):
    provider.outage = [404]

    with pytest.raises(ModelError, match=r"asked http.*/v1/files"):
        ask(store, model(provider), requests())


def test_a_key_that_a_provider_echoes_is_in_no_reply(provider, store, monkeypatch):
    monkeypatch.setenv("MY_KEY", "key-of-mine-12")
    provider.answer = lambda prompt: "Your key is key-of-mine-12."

    assert texts(ask(store, model(provider, key_env="MY_KEY"), requests(1))) == ["Your key is [key]."]


def test_a_batch_that_is_gone_ends_the_run_with_the_file_to_delete(provider, store):
    provider.looks = 10**9
    with pytest.raises(KeyboardInterrupt):
        interrupt(store, model(provider))
    provider.batches.clear()

    (path,) = waiting(store)
    with pytest.raises(ModelError, match=rf"batch batch_0: HTTP 404.*has deleted it, delete {path} to send"):
        ask(store, model(provider), requests())


def test_a_batch_that_waits_is_shown(provider, store):
    tally = Tally()
    provider.looks = 10**9
    with recorded(model(provider), store, tally) as line:
        sent(line, store)
        while not tally.batches:
            time.sleep(0.01)

        assert tally.row()["in_batches"] == 3


def test_a_model_without_batches_has_no_batched_client(provider, store):
    with recorded(model(provider, batch=False), store) as line:
        assert line.batched is None


@pytest.mark.slow
def test_a_run_that_is_killed_while_its_batch_waits_ends_with_the_same_files_and_pays_once(provider, tmp_path):
    said = Counter()

    def answer(prompt):
        said[prompt] += 1
        return "" if len(prompt) % 5 == 0 and said[prompt] == 1 else f"reply to {prompt}"

    provider.answer, provider.is_failed = answer, lambda prompt: len(prompt) % 7 == 0
    words = ["recipe=user_oriented", "actions=[generate]", "model=endpoint", f"model.api_base={provider.url}"]
    provider.looks = 10**9
    folder = tmp_path / "killed"
    process = commands.begin(*words, "model.batch=true", f"hydra.run.dir={folder}")
    while not list(folder.glob("batch-*.json")):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    provider.looks = 1
    batched = commands.run(*words, "model.batch=true", f"hydra.run.dir={folder}")
    calls = len(provider.alone)
    said.clear()
    alone = commands.run(*words, f"hydra.run.dir={tmp_path / 'alone'}")

    assert (batched.returncode, alone.returncode) == (0, 0), batched.stderr
    assert [len(batch) for batch in provider.batches] == [72, sum(len(prompt) % 5 == 0 for prompt in said)]
    assert calls == sum(provider.is_failed(prompt) for batch in provider.batches for prompt in batch.values())
    for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl"):
        assert (folder / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
