import errno
import json
import os
import socket
from datetime import UTC, datetime

import pytest

from selfinstruct.model.failed_attempt import (
    FailedAttempt,
    GarbledError,
    ReplyError,
    UnsendableError,
    classify,
    message_of,
)
from selfinstruct.model.retry_after import retry_after

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class APIError(Exception):
    """As LiteLLM's: a status, and the headers of the reply, where there was one."""

    def __init__(self, status_code, message="no", headers=None):
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.litellm_response_headers = headers


class UnsupportedParamsError(APIError):
    pass


class AuthenticationError(APIError):
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (APIError(400), "refused"),
        (APIError(413), "refused"),
        (APIError(422), "refused"),
        (APIError(400, "This model's maximum context length is 4096 tokens"), "refused"),
        (APIError(401), "fatal"),
        (APIError(402), "fatal"),
        (APIError(403), "fatal"),
        (APIError(404), "fatal"),
        (AuthenticationError(500), "fatal"),
        (UnsupportedParamsError(400), "fatal"),
        (APIError(429, "You exceeded your quota (insufficient_quota)"), "fatal"),
        (APIError(400, "API key not valid. Please pass a valid API key."), "fatal"),
        (APIError(500, "Missing Gemini API key. Set the GEMINI_API_KEY"), "fatal"),
        (APIError(400, "`temperature` and `top_p` cannot both be specified for this model"), "fatal"),
        (APIError(408), "transient"),
        (APIError(409), "transient"),
        (APIError(429), "transient"),
        (APIError(500), "transient"),
        (APIError(503), "transient"),
        (APIError(529), "transient"),
        (APIError(200, "litellm.APIError: Unable to get json response"), "garbled"),
        (ConnectionResetError("reset"), "transient"),
        (TimeoutError(), "transient"),
        (KeyError("choices"), "transient"),
    ],
    ids=str,
)
def test_an_error_is_judged_by_status_class_and_words(error, kind):
    assert classify(error).kind == kind


def caused_by(cause, error=None):
    error = error or APIError(500, "litellm.InternalServerError: OpenAIException - Connection error.")
    error.__cause__ = cause
    return error


class ClientPayloadError(Exception):
    """As aiohttp's."""


class ClientConnectorError(OSError):
    """As aiohttp's."""

    host, port = "nosuch.example", 443

    def __init__(self, os_error):
        super().__init__(f"Cannot connect to host nosuch.example:443 ssl:default [{os_error}]")
        self.os_error = os_error


@pytest.mark.parametrize(
    "error",
    [
        caused_by(json.JSONDecodeError("Expecting value", "<html>", 0)),
        caused_by(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no")),
        ClientPayloadError("half"),
        GarbledError(200, "no completion: the model wrote insufficient_quota", {"date": "now"}),
        APIError(500, "litellm.APIError: LiteLLM: provider returned a response with no 'choices'. Raw keys: []"),
    ],
    ids=str,
)
def test_a_success_without_a_whole_completion_is_garbled_whatever_words_it_holds(error):
    assert classify(error).kind == "garbled"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EMFILE, "Raise the limit of this process with ulimit -n 4096, or lower model.concurrency."),
        (errno.ENFILE, "The whole system has too many files open: close other programs, or raise fs.file-max."),
    ],
)
def test_no_host_is_blamed_for_too_many_open_files(number, remedy):
    cause = OSError(number, os.strerror(number))

    for error in (ClientConnectorError(cause), caused_by(ClientConnectorError(cause)), caused_by(cause)):
        assert classify(error).message == f"no connection can be opened: too many open files. {remedy}"


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (ConnectionRefusedError(111, "Connect call failed ('1.2.3.4', 443)"), "connection refused"),
        (OSError(113, "No route to host"), "No route to host"),
    ],
    ids=["unknown host", "refused", "no route"],
)
def test_a_host_that_cannot_be_reached_is_named_also_where_litellm_says_nothing(cause, reason):
    error = ClientConnectorError(cause)

    for found in (classify(error), classify(caused_by(error))):
        assert found == FailedAttempt("unreached", f"cannot reach nosuch.example:443 ({reason})")


def test_where_litellm_says_nothing_the_reason_beneath_is_reported():
    assert classify(caused_by(ConnectionResetError(104, "reset by peer"))) == FailedAttempt(
        "transient", "[Errno 104] reset by peer"
    )


def test_an_error_that_leads_to_itself_is_reported_all_the_same():
    error = APIError(500, "round and round")
    error.__context__ = APIError(500, "again")
    error.__context__.__context__ = error

    assert classify(error).message == "round and round"


def test_the_words_of_an_error_without_a_status_end_nothing():
    assert classify(ValueError("the model wrote model_not_found")).kind == "transient"


def test_a_status_is_reported_only_where_there_was_a_reply():
    assert classify(APIError(503, "busy", {"date": "now"})).message == "HTTP 503, busy"
    assert classify(APIError(500, "Connection error.")).message == "Connection error."


def test_the_wait_that_a_server_asks_for_is_found_in_the_headers():
    assert classify(APIError(429, headers={"Retry-After": "7"})).retry_after == 7
    assert classify(APIError(429)).retry_after is None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (APIError(500, "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error."), None),
        (APIError(500, "litellm.APIError:   Connection\n error."), None),
        (APIError(500, "Connection error. To drop these, set `litellm.drop_params=True`"), "Connection error."),
        (APIError(500, "Connection error.\nTraceback (most recent call last):\n File"), "Connection error."),
        (APIError(500, ""), "APIError"),
        (TimeoutError(), "no answer in time"),
        (TimeoutError("no answer within 5 s"), "no answer within 5 s"),
    ],
)
def test_a_message_is_one_line_for_the_user(error, message):
    assert message_of(error) == message or message_of(error) == "Connection error."


def test_a_long_message_is_cut():
    assert len(message_of(APIError(400, "long " * 1000))) < 310


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("-3", 0),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30),
        ("Thu, 01 Jan 2026 12:00:30 -0000", 30),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_a_retry_after_is_a_number_or_a_date(value, seconds):
    assert retry_after({"retry-after": value}, "", NOW) == seconds


def test_without_the_header_nothing_is_asked():
    assert retry_after({}, "", NOW) is None


@pytest.mark.parametrize(
    ("error", "is_overload"),
    [
        (APIError(429), True),
        (APIError(529), True),
        (APIError(503, headers={"retry-after": "3"}), True),
        (APIError(503, "Model is overloaded"), True),
        (APIError(503, "down for maintenance"), False),
        (APIError(500, "overloaded"), False),
        (APIError(429, "insufficient_quota"), False),
        (ConnectionResetError("reset"), False),
    ],
    ids=str,
)
def test_a_server_that_has_too_much_to_do_is_reported_from_one_that_is_down(error, is_overload):
    assert classify(error).is_overload is is_overload


def test_a_server_that_sends_us_elsewhere_is_not_followed():
    assert classify(ReplyError(307, "Moved", {"Location": "http://elsewhere"})).kind == "fatal"


def test_what_a_server_said_is_judged_by_its_code_too():
    error = ReplyError(429, "You have no money left", {"Date": "now"}, "insufficient_quota billing")

    assert classify(error) == FailedAttempt("fatal", "HTTP 429, You have no money left", is_heard=True)


def test_what_cannot_be_sent_is_fatal():
    assert classify(UnsendableError("set a=null")) == FailedAttempt("fatal", "set a=null")


def named(name, status=500, message="no"):
    """An error of a class of this name, as LiteLLM and aiohttp name theirs."""
    return type(name, (APIError,), {})(status, message)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_a_status_that_passes(status):
    assert classify(APIError(status)).kind == "transient"


@pytest.mark.parametrize("status", [400, 405, 406, 410, 411, 412, 413, 414, 415, 418, 422, 431, 451])
def test_a_status_that_refuses_one_request(status):
    assert classify(APIError(status)).kind == "refused"


@pytest.mark.parametrize(("status", "kind"), [(399, "transient"), (400, "refused"), (599, "transient")])
def test_the_status_of_the_reply_beneath_counts_where_litellm_says_500(status, kind):
    error = APIError(500, "litellm.InternalServerError")
    error.__cause__ = APIError(status, "no")

    assert classify(error).kind == kind


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 401, 402, 403, 404])
def test_a_status_that_no_request_survives(status):
    assert classify(APIError(status)).kind == "fatal"


@pytest.mark.parametrize(
    "name",
    [
        "AuthenticationError",
        "PermissionDeniedError",
        "NotFoundError",
        "LiteLLMUnknownProvider",
        "UnsupportedParamsError",
        "UnsendableError",
    ],
)
def test_a_class_that_no_request_survives(name):
    assert classify(named(name)).kind == "fatal"


@pytest.mark.parametrize(
    "words",
    [
        "insufficient_quota",
        "model_not_found",
        "Invalid_API_Key",
        "API key not valid",
        "Missing Gemini API key",
        "Missing credentials",
        "The api_key client option must be set",
        "LLM Provider NOT provided",
        "unsupported_parameter",
        "unsupported_value",
        "`temperature` and `top_p` cannot both be specified",
    ],
)
def test_words_that_no_request_survives(words):
    assert classify(APIError(500, words)).kind == "fatal"
    assert classify(Exception(words)).kind == "transient"


@pytest.mark.parametrize("name", ["GarbledError", "JSONDecodeError", "UnicodeDecodeError", "ClientPayloadError"])
def test_a_class_of_half_a_reply(name):
    assert classify(caused_by(type(name, (Exception,), {})("half"))).kind == "garbled"


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "words",
    [
        "Unable to get json response",
        "LiteLLM: provider returned a response with no 'choices'",
        "Empty or invalid response",
        "Invalid response object",
        "peer closed connection without sending complete message body",
    ],
)
def test_words_of_litellm_for_half_a_reply(words, status):
    assert classify(APIError(status, f"litellm.APIError: {words}")).kind == "garbled"
    assert classify(APIError(503, f"litellm.APIError: {words}")).kind == "transient"
    assert classify(APIError(500, words)).kind == "transient"


@pytest.mark.parametrize(
    "name",
    [
        "gaierror",
        "ConnectionRefusedError",
        "ClientConnectorError",
        "ClientConnectorCertificateError",
        "ConnectionTimeoutError",
    ],
)
def test_a_class_of_a_host_that_is_not_reached(name):
    assert classify(caused_by(type(name, (Exception,), {})("gone"))).kind == "unreached"


@pytest.mark.parametrize("status", [429, 529])
def test_a_status_of_an_overload(status):
    assert classify(APIError(status)).is_overload


@pytest.mark.parametrize(
    "words",
    ["overloaded", "Too many requests", "rate limit", "rate_limit", "ratelimit", "at capacity", "queue is full"],
)
def test_words_of_an_overload(words):
    assert classify(APIError(503, words)).is_overload
    assert not classify(APIError(502, words)).is_overload


@pytest.mark.parametrize(
    "words", ["Loading model", "Model x is currently loading", "starting up", "warming up", "The model is not ready"]
)
def test_words_of_a_server_whose_model_is_not_there_yet(words):
    assert classify(APIError(503, words)).is_loading
    assert not classify(APIError(500, words)).is_loading
    assert not classify(APIError(503, "downloading")).is_loading


@pytest.mark.parametrize("status", [503, 529])
def test_a_status_that_litellm_hides_behind_500_counts(status):
    class Said(Exception):
        status_code = status

    found = classify(caused_by(Said("no"), APIError(500, "overloaded", {"date": "now"})))

    assert found.message == f"HTTP {status}, overloaded"
    assert found.is_overload


def test_any_other_status_of_litellm_stands():
    class Said(Exception):
        status_code = 529

    assert classify(caused_by(Said("no"), APIError(400, "too long", {"date": "now"}))).message == "HTTP 400, too long"


@pytest.mark.parametrize(
    "message",
    [
        'litellm.BadRequestError: AnthropicException - {"type":"error","error":{"type":"x","message":"Too\\nlow"}}',
        'litellm.InternalServerError: AnthropicError - {"error":{"message":"Too low"}}',
    ],
)
def test_the_sentence_within_a_json_is_shown(message):
    assert message_of(APIError(400, message)) == "Too low"


@pytest.mark.parametrize(
    "message", ['{"error": "Too low"}', '{"message": 7}', "{not JSON}", '{"error": {"message": 7}}']
)
def test_a_json_without_a_sentence_is_shown_as_it_is(message):
    assert message_of(APIError(400, message)) == message


def test_a_json_that_is_too_deep_to_read_is_shown_as_it_is():
    message = '{"a":' * 3_000

    assert classify(ReplyError(400, message, {"date": "now"})).message.startswith('HTTP 400, {"a":{"a":')


@pytest.mark.parametrize("body", [{"message": "Too low"}, {"error": {"message": "Too low"}}])
def test_the_sentence_within_an_error_of_openai_is_shown(body):
    class Said(Exception):
        pass

    said = Said("no")
    said.body = body

    assert message_of(caused_by(said, APIError(400, f"Error code: 400 - {body}"))) == "Too low"
    assert message_of(caused_by(said, APIError(400, "another"))) == "another"
