import pytest

from selfinstruct.model.arguments import asked, chosen, given, misplaced, stops, untaken
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


def test_what_the_provider_does_not_take_is_named_with_what_to_set():
    asking = request(temperature=1, presence_penalty=2, extra={"seed": 1, "top_k": 5})

    (sentence,) = untaken(asking, {"logit_bias": {}, "num_ctx": 4}, "some", {"temperature"})

    assert sentence == (
        "some does not take logit_bias, presence_penalty, seed; set model.extra.logit_bias=null "
        "recipe.answers.prompt.decoding.presence_penalty=null recipe.answers.prompt.decoding.extra.seed=null"
    )


def test_what_is_not_set_need_not_be_taken():
    assert untaken(request(extra={"seed": None}), {"logit_bias": None}, "some", set()) == []


def test_an_extra_may_not_hold_what_has_its_own_key():
    assert misplaced("model.extra", {"api_key": "x", "top_k": 1}) == [
        "model.extra.api_key is not for extra: it has its own key, or is decided here."
    ]
