from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from selfinstruct.model.failed_attempt import GarbledError, classify
from selfinstruct.model.litellm import read
from selfinstruct.model.replies import completion, cut, token_counts
from selfinstruct.model.settings import Price
from selfinstruct.request import Completion, Decoding, Request


def response(text="text", finish_reason="stop", **more):
    choice = SimpleNamespace(text=text, finish_reason=finish_reason)
    usage = SimpleNamespace(prompt_tokens=3, completion_tokens=2)
    return SimpleNamespace(**{"choices": [choice], "usage": usage, "model": "served", **more})


def request(*stop):
    return Request("s/1/1", "s", 1, "text", None, False, Decoding(stop=list(stop)), "yes_no")


def test_a_response_becomes_a_completion():
    assert read(response(), request(), "stop") == Completion("text", "stop", 3, 2, model="served")


def test_the_providers_own_word_counts_and_not_litellms():
    assert read(response(), request(), "MAX_TOKENS").is_cut_off
    assert read(response(finish_reason="length"), request(), None).is_cut_off


def test_stop_is_what_litellm_says_of_every_word_that_it_does_not_know():
    assert read(response(), request(), None).finish_reason == ""


def test_a_name_and_a_text_of_odd_types_are_none():
    found = read(response(text={"a": 1}, model={"a": 1}), request(), "stop")

    assert (found.text, found.model) == ("", "")


@pytest.mark.parametrize("word", ["content_filter", "abort", "SAFETY"])
def test_text_that_a_filter_or_a_fault_ended_is_asked_for_again_like_half_a_reply(word):
    with pytest.raises(GarbledError, match=f"the provider ended the reply with '{word}'") as caught:
        completion("Half a", word, "", (3, 2), request())

    assert classify(caught.value).kind == "garbled"


@pytest.mark.parametrize("word", ["stop", "length", "tool_calls", "", "never heard of"])
def test_all_other_text_is_trusted(word):
    assert completion("text", word, "", (3, 2), request()).text == "text"


def test_a_reply_that_continues_past_a_stop_string_ended_there():
    found = read(response("a\nb", "length"), request("\n"))

    assert (found.text, found.finish_reason) == ("a", "stop")


def test_a_reply_that_was_cut_off_before_any_stop_string_was_cut_off():
    assert read(response("a", "length"), request("\n")).is_cut_off


def test_without_choice_text_or_reason_there_is_an_empty_text_that_stopped():
    with pytest.raises(GarbledError, match="no choice"):
        read(response(choices=[]), request())
    found = read(response(None, None), request())
    assert (found.text, found.finish_reason) == ("", "")


def test_an_error_is_no_reply():
    with pytest.raises(ValueError, match="overloaded"):
        read(response(error={"message": "overloaded"}), request())


@pytest.mark.parametrize(
    ("text", "stops", "left"),
    [
        ("one two three", [], "one two three"),
        ("one two three", ["three", "two"], "one "),
        ("one", ["one"], ""),
        ("one", ["", "x"], "one"),
    ],
)
def test_a_text_is_cut_at_the_first_stop_string(text, stops, left):
    assert cut(text, stops) == left


@given(st.text("ab\n"), st.lists(st.text("ab\n", max_size=3)))
def test_what_is_left_holds_no_stop_string_and_cutting_again_changes_nothing(text, stops):
    left = cut(text, stops)

    assert text.startswith(left)
    assert not any(stop and stop in left for stop in stops)
    assert cut(left, stops) == left


def test_tokens_that_were_not_counted_are_unknown():
    assert token_counts(3, 2, "text") == (3, 2)
    assert token_counts(0, 0, "text") == token_counts(0, 0, "") == token_counts(None, None, "text") == (None, None)
    assert read(response(usage=None), request()).prompt_tokens is None


def test_a_price_is_for_a_million_tokens():
    assert Price(prompt=2, completion=10).of(1_000_000, 500_000) == 7
    assert Price(prompt=0, completion=0).of(5, 5) == 0


@pytest.mark.parametrize(
    ("price", "counted"),
    [
        (Price(prompt=None, completion=None), (5, 5)),
        (Price(prompt=1, completion=None), (5, 5)),
        (Price(prompt=1, completion=1), (None, None)),
    ],
)
def test_without_price_or_tokens_the_cost_is_unknown_and_not_nothing(price, counted):
    assert price.of(*counted) is None


def test_a_price_is_never_negative():
    with pytest.raises(ValidationError, match="prompt"):
        Price(prompt=-1, completion=1)
