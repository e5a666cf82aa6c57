"""A proxy that the environment names and that a request did not get through is named in the message."""

import socket
from functools import partial

import pytest

from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.model.proxies import by_proxy, proxy_of

KINDS = {
    "endpoint": partial(Endpoint, name="some"),
    "openai": partial(LiteLLM, name="openai/some"),
    "anthropic": partial(LiteLLM, name="anthropic/claude-haiku-4-5"),
}


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """No proxy in the environment."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        for spelled in (name, name.upper()):
            monkeypatch.delenv(spelled, raising=False)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_sentence_names_host_and_variable_without_the_password(name, monkeypatch):
    monkeypatch.setenv(name, "http://me:hidden@proxy.invalid:3128")

    assert by_proxy("https://some.invalid/v1") == (
        f"asked through the proxy proxy.invalid:3128, which {name} names; NO_PROXY=some.invalid goes around it"
    )


def test_an_address_that_no_proxy_is_named_for_has_none(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", "near.invalid")

    assert by_proxy("http://some.invalid/v1") is None
    assert by_proxy("https://near.invalid/v1") is None


def test_a_proxy_without_a_protocol_is_one_of_http(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "proxy.invalid:3128")

    assert proxy_of("https://some.invalid") == "http://proxy.invalid:3128"


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_reached_is_named_with_its_variable(
    kind, name, settings, requests, complete, only, monkeypatch
):
    port = closed_port()
    monkeypatch.setenv(name, f"http://me:hidden@127.0.0.1:{port}")
    monkeypatch.setenv("SOME_KEY", "sk-test-0123456789")
    model = KINDS[kind](**{**settings, "key_env": "SOME_KEY"}, api_base="http://some.invalid/v1")

    message = only(complete(model, requests())).failure.message

    assert f"asked through the proxy 127.0.0.1:{port}, which {name} names" in message
    assert "hidden" not in message


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_never_answers_is_named_too(kind, settings, requests, complete, only, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("SOME_KEY", "sk-test-0123456789")
        values = {**settings, "key_env": "SOME_KEY", "attempts": 1, "timeout_seconds": 1}
        model = KINDS[kind](**values, api_base="http://some.invalid/v1")

        message = only(complete(model, requests())).failure.message

    assert f"asked through the proxy 127.0.0.1:{port}, which HTTP_PROXY names" in message


@pytest.mark.parametrize("kind", ["endpoint", "openai"])
def test_what_a_server_says_through_a_proxy_is_shown_as_it_is(
    kind, server, settings, requests, complete, only, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("SOME_KEY", "sk-test-0123456789")
    server.answer = lambda prompt, time: server.error(401, "wrong key")
    model = KINDS[kind](**{**settings, "key_env": "SOME_KEY"}, api_base="http://some.invalid/v1")

    message = only(complete(model, requests())).failure.message

    assert "wrong key" in message
    assert "proxy" not in message
