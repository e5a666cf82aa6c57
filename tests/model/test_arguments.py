import pytest
from virtual import endpoint

from selfinstruct.model.arguments import decoding_parameters, given, parameters, prompt_of, with_keys
from selfinstruct.request import Decoding, Failure, Request


def request(chat=True, system=None, **decoding):
    return Request("s/1/1", "answers", 1, "Say it.", system, chat, Decoding(**decoding), "yes_no")


def test_a_chat_model_gets_messages():
    user = {"role": "user", "content": "Say it."}

    assert prompt_of(request()) == {"messages": [user]}
    assert prompt_of(request(system="Be brief.")) == {"messages": [{"role": "system", "content": "Be brief."}, user]}


def test_a_completion_model_gets_the_text():
    assert prompt_of(request(chat=False)) == {"prompt": "Say it."}


def test_only_parameters_with_a_value_are_sent():
    assert decoding_parameters(Decoding(temperature=0.0, top_p=None, max_tokens=5)) == {
        "temperature": 0.0,
        "max_tokens": 5,
    }
    assert given({"seed": None, "top_k": 0}) == {"top_k": 0}


@pytest.mark.parametrize(
    ("written", "model", "taken", "sent"),
    [
        (["a", "b"], "openai/x", True, {"stop": ["a", "b"]}),
        (["a", "", "b", "c", "d", "e"], "openai/x", True, {"stop": ["a", "b", "c", "d"]}),
        (["\n", "a"], "anthropic/claude-x", True, {"stop": ["a"]}),
        (["\n"], "anthropic/claude-x", True, {}),
        (["\n"], "openai/x", True, {"stop": ["\n"]}),
        (["a"], "openai/o", False, {}),
        ([], "openai/x", True, {}),
    ],
)
def test_those_stop_strings_are_sent_that_the_model_takes(written, model, taken, sent):
    settings = endpoint(name=model, unsupported=["stop"] if not taken else [])

    assert parameters(settings, Decoding(stop=written)) == sent


def test_what_a_request_sets_goes_before_what_the_model_sets():
    settings = endpoint(extra={"top_k": 3, "seed": None, "min_p": 0.1, "ignore_eos": True})

    sent = parameters(
        settings, Decoding(temperature=0, stop=["a"], extra={"top_k": 4, "ignore_eos": None}), takes_stop=False
    )

    assert sent == {"top_k": 4, "min_p": 0.1, "temperature": 0}


@pytest.mark.parametrize(
    ("limit", "sent"), [(None, "max_tokens"), ("max_tokens", "max_tokens"), ("max_completion_tokens",) * 2]
)
def test_the_token_limit_is_sent_under_the_name_that_the_server_knows(limit, sent):
    assert decoding_parameters(Decoding(max_tokens=5), limit) == {sent: 5}
    assert decoding_parameters(Decoding(), limit) == {}


def test_what_a_model_does_not_take_is_null_and_stop_strings_stay_for_the_cutting():
    decoding = Decoding(max_tokens=5, temperature=0.7, top_p=0.5, presence_penalty=2, stop=["a"], extra={"seed": 1})

    left = endpoint(unsupported=["temperature", "top_p", "stop"]).accepted(decoding)

    assert left == Decoding(max_tokens=5, presence_penalty=2, stop=["a"], extra={"seed": 1})
    assert endpoint(unsupported=["stop"]).accepted(decoding) is decoding


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("`temperature` is deprecated for this model.", ["recipe.answers.prompt.decoding.temperature (now 0.7)"]),
        ("temperature must be 1", ["recipe.answers.prompt.decoding.temperature (now 0.7)"]),
        ("max_tokens is too large: 9", ["recipe.answers.prompt.decoding.max_tokens (now 9)"]),
        ("max_completion_tokens is too large", ["recipe.answers.prompt.decoding.max_tokens (now 9)"]),
        ("max_output_tokens must be positive", ["recipe.answers.prompt.decoding.max_tokens (now 9)"]),
        ("max_new_tokens must be smaller", ["recipe.answers.prompt.decoding.max_tokens (now 9)"]),
        ("maxOutputTokens is out of range", ["recipe.answers.prompt.decoding.max_tokens (now 9)"]),
        ("topP is out of range", ["recipe.answers.prompt.decoding.top_p (now 0.5)"]),
        ("frequencyPenalty is unknown", ["recipe.answers.prompt.decoding.frequency_penalty (now 1.0)"]),
        ("presencePenalty is unknown", ["recipe.answers.prompt.decoding.presence_penalty (now 2.0)"]),
        ("top_k is unknown", ["model.extra.top_k (now 3)"]),
        ("'seed' is unknown", ["recipe.answers.prompt.decoding.extra.seed (now 7)"]),
        (
            "temperature and top_p exclude each other",
            [
                "recipe.answers.prompt.decoding.temperature (now 0.7)",
                "recipe.answers.prompt.decoding.top_p (now 0.5)",
            ],
        ),
        ("Your balance is too low to seed anything.", []),
        ("The temperatures of max_tokens_per_day", []),
    ],
)
def test_the_keys_are_named_of_which_a_server_speaks(message, named):
    decoding = {"max_tokens": 9, "temperature": 0.7, "top_p": 0.5, "frequency_penalty": 1, "presence_penalty": 2}
    asked_ = request(**decoding, extra={"seed": 7})

    said = with_keys(Failure("fatal", message), asked_, {"top_k": 3}).message

    hint = f" Change {' and '.join(named)}; null sends no such parameter." if named else ""
    assert said.partition(" For all stages")[0] == message + hint


def test_one_key_is_named_that_serves_all_stages():
    decoding = request(max_tokens=9, temperature=0.7, top_p=0.5)

    dropped = with_keys(Failure("fatal", "temperature and top_p exclude each other"), decoding, {}).message
    limit = with_keys(Failure("fatal", "Use 'max_completion_tokens' and not 'max_tokens'."), decoding, {}).message

    assert dropped.endswith(" For all stages at once: 'model.unsupported=[temperature,top_p]'.")
    assert limit.endswith(" model.max_tokens_parameter sets the name under which it is sent.")


def test_a_parameter_that_was_not_sent_is_not_named():
    said = with_keys(Failure("fatal", "temperature is too high."), request(temperature=None), {})

    assert said.message == "temperature is too high."


def test_a_refused_schema_is_answered_by_the_key_that_sends_none():
    asked = request(extra={"response_format": {"type": "json_schema"}})

    said = with_keys(Failure("refused", "`json_schema` is not supported here."), asked, {}).message
    other = with_keys(Failure("refused", "The prompt is too long."), asked, {}).message

    assert said == (
        "`json_schema` is not supported here. Where a model or a server takes no JSON schema (response_format),"
        " set structured=false."
    )
    assert other == "The prompt is too long."
