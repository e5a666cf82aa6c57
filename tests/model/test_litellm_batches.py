import asyncio

import batching
import pytest

from selfinstruct.model.litellm import LiteLLM
from selfinstruct.model.litellm_batches import Bodies, betas
from selfinstruct.model.settings import Price
from selfinstruct.request import Completion


@pytest.fixture
def provider():
    with batching.provided() as running:
        yield running


def model(settings, name, **changes):
    return LiteLLM(**(settings | {"name": name, "api_base": None, "batch": True} | changes))


def answered(model, requests):
    """The replies to a batch, by name."""

    async def answers():
        asked = {f"name{number}": request for number, request in enumerate(requests)}
        async with model.batches() as provider:
            batch = await provider.create(await provider.prepare(asked), asked)
            while not (state := await provider.state(batch)).is_over:
                pass
            return await provider.replies(state, asked)

    return asyncio.run(answers())


def test_openais_models_are_sent_what_they_take(provider, settings, requests):
    body = Bodies(model(settings, "openai/gpt-5-mini"), "gpt-5-mini", "openai").body(
        requests(max_tokens=50, extra={"top_k": 3})[0]
    )

    prompt = [{"role": "user", "content": "question 0"}]
    assert body == {"max_completion_tokens": 50, "top_k": 3, "messages": prompt, "model": "gpt-5-mini"}


def test_a_batch_of_openais_is_answered(provider, settings, requests):
    found = answered(model(settings, "openai/m", api_base=provider.url), requests(2))

    assert {name: reply.text for name, reply in found.items()} == {
        "name0": "reply to question 0",
        "name1": "reply to question 1",
    }


def test_anthropics_models_are_asked_by_their_own_interface(provider, settings, requests):
    name = "anthropic/claude-haiku-4-5"
    found = answered(model(settings, name, api_base=provider.url), requests(1, max_tokens=9))

    assert found["name0"].text == "reply to question 0"
    assert provider.calls[0][1] == "/messages/batches"


SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}
HELD = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}}


def test_openais_models_are_held_to_a_schema(settings, requests):
    bodies = Bodies(model(settings, "openai/gpt-4o-mini"), "gpt-4o-mini", "openai")

    assert bodies.body(requests(extra={"response_format": HELD})[0])["response_format"] == HELD


@pytest.mark.parametrize(
    ("name", "key", "needed"),
    [
        ("claude-haiku-4-5", "output_format", {"structured-outputs-2025-11-13"}),
        ("claude-3-5-haiku-20241022", "tool_choice", set()),
    ],
)
def test_anthropics_models_are_held_to_a_schema(settings, requests, name, key, needed):
    bodies = Bodies(model(settings, f"anthropic/{name}"), name, "anthropic")
    body = bodies.body(requests(extra={"response_format": HELD})[0])

    assert key in body
    assert not {"json_mode", "response_format"} & set(body)
    assert betas(body) == needed


def test_a_batch_of_anthropics_names_the_beta_of_schemas(provider, settings, requests):
    name = "anthropic/claude-haiku-4-5"
    answered(model(settings, name, api_base=provider.url), requests(1, extra={"response_format": HELD}))

    assert provider.calls[0][2]["anthropic-beta"] == "structured-outputs-2025-11-13"


def test_a_reply_costs_what_litellm_lists_for_batches(settings, requests):
    bodies = Bodies(model(settings, "openai/gpt-4o-mini"), "gpt-4o-mini", "openai")
    reply = Completion(text="x", prompt_tokens=1000, completion_tokens=1000)

    assert bodies.priced(requests()[0], reply).cost_usd == pytest.approx(0.000375)  # half of $0.15 and $0.60 a million


def test_tokens_that_came_from_a_cache_cost_what_litellm_lists(settings, requests):
    bodies = Bodies(model(settings, "anthropic/claude-haiku-4-5"), "claude-haiku-4-5", "anthropic")
    reply = Completion(prompt_tokens=1000, completion_tokens=1000, cached_tokens=500)

    assert bodies.priced(requests()[0], reply).cost_usd == pytest.approx((500 * 0.5 + 500 * 0.05 + 1000 * 2.5) / 1e6)


def test_a_reply_costs_half_the_price_of_the_config(settings, requests):
    bodies = Bodies(model(settings, "openai/x", price=Price(prompt=2.0, completion=4.0)), "x", "openai")

    assert bodies.priced(requests()[0], Completion(prompt_tokens=1000, completion_tokens=1000)).cost_usd == 0.003


def test_the_cost_is_unknown_where_the_list_does_not_hold_the_model(settings, requests):
    bodies = Bodies(model(settings, "openai/nobody-knows"), "nobody-knows", "openai")

    assert bodies.priced(requests()[0], Completion(prompt_tokens=1, completion_tokens=1)).cost_usd is None


def test_a_provider_whose_batches_cannot_be_used_is_reported(settings):
    assert "batch interface of groq" in model(settings, "groq/m").problems()[0]
