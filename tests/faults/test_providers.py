"""Whatever a provider does, a run ends as it would have without it, or stops, tells why, and goes on later."""

import json
import logging
import re
import sqlite3
import time
import zlib
from contextlib import closing

import commands
import pytest

from selfinstruct.errors import ModelError
from selfinstruct.text.command import python

LITELLM = ("model=openai", "model.timeout_seconds=20", "model.name=openai/default", "recipe.instructions.until=12")


def replies(folder, columns="prompt, sent"):
    with closing(sqlite3.connect(folder / "completions.sqlite")) as connection:
        return connection.execute(f"SELECT {columns} FROM completions").fetchall()


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_a_run_through_faults_makes_the_same_and_every_request_is_explained(
    server, words, passing, whole, made, composed, built, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    server.begin(**passing)

    built(composed(*words), tmp_path).execute()

    assert made(tmp_path) == whole
    failed = [record.getMessage() for record in caplog.records if re.match(r"Attempt \d", record.getMessage())]
    assert {asked.fault for asked in server.asked} == {None, *passing}
    assert len(failed) == sum(asked.fault is not None for asked in server.asked) > 20
    assert len(server.asked) == len(replies(tmp_path)) + len(failed)


def test_a_run_through_faults_by_litellm_makes_the_same(
    server, words, passing, made, composed, built, tmp_path, key, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    for name, faults in (("without", {}), ("with", passing)):
        server.begin(**faults)
        built(composed(*words, *LITELLM, f"model.api_base={server.url}"), tmp_path / name).execute()

    assert made(tmp_path / "with") == made(tmp_path / "without")
    assert len(server.asked) > len(replies(tmp_path / "with")) == len(server.answered())


def test_a_reply_of_nothing_is_a_rejection_with_its_reason(server, words, composed, built, tmp_path):
    server.begin(null=0.2)

    built(composed(*words), tmp_path).execute()

    rounds = {(row["stage"], row["round"]) for row in lines(tmp_path / "rounds.jsonl")}
    kept = replies(tmp_path, "stage, round, text")
    empty = sum(text == "" for stage, number, text in kept if (stage, number) in rounds)  # not what was asked ahead
    rejected = [row for row in lines(tmp_path / "rejected.jsonl") if row.get("text") == "" and row["filter"] == "parse"]
    assert len(rejected) == empty > 10
    assert {row["reason"] for row in rejected} == {"empty reply"}


def test_a_question_that_gets_only_garbled_replies_is_a_rejection_with_its_reason(
    server, words, composed, built, tmp_path
):
    server.fault = lambda question: "half" if hash_of(question) % 7 == 0 else None
    try:
        built(composed(*words, "model.attempts=1"), tmp_path).execute()
    finally:
        del server.fault

    rejected = [row for row in lines(tmp_path / "rejected.jsonl") if row["filter"] == "model"]
    garbled = sum(asked.fault == "half" for asked in server.asked)
    assert 0 < len(rejected) <= garbled  # some may have been asked ahead for nothing
    assert all(row["reason"].startswith("no whole reply in 1 attempt: ") for row in rejected)
    assert json.loads((tmp_path / "summary.json").read_text())["completed"] is True


def hash_of(question):
    return zlib.crc32(question[0].encode())


def test_a_run_whose_server_goes_down_stops_and_goes_on_to_the_same(
    server, words, whole, made, composed, built, tmp_path
):
    config = composed(*words, "model.deadline_seconds=4")
    server.fault = lambda question: "503" if len(server.asked) > 60 else None
    try:
        with pytest.raises(ModelError, match=r"no answer in the time that a request has: .*HTTP 503, not now"):
            built(config, tmp_path).execute()
    finally:
        del server.fault
    kept = set(replies(tmp_path))
    assert len(kept) > 40
    server.begin()

    built(config, tmp_path).execute()

    assert made(tmp_path) == whole
    assert kept.isdisjoint(server.answered())


def test_a_run_whose_server_is_away_for_longer_than_its_attempts_waits_for_it_and_makes_the_same(
    server, words, whole, made, composed, built, tmp_path
):
    away = []

    def fault(question):
        if len(server.asked) > 60:
            away.append(time.monotonic())
        return "503" if away and away[-1] - away[0] < 6 else None

    server.fault = fault
    try:
        built(composed(*words, "model.attempts=4"), tmp_path).execute()
    finally:
        del server.fault

    assert made(tmp_path) == whole
    asked = [moment for moment in away if moment - away[0] < 6]
    assert len(asked) < 40  # one a place, and then one at a time


BAD = {
    "a bad key": ("401", "HTTP 401, no: [key]"),
    "an unknown model": ("404", "HTTP 404, not now"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_what_no_request_would_survive_ends_the_run_at_the_first_reply(server, words, run, mistake, tmp_path):
    fault, message = BAD[mistake]
    server.begin(**{fault: 1.0})

    code, _, reported = run(*words, "hydra.run.dir=run")

    assert code == 1
    assert message in reported
    assert "Traceback" not in reported
    assert 1 <= len(server.asked) <= 16  # one a worker
    assert waits(tmp_path / "run/run.log") == []


@pytest.mark.parametrize("host", ["nosuch.invalid:8000", "127.0.0.1:9", "[::1]:9"])
def test_an_address_at_which_nobody_answers_ends_the_run_soon_and_is_named(words, run, host, tmp_path):
    code, _, reported = run(*words, f"model.api_base='http://{host}/v1'", "hydra.run.dir=run", "model.concurrency=4")

    assert code == 1
    assert f"cannot reach {host} (" in reported
    assert f"To resume, run: {python()} {commands.RUN} hydra.run.dir=" in reported
    assert "Traceback" not in reported
    assert 1 <= len(waits(tmp_path / "run/run.log")) <= 4
    assert all(seconds <= 1 for seconds in waits(tmp_path / "run/run.log"))


def waits(path):
    """The seconds that were waited before another attempt, as the log tells them."""
    return [float(seconds) for seconds in re.findall(r"the next in ([\d.]+) s", path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("mistake", BAD)
def test_by_litellm_it_ends_as_soon(server, words, composed, built, mistake, tmp_path, key, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    fault, message = BAD[mistake]
    server.begin(**{fault: 1.0})

    with pytest.raises(ModelError) as reported:
        built(composed(*words, *LITELLM, f"model.api_base={server.url}"), tmp_path).execute()

    assert message in str(reported.value)
    assert 1 <= len(server.asked) <= 16


@pytest.mark.parametrize("host", ["nosuch.invalid:8000", "127.0.0.1:9", "[::1]:9"])
def test_by_litellm_the_address_is_named_as_well(words, composed, built, host, tmp_path, key, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", key)

    with pytest.raises(ModelError, match=rf"cannot reach {re.escape(host)} \("):
        built(composed(*words, *LITELLM, f"model.api_base='http://{host}/v1'"), tmp_path).execute()
