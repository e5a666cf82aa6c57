"""What is told for errors that Hydra raises."""

from selfinstruct.advice import leaves, meant, plain, recipe_of


def test_a_key_that_does_not_exist_is_told_with_the_keys_of_that_name():
    assert meant("recipe.instructions.thresold") == "Did you mean recipe.instructions.filters.similarity.threshold?"
    assert meant("temperature").count(".prompt.decoding.temperature") == 3
    assert meant("zzzzzz") == "`python run.py --cfg job` shows all keys."


def test_other_errors_keep_their_words():
    assert plain(ValueError("as it is")) == "as it is"


def test_every_key_of_a_config_is_listed():
    assert list(leaves({"a": {"b": 1}, "c": [1]})) == ["a", "a.b", "c"]


def test_an_unknown_option_of_a_plural_group_is_told_with_those_there_are():
    text = plain(ValueError("In 'config': Could not load 'trackers/foo'.\nmore"))

    assert text == "In 'config': Could not load 'trackers/foo'. There are: console, wandb."


def test_the_recipe_of_an_experiment_is_told_key_by_key(composed):
    leaves = recipe_of("paper")

    assert leaves["recipe.instructions.until"] == 52_000
    assert leaves["recipe.classification.prompt.decoding.max_tokens"] == 3
    assert composed("actions=[capsule]")["actions"]["capsule"]["paper"]["self_instruct"] == leaves
