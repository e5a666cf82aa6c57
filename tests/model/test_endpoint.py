"""What only Endpoint does; what it shares with every model behind a network is tested in test_contract.py."""

import asyncio
import subprocess
import sys

import pytest
from aiohttp import web

from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.proxies import proxy_of

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def model(server, settings):
    return lambda **changes: Endpoint(**{"name": "some", "api_base": server.url, **settings, **changes})


def test_making_one_and_opening_its_line_loads_nothing():
    code = """
import sys
from selfinstruct.model.endpoint import Endpoint
model = Endpoint(
    name="x", mode="chat", api_base="http://h/v1", key_env=None, key_required=False, concurrency=1, attempts=1,
    requests_per_minute=None, tokens_per_minute=None, timeout_seconds=1, extra={}, store=None,
    deadline_seconds=None, price={"prompt": None, "completion": None},
)
assert model.problems() == []
with model.session() as line:
    line.submit([])
print([name for name in ("litellm", "openai", "aiohttp") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_asking_does_not_load_litellm(server):
    code = """
import sys
from selfinstruct.model.endpoint import Endpoint
from selfinstruct.request import Decoding, Request
model = Endpoint(
    name="x", mode="chat", api_base=sys.argv[1], key_env=None, key_required=False, concurrency=1, attempts=1,
    extra={}, store=None,
    deadline_seconds=None,
    requests_per_minute=None, tokens_per_minute=None, timeout_seconds=9, price={"prompt": None, "completion": None},
)
with model.session() as line:
    (future,) = line.submit([Request("s/1/1", "s", 1, "hi", None, True, Decoding(), "yes_no")])
    print(future.result().text)
print([name for name in ("litellm", "openai", "httpx") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code, server.url], capture_output=True, text=True, check=True)

    assert done.stdout == "reply to hi\n[]\n"


@pytest.mark.parametrize("name", ["openai/gpt-oss-20b", "Qwen/Qwen2.5-7B-Instruct", "some"])
def test_the_name_is_sent_as_it_is_written(server, model, requests, complete, only, name):
    complete(model(name=name), requests())

    assert only(server.asked).body["model"] == name


def test_a_name_in_litellms_way_of_writing_is_a_problem(model, only):
    assert only(model(name="hosted_vllm/org/some").problems()).endswith("set model.name=org/some")


def test_a_slash_at_the_end_of_the_address_changes_nothing(server, model, requests, complete, only):
    complete(model(api_base=f"{server.url}/"), requests())

    assert only(server.asked).path == "/v1/chat/completions"


def test_an_unknown_model_or_path_is_reported_with_the_address(server, model, requests, complete, only):
    server.answer = lambda prompt, time: server.error(404, "The model `some` does not exist.")

    completion = only(complete(model(), requests()))

    assert completion.failure.message == (
        f"HTTP 404, The model `some` does not exist. (asked {server.url}/chat/completions)"
    )


def test_a_redirect_is_not_followed_and_the_other_host_is_reported(
    servers, server, model, requests, complete, only, monkeypatch
):
    monkeypatch.setenv("SOME_KEY", KEY)
    with servers() as other:
        place = f"{other.url}/chat/completions"
        server.answer = lambda prompt, time: web.Response(status=307, headers={"Location": place})

        completion = only(complete(model(key_env="SOME_KEY"), requests()))

        assert completion.failure.kind == "fatal"
        assert completion.failure.message == (
            f"HTTP 307, Temporary Redirect to {place}; set model.api_base to where it is"
        )
        assert other.asked == []
    assert len(server.asked) == 1


def test_a_body_without_words_is_reported_by_its_status(server, model, requests, complete, only):
    server.answer = lambda prompt, time: web.Response(status=502)

    completion = only(complete(model(attempts=1), requests()))

    assert completion.failure.message == "no answer in 1 attempt: HTTP 502, Bad Gateway"


class BreakingOff(web.StreamResponse):
    """Says that it is long, and ends after a few bytes."""

    async def prepare(self, request):
        self.content_length = 1000
        writer = await super().prepare(request)
        await self.write(b'{"choices": [{"mess')
        await asyncio.sleep(0.05)
        request.transport.abort()
        return writer


def test_a_reply_that_breaks_off_is_asked_for_again(server, model, requests, complete, only):
    server.answer = lambda prompt, time: BreakingOff() if time == 1 else "whole"

    assert only(complete(model(), requests())).text == "whole"
    assert server.times["question 0"] == 2


def test_cookies_are_not_kept(server, model, requests, complete):
    def answer(prompt, time):
        response = web.json_response(server.reply(prompt))
        response.set_cookie("session", "1")
        return response

    server.answer = answer

    complete(model(concurrency=1), requests(2))

    assert all("Cookie" not in asked.headers for asked in server.asked)


def test_a_proxy_is_the_one_that_the_environment_names(servers, model, requests, complete, only, monkeypatch):
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with servers() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert only(complete(model(api_base="http://some.invalid/v1"), requests())).text == "reply to question 0"
        assert only(proxy.asked).headers["Host"] == "some.invalid"

        monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
        assert proxy_of("http://127.0.0.1:8000/v1") is None
        assert proxy_of("http://some.invalid/v1") == proxy.url


def test_a_password_in_netrc_is_never_sent(server, model, requests, complete, only, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))

    complete(model(), requests())

    assert "Authorization" not in only(server.asked).headers


@pytest.mark.parametrize("text", ["naïve 日本語 🙂", "a\x00b\n\ttab", "\ud800 half"])
def test_any_text_goes_there_and_comes_back(server, model, requests, complete, only, text):
    server.answer = lambda prompt, time: prompt

    assert only(complete(model(), requests(text=text))).text == text
