import json

import pytest

from selfinstruct.storage.differences import ABSENT, changed_outside, differences

STORED = {
    "random_seed": 1,
    "actions": {"generate": {}},
    "model": {"name": "m", "concurrency": 2},
    "recipe": {"grow": {"until": 5, "sampler": {"human": 6}, "model": None}},
}


def changed(**changes):
    return json.loads(json.dumps(STORED)) | changes


def test_the_same_config_has_no_differences():
    assert differences(STORED, changed()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": {"grow": {"until": 50, "sampler": {"human": 6}, "model": None}}},
        {"model": {"name": "m", "concurrency": 64}},
        {"actions": {"export": {"_target_": "x"}}, "trackers": {"console": {}}},
        {"model": {"name": "m", "concurrency": 8, "requests_per_minute": 9}, "budget": {"usd": 5}},
        {"spacy_model": "en_core_web_sm"},
    ],
)
def test_what_shapes_no_round_may_change(changes):
    assert differences(STORED, changed(**changes)) == []


VARIANT = {"enabled": "${oc.select:structured,false}", "system": "As JSON.", "schema": {"type": "object"}}


@pytest.mark.parametrize(("structured", "keys"), [(False, []), (True, ["structured"])])
def test_a_structured_variant_that_a_newer_program_adds_counts_where_it_is_used(structured, keys):
    new = {"grow": {**STORED["recipe"]["grow"], "prompt": {"structured": VARIANT}}}

    found = differences(STORED, changed(structured=structured, recipe=new))

    assert [one.key for one in found if not one.key.startswith("recipe")] == keys
    assert bool(found) is structured


def test_every_other_change_is_reported_with_both_values():
    found = differences(
        STORED,
        changed(random_seed=2, recipe={"grow": {"until": 5, "sampler": {"human": 4, "machine": 1}, "model": None}}),
    )

    assert [(one.key, one.old, one.new) for one in found] == [
        ("random_seed", 1, 2),
        ("recipe.grow.sampler.human", 6, 4),
        ("recipe.grow.sampler.machine", ABSENT, 1),
    ]
    assert found[0].text == "random_seed was 1 and is 2"
    assert found[2].sentence == (
        "recipe.grow.sampler.machine was absent and is 1; it cannot change when a run is resumed. "
        "Restore it, or start a new run."
    )


def test_a_long_value_is_shortened():
    assert len(differences(STORED | {"template": "x" * 500}, STORED | {"template": "y" * 500})[0].text) < 160


def test_a_key_that_a_newer_program_adds_and_that_is_off_changes_nothing():
    added = {"a": None, "b": False, "c": {}, "d": []}

    assert differences(STORED, STORED | added) == []
    assert len(differences(STORED, STORED | {"a": 0, "b": True, "c": {"d": None, "e": 1}})) == 3


def test_generations_and_metrics_may_change_when_a_run_is_resumed():
    longer = STORED | {"recipe": {"grow": {"generations": 4, "metrics": {"operations": {"_target_": "x"}}}}}

    assert differences(STORED | {"recipe": {"grow": {"generations": 2}}}, longer) == []


def test_a_folder_without_a_config_takes_any():
    assert differences(None, STORED) == []


def test_a_value_that_has_changed_outside_the_config_is_reported():
    found = changed_outside({"a": "x", "b": 1}, {"a": "${oc.env:NAME}", "b": "${c}"}, {"a": "y", "b": 2})

    assert all(one.source for one in found)
    assert found[0].sentence == (
        'a was "x" and is "y": ${oc.env:NAME} has changed since the run started. Restore its value.'
    )
