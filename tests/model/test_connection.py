import asyncio
import gc
import logging
import os
import warnings

import pytest

from selfinstruct.model.connection import loaded, no_collection, opened
from selfinstruct.model.raw_reply import RawReply


@pytest.fixture(scope="module")
def litellm():
    return loaded()


def provider(name, api_base="http://127.0.0.1:9/v1", key=None):
    async def get():
        async with opened(name, api_base, key) as found:
            return found

    return asyncio.run(get())


def test_litellm_is_loaded_quietly_and_with_its_own_prices(litellm):
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
    assert litellm.suppress_debug_info
    assert all(logging.getLogger(name).level >= logging.WARNING for name in ("LiteLLM", "LiteLLM Router", "httpx"))
    assert logging.getLogger("LiteLLM").handlers == []


def test_openais_models_are_asked_by_a_client_of_ours_in_both_modes():
    found = provider("openai/some")

    assert found.name == "openai"
    assert found.chat["model"] == "openai/some"
    assert found.text["model"] == "text-completion-openai/some"
    assert found.chat["client"] is found.text["client"]


def test_a_server_that_speaks_openais_protocol_too_is_sent_texts_by_a_client_of_ours():
    found = provider("hosted_vllm/some")

    assert "client" not in found.chat
    assert found.text["model"] == "hosted_vllm/some"
    assert "client" in found.text


def test_any_other_provider_is_litellms_own_affair():
    found = provider("anthropic/claude-haiku-4-5", None, "k")

    assert found.chat == found.text == {"model": "anthropic/claude-haiku-4-5", "api_base": None, "api_key": "k"}
    assert "presence_penalty" not in found.parameters


def test_a_call_that_is_given_up_while_it_is_made_ready_leaves_nothing_that_was_never_awaited():
    async def give_up(after):
        async with opened("openai/some", "http://127.0.0.1:9/v1", "k") as found:
            arguments = {"messages": [{"role": "user", "content": "x"}], "max_retries": 0}
            call = asyncio.create_task(found.call(arguments, RawReply(chat=True)))
            for _ in range(after):
                await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for after in range(1, 8):
            asyncio.run(give_up(after))
        gc.collect()

    assert [str(warning.message) for warning in caught if "never awaited" in str(warning.message)] == []


def test_no_garbage_is_looked_for_while_litellm_is_imported_and_as_before_afterwards():
    with no_collection():
        assert not gc.isenabled()
    assert gc.isenabled()

    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


def test_what_was_opened_is_closed_and_forgotten(litellm):
    async def ask():
        async with opened("hosted_vllm/some", "http://127.0.0.1:9/v1", None) as found:
            with pytest.raises(litellm.InternalServerError):
                await found.call(
                    {"messages": [{"role": "user", "content": "x"}], "max_retries": 0}, RawReply(chat=True)
                )
            return [client.client for name, client in clients.items() if name not in before]

    clients = litellm.in_memory_llm_clients_cache.cache_dict
    before = set(clients)

    opened_meanwhile = asyncio.run(ask())

    assert opened_meanwhile
    assert all(client.is_closed for client in opened_meanwhile)
    assert set(clients) == before
