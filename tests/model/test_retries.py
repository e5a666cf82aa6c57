import logging
from datetime import UTC, datetime
from random import Random

import pytest

from selfinstruct.model.retries import (
    Attempts,
    ReplyError,
    Trouble,
    UnsendableError,
    judged,
    message_of,
    retry_after,
    wait,
    without_secrets,
)
from selfinstruct.round import Failure

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
        (APIError(200, "Unable to get json response"), "transient"),
        (ConnectionResetError("reset"), "transient"),
        (TimeoutError(), "transient"),
        (KeyError("choices"), "transient"),
    ],
    ids=str,
)
def test_an_error_is_judged_by_status_class_and_words(error, kind):
    assert judged(error).kind == kind


def test_the_words_of_an_error_without_a_status_end_nothing():
    assert judged(ValueError("the model wrote model_not_found")).kind == "transient"


def test_a_status_is_told_only_where_there_was_a_reply():
    assert judged(APIError(503, "busy", {"date": "now"})).message == "HTTP 503, busy"
    assert judged(APIError(500, "Connection error.")).message == "Connection error."


def test_the_wait_that_a_server_asks_for_is_found_in_the_headers():
    assert judged(APIError(429, headers={"Retry-After": "7"})).retry_after == 7
    assert judged(APIError(429)).retry_after is None


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
    ("text", "clean"),
    [
        ("key abc123 is wrong", "key [key] is wrong"),
        ("{'Authorization': 'Bearer xyz-9'}", "{'Authorization': '[key]'}"),
        ("Incorrect API key provided: sk-ab***yz.", "Incorrect API key provided: [key]."),
        ("https://h/v1?key=QWERTY&alt=json", "https://h/v1?key=[key]&alt=json"),
        ("a risk-free task", "a risk-free task"),
    ],
)
def test_keys_are_taken_out_of_messages(text, clean):
    assert without_secrets(text, ["abc123"]) == clean


def test_without_a_key_whatever_looks_like_one_is_still_taken_out():
    assert without_secrets("bearer abc", []) == "[key]"


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
    assert retry_after({"retry-after": value}, NOW) == seconds


def test_without_the_header_nothing_is_asked():
    assert retry_after({}, NOW) is None


def test_the_bound_of_the_wait_doubles_up_to_a_minute():
    longest = [max(wait(attempt, None, Random(seed)) for seed in range(300)) for attempt in range(1, 10)]

    assert longest == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60, 60], rel=0.05)
    assert min(wait(9, None, Random(seed)) for seed in range(300)) < 1


def test_the_server_is_given_the_time_it_asks_for_but_no_more_than_five_minutes():
    assert 30 <= wait(1, 30.0, Random(0)) <= 31
    assert wait(1, 4000.0, Random(0)) == 300
    assert wait(9, 0.0, Random(3)) == wait(9, None, Random(3))


def after(*errors, most=3, clean=str):
    attempts = Attempts(most, "stage/1/1", clean)
    return [attempts.after(judged(error)) for error in errors]


def test_what_passes_is_tried_again_after_a_wait():
    first, second = after(APIError(500), APIError(429, headers={"retry-after": "9"}))

    assert 0 <= first < 1
    assert 9 <= second <= 10


def test_the_waits_of_a_request_are_its_own_and_the_same_each_time():
    assert after(APIError(500), APIError(500)) == after(APIError(500), APIError(500))
    assert Attempts(3, "stage/1/2").after(judged(APIError(500))) != after(APIError(500))[0]


def test_what_is_refused_is_not_tried_again():
    assert after(APIError(400, "too long", {"date": "now"})) == [Failure("refused", "HTTP 400, too long")]


def test_after_the_last_attempt_nobody_waits():
    *waits, last = after(*[APIError(500, f"error {number}") for number in range(3)])

    assert last == Failure("unavailable", "no answer in 3 attempts; the last: error 2")
    assert all(isinstance(wait, float) for wait in waits)


def test_a_single_attempt_is_told_as_one():
    assert after(APIError(500, "hm"), most=1) == [Failure("unavailable", "no answer in 1 attempt: hm")]


def test_secrets_are_cleaned_out_of_failure_and_log(caplog):
    caplog.set_level(logging.DEBUG)

    *_, failure = after(
        APIError(500, "hush"), APIError(500, "hush"), most=2, clean=lambda message: message.replace("hush", "…")
    )

    assert failure.message == "no answer in 2 attempts; the last: …"
    assert "hush" not in caplog.text
    assert "Attempt 1 of 2 failed (…)" in caplog.text


def test_a_long_wait_is_told_where_the_user_sees_it(caplog):
    caplog.set_level(logging.INFO)

    after(APIError(500), APIError(429, "slow down", {"retry-after": "20"}))

    assert "slow down" in caplog.text
    assert len(caplog.records) == 1


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
def test_a_server_that_has_too_much_to_do_is_told_from_one_that_is_down(error, is_overload):
    assert judged(error).is_overload is is_overload


def test_a_server_that_sends_us_elsewhere_is_not_followed():
    assert judged(ReplyError(307, "Moved", {"Location": "http://elsewhere"})).kind == "fatal"


def test_what_a_server_said_is_judged_by_its_code_too():
    error = ReplyError(429, "You have no money left", {"Date": "now"}, "insufficient_quota billing")

    assert judged(error) == Trouble("fatal", "HTTP 429, You have no money left")


def test_what_cannot_be_sent_is_fatal():
    assert judged(UnsendableError("set a=null")) == Trouble("fatal", "set a=null")
