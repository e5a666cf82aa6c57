"""What holds for every model behind a network, asked over real connections: to a server that answers as a test says."""

import asyncio
import gc
import json
import logging
import signal
import threading
import time
from functools import partial

import pytest
from aiohttp import web

from selfinstruct.model import Model
from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.model.settings import Price
from selfinstruct.text.finish_reason import word_of

pytestmark = pytest.mark.slow

KEY = "sk-test-0123456789abcdef"
KINDS = {
    "endpoint": partial(Endpoint, name="some"),
    "litellm": partial(LiteLLM, name="openai/some"),
    "litellm by itself": partial(LiteLLM, name="hosted_vllm/some"),  # without a client of ours
}


@pytest.fixture(scope="module", autouse=True)
def warm(servers, settings, requests, complete):
    """The first call of a process takes LiteLLM half a second and its import four; no test is to count them."""
    with servers() as running:
        for make in KINDS.values():
            complete(make(api_base=running.url, **settings), requests())


@pytest.fixture(params=["endpoint", "litellm"])
def model(request, server, settings):
    return lambda **changes: KINDS[request.param](**{"api_base": server.url, **settings, **changes})


def test_it_is_a_model(model):
    assert isinstance(model(), Model)
    assert not model().is_offline


def test_a_chat_model_is_sent_messages(server, model, requests, complete, only):
    completion = only(complete(model(), requests(system="Be brief.", max_tokens=9, temperature=0.7)))

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


def test_a_completion_model_is_sent_the_text_as_it_stands(server, model, requests, complete, only):
    completion = only(complete(model(mode="completion"), requests(text="1. a\n2.", chat=False, presence_penalty=2)))

    asked = only(server.asked)
    assert asked.path == "/v1/completions"
    assert asked.body == {"model": "some", "prompt": "1. a\n2.", "presence_penalty": 2}
    assert completion.text == "reply to 1. a\n2."


def test_extra_parameters_of_model_and_request_are_sent(server, model, requests, complete, only):
    only(complete(model(extra={"top_k": 3, "seed": 1}), requests(extra={"seed": 2, "min_p": 0.1})))

    body = only(server.asked).body
    assert (body["top_k"], body["seed"], body["min_p"]) == (3, 2, 0.1)


def test_the_schema_of_a_structured_prompt_reaches_the_server(server, model, requests, complete, only):
    schema = {"type": "object", "properties": {"output": {"type": "string"}}}
    held = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}

    only(complete(model(), requests(extra={"response_format": held})))

    assert only(server.asked).body["response_format"] == held


def test_the_token_limit_is_sent_under_the_name_that_the_config_gives(server, model, requests, complete, only):
    only(complete(model(max_tokens_parameter="max_completion_tokens"), requests(max_tokens=9)))

    body = only(server.asked).body
    assert body["max_completion_tokens"] == 9
    assert "max_tokens" not in body


def test_stop_strings_that_the_model_does_not_take_are_not_sent_and_still_end_the_reply(
    server, model, requests, complete, only
):
    completion = only(complete(model(unsupported=["stop"]), requests(stop=["question"])))

    assert "stop" not in only(server.asked).body
    assert completion.text == "reply to "


def test_the_fingerprint_of_a_model_is_as_before_where_it_takes_everything(model):
    plain = {"name", "mode", "api_base", "extra"}

    assert set(model().fingerprint()) == set(model(unsupported=["top_p"]).fingerprint()) == plain
    assert model(max_tokens_parameter="max_completion_tokens").fingerprint() != model().fingerprint()


def test_answers_come_in_the_order_asked(server, model, requests, complete):
    async def answer(prompt, time):
        await asyncio.sleep(int(prompt.split()[1]) * 3 % 7 / 50)
        return prompt

    server.answer = answer

    texts = [completion.text for completion in complete(model(concurrency=8), requests(40))]

    assert texts == [f"question {number}" for number in range(40)]


def test_as_many_requests_are_under_way_as_allowed_and_no_more(server, model, requests, complete):
    async def answer(prompt, time):
        await asyncio.sleep(0.05)
        return prompt

    server.answer = answer

    complete(model(concurrency=5), requests(30))

    assert server.most == 5


def test_a_rate_limit_is_waited_out_as_long_as_the_server_asks(server, model, requests, complete, only):
    server.answer = lambda prompt, time: server.error(429, headers={"Retry-After": "1"}) if time == 1 else "at last"
    began = time.monotonic()

    completion = only(complete(model(), requests()))

    assert completion.text == "at last"
    assert 1 <= completion.seconds <= time.monotonic() - began
    assert server.times["question 0"] == 2


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize(
    "fault",
    [
        lambda server: server.error(500),
        lambda server: server.error(503),
        lambda server: server.error(529, "overloaded"),
        lambda server: server.error(408),
        lambda server: server.error(409),
        lambda server: None,
        lambda server: server.half_sent(),
        lambda server: web.Response(text="<html>Bad Gateway</html>", content_type="text/html"),
        lambda server: server.silence(),
    ],
    ids=["500", "503", "529", "408", "409", "reset", "half sent", "no JSON", "hang"],
)
def test_what_passes_is_tried_again(server, model, requests, complete, only, fault):
    server.answer = lambda prompt, time: fault(server) if time == 1 else "at last"

    completion = only(complete(model(timeout_seconds=1), requests()))

    assert completion.text == "at last"
    assert server.times["question 0"] == 2


def test_an_error_in_place_of_a_text_is_tried_again(server, model, requests, complete, only):
    server.answer = lambda prompt, time: (
        web.json_response({"error": {"message": "overloaded"}}) if time == 1 else "at last"
    )

    completion = only(complete(model(mode="completion"), requests(chat=False)))

    assert completion.text == "at last"


def test_what_does_not_pass_ends_as_unavailable_with_the_last_error(server, model, requests, complete, only):
    server.answer = lambda prompt, time: server.error(503, "down for\nmaintenance")

    completion = only(complete(model(attempts=3), requests()))

    assert completion.failure.kind == "unavailable"
    assert completion.failure.message == "no answer in 3 attempts; the last: HTTP 503, down for maintenance"
    assert server.times["question 0"] == 3


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize(
    ("host", "reason"), [("127.0.0.1:9", "connection refused"), ("nosuch.invalid:80", "")], ids=["refused", "unknown"]
)
def test_a_server_that_is_not_there_is_named_after_two_attempts(model, requests, complete, host, reason):
    completions = complete(model(api_base=f"http://{host}/v1", attempts=8), requests(20))

    assert {completion.failure.kind for completion in completions} == {"unavailable"}
    (message,) = {completion.failure.message for completion in completions}
    assert message.startswith(f"cannot reach {host} ({reason}")


@pytest.mark.parametrize(
    "refusal",
    [
        lambda server: server.error(
            400, "This model's maximum context length is 10 tokens", code="context_length_exceeded"
        ),
        lambda server: server.error(400, "flagged", code="content_policy_violation"),
        lambda server: server.error(413),
        lambda server: server.error(422),
    ],
    ids=["context", "policy", "413", "422"],
)
def test_a_request_that_is_refused_does_not_hold_up_the_others(server, model, requests, complete, refusal):
    server.answer = lambda prompt, time: refusal(server) if prompt == "question 1" else prompt

    first, refused, last = complete(model(), requests(3))

    assert refused.failure.kind == "refused"
    assert (first.text, last.text) == ("question 0", "question 2")
    assert (server.times["question 0"], server.times["question 1"], server.times["question 2"]) == (1, 2, 1)


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_after_a_fatal_failure_nothing_more_is_sent(server, model, requests, complete, status):
    server.answer = lambda prompt, time: server.error(status, "not you")

    completions = complete(model(concurrency=2), requests(50))

    assert {completion.failure.kind for completion in completions} == {"fatal"}
    (message,) = {completion.failure.message for completion in completions}
    assert message.startswith(f"HTTP {status}, not you")
    assert len(server.asked) <= 4


def test_a_fatal_failure_ends_the_waiting_of_the_others(server, model, requests, complete):
    async def answer(prompt, time):
        if prompt == "question 0":
            return server.error(429, headers={"Retry-After": "60"})
        await asyncio.sleep(0.2)
        return server.error(401)

    server.answer = answer
    began = time.monotonic()

    completions = complete(model(concurrency=2), requests(2))

    assert [completion.failure.kind for completion in completions] == ["fatal", "fatal"]
    assert time.monotonic() - began < 30


def test_a_wrong_parameter_is_fatal_though_the_status_says_otherwise(server, model, requests, complete, only):
    server.answer = lambda prompt, time: server.error(400, "Unsupported value", code="unsupported_value")

    completion = only(complete(model(mode="completion"), requests(chat=False)))

    assert completion.failure.kind == "fatal"


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_a_reply_without_text_is_an_empty_text(server, model, requests, complete, only, mode):
    server.answer = lambda prompt, time: web.json_response(server.reply(None, mode == "chat"))

    completion = only(complete(model(mode=mode), requests(chat=mode == "chat")))

    assert (completion.text, completion.failure) == ("", None)


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize(
    "garbled",
    [
        lambda server: server.half_sent(),
        lambda server: web.Response(text="<html>Log in</html>", content_type="text/html"),
        lambda server: web.json_response(server.reply("", choices=[])),
        lambda server: web.json_response({"object": "list"}),
        lambda server: web.json_response([]),
    ],
    ids=["half sent", "no JSON", "no choice", "no choices", "a list"],
)
def test_a_request_that_gets_no_whole_reply_in_all_its_attempts_is_refused(server, model, requests, complete, garbled):
    server.answer = lambda prompt, time: garbled(server) if prompt == "question 1" else prompt

    first, refused, last = complete(model(), requests(3))

    assert refused.failure.kind == "refused"
    assert refused.failure.message.startswith("no whole reply in 2 attempts; the last: ")
    assert (first.text, last.text) == ("question 0", "question 2")


def test_only_the_content_counts_and_not_the_reasoning(server, model, requests, complete, only):
    message = {"role": "assistant", "content": "Yes", "reasoning_content": "Let me think"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    server.answer = lambda prompt, time: web.json_response(server.reply("", choices=[choice]))

    assert only(complete(model(), requests())).text == "Yes"


def test_a_reply_that_reached_the_limit_says_so(server, model, requests, complete, only):
    choice = {"index": 0, "finish_reason": "length", "text": "cut o"}
    server.answer = lambda prompt, time: web.json_response(server.reply("", choices=[choice]))

    assert only(complete(model(mode="completion"), requests(chat=False))).is_cut_off


def test_four_stop_strings_are_sent_and_all_are_applied(server, model, requests, complete, only):
    server.answer = lambda prompt, time: "one five two"

    completion = only(complete(model(), requests(stop=["a!", "b!", "c!", "d!", "five"])))

    assert only(server.asked).body["stop"] == ["a!", "b!", "c!", "d!"]
    assert (completion.text, completion.finish_reason) == ("one ", "stop")
    assert json.loads(completion.sent) == {"stop": ["a!", "b!", "c!", "d!"]}


def test_tokens_that_the_server_does_not_count_are_unknown_and_so_is_the_cost(server, model, requests, complete, only):
    server.answer = lambda prompt, time: web.json_response(server.reply("text", usage=None))

    completion = only(complete(model(price=Price(prompt=1, completion=2)), requests()))

    assert (completion.prompt_tokens, completion.completion_tokens, completion.cost_usd) == (None, None, None)


def test_a_price_gives_the_cost(model, requests, complete, only):
    completion = only(complete(model(price=Price(prompt=1, completion=2)), requests()))

    assert (completion.prompt_tokens, completion.completion_tokens) == (100, 20)
    assert completion.cost_usd == pytest.approx(140e-6)


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_no_key_is_sent_where_none_is_named(server, model, requests, complete, only, mode, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    only(complete(model(mode=mode), requests(chat=mode == "chat")))

    assert "Authorization" not in only(server.asked).headers


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_no_key_is_sent_where_the_variable_is_not_set(server, model, requests, complete, only, mode, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)

    only(complete(model(mode=mode, key_env="SOME_KEY"), requests(chat=mode == "chat")))

    assert "Authorization" not in only(server.asked).headers


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_the_key_of_the_variable_is_sent(server, model, requests, complete, only, mode, monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)

    only(complete(model(mode=mode, key_env="SOME_KEY"), requests(chat=mode == "chat")))

    assert only(server.asked).headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_key_that_the_server_echoes_appears_nowhere(
    server, model, requests, complete, only, status, monkeypatch, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    key = "an-odd-key-without-prefix"
    monkeypatch.setenv("SOME_KEY", key)
    server.answer = lambda prompt, time: server.error(status, f"wrong key {key} in 'Bearer {key}'")

    completion = only(complete(model(key_env="SOME_KEY"), requests()))

    printed = capfd.readouterr()
    assert "[key]" in completion.failure.message
    assert key not in repr(completion) + caplog.text + printed.out + printed.err


@pytest.mark.parametrize("model", KINDS, indirect=True)
def test_a_key_that_the_server_echoes_in_a_reply_is_no_part_of_it(server, model, requests, complete, only, monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)
    server.answer = lambda prompt, time: web.json_response(server.reply(f"Say {KEY}!", model=f"m {KEY}"))

    completion = only(complete(model(key_env="SOME_KEY"), requests()))

    assert (completion.text, completion.model) == ("Say [key]!", "m [key]")


def test_a_run_prints_nothing(server, model, requests, complete, capfd):
    server.answer = lambda prompt, time: server.error(500) if prompt == "question 0" else prompt

    complete(model(attempts=1), requests(3))

    assert capfd.readouterr() == ("", "")


def test_nothing_is_sent_and_no_thread_is_started_before_the_first_request(server, model):
    before = threading.active_count()

    with model().session() as line:
        assert line.submit([]) == []
        assert threading.active_count() == before

    assert server.asked == []


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_what_is_under_way_when_the_session_is_closed_is_waited_for_and_the_rest_is_not_sent(
    server, model, requests, mode
):
    async def answer(prompt, time):
        while server.under_way < 4 and not server.times["question 1"]:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0 if prompt == "question 0" else 0.5)
        return prompt

    server.answer = answer
    before = set(threading.enumerate())

    with model(mode=mode).session() as line:
        first, *others = line.submit(requests(20, chat=mode == "chat"))
        assert first.result().text == "question 0"
    gc.collect()

    done = [future for future in others if not future.cancelled()]
    assert 3 <= len(done) <= 4
    assert [future.result().text for future in done] == [f"question {number + 1}" for number in range(len(done))]
    assert all(future.done() for future in others)
    assert len(server.asked) == 1 + len(done)
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_an_interrupt_while_the_session_is_closed_ends_the_waiting_and_leaves_nothing_behind(
    server, model, requests, mode
):
    async def answer(prompt, time):
        if server.under_way == 4:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
        await asyncio.sleep(30)

    def interrupt(*_):
        raise KeyboardInterrupt

    server.answer = answer
    before, previous = set(threading.enumerate()), signal.signal(signal.SIGALRM, interrupt)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt), model(mode=mode, timeout_seconds=60).session() as line:
            futures = line.submit(requests(20, chat=mode == "chat"))
    finally:
        signal.signal(signal.SIGALRM, previous)
    gc.collect()

    assert time.monotonic() - began < 10
    assert sum(future.cancelled() for future in futures) == 16
    assert all(future.result().failure.kind == "unavailable" for future in futures if not future.cancelled())
    assert set(threading.enumerate()) == before


def test_one_model_can_be_asked_while_another_is(model, requests, complete):
    with model().session() as line:
        first = line.submit(requests(20))
        second = complete(model(), requests(5))
        replies = [*second, *(future.result() for future in first)]

    assert all(reply.failure is None for reply in replies)
    assert len(replies) == 25


def test_requests_asked_later_go_through_the_same_connections(server, model, requests):
    with model(concurrency=1).session() as line:
        for number in range(5):
            line.submit(requests(1, text=f"{number}"))[0].result()

    assert len({asked.peer for asked in server.asked}) == 1


def test_a_refusal_for_too_much_narrows_the_window_and_replies_open_it_again(server, model, requests, complete):
    most = []

    async def answer(prompt, time):
        number = int(prompt.split()[1])
        if number < 8 and time == 1:
            return server.error(429)
        most.append(server.under_way)
        await asyncio.sleep(0.1)  # so long that a client that pipelines has several under way
        return prompt

    server.answer = answer

    replies = complete(model(concurrency=8), requests(200))

    assert all(reply.failure is None for reply in replies)
    assert max(most[:4]) <= 5
    assert max(most) > 5  # and 8, as soon as the last of those refused has come back


def test_while_the_server_asks_to_wait_nothing_new_is_sent(server, model, requests, complete):
    server.answer = lambda prompt, time: (
        server.error(429, headers={"Retry-After": "1"}) if prompt == "question 0" and time == 1 else prompt
    )

    complete(model(concurrency=1), requests(3))

    first, *others = [asked.time for asked in server.asked]
    assert all(time - first > 0.9 for time in others)


def test_requests_keep_to_the_pace_of_the_limit(server, model, requests, complete):
    complete(model(concurrency=8, requests_per_minute=240), requests(10))  # 4 a second

    times = [asked.time for asked in server.asked]
    assert times[4] - times[0] > 0.9
    assert times[8] - times[4] > 0.9
    assert times[-1] - times[0] < 10


def test_the_fingerprint_says_what_shapes_a_reply_and_no_key(model):
    made = model(api_base="http://h/v1", key_env="SOME_KEY", extra={"top_k": 1})

    assert made.fingerprint() == {"name": made.name, "mode": "chat", "api_base": "http://h/v1", "extra": {"top_k": 1}}


def test_a_key_that_is_missing_is_a_problem(model, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)

    made = model(key_env="SOME_KEY", key_required=True)

    assert made.problems() == [f"The environment variable SOME_KEY is not set; {made.name} needs its key there."]


def test_an_empty_key_is_a_missing_key(model, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "")

    assert len(model(key_env="SOME_KEY", key_required=True).problems()) == 1


def test_white_space_around_a_key_is_no_part_of_it(server, model, requests, complete, only, monkeypatch):
    monkeypatch.setenv("SOME_KEY", f" {KEY}\n")

    only(complete(model(key_env="SOME_KEY"), requests()))

    assert only(server.asked).headers["Authorization"] == f"Bearer {KEY}"


def test_a_key_that_has_no_name_is_a_problem(model, only):
    assert "model.key_env is null" in only(model(key_required=True).problems())


@pytest.mark.parametrize("url", ["127.0.0.1:8000/v1", "ftp://h/v1", "http://", "http://[", ""])
def test_an_address_that_is_none_is_a_problem(model, only, url):
    assert "model.api_base must be a URL" in only(model(api_base=url).problems())


def test_half_a_price_is_a_problem(model, only):
    assert "neither" in only(model(price=Price(prompt=1, completion=None)).problems())


@pytest.mark.parametrize("name", ["api_key", "n", "stream", "temperature"])
def test_an_extra_that_has_its_own_key_is_a_problem(model, only, name):
    assert f"model.extra.{name}" in only(model(extra={name: 1}).problems())


def test_a_model_with_problems_answers_with_them(server, model, requests, complete):
    completions = complete(model(extra={"n": 2}), requests(2))

    assert [completion.failure.kind for completion in completions] == ["fatal", "fatal"]
    assert server.asked == []


def test_a_model_without_problems_has_none(model):
    assert model().problems() == []


def replied(server, chat=True, word="stop", **changes):
    body = server.reply("1. Name a fruit. 2. Name a", chat)
    body["choices"][0]["finish_reason"] = word
    return web.json_response({**body, **changes})


CUT_OFF = ("length", "LENGTH", "max_tokens", "MAX_TOKENS", "model_length", "token_limit")


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("word", CUT_OFF)
@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_a_limit_by_any_name_cuts_a_reply_off(server, model, requests, complete, only, word, mode):
    chat = mode == "chat"
    server.answer = lambda prompt, time: replied(server, chat, word)

    completion = only(complete(model(mode=mode), requests(chat=chat)))

    assert (completion.text, completion.finish_reason) == ("1. Name a fruit. 2. Name a", word)
    assert completion.is_cut_off


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("word", ["content_filter", "abort", "error"])
def test_text_that_a_filter_or_a_fault_ended_is_asked_for_again(server, model, requests, complete, only, word):
    server.answer = lambda prompt, time: replied(server, word=word) if time == 1 else "at last"

    completion = only(complete(model(), requests()))

    assert (completion.text, completion.finish_reason) == ("at last", "stop")
    assert server.times["question 0"] == 2


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("word", ["content_filter", "abort", "error"])
def test_text_that_stays_so_is_refused_with_the_providers_word(server, model, requests, complete, only, word):
    server.answer = lambda prompt, time: replied(server, word=word) if prompt == "question 0" else "well"

    completion = only(complete(model(), requests()))

    assert completion.text == ""
    assert completion.failure.kind == "refused"
    assert f"the provider ended the reply with '{word}'" in completion.failure.message


@pytest.mark.parametrize("model", KINDS, indirect=True)
def test_a_server_all_of_whose_replies_end_so_is_not_asked_forever(server, model, requests, complete):
    server.answer = lambda prompt, time: replied(server, word="abort")

    completions = complete(model(concurrency=16), requests(40))

    assert completions[-1].failure.kind == "fatal"
    assert "the provider ended the reply with 'abort'" in completions[-1].failure.message
    assert "(No request of stage gets a whole reply now" in completions[-1].failure.message
    assert server.times.total() < 80


ODD_REASONS = [None, {"type": "length"}, {"a": 1}, 7, "stop\ud83d", "stop\x1b[2J", ["stop"]]


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("reason", ODD_REASONS, ids=ascii)
def test_a_reason_of_an_odd_type_is_kept_as_far_as_it_can_be(server, model, requests, complete, only, reason):
    server.answer = lambda prompt, time: replied(server, word=reason)

    completion = only(complete(model(), requests()))

    assert completion.text == "1. Name a fruit. 2. Name a"
    assert completion.finish_reason == word_of(reason)


ODD_CONTENTS = [
    ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab"),
    (["a", "b"], "ab"),
    ({"type": "text", "text": "a"}, "a"),
    (None, ""),
    (7, ""),
]


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize(("content", "text"), ODD_CONTENTS, ids=str)
def test_a_text_is_found_in_whatever_holds_it(server, model, requests, complete, only, content, text):
    server.answer = lambda prompt, time: web.json_response(server.reply(content))

    assert only(complete(model(), requests())).text == text


@pytest.mark.parametrize("model", KINDS, indirect=True)
def test_a_text_in_the_place_of_a_message_is_found_too(server, model, requests, complete, only):
    server.answer = lambda prompt, time: web.json_response(server.reply("text", chat=False))

    assert only(complete(model(), requests())).text == "text"


@pytest.mark.parametrize("model", KINDS, indirect=True)
@pytest.mark.parametrize("changes", [{"model": {"a": 1}}, {"model": 7}, {"model": None}, {"usage": None}], ids=str)
def test_odd_types_beside_the_text_hold_nothing_up(server, model, requests, complete, only, changes):
    server.answer = lambda prompt, time: replied(server, **changes)

    completion = only(complete(model(), requests()))

    assert completion.text == "1. Name a fruit. 2. Name a"
    assert isinstance(completion.model, str)


@pytest.mark.parametrize("model", KINDS, indirect=True)
def test_a_reply_under_another_status_of_success_is_a_reply(server, model, requests, complete, only):
    server.answer = lambda prompt, time: web.json_response(server.reply("text"), status=201)

    assert only(complete(model(), requests())).text == "text"


@pytest.mark.parametrize("model", KINDS, indirect=True)
def test_the_price_of_the_config_goes_before_the_cost_that_the_server_names(server, model, requests, complete, only):
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "cost": 0.0042}
    server.answer = lambda prompt, time: replied(server, usage=usage)

    unpriced = only(complete(model(), requests()))
    priced = only(complete(model(price=Price(prompt=1, completion=1)), requests()))

    assert unpriced.cost_usd == 0.0042
    assert priced.cost_usd == pytest.approx(120 / 1e6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_beside_an_empty_content_is_asked_for_again_and_named(
    kind, server, settings, requests, complete, only
):
    message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    refused = server.reply("", choices=[choice])
    server.answer = lambda prompt, time: web.json_response(refused) if prompt == "question 0" else "well"

    failure = only(complete(KINDS[kind](api_base=server.url, **settings), requests())).failure

    assert failure.kind == "refused"
    assert "the provider ended the reply with 'refusal'" in failure.message
    assert server.times["question 0"] == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_tool_call_in_place_of_a_text_is_known_as_one_whatever_the_word(
    kind, server, settings, requests, complete, only
):
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": "x", "type": "function", "function": function}]
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": None, "tool_calls": calls},
    }
    server.answer = lambda prompt, time: web.json_response(server.reply("", choices=[choice]))

    completion = only(complete(KINDS[kind](api_base=server.url, **settings), requests()))

    assert (completion.text, completion.finish_reason, completion.finish_kind) == ("", "tool_calls", "tool call")


@pytest.mark.parametrize(
    ("word", "kind"), [("length", "cut off"), ("MAX_TOKENS", "cut off"), ("tool_calls", "tool call"), ("stop", "ended")]
)
def test_a_reply_without_text_keeps_why_it_is_empty(word, kind, server, model, requests, complete, only):
    choice = {"index": 0, "finish_reason": word, "message": {"role": "assistant", "content": None}}
    server.answer = lambda prompt, time: web.json_response(server.reply("", choices=[choice]))

    completion = only(complete(model(), requests()))

    assert (completion.text, completion.finish_kind) == ("", kind)


def test_another_model_or_server_in_its_extra_is_refused_before_anything_is_sent(
    model, server, servers, requests, complete, only
):
    with servers() as other:
        fallbacks = [{"model": "openai/other", "api_base": other.url, "api_key": "none"}]
        asking = model(extra={"fallbacks": fallbacks, "n": 2})

        failure = only(complete(asking, requests())).failure

        assert failure.kind == "fatal"
        for name, instead in (("fallbacks", "Set model.name instead."), ("n", "requests_per_round instead.")):
            assert [text for text in asking.problems() if f"model.extra.{name} " in text and text.endswith(instead)]
        assert server.asked == other.asked == []
