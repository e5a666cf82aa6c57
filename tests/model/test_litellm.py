"""What only LiteLLM does; what it shares with every model behind a network is tested in test_contract.py."""

import subprocess
import sys

import pytest

from selfinstruct.model.litellm import LiteLLM

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def model(server, settings):
    return lambda **changes: LiteLLM(**{"name": "openai/some", "api_base": server.url, **settings, **changes})


def test_making_one_loads_nothing():
    code = """
import sys
from selfinstruct.model.litellm import LiteLLM
LiteLLM(
    name="openai/x", mode="chat", api_base=None, key_env=None, key_required=False, concurrency=1, attempts=1,
    extra={}, store=None,
    deadline_seconds=None,
    requests_per_minute=None, tokens_per_minute=None, timeout_seconds=1, price={"prompt": None, "completion": None},
).session()
print([name for name in ("litellm", "openai", "aiohttp") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_even_a_chat_model_by_name_is_sent_text_in_completion_mode(server, model, requests, complete, only):
    only(complete(model(mode="completion", name="openai/gpt-4o-mini"), requests(chat=False)))

    assert only(server.asked).path == "/v1/completions"


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_a_vllm_server_is_asked_in_both_modes(server, model, requests, complete, only, mode):
    asking = model(name="hosted_vllm/org/some", mode=mode)

    completion = only(complete(asking, requests(chat=mode == "chat")))

    assert completion.text == "reply to question 0"
    assert only(server.asked).body["model"] == "org/some"


def test_what_litellm_itself_refuses_to_send_is_fatal(server, model, requests, complete, only):
    completion = only(complete(model(name="openai/gpt-5-mini"), requests(temperature=0.7)))

    assert completion.failure.kind == "fatal"
    assert "temperature" in completion.failure.message
    assert "drop_params" not in completion.failure.message
    assert server.asked == []


def test_a_server_of_ones_own_has_no_price_whatever_its_model_is_called(model, requests, complete, only):
    assert only(complete(model(name="openai/gpt-4o-mini"), requests())).cost_usd is None


def test_a_hosted_model_has_the_price_of_litellms_list(server, model, requests, complete, only, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)

    chat = only(complete(model(name="openai/gpt-4o-mini", api_base=None), requests()))
    text = only(complete(model(name="openai/davinci-002", api_base=None, mode="completion"), requests(chat=False)))
    unknown = only(complete(model(api_base=None), requests()))

    assert chat.cost_usd == pytest.approx((100 * 0.15 + 20 * 0.6) / 1e6)
    assert text.cost_usd == pytest.approx((100 * 2 + 20 * 2) / 1e6)
    assert unknown.cost_usd is None


def test_a_key_that_litellm_finds_by_itself_appears_nowhere_either(
    server, model, requests, complete, only, monkeypatch
):
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "found-in-passing")
    server.answer = lambda prompt, time: server.error(401, "wrong key found-in-passing")

    completion = only(complete(model(name="hosted_vllm/some"), requests()))

    assert "wrong key [key]" in completion.failure.message


def test_an_unknown_provider_is_a_problem(model, only, capfd):
    problems = model(name="nosuch/x").problems()

    assert only(problems).startswith("model.name 'nosuch/x': LiteLLM knows no such provider.")
    assert capfd.readouterr() == ("", "")
