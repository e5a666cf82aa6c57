import pytest

from selfinstruct.model.arguments import asked, chosen, given, misplaced, stops, supported
from selfinstruct.request import Decoding, Request


def request(chat=True, system=None, **decoding):
    return Request("s/1/1", "answers", 1, "Say it.", system, chat, Decoding(**decoding), "yes_no")


def test_a_chat_model_gets_messages():
    user = {"role": "user", "content": "Say it."}

    assert asked(request()) == {"messages": [user]}
    assert asked(request(system="Be brief.")) == {"messages": [{"role": "system", "content": "Be brief."}, user]}


def test_a_completion_model_gets_the_text():
    assert asked(request(chat=False)) == {"prompt": "Say it."}


def test_only_parameters_with_a_value_are_sent():
    assert chosen(Decoding(temperature=0.0, top_p=None, max_tokens=5)) == {"temperature": 0.0, "max_tokens": 5}
    assert given({"seed": None, "top_k": 0}) == {"top_k": 0}


@pytest.mark.parametrize(
    ("written", "model", "taken", "sent"),
    [
        (["a", "b"], "openai/x", {"stop"}, {"stop": ["a", "b"]}),
        (["a", "", "b", "c", "d", "e"], "openai/x", {"stop"}, {"stop": ["a", "b", "c", "d"]}),
        (["\n", "a"], "anthropic/claude-x", {"stop"}, {"stop": ["a"]}),
        (["\n"], "anthropic/claude-x", {"stop"}, {}),
        (["\n"], "openai/x", {"stop"}, {"stop": ["\n"]}),
        (["a"], "openai/o", set(), {}),
        ([], "openai/x", {"stop"}, {}),
    ],
)
def test_those_stop_strings_are_sent_that_the_model_takes(written, model, taken, sent):
    assert stops(Decoding(stop=written), model, taken) == sent


@pytest.mark.parametrize(
    ("limit", "sent"), [(None, "max_tokens"), ("max_tokens", "max_tokens"), ("max_completion_tokens",) * 2]
)
def test_the_token_limit_is_sent_under_the_name_that_the_server_knows(limit, sent):
    assert chosen(Decoding(max_tokens=5), limit) == {sent: 5}
    assert chosen(Decoding(), limit) == {}


def test_what_a_model_does_not_take_is_null_and_stop_strings_stay_for_the_cutting():
    decoding = Decoding(max_tokens=5, temperature=0.7, top_p=0.5, presence_penalty=2, stop=["a"], extra={"seed": 1})

    left = supported(decoding, ["temperature", "top_p", "stop"])

    assert left == Decoding(max_tokens=5, presence_penalty=2, stop=["a"], extra={"seed": 1})
    assert supported(decoding, ["stop"]) is supported(decoding, []) is decoding


def test_an_extra_may_not_hold_what_has_its_own_key():
    assert misplaced("model.extra", {"api_key": "x", "top_k": 1}) == [
        "model.extra.api_key is not for extra: it has its own key, or is decided here."
    ]
