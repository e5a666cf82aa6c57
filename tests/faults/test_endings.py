"""Why a reply ended, by the words of several providers, followed through whole runs on both paths to a model."""

import json

import pytest

from selfinstruct.errors import ModelError
from selfinstruct.model.refusals import PROBE

SHORT = (
    *("recipe.instructions.until=5", "recipe.instructions.requests_per_round=1", "recipe.instructions.rounds_ahead=0"),
    *("recipe.classification.requests_per_round=1", "recipe.output_first.requests_per_round=1", "model.attempts=2"),
)
PATHS = {
    "endpoint": SHORT,
    "litellm": (*SHORT, "model=openai", "model.timeout_seconds=20", "model.name=openai/default"),
}


@pytest.fixture(params=PATHS)
def execute(request, server, words, composed, built, key, monkeypatch):
    """Run the small recipe with a server all of whose longer replies end for this reason, into a folder."""
    monkeypatch.setenv("OPENAI_API_KEY", key)

    def run(folder, reason=None, **faults):
        server.begin(**faults)
        server.reason = reason
        built(composed(*words, *PATHS[request.param], f"model.api_base={server.url}"), folder).execute()
        return folder

    return run


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_limit_by_any_name_leads_to_the_same_decisions(execute, made, tmp_path):
    expected = made(execute(tmp_path / "length", "length"))

    assert b'"rejected/truncated"' in expected["rounds.jsonl"]
    for reason in ("MAX_TOKENS", "model_length"):
        assert made(execute(tmp_path / reason, reason)) == expected


def test_replies_that_a_filter_or_a_fault_ends_now_and_then_leave_no_trace(execute, made, tmp_path):
    expected = made(execute(tmp_path / "whole"))

    assert made(execute(tmp_path / "faults", abort=0.1, content_filter=0.1)) == expected


@pytest.mark.parametrize("reason", ["abort", "content_filter"])
def test_where_every_reply_ends_so_the_run_stops_and_says_why(server, execute, tmp_path, reason):
    with pytest.raises(ModelError, match=f"ended the reply with '{reason}'.*No request of instructions gets a whole"):
        execute(tmp_path, **{reason: 1})

    assert len(server.asked) == 4
    assert not any(row["origin"] == "instructions" for row in lines(tmp_path / "pool.jsonl"))
    assert "Never read this" not in (tmp_path / "rejected.jsonl").read_text()


@pytest.mark.parametrize("fault", ["abort", "content_filter", "no JSON"])
def test_nothing_is_committed_while_every_reply_ends_so_and_the_run_resumes_to_the_same(
    fault, server, execute, made, tmp_path, monkeypatch
):
    expected = made(execute(tmp_path / "whole"))
    count = len(server.asked)

    for paid in (0, count // 3, count - 2):
        folder = tmp_path / f"after {paid}"
        with monkeypatch.context() as sick:
            sick.setattr(server, "fault", lambda question, paid=paid: fault if len(server.asked) >= paid else None)
            with pytest.raises(ModelError, match=r"No request of \w+ gets a whole reply now"):
                execute(folder)
        assert not [row for row in lines(folder / "rejected.jsonl") if row["filter"] == "model"]
        assert not [row for row in lines(folder / "rounds.jsonl") if row["failed"]]
        assert made(execute(folder)) == expected


def test_a_stage_all_of_whose_replies_are_filtered_stops_the_run_with_the_providers_word(
    server, execute, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        server, "fault", lambda question: "content_filter" if "Is it classification?" in question[0] else None
    )

    with pytest.raises(ModelError, match=r"'content_filter'.*No request of classification gets a whole reply, but"):
        execute(tmp_path)

    assert {row["stage"] for row in lines(tmp_path / "rounds.jsonl")} == {"instructions"}


def test_a_reply_that_stays_so_is_a_rejection_with_the_reason_and_without_its_text(server, execute, tmp_path):
    server.fault = lambda question: "content_filter" if question[0] != PROBE and len(question[0]) % 5 == 0 else None
    try:
        execute(tmp_path)
    finally:
        del server.fault

    rejected = [row for row in lines(tmp_path / "rejected.jsonl") if row["filter"] == "model"]
    assert rejected
    assert all("the provider ended the reply with 'content_filter'" in row["reason"] for row in rejected)
    assert "Never read this" not in (tmp_path / "pool.jsonl").read_text() + (tmp_path / "rejected.jsonl").read_text()


def test_an_unknown_reason_is_reported_once_and_its_replies_are_used(execute, tmp_path, caplog):
    execute(tmp_path, "out of ink")

    (reported,) = [message for message in caplog.messages if "out of ink" in message]
    assert reported.endswith("a reply ended with the unknown reason 'out of ink'. Such replies count as complete.")
    assert any(row["origin"] == "instructions" for row in lines(tmp_path / "pool.jsonl"))
