import asyncio
import time
from datetime import UTC, datetime

import pytest
from batching import provided

from selfinstruct.model.anthropic_batches import AnthropicBatches, may_be, message_of
from selfinstruct.model.batches import Calls, Found, Intent
from selfinstruct.model.endpoint import connected
from selfinstruct.model.failed_attempt import GarbledError


def call(provider, what):
    """What comes of calls of the batch interface."""

    async def called():
        base = provider.url.removesuffix("/v1")
        async with connected(None, base) as session:
            calls = Calls(session, base, {"x-api-key": "mine"})
            return await what(AnthropicBatches(calls, body, lambda request, reply: reply, lambda body: {"b", "a"}))

    return asyncio.run(called())


def body(request):
    return {"model": "m", "messages": [{"role": "user", "content": request.text}]}


def answered(provider, asked):
    """The replies to a batch, by name."""

    async def answers(batches):
        batch = await batches.create(await batches.prepare(asked), asked)
        while not (state := await batches.state(batch)).is_over:
            pass
        return await batches.replies(state, asked)

    return call(provider, answers)


def test_a_batch_is_answered_without_the_thoughts_of_the_model(requests):
    with provided() as provider:
        provider.is_failed = lambda prompt: prompt.endswith("1")
        found = answered(provider, dict(zip("ab", requests(2), strict=True)))

    assert list(found) == ["a"]
    assert (found["a"].text, found["a"].finish_reason) == ("reply to question 0", "end_turn")
    assert {(headers.get("x-api-key"), headers.get("Authorization")) for *_, headers in provider.calls} == {
        ("mine", None)
    }


def test_tokens_written_to_the_cache_and_read_from_it_are_tokens_of_the_prompt(requests):
    usage = {"input_tokens": 5, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 85, "output_tokens": 2}
    found = message_of({"content": [{"type": "text", "text": "x"}], "usage": usage}, requests()[0])

    assert (found.prompt_tokens, found.completion_tokens, found.cached_tokens) == (100, 2, 85)


def test_the_betas_that_its_requests_need_are_named_when_a_batch_is_created(requests):
    with provided() as provider:
        answered(provider, dict(zip("ab", requests(2), strict=True)))

    assert [headers.get("anthropic-beta") for *_, headers in provider.calls][:2] == ["a,b", None]


def test_the_reply_of_a_model_that_is_held_to_a_schema_by_a_tool_is_what_it_calls_the_tool_with(requests):
    text = {"type": "text", "text": "Here it is."}
    call = {"type": "tool_use", "id": "x", "name": "json_tool_call", "input": {"label": "naïve"}}
    found = message_of({"content": [text, call], "stop_reason": "tool_use"}, requests()[0])

    assert (found.text, found.finish_kind) == ('{"label": "naïve"}', "tool call")


@pytest.mark.parametrize("usage", [[1], "many", {"input_tokens": "5", "output_tokens": None}])
def test_counts_of_another_kind_are_unknown(requests, usage):
    found = message_of({"content": [{"type": "text", "text": "x"}], "usage": usage}, requests()[0])

    assert (found.prompt_tokens, found.completion_tokens) == (None, None)


def test_a_message_without_counts_has_unknown_ones(requests):
    found = message_of({"content": [{"type": "text", "text": "x"}]}, requests()[0])

    assert (found.prompt_tokens, found.completion_tokens, found.cached_tokens) == (None, None, None)


def test_a_message_that_a_filter_ended_is_none(requests):
    with pytest.raises(GarbledError):
        message_of({"content": [], "stop_reason": "content_filter"}, requests()[0])


def test_a_batch_is_found_by_its_results_among_others_with_the_same_requests(requests):
    asked = dict(zip("ab", requests(2), strict=True))

    async def found(batches):
        marks = [await batches.prepare(asked) for _ in range(4)]
        for mark in marks[:3]:
            await batches.create(mark, asked)
        return [await batches.find(Intent(mark, time.time(), 2)) for mark in (marks[1], marks[3])]

    with provided() as provider:
        provider.looks, provider.page = 0, 2
        batches = call(provider, found)

    assert batches == [Found("msgbatch_1", is_certain=True), Found(None, is_certain=True)]


def test_a_batch_that_is_not_over_may_be_the_one_that_is_looked_for(requests):
    asked = dict(zip("ab", requests(2), strict=True))

    async def found(batches):
        mark = await batches.prepare(asked)
        await batches.create(mark, asked)
        return [await batches.find(Intent(mark, time.time(), 2)) for _ in range(2)]

    with provided() as provider:
        batches = call(provider, found)

    assert batches == [Found(None, is_certain=False), Found("msgbatch_0", is_certain=True)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"request_counts": {"processing": 2, "succeeded": 1}}, False),
        ({"request_counts": None, "created_at": None}, True),
        ({"created_at": "2026-01-01T00:00:00Z"}, True),
        ({"created_at": "2025-12-30T00:00:00Z"}, False),
        ({"archived_at": "2026-01-02T00:00:00Z"}, False),
    ],
)
def test_batches_of_another_size_and_those_from_before_are_not_looked_at(changes, expected):
    intent = Intent("x", datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp(), 2)
    batch = {"request_counts": {"processing": 2}, "created_at": "2026-01-01T12:00:00Z", "archived_at": None}

    assert may_be(batch | changes, intent) == expected
