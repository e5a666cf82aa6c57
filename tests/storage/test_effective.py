import pytest

from selfinstruct.storage.effective import effective


def config(model=None, own=None, retry=0.7, **decoding):
    prompt = {"decoding": decoding, "retry_temperature": retry}
    return {"random_seed": 1, "model": model or {"name": "m"}, "recipe": {"grow": {"prompt": prompt, "model": own}}}


def decoding_of(config):
    return effective(config)["recipe"]["grow"]["prompt"]["decoding"]


def test_what_the_model_does_not_take_is_null_and_the_config_itself_stays():
    given = config({"unsupported": ["temperature", "top_p"]}, temperature=0.7, top_p=0.5, presence_penalty=2)

    assert decoding_of(given) == {"temperature": None, "top_p": None, "presence_penalty": 2}
    assert given["recipe"]["grow"]["prompt"]["decoding"]["temperature"] == 0.7


def test_a_model_that_takes_nothing_away_is_the_same_as_one_without_the_key():
    assert effective(config({"name": "m", "unsupported": ["top_p"]}, top_p=None)) == effective(
        config({"name": "m", "unsupported": []}, top_p=None)
    )


def test_a_stage_with_a_model_of_its_own_follows_that_one():
    assert decoding_of(config({"unsupported": ["top_p"]}, {"name": "judge"}, top_p=0.5)) == {"top_p": 0.5}
    assert decoding_of(config(None, {"unsupported": ["top_p"]}, top_p=0.5)) == {"top_p": None}


def test_a_retry_without_a_temperature_has_none_either():
    assert effective(config(temperature=None)) == effective(config(temperature=None, retry=None))
    assert effective(config(temperature=0)) != effective(config(temperature=0, retry=None))


def test_stop_strings_stay_where_they_are_not_sent():
    found = effective(config({"unsupported": ["stop", "top_p"]}, stop=["a"]))

    assert found["model"]["unsupported"] == ["stop"]
    assert found["recipe"]["grow"]["prompt"]["decoding"]["stop"] == ["a"]


@pytest.mark.parametrize(
    "odd",
    [
        {"recipe": {"grow": {}}},
        {"recipe": {"grow": {"prompt": "${x}", "model": "${model}"}}, "model": "${x}"},
        {"recipe": {"grow": "${x}"}, "model": {"unsupported": "${x}"}},
        {"recipe": {"grow": {"prompt": {"decoding": "${x}"}}}},
        {"model": {"unsupported": None}},
    ],
)
def test_interpolations_and_what_is_absent_are_left_as_they_are(odd):
    assert effective({"model": {}, **odd})["recipe" if "recipe" in odd else "model"] is not None
