"""Servers that speak the protocols of the providers, asked through LiteLLM: why their replies ended, and the tokens."""

import asyncio
import json
import logging
import threading

import pytest
from aiohttp import web

from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.model.raw_reply import RawReply, usable

TEXT = "1. Name a fruit.\n2. Name a"


def openai(word, chat):
    said = {"message": {"role": "assistant", "content": TEXT}} if chat else {"text": TEXT}
    choice = {"index": 0, "finish_reason": word, **said}
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    return {"id": "x", "object": "x", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def anthropic(word):
    content = [{"type": "text", "text": TEXT}]
    head = {"id": "x", "type": "message", "role": "assistant", "model": "m"}
    return {**head, "content": content, "stop_reason": word, "usage": {"input_tokens": 5, "output_tokens": 3}}


def gemini(word):
    candidate = {"content": {"role": "model", "parts": [{"text": TEXT}]}, "finishReason": word}
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"}


def cohere(word, version):
    counts = {
        "tokens": {"input_tokens": 5, "output_tokens": 3},
        "billed_units": {"input_tokens": 5, "output_tokens": 3},
    }
    if version == 1:
        return {"response_id": "x", "generation_id": "y", "text": TEXT, "finish_reason": word, "meta": counts}
    message = {"role": "assistant", "content": [{"type": "text", "text": TEXT}]}
    return {"id": "x", "finish_reason": word, "message": message, "usage": counts}


def ollama(word, chat):
    said = {"message": {"role": "assistant", "content": TEXT}} if chat else {"response": TEXT}
    return {"model": "m", "done": True, "done_reason": word, "prompt_eval_count": 5, "eval_count": 3, **said}


def bedrock(word):
    message = {"role": "assistant", "content": [{"text": TEXT}]}
    usage = {"inputTokens": 5, "outputTokens": 3, "totalTokens": 8}
    return {"output": {"message": message}, "stopReason": word, "usage": usage, "metrics": {"latencyMs": 1}}


FORMATS = (
    ("/api/show", lambda word: {"model_info": {}, "details": {"family": "x"}}),
    ("/api/generate", lambda word: ollama(word, chat=False)),
    ("/api/chat", lambda word: ollama(word, chat=True)),
    ("/v1/messages", anthropic),
    (":generateContent", gemini),
    ("/v1/chat", lambda word: cohere(word, 1)),
    ("/v2/chat", lambda word: cohere(word, 2)),
    ("/converse", bedrock),
    ("/chat/completions", lambda word: openai(word, chat=True)),
    ("/completions", lambda word: openai(word, chat=False)),
)
COUNTS = ("usage", "usageMetadata", "meta", "prompt_eval_count", "eval_count")


class Hosted:
    """Speaks every protocol, by the path that it is asked under."""

    def __init__(self):
        self.word = "stop"
        self.change = lambda body: body
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
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _handle(self, request):
        await request.read()
        body = next(body for end, body in FORMATS if request.path.endswith(end))(self.word)
        said = self.change(body)
        return said if isinstance(said, web.Response) else web.json_response(said)


@pytest.fixture(scope="module")
def running():
    with Hosted() as server:
        yield server


@pytest.fixture
def hosted(running, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_REGION_NAME", "us-east-1")
    monkeypatch.setenv("AZURE_API_VERSION", "2024-10-21")
    monkeypatch.setenv("SOME_KEY", "x")
    running.word, running.change = "stop", lambda body: body
    return running


PROVIDERS = {
    "openai": ("openai/m", "/v1"),
    "vllm": ("hosted_vllm/m", "/v1"),
    "azure": ("azure/m", ""),
    "mistral": ("mistral/m", "/v1"),
    "deepseek": ("deepseek/m", "/v1"),
    "openrouter": ("openrouter/m", "/v1"),
    "fireworks": ("fireworks_ai/m", "/v1"),
    "together": ("together_ai/m", "/v1"),
    "anthropic": ("anthropic/claude-haiku-4-5", ""),
    "gemini": ("gemini/gemini-2.5-flash", ""),
    "cohere v1": ("cohere_chat/v1/command-r", "/v1/chat"),
    "cohere v2": ("cohere_chat/command-a", "/v2/chat"),
    "ollama": ("ollama/m", ""),
    "ollama chat": ("ollama_chat/m", ""),
    "bedrock": ("bedrock/anthropic.claude-3-haiku-20240307-v1:0", ""),
}


@pytest.fixture
def ask(hosted, settings, requests, complete, only):
    def answered(provider, chat=True):
        name, path = PROVIDERS[provider]
        base = f"{hosted.url}{path}"
        changes = {"key_env": "SOME_KEY", "attempts": 1, "mode": "chat" if chat else "completion"}
        return only(complete(LiteLLM(**{**settings, **changes}, name=name, api_base=base), requests(chat=chat)))

    return answered


CUT_OFF = [
    *(("openai", "model_length"), ("vllm", "length"), ("azure", "model_length"), ("mistral", "model_length")),
    *(("anthropic", "max_tokens"), ("anthropic", "pause_turn"), ("anthropic", "model_context_window_exceeded")),
    *(("gemini", "MAX_TOKENS"), ("cohere v1", "MAX_TOKENS"), ("cohere v2", "MAX_TOKENS"), ("ollama", "length")),
    *(("ollama chat", "length"), ("bedrock", "max_tokens"), ("bedrock", "model_context_window_exceeded")),
]


@pytest.mark.parametrize(("provider", "word"), CUT_OFF)
def test_a_reply_that_was_cut_off_is_known_by_the_providers_own_word(hosted, ask, caplog, provider, word):
    hosted.word = word

    completion = ask(provider)

    assert (completion.text, completion.finish_reason) == (TEXT, word)
    assert completion.is_cut_off
    assert (completion.prompt_tokens, completion.completion_tokens) == (5, 3)
    assert "Unmapped" not in caplog.text


UNTRUSTED = [
    *(("openai", "error"), ("vllm", "abort"), ("azure", "content_filter"), ("mistral", "error")),
    *(("deepseek", "insufficient_system_resource"), ("openrouter", "error"), ("anthropic", "refusal")),
    *(("gemini", "OTHER"), ("gemini", "MALFORMED_FUNCTION_CALL"), ("cohere v1", "ERROR"), ("cohere v2", "ERROR")),
    *(("ollama", "load"), ("ollama chat", "load"), ("bedrock", "guardrail_intervened")),
]


@pytest.mark.parametrize(("provider", "word"), UNTRUSTED)
def test_half_a_text_that_a_filter_or_a_fault_ended_is_never_used(hosted, ask, caplog, provider, word):
    hosted.word = word

    completion = ask(provider)

    assert completion.text == ""
    assert completion.failure.kind == "fatal"
    assert f"ended the reply with '{word}'" in completion.failure.message
    assert "Unmapped" not in caplog.text


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("word", ["never heard of", None])
def test_a_word_that_is_unknown_is_kept_as_given(hosted, ask, caplog, provider, word):
    hosted.word = word

    completion = ask(provider)

    assert (completion.text, completion.finish_reason) == (TEXT, word or "")
    assert caplog.text == ""


def test_a_continued_text_has_its_own_word_too(hosted, ask):
    hosted.word = "model_length"

    assert ask("vllm", chat=False).finish_reason == "model_length"


def without_counts(body):
    return {key: value for key, value in body.items() if key not in COUNTS}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_reply_without_counts_is_a_reply_whose_tokens_are_unknown(hosted, ask, provider):
    hosted.change = without_counts

    completion = ask(provider)

    assert completion.text == TEXT
    assert (completion.prompt_tokens, completion.completion_tokens) == (None, None)


USAGES = [
    (None, (None, None)),
    ([], (None, None)),
    ({"prompt_tokens": "5", "completion_tokens": "3"}, (None, None)),
    ({"prompt_tokens": 5}, (5, None)),
    ({"prompt_tokens": 5, "completion_tokens": -1}, (5, None)),
    ({"prompt_tokens": 10**30, "completion_tokens": 3}, (None, 3)),
]


@pytest.mark.parametrize("provider", ["openai", "vllm"])
@pytest.mark.parametrize(("usage", "tokens"), USAGES)
def test_counts_that_cannot_be_right_are_unknown_and_not_0(hosted, ask, provider, usage, tokens):
    hosted.change = lambda body: {**body, "usage": usage}

    completion = ask(provider)

    assert (completion.prompt_tokens, completion.completion_tokens) == tokens


@pytest.mark.parametrize("provider", ["openai", "vllm", "openrouter"])
def test_the_cost_that_a_gateway_names_is_used_where_no_price_is_known(hosted, ask, provider):
    hosted.change = lambda body: {**body, "usage": {**body["usage"], "cost": 0.0042}}

    assert ask(provider).cost_usd == 0.0042


@pytest.mark.parametrize("provider", ["openai", "vllm"])
@pytest.mark.parametrize("change", [{"model": {"a": 1}}, {"model": 7}, {"model": None}], ids=str)
def test_a_model_of_an_odd_type_is_no_name_and_holds_nothing_up(hosted, ask, provider, change):
    hosted.change = lambda body: {**body, **change}

    completion = ask(provider)

    assert completion.text == TEXT
    assert isinstance(completion.model, str)


def test_what_litellm_cannot_convert_is_reported_in_a_sentence(hosted, ask, monkeypatch):
    monkeypatch.setitem(PROVIDERS, "groq", ("groq/m", "/v1"))

    message = ask("groq").failure.message

    assert "LiteLLM cannot convert this reply of groq: 'ModelResponse' object has no attribute" in message


@pytest.mark.parametrize("provider", ["openai", "vllm", "anthropic", "cohere v2", "bedrock"])
@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b'data: {"choices": []}\n\ndata: [DONE]\n\n', "no completion: data:"),
        (b"<html><body>Log in</body></html>", "no completion: Log in"),
        (b'{"object": "list"}', 'no completion: {"object": "list"}'),
        (b"", "no completion: nothing"),
    ],
    ids=["sse", "html", "no choices", "empty"],
)
def test_a_success_without_a_reply_is_shown_as_it_arrived(hosted, ask, provider, content, shown):
    hosted.change = lambda body: web.Response(body=content, content_type="application/json")

    failure = ask(provider).failure

    assert failure.kind == "fatal"
    assert shown in failure.message


def taken(body, status=200, known=("stop",)):
    raw = RawReply(chat=True)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw, raw.read(status, {}, content, known), content


def test_an_ordinary_body_is_passed_on_as_it_arrived():
    raw, changed, content = taken(openai("stop", chat=True))

    assert changed is content
    assert raw.reason == "stop"


@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_long_error_is_passed_on_only_by_its_beginning(hosted, ask, status):
    body = json.dumps({"error": {"message": "Try again in " * 100_000, "type": "x"}}).encode()
    hosted.change = lambda _: web.Response(body=body, status=status, content_type="application/json")

    assert len(taken(body, status=status)[1]) == 20_000
    assert len(ask("openai").failure.message) < 1000


def test_a_word_that_litellm_does_not_know_is_hidden_from_it():
    raw, changed, _ = taken(openai("abort", chat=True))

    assert raw.reason == "abort"
    assert json.loads(changed) == openai("stop", chat=True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"choices": [{"text": "x"}]}, ""),
        ({"choices": []}, None),
        ({"choices": {"0": 1}}, None),
        ({"candidates": ["x"]}, None),
        ([], None),
        ("stop", None),
        (7, None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_reason_is_found_in_each_layout(body, reason):
    assert taken(body)[0].reason == reason


def test_a_second_body_of_the_same_call_does_not_undo_the_first():
    raw, _, _ = taken(ollama("length", chat=False))
    raw.read(200, {}, b'{"details": {"family": "x"}}', ())

    assert raw.reason == "length"
    assert raw.explained(KeyError("x"), "ollama").message == "LiteLLM cannot convert this reply of ollama: 'x'"


@pytest.mark.parametrize(("body", "status"), [({"error": {"message": "no"}}, 200), ({"detail": "no"}, 500), (b"", 429)])
def test_what_a_server_says_in_an_error_is_left_to_its_own_words(body, status):
    raw, changed, content = taken(body, status)

    assert changed is content
    assert raw.explained(ValueError("no"), "x") is None


def test_before_a_body_has_arrived_an_error_is_what_it_says():
    assert RawReply(chat=True).explained(ValueError("no"), "x") is None


def test_a_reply_that_cannot_be_converted_is_asked_for_again():
    assert isinstance(taken(openai("stop", chat=True))[0].explained(KeyError("usage"), "x"), GarbledError)


def test_counts_are_filled_in_at_any_depth_and_others_stay():
    zero = {"tokens": {"in": 0, "out": 0}}

    assert usable({"tokens": {"in": 2, "out": "x", "cached": 1}, "billed": 1}, zero) == {
        "tokens": {"in": 2, "out": 0, "cached": 1},
        "billed": 1,
    }
    assert usable([], zero) == usable(None, zero) == zero


@pytest.fixture(autouse=True)
def warnings_are_seen(caplog):
    caplog.set_level(logging.WARNING)
