"""What is known of a model's parameters before it is asked; LiteLLM's own list is read, and no network."""

import pytest

from selfinstruct.model import Selective
from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.request import Decoding


@pytest.fixture
def model(settings):
    return lambda name, **changes: LiteLLM(**{"name": name, "api_base": None, **settings, **changes})


@pytest.fixture
def endpoint(settings):
    return lambda **changes: Endpoint(**{"name": "some", "api_base": "http://127.0.0.1:9/v1", **settings, **changes})


def test_both_kinds_of_model_may_refuse_parameters(model, endpoint):
    assert isinstance(model("openai/some"), Selective)
    assert isinstance(endpoint(), Selective)


def test_a_parameter_that_a_provider_does_not_take_is_named_with_its_stages_and_one_key(model, only):
    first, later = Decoding(presence_penalty=0), Decoding(presence_penalty=1.5, temperature=0.7)
    stages = {"first": [first, first], "later": [later, later], "last": [first, first]}

    assert only(model("ollama_chat/llama3.2").unsupported_parameters("model", stages)) == (
        "ollama_chat/llama3.2 does not take presence_penalty=0 (of first, last), presence_penalty=1.5 (of later)."
        " Set model.unsupported=[presence_penalty]"
    )


@pytest.mark.parametrize(
    ("name", "decoding", "keys"),
    [
        ("openai/gpt-5-mini", Decoding(temperature=0.7), ["temperature"]),
        ("openai/gpt-5-mini", Decoding(temperature=1, top_p=0.5), ["top_p"]),
        ("openai/gpt-5-mini", Decoding(temperature=1, max_tokens=9), []),
        ("openai/o3-mini", Decoding(temperature=0, presence_penalty=2), ["temperature", "presence_penalty"]),
        ("openai/gpt-4o-mini", Decoding(temperature=0, top_p=0.5, presence_penalty=2, frequency_penalty=1), []),
        ("anthropic/claude-haiku-4-5", Decoding(temperature=0, frequency_penalty=0), ["frequency_penalty"]),
    ],
)
def test_a_model_is_known_by_what_it_takes_and_by_which_values(model, name, decoding, keys):
    said = model(name).unsupported_parameters("model", {"stage": [decoding, decoding]})

    assert [text.partition(". Set ")[2] for text in said] == [f"model.unsupported=[{','.join(keys)}]"] * bool(keys)


def test_a_temperature_that_only_a_second_attempt_has_is_checked(model, only):
    said = only(
        model("openai/gpt-5-mini").unsupported_parameters(
            "model", {"stage": [Decoding(temperature=1), Decoding(temperature=0.7)]}
        )
    )

    assert said.startswith("openai/gpt-5-mini does not take temperature=0.7 (of stage). ")


def test_what_is_unsupported_is_no_problem_and_stays_in_the_key_that_is_given(model, only):
    decoding = Decoding(temperature=0.7, top_p=0.5)
    asking = model("openai/gpt-5-mini", unsupported=["temperature"])

    assert asking.unsupported_parameters("model", {"stage": [Decoding(temperature=0.7)] * 2}) == []
    assert only(asking.unsupported_parameters("recipe.stage.model", {"stage": [decoding] * 2})).endswith(
        "Set recipe.stage.model.unsupported=[temperature,top_p]"
    )


def test_a_further_parameter_that_is_not_taken_is_named_by_the_key_that_holds_it(model, only):
    asking = model("anthropic/claude-haiku-4-5", extra={"seed": 1, "top_k": 4})
    own = Decoding(extra={"logit_bias": {"1": 1}, "thinking_budget": 3})

    assert only(asking.unsupported_parameters("model", {"stage": [own, own]})).endswith(
        "Set logit_bias and seed to null where they are set, or change model.max_tokens_parameter"
    )


def test_a_name_of_the_token_limit_that_is_not_taken_is_named(model, only):
    asking = model("openai/davinci-002", mode="completion", max_tokens_parameter="max_completion_tokens")

    assert only(asking.unsupported_parameters("model", {"stage": [Decoding(max_tokens=9)] * 2})).endswith(
        "or change model.max_tokens_parameter"
    )


def test_of_a_provider_that_litellm_does_not_know_nothing_is_known(model):
    assert model("nosuch/x").unsupported_parameters("model", {"stage": [Decoding(temperature=0.7)] * 2}) == []


def test_an_extra_of_a_stage_may_not_hold_what_has_its_own_key(model, endpoint):
    decoding = Decoding(extra={"n": 2})
    said = (
        "recipe.stage.prompt.decoding.extra.n would bring more than one reply to a request."
        " Set recipe.<stage>.requests_per_round instead."
    )

    assert endpoint().unsupported_parameters("model", {"stage": [decoding] * 2}) == [said]
    assert model("openai/some").unsupported_parameters("model", {"stage": [decoding] * 2}) == [said]


def test_a_schema_that_a_model_does_not_take_is_not_shown_and_has_a_key_of_its_own(model, only):
    held = Decoding(extra={"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}})

    assert only(model("replicate/some").unsupported_parameters("model", {"stage": [held, held]})) == (
        "replicate/some does not take response_format (of stage). Set structured=false"
    )
