"""No client follows a redirect or reads without end, whatever provider it asks: a real host, and one on 127.0.0.2."""

import gzip
import os
import subprocess
import sys
import threading
import zlib
from functools import cache
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
import servers

from selfinstruct.model.connection import loaded
from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.failed_attempt import GarbledError, ReplyError
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.model.raw_reply import CALL, RawReply

pytestmark = pytest.mark.slow

KEY = "sk-test-0123456789abcdef"


class Host(servers.Server):
    """Answers every request with the same status, headers and body, and records what it was asked."""

    def __init__(self, address):
        self.said = 200, {}, b"{}"
        self.is_endless = False
        self.asked, self.ended = [], threading.Event()
        super().__init__((address, 0), ModelClient)

    @property
    def url(self):
        return f"http://{self.server_address[0]}:{self.server_port}"

    def handle_error(self, request, client_address):
        """Note a client that hangs up, which some tests wait for."""
        self.ended.set()


class ModelClient(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.path}\n{self.headers}")
        status, headers, body = self.server.said
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)
        while self.server.is_endless:
            self.wfile.write(bytes(1 << 16))

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *args):
        pass


def serving(address):
    with Host(address) as host:
        thread = threading.Thread(target=host.serve_forever, args=(0.05,))
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@pytest.fixture
def host():
    yield from serving("127.0.0.1")


@pytest.fixture
def elsewhere():
    yield from serving("127.0.0.2")


@pytest.fixture(params=["aiohttp", "httpx"])
def transport(request, monkeypatch):
    """What LiteLLM's clients stand on."""
    if request.param == "httpx":
        monkeypatch.setenv("DISABLE_AIOHTTP_TRANSPORT", "True")


PROVIDERS = {
    "openai": ("openai/m", "/v1"),
    "vllm": ("hosted_vllm/m", "/v1"),
    "azure": ("azure/m", ""),
    "mistral": ("mistral/m", "/v1"),
    "openrouter": ("openrouter/m", "/v1"),
    "anthropic": ("anthropic/claude-haiku-4-5", ""),
    "gemini": ("gemini/gemini-2.5-flash", ""),
    "cohere v1": ("cohere_chat/v1/command-r", "/v1/chat"),
    "cohere v2": ("cohere_chat/command-a", "/v2/chat"),
    "ollama": ("ollama/m", ""),
    "ollama chat": ("ollama_chat/m", ""),
    "bedrock": ("bedrock/anthropic.claude-3-haiku-20240307-v1:0", ""),
}


@pytest.fixture
def ask(host, settings, requests, complete, only, monkeypatch):
    """Ask the host by the protocol of a provider, with a key."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SOME_KEY"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("AWS_REGION_NAME", "us-east-1")
    monkeypatch.setenv("AZURE_API_VERSION", "2024-10-21")

    def answered(provider, **changes):
        values = {**settings, "key_env": "SOME_KEY", "attempts": 1, "timeout_seconds": 20, **changes}
        chat = values["mode"] == "chat"
        if provider == "endpoint":
            model = Endpoint(**{"name": "m", "api_base": f"{host.url}/v1", **values})
        else:
            name, path = PROVIDERS[provider]
            model = LiteLLM(**values, name=name, api_base=f"{host.url}{path}")
        return only(complete(model, requests(chat=chat))).failure

    return answered


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_provider_is_followed_elsewhere_and_no_key_gets_there(provider, host, elsewhere, ask):
    place = f"{elsewhere.url}/v1/there"
    host.said = 307, {"Location": place}, b""

    failure = ask(provider)

    assert elsewhere.asked == []
    assert failure.kind == "fatal"
    assert failure.message == f"HTTP 307, Temporary Redirect to {place}; set model.api_base to where it is"


@pytest.mark.parametrize("provider", ["endpoint", "openai", "anthropic"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_kind_of_redirect_is_followed(provider, status, host, elsewhere, ask):
    host.said = status, {"Location": f"{elsewhere.url}/there"}, b"moved"

    failure = ask(provider)

    assert elsewhere.asked == []
    assert failure.kind == "fatal"
    assert f"to {elsewhere.url}/there; set model.api_base" in failure.message


@pytest.mark.parametrize("provider", ["endpoint", "openai"])
def test_a_text_to_be_continued_is_not_sent_elsewhere_either(provider, host, elsewhere, ask):
    host.said = 308, {"Location": elsewhere.url}, b""

    assert ask(provider, mode="completion").kind == "fatal"
    assert elsewhere.asked == []


@pytest.mark.parametrize("provider", ["endpoint", "openai"])
@pytest.mark.parametrize(("location", "shown"), [({"Location": "/there"}, "{host}/there"), ({}, "nowhere")])
def test_a_redirect_within_a_host_or_to_nowhere_is_shown_too(provider, location, shown, host, ask):
    host.said = 307, location, b""

    assert f"Temporary Redirect to {shown.format(host=host.url)};" in ask(provider).message
    assert len(host.asked) == 1


@pytest.fixture
def call():
    """A call of ours under way in this thread, with a small limit."""
    loaded()
    original = RawReply(chat=True, limit=1 << 20)
    outer = CALL.set(original)
    yield original
    CALL.reset(outer)


def test_a_client_that_waits_in_a_thread_follows_no_redirect(host, elsewhere, call):
    host.said = 302, {"Location": elsewhere.url}, b""

    with httpx.Client(follow_redirects=True) as client, pytest.raises(ReplyError, match=r"set model\.api_base"):
        client.get(host.url, headers={"x-api-key": KEY})

    assert elsewhere.asked == []


def test_a_client_that_waits_in_a_thread_reads_no_further_than_the_limit(host, call):
    host.said = 200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(2 << 20))

    with httpx.Client() as client, pytest.raises(GarbledError, match=r"model\.max_reply_bytes=1048576"):
        client.get(host.url)


def test_clients_of_other_packages_follow_redirects_as_before(host, elsewhere):
    loaded()
    host.said = 302, {"Location": elsewhere.url}, b""

    with httpx.Client(follow_redirects=True) as client:
        assert client.get(host.url).status_code == 200

    assert len(elsewhere.asked) == 1


def test_what_litellm_asks_before_a_call_follows_no_redirect(host, elsewhere):
    host.said = 307, {"Location": elsewhere.url}, b""

    loaded().get_model_info("ollama/unheard-of", api_base=host.url, api_key=KEY)

    assert len(host.asked) == 1
    assert elsewhere.asked == []


def test_the_one_client_of_litellm_with_a_transport_of_its_own_is_refused(settings):
    (problem,) = LiteLLM(**settings, name="aiohttp_openai/m", api_base="http://127.0.0.1:9/v1").problems()

    assert problem == "model.name 'aiohttp_openai/m' follows redirects. Set model=endpoint, which asks it directly."


BODIES = {
    "plain": ({}, bytes(2 << 20)),
    "gzip": ({"Content-Encoding": "gzip"}, gzip.compress(bytes(2 << 20))),
    "deflate": ({"Content-Encoding": "deflate"}, zlib.compress(bytes(2 << 20))),
}


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize("provider", ["endpoint", "openai", "vllm", "anthropic", "gemini", "cohere v2", "ollama chat"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_reply_beyond_the_limit_is_garbled_and_names_the_key(provider, status, host, ask):
    headers, body = BODIES["gzip"]
    host.said = status, headers, body

    failure = ask(provider, max_reply_bytes=1 << 20)

    assert failure.kind == "fatal"
    assert f"HTTP {status}, the reply is longer than model.max_reply_bytes=1048576; set it higher" in failure.message


@pytest.mark.parametrize("provider", ["endpoint", "openai"])
@pytest.mark.parametrize("encoding", BODIES)
def test_the_limit_holds_forevery_encoding_and_is_asked_for_again(provider, encoding, host, ask):
    headers, body = BODIES[encoding]
    host.said = 200, headers, body

    failure = ask(provider, max_reply_bytes=1 << 20, attempts=2)

    assert "no whole reply in 2 attempts; the last: HTTP 200, the reply is longer than" in failure.message
    assert len(host.asked) == 4  # two attempts at the request, and two at a probe


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize("provider", ["endpoint", "openai", "anthropic"])
def test_a_reply_without_end_is_given_up_and_its_connection_closed(provider, host, ask):
    host.is_endless = True
    host.said = 200, {"Content-Length": 1 << 40}, b" "

    failure = ask(provider, max_reply_bytes=1 << 20)

    assert "the reply is longer than model.max_reply_bytes=1048576" in failure.message
    assert host.ended.wait(10)


@pytest.mark.parametrize("provider", ["endpoint", "openai", "anthropic"])
@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_is_named(provider, encoding, host, ask):
    host.said = 200, {"Content-Encoding": encoding}, gzip.compress(gzip.compress(b"{}"))

    failure = ask(provider)

    assert f"the reply is encoded as {encoding}, which the server was not asked for" in failure.message
    assert "accept-encoding: gzip, deflate\n" in host.asked[0].lower()


MEASURED = """
import re, sys
from selfinstruct.model.{module} import {kind}
from selfinstruct.model.settings import Price
from selfinstruct.request import Decoding, Request

model = {kind}(
    name="{name}", mode="chat", api_base=sys.argv[1], key_env=None, key_required=False, concurrency=16,
    requests_per_minute=None, tokens_per_minute=None, timeout_seconds=60, deadline_seconds=None, attempts=1,
    price=Price(prompt=None, completion=None), store=None, extra={{}}, max_reply_bytes=1 << 20,
)
requests = [
    Request(id=f"s/1/{{n}}", stage="s", round=1, text="x", system=None, chat=True, decoding=Decoding(),
            reply_format="numbered_list")
    for n in range(8)
]
with model.session() as line:
    (said,) = {{future.result().failure.message for future in line.submit(requests)}}
assert "model.max_reply_bytes" in said, said
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024)
"""


@cache
def bomb(megabytes):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(megabytes)) + squeeze.flush()


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="only Linux says how much memory was used")
@pytest.mark.parametrize(
    ("module", "kind", "name"), [("endpoint", "Endpoint", "m"), ("litellm", "LiteLLM", "openai/m")]
)
def test_a_reply_that_inflates_to_hundreds_of_megabytes_takes_no_such_memory(module, kind, name, host):
    host.said = 200, {"Content-Encoding": "gzip", "Content-Type": "application/json"}, bomb(300)
    code = MEASURED.format(module=module, kind=kind, name=name)

    done = subprocess.run([sys.executable, "-c", code, f"{host.url}/v1"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 350
