import pytest

from selfinstruct.model.secrets import Secrets
from selfinstruct.request import Completion

KEY = "sk-test-0123456789abcdef"


def test_secrets_are_the_key_and_those_of_the_environment_the_longest_first(monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", " long-secret-of-some-kind-that-is-longer-than-others-of-this-machine\n")
    monkeypatch.setenv("OTHER_TOKEN", "short")

    found = Secrets("mine").known

    assert {"mine", "long-secret-of-some-kind-that-is-longer-than-others-of-this-machine"} <= set(found)
    assert "short" not in found
    assert sorted(found, key=len, reverse=True) == found
    assert "mine" not in Secrets().known


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
    assert Secrets("abc123").out_of_message(text) == clean


def test_without_a_key_whatever_looks_like_one_is_still_taken_out_of_a_message():
    assert Secrets().out_of_message("bearer abc") == "[key]"


def test_a_key_is_taken_out_of_all_that_a_reply_says():
    reply = Secrets(KEY).out_of_reply(Completion(f"1. {KEY}\n", f"stop {KEY}", model=f"{KEY}-served", prompt_tokens=3))

    assert reply == Completion("1. [key]\n", "stop [key]", model="[key]-served", prompt_tokens=3)


def test_a_key_of_the_environment_is_taken_out_of_a_reply_too(monkeypatch):
    monkeypatch.setenv("OTHER_TOKEN", "hf_0123456789")

    assert Secrets().out_of_reply(Completion("It is hf_0123456789.")).text == "It is [key]."


@pytest.mark.parametrize("word", ["none", "EMPTY", "classification", "not-needed", "1234", "12345678"])
def test_a_word_that_stands_for_no_key_stays_in_replies(word):
    reply = Completion(f"The answer is {word}, and a bearer of sk-ills.")

    assert Secrets(word).out_of_reply(reply) is reply
