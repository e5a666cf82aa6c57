"""A model behind LiteLLM, asked over real connections: to a server on this machine that answers as each test says."""

import asyncio
import gc
import json
import logging
import subprocess
import sys
import threading
import time
from collections import Counter
from functools import partial
from types import SimpleNamespace

import pytest
from aiohttp import web

from selfinstruct.model import Model
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.model.replies import Price
from selfinstruct.round import Decoding, Request

KEY = "sk-test-0123456789abcdef"
ROUND = 2817
"""A round for whose first request the random waits between attempts happen to be short."""
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


class Server:
    """Speaks OpenAI's protocol; `answer(prompt, time)` says what, where `time` counts how often a prompt was asked."""

    def __init__(self):
        self.asked = []
        self.times = Counter()
        self.under_way = self.most = 0
        self.answer = lambda prompt, time: f"reply to {prompt}"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(web.Server(self._handle, handler_cancellation=True), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _handle(self, request):
        body = await request.json()
        self.asked.append(SimpleNamespace(path=request.path, headers=request.headers, body=body))
        prompt = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
        self.times[prompt] += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            said = self.answer(prompt, self.times[prompt])
            said = await said if asyncio.iscoroutine(said) else said
        finally:
            self.under_way -= 1
        if said is None:
            request.transport.abort()
            return web.Response()
        return said if isinstance(said, web.Response) else web.json_response(reply(said, "messages" in body))


def reply(text, chat=True, **changes):
    said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    choice = {"index": 0, "finish_reason": "stop", **said}
    body = {"id": "x", "object": "x", "created": 1, "model": "served-1", "choices": [choice], "usage": USAGE}
    return {**body, **changes}


def error(status, message="no", headers=None, **more):
    return web.json_response({"error": {"message": message, **more}}, status=status, headers=headers)


@pytest.fixture(scope="module", autouse=True)
def warm():
    """The first call of a process takes LiteLLM half a second and its import four; no test is to count them."""
    with Server() as running:
        for name in ("openai/some", "hosted_vllm/some"):
            list(of(running, name=name).complete(requests()))


@pytest.fixture
def server():
    with Server() as running:
        yield running


def of(server, **changes):
    values = {
        "name": "openai/some",
        "mode": "chat",
        "api_base": server.url,
        "key_env": None,
        "key_required": False,
        "concurrency": 4,
        "timeout_seconds": 5,
        "attempts": 2,
        "price": Price(prompt=None, completion=None),
        "extra": {},
    }
    return LiteLLM(**(values | changes))


@pytest.fixture
def model(server):
    return partial(of, server)


def requests(count=1, text="question {}", chat=True, system=None, **decoding):
    for number in range(count):
        yield Request(
            id=f"stage/{ROUND}/{number}",
            stage="stage",
            round=ROUND,
            text=text.format(number),
            system=system,
            chat=chat,
            decoding=Decoding(**decoding),
            expects="numbered_list",
        )


def only(completions):
    (completion,) = completions
    return completion


def test_it_is_a_model(model):
    assert isinstance(model(), Model)
    assert not model().is_offline


def test_making_one_loads_nothing():
    code = """
import sys
from selfinstruct.model.litellm import LiteLLM
LiteLLM(name="openai/x", mode="chat", api_base=None, key_env=None, key_required=False, concurrency=1,
        timeout_seconds=1, attempts=1, price={"prompt": None, "completion": None}, extra={})
print([name for name in ("litellm", "openai", "aiohttp") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_chat_model_is_sent_messages(server, model):
    completion = only(model().complete(requests(system="Be brief.", max_tokens=9, temperature=0.7)))

    asked = only(server.asked)
    assert asked.path == "/v1/chat/completions"
    assert asked.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "question 0"},
    ]
    assert {name: asked.body[name] for name in asked.body if name != "messages"} == {
        "model": "some",
        "max_tokens": 9,
        "temperature": 0.7,
    }
    assert (completion.text, completion.finish_reason, completion.model) == ("reply to question 0", "stop", "served-1")
    assert completion.failure is None
    assert completion.seconds > 0


def test_a_completion_model_is_sent_the_text_as_it_stands(server, model):
    completion = only(model(mode="completion").complete(requests(text="1. a\n2.", chat=False, presence_penalty=2)))

    asked = only(server.asked)
    assert asked.path == "/v1/completions"
    assert asked.body == {"model": "some", "prompt": "1. a\n2.", "presence_penalty": 2}
    assert completion.text == "reply to 1. a\n2."


def test_even_a_chat_model_by_name_is_sent_text_in_completion_mode(server, model):
    only(model(mode="completion", name="openai/gpt-4o-mini").complete(requests(chat=False)))

    assert only(server.asked).path == "/v1/completions"


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_a_vllm_server_is_asked_in_both_modes(server, model, mode):
    asking = model(name="hosted_vllm/org/some", mode=mode)

    completion = only(asking.complete(requests(chat=mode == "chat")))

    assert completion.text == "reply to question 0"
    assert only(server.asked).body["model"] == "org/some"


def test_extra_parameters_of_model_and_request_are_sent(server, model):
    only(model(extra={"top_k": 3, "seed": 1}).complete(requests(extra={"seed": 2, "min_p": 0.1})))

    body = only(server.asked).body
    assert (body["top_k"], body["seed"], body["min_p"]) == (3, 2, 0.1)


def test_answers_come_in_the_order_asked(server, model):
    async def answer(prompt, time):
        await asyncio.sleep(int(prompt.split()[1]) * 3 % 7 / 50)
        return prompt

    server.answer = answer

    texts = [completion.text for completion in model(concurrency=8).complete(requests(40))]

    assert texts == [f"question {number}" for number in range(40)]


def test_as_many_requests_are_under_way_as_allowed_and_no_more(server, model):
    async def answer(prompt, time):
        await asyncio.sleep(0.05)
        return prompt

    server.answer = answer

    list(model(concurrency=5).complete(requests(30)))

    assert server.most == 5


def test_a_rate_limit_is_waited_out_as_long_as_the_server_asks(server, model):
    server.answer = lambda prompt, time: error(429, headers={"Retry-After": "1"}) if time == 1 else "at last"
    began = time.monotonic()

    completion = only(model().complete(requests()))

    assert completion.text == "at last"
    assert 1 <= completion.seconds <= time.monotonic() - began
    assert server.times["question 0"] == 2


def half_sent():
    return web.Response(text=json.dumps(reply("never read"))[:70], content_type="application/json")


async def nothing_for_long():
    await asyncio.sleep(10)


@pytest.mark.parametrize(
    "fault",
    [
        lambda: error(500),
        lambda: error(503),
        lambda: error(529, "overloaded"),
        lambda: error(408),
        lambda: error(409),
        lambda: None,
        half_sent,
        lambda: web.Response(text="<html>Bad Gateway</html>", content_type="text/html"),
        nothing_for_long,
    ],
    ids=["500", "503", "529", "408", "409", "reset", "half sent", "no JSON", "hang"],
)
@pytest.mark.parametrize("name", ["openai/some", "hosted_vllm/some"])
def test_what_passes_is_tried_again(server, model, fault, name):
    server.answer = lambda prompt, time: fault() if time == 1 else "at last"

    completion = only(model(name=name, timeout_seconds=1).complete(requests()))

    assert completion.text == "at last"
    assert server.times["question 0"] == 2


def test_an_error_in_place_of_a_text_is_tried_again(server, model):
    server.answer = lambda prompt, time: (
        web.json_response({"error": {"message": "overloaded"}}) if time == 1 else "at last"
    )

    completion = only(model(mode="completion").complete(requests(chat=False)))

    assert completion.text == "at last"


def test_what_does_not_pass_ends_as_unavailable_with_the_last_error(server, model):
    server.answer = lambda prompt, time: error(503, "down for\nmaintenance")

    completion = only(model(attempts=3).complete(requests()))

    assert completion.failure.kind == "unavailable"
    assert completion.failure.message == "no answer in 3 attempts; the last: HTTP 503, down for maintenance"
    assert server.times["question 0"] == 3


def test_a_server_that_is_not_there_is_unavailable(model):
    completion = only(model(api_base="http://127.0.0.1:9/v1", attempts=1).complete(requests()))

    assert completion.failure.kind == "unavailable"
    assert "onnect" in completion.failure.message


@pytest.mark.parametrize("name", ["openai/some", "hosted_vllm/some"])
@pytest.mark.parametrize(
    "refusal",
    [
        lambda: error(400, "This model's maximum context length is 10 tokens", code="context_length_exceeded"),
        lambda: error(400, "flagged", code="content_policy_violation"),
        lambda: error(413),
        lambda: error(422),
    ],
    ids=["context", "policy", "413", "422"],
)
def test_a_request_that_is_refused_does_not_hold_up_the_others(server, model, refusal, name):
    server.answer = lambda prompt, time: refusal() if prompt == "question 1" else prompt

    first, refused, last = model(name=name).complete(requests(3))

    assert refused.failure.kind == "refused"
    assert (first.text, last.text) == ("question 0", "question 2")
    assert set(server.times.values()) == {1}


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_after_a_fatal_failure_nothing_more_is_sent(server, model, status):
    server.answer = lambda prompt, time: error(status, "not you")

    completions = list(model(concurrency=2).complete(requests(50)))

    assert {completion.failure.kind for completion in completions} == {"fatal"}
    assert {completion.failure.message for completion in completions} == {f"HTTP {status}, not you"}
    assert len(server.asked) <= 4


def test_a_fatal_failure_ends_the_waiting_of_the_others(server, model):
    async def answer(prompt, time):
        if prompt == "question 0":
            return error(429, headers={"Retry-After": "60"})
        await asyncio.sleep(0.2)
        return error(401)

    server.answer = answer
    began = time.monotonic()

    completions = list(model(concurrency=2).complete(requests(2)))

    assert [completion.failure.kind for completion in completions] == ["fatal", "fatal"]
    assert time.monotonic() - began < 30


def test_a_wrong_parameter_is_fatal_though_the_status_says_otherwise(server, model):
    server.answer = lambda prompt, time: error(400, "Unsupported value", code="unsupported_value")

    completion = only(model(mode="completion").complete(requests(chat=False)))

    assert completion.failure.kind == "fatal"


def test_a_parameter_that_the_provider_does_not_take_is_named_before_anything_is_sent(server, model, monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)
    asking = model(name="anthropic/claude-haiku-4-5", key_env="SOME_KEY", extra={"seed": 1})

    completion = only(asking.complete(requests(presence_penalty=2, max_tokens=5)))

    assert completion.failure.kind == "fatal"
    assert completion.failure.message == (
        "anthropic does not take presence_penalty, seed; "
        "set recipe.stage.prompt.decoding.presence_penalty=null model.extra.seed=null"
    )
    assert server.asked == []


def test_what_litellm_itself_refuses_to_send_is_fatal(server, model):
    completion = only(model(name="openai/gpt-5-mini").complete(requests(temperature=0.7)))

    assert completion.failure.kind == "fatal"
    assert "temperature" in completion.failure.message
    assert "drop_params" not in completion.failure.message
    assert server.asked == []


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_a_reply_without_text_is_an_empty_text(server, model, mode):
    chat = mode == "chat"
    server.answer = lambda prompt, time: web.json_response(
        reply(None, chat) if prompt == "question 0" else reply("", chat, choices=[])
    )

    without_content, without_choice = model(mode=mode).complete(requests(2, chat=chat))

    assert (without_content.text, without_content.failure) == ("", None)
    assert (without_choice.text, without_choice.failure) == ("", None)


def test_only_the_content_counts_and_not_the_reasoning(server, model):
    message = {"role": "assistant", "content": "Yes", "reasoning_content": "Let me think"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    server.answer = lambda prompt, time: web.json_response(reply("", choices=[choice]))

    assert only(model().complete(requests())).text == "Yes"


def test_a_reply_that_reached_the_limit_says_so(server, model):
    choice = {"index": 0, "finish_reason": "length", "text": "cut o"}
    server.answer = lambda prompt, time: web.json_response(reply("", choices=[choice]))

    assert only(model(mode="completion").complete(requests(chat=False))).is_cut_off


def test_four_stop_strings_are_sent_and_all_are_applied(server, model):
    server.answer = lambda prompt, time: "one five two"

    completion = only(model().complete(requests(stop=["a!", "b!", "c!", "d!", "five"])))

    assert only(server.asked).body["stop"] == ["a!", "b!", "c!", "d!"]
    assert (completion.text, completion.finish_reason) == ("one ", "stop")


def test_tokens_that_the_server_does_not_count_are_unknown_and_so_is_the_cost(server, model):
    server.answer = lambda prompt, time: web.json_response(reply("text", usage=None))

    completion = only(model(price=Price(prompt=1, completion=2)).complete(requests()))

    assert (completion.prompt_tokens, completion.completion_tokens, completion.cost_usd) == (None, None, None)


def test_a_price_gives_the_cost(model):
    completion = only(model(price=Price(prompt=1, completion=2)).complete(requests()))

    assert (completion.prompt_tokens, completion.completion_tokens) == (100, 20)
    assert completion.cost_usd == pytest.approx(140e-6)


def test_a_server_of_ones_own_has_no_price_whatever_its_model_is_called(model):
    assert only(model(name="openai/gpt-4o-mini").complete(requests())).cost_usd is None


def test_a_hosted_model_has_the_price_of_litellms_list(server, model, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)

    chat = only(model(name="openai/gpt-4o-mini", api_base=None).complete(requests()))
    text = only(model(name="openai/davinci-002", api_base=None, mode="completion").complete(requests(chat=False)))
    unknown = only(model(api_base=None).complete(requests()))

    assert chat.cost_usd == pytest.approx((100 * 0.15 + 20 * 0.6) / 1e6)
    assert text.cost_usd == pytest.approx((100 * 2 + 20 * 2) / 1e6)
    assert unknown.cost_usd is None


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_no_key_is_sent_where_none_is_named(server, model, mode, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    only(model(mode=mode).complete(requests(chat=mode == "chat")))

    assert "Authorization" not in only(server.asked).headers


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_no_key_is_sent_where_the_variable_is_not_set(server, model, mode, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)

    only(model(mode=mode, key_env="SOME_KEY").complete(requests(chat=mode == "chat")))

    assert "Authorization" not in only(server.asked).headers


@pytest.mark.parametrize("name", ["openai/some", "hosted_vllm/some"])
@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_the_key_of_the_variable_is_sent(server, model, mode, name, monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)

    only(model(name=name, mode=mode, key_env="SOME_KEY").complete(requests(chat=mode == "chat")))

    assert only(server.asked).headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("name", ["openai/some", "hosted_vllm/some"])
@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_key_that_the_server_echoes_appears_nowhere(server, model, name, status, monkeypatch, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    key = "an-odd-key-without-prefix"
    monkeypatch.setenv("SOME_KEY", key)
    server.answer = lambda prompt, time: error(status, f"wrong key {key} in 'Bearer {key}'")

    completion = only(model(name=name, key_env="SOME_KEY").complete(requests()))

    printed = capfd.readouterr()
    assert "[key]" in completion.failure.message
    assert key not in repr(completion) + caplog.text + printed.out + printed.err


def test_a_key_that_litellm_finds_by_itself_appears_nowhere_either(server, model, monkeypatch):
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "found-in-passing")
    server.answer = lambda prompt, time: error(401, "wrong key found-in-passing")

    completion = only(model(name="hosted_vllm/some").complete(requests()))

    assert "wrong key [key]" in completion.failure.message


def test_a_run_prints_nothing(server, model, capfd):
    server.answer = lambda prompt, time: error(500) if prompt == "question 0" else prompt

    list(model(attempts=1).complete(requests(3)))

    assert capfd.readouterr() == ("", "")


def test_nothing_is_sent_before_the_first_answer_is_waited_for(server, model):
    model().complete(requests())

    assert server.asked == []


def test_requests_are_drawn_as_the_window_slides(model):
    drawn = []

    def drawing():
        for request in requests(100):
            drawn.append(request)
            yield request

    completions = model(concurrency=2).complete(drawing())
    next(completions)
    completions.close()

    assert len(drawn) <= 7


@pytest.mark.parametrize("mode", ["chat", "completion"])
@pytest.mark.parametrize("name", ["openai/some", "hosted_vllm/some"])
def test_whoever_stops_early_leaves_nothing_behind(server, model, mode, name):
    async def answer(prompt, time):
        while server.under_way < 4:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0 if prompt == "question 0" else 30)
        return prompt

    server.answer = answer
    before = set(threading.enumerate())
    completions = model(mode=mode, name=name, timeout_seconds=60).complete(requests(20, chat=mode == "chat"))
    next(completions)
    began = time.monotonic()

    completions.close()
    gc.collect()

    assert time.monotonic() - began < 10
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("name", ["openai/some", "hosted_vllm/some"])
def test_one_model_can_be_asked_while_another_is(model, name):
    first = model(name=name).complete(requests(20))
    next(first)

    second = list(model(name=name).complete(requests(5)))
    rest = list(first)

    assert all(completion.failure is None for completion in [*second, *rest])
    assert len(rest) == 19


def test_the_identity_says_what_shapes_a_reply_and_no_key(model):
    identity = model(api_base="http://h/v1", key_env="SOME_KEY", extra={"top_k": 1}).identity()

    assert identity == {"name": "openai/some", "mode": "chat", "api_base": "http://h/v1", "extra": {"top_k": 1}}


def test_a_key_that_is_missing_is_a_problem(model, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)

    problems = model(key_env="SOME_KEY", key_required=True).problems()

    assert problems == ["The environment variable SOME_KEY is not set; openai/some needs its key there."]


def test_an_empty_key_is_a_missing_key(model, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "")

    assert len(model(key_env="SOME_KEY", key_required=True).problems()) == 1


def test_white_space_around_a_key_is_no_part_of_it(server, model, monkeypatch):
    monkeypatch.setenv("SOME_KEY", f" {KEY}\n")

    only(model(key_env="SOME_KEY").complete(requests()))

    assert only(server.asked).headers["Authorization"] == f"Bearer {KEY}"


def test_a_key_that_has_no_name_is_a_problem(model):
    assert "model.key_env is null" in only(model(key_required=True).problems())


@pytest.mark.parametrize("url", ["127.0.0.1:8000/v1", "ftp://h/v1", "http://", "http://[", ""])
def test_an_address_that_is_none_is_a_problem(model, url):
    assert "model.api_base must be a URL" in only(model(api_base=url).problems())


def test_half_a_price_is_a_problem(model):
    assert "neither" in only(model(price=Price(prompt=1, completion=None)).problems())


@pytest.mark.parametrize("name", ["api_key", "n", "stream", "temperature"])
def test_an_extra_that_has_its_own_key_is_a_problem(model, name):
    assert f"model.extra.{name}" in only(model(extra={name: 1}).problems())


def test_an_unknown_provider_is_a_problem(model, capfd):
    problems = model(name="nosuch/x").problems()

    assert only(problems).startswith("model.name 'nosuch/x': LiteLLM knows no such provider.")
    assert capfd.readouterr() == ("", "")


def test_a_model_with_problems_answers_with_them(server, model):
    completions = list(model(name="nosuch/x").complete(requests(2)))

    assert [completion.failure.kind for completion in completions] == ["fatal", "fatal"]
    assert server.asked == []


def test_a_model_without_problems_has_none(model):
    assert model().problems() == []
