import json

import pytest

from selfinstruct.storage.differences import differences
from selfinstruct.storage.folder import is_own, store_config, stored_config, stored_overrides
from selfinstruct.storage.resumption import refused_changes, store_changes


def stage(model=None, temperature=0.7, **values):
    return {"until": 5, "prompt": {"decoding": {"temperature": temperature, "top_p": 0.5}}, "model": model, **values}


def config(first=None, second=None, **changes):
    recipe = {"first": first or stage(), "second": second or stage()}
    base = {"random_seed": 1, "model": {"name": "m", "concurrency": 2}, "budget": {"usd": None}, "recipe": recipe}
    return {**base, **changes}


def started(folder, kept, *begun, overrides=()):
    """A folder in which these stages have committed a round."""
    store_config(folder, kept, list(overrides))
    (folder / "rounds.jsonl").write_text("".join(json.dumps({"stage": name}) + "\n" for name in begun))
    return folder


def refused(folder, *asked):
    """What may not change, without the remedy."""
    return [text.partition(";")[0] for text in refused_changes(folder, *asked)]


def test_a_stage_without_a_round_may_change_and_one_with_a_round_may_not(tmp_path):
    folder = started(tmp_path, config(), "first")

    assert refused_changes(folder, config(second=stage(temperature=None, sampler={"human": 1}))) == []
    assert refused(folder, config(first=stage(temperature=None))) == [
        "recipe.first.prompt.decoding.temperature was 0.7 and is null"
    ]
    assert len(refused_changes(folder, config(random_seed=2))) == 1


def test_a_round_that_was_not_written_to_its_end_was_not_committed(tmp_path):
    folder = started(tmp_path, config(), "first")
    with (folder / "rounds.jsonl").open("a") as file:
        file.write('{"stage": "second"')

    assert refused_changes(folder, config(second=stage(temperature=None))) == []


def test_stages_may_neither_come_nor_go(tmp_path):
    folder = started(tmp_path, config(), "first")
    more = config()
    more["recipe"]["third"] = stage()

    assert refused_changes(folder, more)
    assert refused_changes(folder, config(recipe={"first": stage()}))


def test_the_model_may_change_while_no_stage_has_asked_it(tmp_path):
    own = {"name": "own", "concurrency": 1}
    folder = started(tmp_path, config(first=stage(own)), "first")

    assert refused_changes(folder, config(first=stage(own), model={"name": "other", "extra": {"a": 1}})) == []
    assert refused(folder, config(first=stage({**own, "name": "another"}))) == [
        'recipe.first.model.name was "own" and is "another"'
    ]
    assert refused_changes(folder, config(model={"name": "other"}))  # the first stage would ask it now


def test_the_model_may_not_change_when_a_stage_has_asked_it(tmp_path):
    folder = started(tmp_path, config(), "first")

    assert refused(folder, config(model={"name": "other", "concurrency": 2})) == ['model.name was "m" and is "other"']


def test_what_a_model_does_not_take_may_change_as_far_as_no_stage_with_rounds_has_sent_it(tmp_path):
    kept = config(first=stage(temperature=None))
    folder = started(tmp_path, kept, "first")
    model = kept["model"]

    assert refused_changes(folder, {**kept, "model": {**model, "unsupported": ["temperature"]}}) == []
    assert refused(folder, {**kept, "model": {**model, "unsupported": ["top_p"]}}) == [
        "recipe.first.prompt.decoding.top_p was 0.5 and is null"
    ]


@pytest.mark.parametrize("reference", ["${recipe.second.prompt.decoding.temperature}", "${..second.x}"])
def test_a_stage_to_which_one_with_rounds_refers_may_not_change(reference, tmp_path):
    first = stage(temperature=reference)
    folder = started(tmp_path, config(first=first), "first")

    assert refused_changes(folder, config(first=first, second=stage(temperature=1)))


def test_a_folder_without_a_config_takes_any(tmp_path):
    assert refused_changes(tmp_path, config()) == []
    store_changes(tmp_path, config(), ["a=1"])
    assert stored_config(tmp_path) is None


def test_the_folder_stores_what_has_changed_and_its_overrides(tmp_path):
    folder = started(tmp_path, config(), "first", overrides=["random_seed=1", "recipe.second.until=5"])
    fixed = config(second=stage(temperature=None))

    store_changes(folder, fixed, ["random_seed=1", "recipe.second.until=5", "recipe.second.x=null"])

    assert stored_config(folder) == fixed
    assert stored_overrides(folder) == ["random_seed=1", "recipe.second.until=5", "recipe.second.x=null"]
    assert differences(stored_config(folder), fixed) == []


@pytest.mark.parametrize("sealed", [True, False])
def test_a_folder_stays_whose_it_is(sealed, tmp_path):
    store_config(tmp_path, config(), ["model.key_env=THEIRS"], is_own=sealed)
    fixed = config(second=stage(temperature=None))

    store_changes(tmp_path, fixed, ["model.key_env=MINE"])

    assert stored_overrides(tmp_path) == ["model.key_env=THEIRS"]
    assert stored_config(tmp_path) == fixed
    assert is_own(tmp_path) == sealed


def test_what_shapes_no_round_is_stored_as_it_was(tmp_path):
    folder = started(tmp_path, config(), "first", overrides=["budget.usd=1", "model.concurrency=2"])
    now = config(second=stage(temperature=None), model={"name": "m", "concurrency": 9}, budget={"usd": 5})

    store_changes(folder, now, ["budget.usd=5", "model.concurrency=9", "actions=[generate]", "recipe.second.x=null"])

    assert stored_config(folder) == config(second=stage(temperature=None))
    assert stored_overrides(folder) == ["budget.usd=1", "model.concurrency=2", "recipe.second.x=null"]


def test_nothing_is_stored_where_nothing_but_that_has_changed(tmp_path):
    folder = started(tmp_path, config(), "first", overrides=["model.concurrency=2"])
    before = (folder / "config.json").read_bytes()

    store_changes(folder, config(model={"name": "m", "concurrency": 9}), ["model.concurrency=9"])

    assert (folder / "config.json").read_bytes() == before
