import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.model import protocol
from selfinstruct.model.failed_attempt import GarbledError, ReplyError, classify
from selfinstruct.model.protocol import check_moved, reason_of
from selfinstruct.model.settings import Price
from selfinstruct.request import Completion, Decoding, Request

HEADERS = {"Date": "now"}
NO_PRICE = Price(prompt=None, completion=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "text", "error", "usage", "code", "prompt_tokens"]), inner
        )
    ),
)


def request(chat=True, stop=(), **decoding):
    return Request("s/1/1", "s", 1, "Say it.", None, chat, Decoding(stop=list(stop), **decoding), "yes_no")


def read(said, status=200, chat=True, stop=()):
    content = said if isinstance(said, bytes) else json.dumps(said).encode()
    return protocol.read(status, HEADERS, content, request(chat, stop), NO_PRICE)


def failed(said, status=200):
    with pytest.raises(ReplyError) as caught:
        read(said, status)
    return classify(caught.value)


def test_a_chat_reply_is_read():
    choice = {"message": {"content": "Yes", "reasoning_content": "Hm"}, "finish_reason": "length"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}

    found = read({"choices": [choice], "usage": usage, "model": "served"})

    assert found == Completion("Yes", "length", 3, 2, model="served")


def test_a_continued_text_is_read():
    found = read({"choices": [{"text": " a\nb", "finish_reason": "length"}]}, chat=False, stop=["\n"])

    assert found == Completion(" a", "stop")


def test_an_empty_text_may_have_0_tokens():
    usage = {"prompt_tokens": 4, "completion_tokens": 0}

    assert read({"choices": [{}], "usage": usage}).completion_tokens == 0


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"message": {"content": None}}, ""),
        ({"message": {"content": ""}}, ""),
        ({"message": {}}, ""),
        ({"message": None}, ""),
        ({}, ""),
        ({"message": {"content": [{"type": "text", "text": "a"}, {"type": "image"}, "x", {"text": "b"}]}}, "axb"),
        ({"message": {"content": ["a", "b"]}}, "ab"),
        ({"message": {"content": {"type": "text", "text": "a"}}}, "a"),
        ({"message": {"content": 7}}, ""),
        ({"text": "a"}, "a"),
        (None, ""),
    ],
)
def test_a_reply_without_content_is_an_empty_text_and_parts_are_joined(choice, text):
    assert read({"choices": [choice]}) == Completion(text, finish_reason="")


@pytest.mark.parametrize("status", [200, 201, 202])
def test_every_success_may_hold_a_reply(status):
    assert read({"choices": [{"text": "a", "finish_reason": "stop"}]}, status) == Completion("a")


@pytest.mark.parametrize("model", [{"a": 1}, 7, None, ["m"]])
def test_a_name_of_an_odd_type_is_no_name(model):
    assert read({"choices": [{"text": "a"}], "model": model}).model == ""


@pytest.mark.parametrize(
    ("cost", "charged"),
    [
        (0.0042, 0.0042),
        (1, 1.0),
        (0, None),
        (-1, None),
        ("0.1", None),
        (True, None),
        (None, None),
        ({"total": 1}, None),
    ],
)
def test_the_cost_is_what_the_server_charges_if_it_says_so(cost, charged):
    assert read({"choices": [{"text": "a"}], "usage": {"cost": cost}}).cost_usd == charged


def test_text_that_stopped_before_a_limit_cut_it_off_has_ended_but_filtered_text_is_an_error():
    assert read({"choices": [{"text": "a\nb", "finish_reason": "length"}]}, stop=["\n"]) == Completion("a")
    with pytest.raises(GarbledError, match="the provider ended the reply with 'abort'"):
        read({"choices": [{"text": "a\nb", "finish_reason": "abort"}]}, stop=["\n"])


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (None, (None, None)),
        ({}, (None, None)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, (None, None)),
        ({"prompt_tokens": "many"}, (None, None)),
        ({"prompt_tokens": -3}, (None, None)),
        ({"prompt_tokens": True, "completion_tokens": 1.5}, (None, None)),
        ({"prompt_tokens": "4", "completion_tokens": "2"}, (None, None)),
        ({"prompt_tokens": 10**30, "completion_tokens": 2}, (None, 2)),
        ({"prompt_tokens": 4, "completion_tokens": -1}, (4, None)),
        ({"prompt_tokens": 4, "completion_tokens": 0}, (4, None)),
        ({"prompt_tokens": 4}, (4, None)),
    ],
)
def test_tokens_that_were_not_counted_are_unknown_and_not_0(usage, tokens):
    found = read({"choices": [{"text": "Yes"}], "usage": usage})

    assert (found.prompt_tokens, found.completion_tokens) == tokens


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>Bad Gateway</html>",
        b'{"choices": [{"mess',
        b"\xff\xfe",
        {},
        [],
        "text",
        {"object": "list", "data": []},
        {"choices": None},
        {"choices": []},
    ],
    ids=str,
)
def test_a_success_that_holds_no_completion_is_garbled(said):
    assert failed(said).kind == "garbled"


def test_brackets_that_are_too_deep_to_read_are_garbled():
    assert failed(b"[" * 50_000).kind == "garbled"


@pytest.mark.parametrize(
    "said",
    [
        {"error": {"message": "overloaded"}},
        {"error": "overloaded"},
        {"choices": [{"error": {"message": "upstream died", "code": 502}, "finish_reason": "error"}]},
    ],
    ids=str,
)
def test_an_error_within_a_success_may_pass(said):
    assert failed(said).kind == "transient"


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, "fatal"), (400, "refused"), (429, "transient"), (None, "transient"), ("model_not_found", "fatal")],
)
def test_an_error_within_a_success_is_judged_by_the_code_that_it_names(code, kind):
    assert failed({"error": {"message": "no", "code": code}}).kind == kind


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"error": {"message": "too long"}}, "HTTP 400, too long"),
        ({"error": "too long"}, "HTTP 400, too long"),
        ({"error": "too long", "error_type": "validation"}, "HTTP 400, too long"),
        ({"message": "too long", "object": "error"}, "HTTP 400, too long"),
        ({"detail": "too long"}, "HTTP 400, too long"),
        ({"detail": [{"loc": ["body"]}]}, 'HTTP 400, {"detail": [{"loc": ["body"]}]}'),
        (b"<html><head><title>x</title></head><body><h1>Too\nlong</h1></body>", "HTTP 400, Too long"),
        (b"too long", "HTTP 400, too long"),
    ],
    ids=str,
)
def test_the_message_is_found_in_whatever_shape_it_comes(said, message):
    assert failed(said, 400).message == message


def test_what_was_no_completion_is_shown():
    assert failed(b"<html>Log in</html>").message == "HTTP 200, no completion: Log in"
    assert failed(b"").message == "HTTP 200, no completion: nothing"


@given(VALUES, st.sampled_from([200, 204, 400, 500]), st.booleans())
def test_whatever_a_server_says_is_a_completion_or_a_failure(said, status, chat):
    try:
        found = read(said, status, chat)
    except ReplyError as error:
        found = classify(error).message

    assert isinstance(found, Completion | str)


REFUSED = {"content": None, "refusal": "I cannot help with that."}
CALLING = {"content": None, "tool_calls": [{"id": "x"}]}


@pytest.mark.parametrize(
    ("message", "word", "reason"),
    [
        (REFUSED, "stop", "refusal"),
        ({**REFUSED, "content": " "}, None, "refusal"),
        (CALLING, "stop", "tool_calls"),
        ({**REFUSED, **CALLING}, "stop", "refusal"),
        (REFUSED, "length", "length"),
        (REFUSED, "content_filter", "content_filter"),
        ({**REFUSED, "content": "Text."}, "stop", "stop"),
        ({"content": None, "refusal": None, "tool_calls": []}, "stop", "stop"),
        ({"content": "", "refusal": ""}, "stop", "stop"),
    ],
    ids=str,
)
def test_a_choice_without_text_ended_for_what_stands_in_its_place(message, word, reason):
    assert reason_of({"message": message, "finish_reason": word}) == reason


@pytest.mark.parametrize("status", [200, 204, 400, 500])
def test_only_a_redirect_has_moved(status):
    check_moved(status, "", {"Location": "http://elsewhere"}, "http://here")


def test_the_address_of_a_redirect_is_shown_to_a_reasonable_length():
    with pytest.raises(ReplyError) as caught:
        check_moved(307, "", {"Location": f"http://elsewhere/{'x' * 5000}"}, "http://here/v1")

    message = classify(caught.value).message
    assert message.startswith("HTTP 307, Temporary Redirect to http://elsewhere/xxx")
    assert message.endswith("…; set model.api_base to where it is")


def test_of_an_error_of_megabytes_only_the_beginning_is_read():
    content = json.dumps({"error": {"message": "try again in " * 100_000, "code": "x" * 1_000_000}}).encode()

    asked = Request(id="a", stage="s", round=1, text="", system=None, chat=True, decoding=Decoding(), reply_format="")
    with pytest.raises(ReplyError) as caught:
        protocol.read(500, {"x": "y"}, content, asked, NO_PRICE)

    assert len(str(caught.value)) < 11_000
    assert classify(caught.value).kind == "transient"


@pytest.mark.parametrize(("details", "cached"), [({"cached_tokens": 64}, 64), ({"cached_tokens": ""}, None), (3, None)])
def test_the_tokens_that_came_from_a_cache_are_read(details, cached):
    usage = {"prompt_tokens": 100, "completion_tokens": 2, "prompt_tokens_details": details}

    assert read({"choices": [{"text": "Yes"}], "usage": usage}).cached_tokens == cached
