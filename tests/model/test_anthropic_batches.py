import asyncio

import batching
import pytest

from selfinstruct.model.anthropic_batches import AnthropicBatches, message_of
from selfinstruct.model.batches import Calls
from selfinstruct.model.endpoint import connected
from selfinstruct.model.failed_attempt import GarbledError


def answered(provider, asked):
    """The replies to a batch, by name."""

    async def answers():
        base = provider.url.removesuffix("/v1")
        async with connected(None, base) as session:
            calls = Calls(session, base, {"x-api-key": "mine"})
            body = {"model": "m"}
            batches = AnthropicBatches(
                calls,
                lambda request: {**body, "messages": [{"role": "user", "content": request.text}]},
                lambda request, reply: reply,
            )
            batch = await batches.create(asked)
            while not (state := await batches.state(batch)).is_over:
                pass
            return await batches.replies(state, asked)

    return asyncio.run(answers())


def test_a_batch_is_answered_without_the_thoughts_of_the_model(requests):
    with batching.provided() as provider:
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


def test_a_message_without_counts_has_unknown_ones(requests):
    found = message_of({"content": [{"type": "text", "text": "x"}]}, requests()[0])

    assert (found.prompt_tokens, found.completion_tokens, found.cached_tokens) == (None, None, None)


def test_a_message_that_a_filter_ended_is_none(requests):
    with pytest.raises(GarbledError):
        message_of({"content": [], "stop_reason": "content_filter"}, requests()[0])
