"""Who answers a benchmark inside a run, and with which judge."""

import pytest
from pretending import Pretending

from selfinstruct.actions.answering import Answering
from selfinstruct.model.transformers import Transformers

JUDGED = ("benchmarks=[user_oriented]", "+recipe/judge@benchmarks.user_oriented.recipe=rating", "trackers=[]")


@pytest.fixture
def run(composed, built, tmp_path):
    made = built(composed(*JUDGED), tmp_path)
    made.trainer = Pretending()
    return made


@pytest.fixture
def answering(run, tmp_path):
    """A model of a training that answers, or one of the config."""

    def make(role, base="some/base"):
        model = Transformers(
            base_model=base,
            adapter=None,
            label="base+lora",
            mode="chat",
            precision="float32",
            device="cpu",
            batch_size=1,
            max_tokens=8,
        )
        benchmark = run.benchmarks["user_oriented"]
        return Answering(name="user_oriented", benchmark=benchmark, role=role, model=model if role else run.model)

    return make


@pytest.mark.parametrize("role", ["tuned", "base"])
def test_a_judge_is_the_model_of_the_run(answering, run, role):
    recipe = answering(role).recipe(run)

    assert recipe["rating"].model is run.model
    assert recipe["answers"].model is None


def test_a_judge_of_a_model_of_the_config_is_that_model_as_in_the_recipe(answering, run):
    assert answering(None).recipe(run)["rating"].model is None


def test_a_judge_with_a_model_of_its_own_keeps_it(composed, built, tmp_path, answering):
    words = (*JUDGED, "+model@benchmarks.user_oriented.recipe.rating.model=openai")
    run = built(composed(*words), tmp_path / "own")
    one = Answering(name="user_oriented", benchmark=run.benchmarks["user_oriented"], role="tuned", model=run.model)

    assert one.recipe(run)["rating"].model.name.startswith("openai/")


def test_the_config_names_the_judge_and_the_weights_of_the_model_and_no_folder(answering, run):
    config = answering("tuned").config(run.start.config, ["rating"])

    assert config["recipe"]["rating"]["model"] == run.start.config["model"]
    assert config["recipe"]["answers"]["model"] is None
    assert config["model"].keys() == {"_target_", "label", "mode", "precision", "weights"}


def test_what_keeps_a_base_model_from_answering_is_reported_by_the_key_of_the_trainer(answering, run, tmp_path):
    pytest.importorskip("torch", reason="needs selfinstruct[train]")

    (problem,) = answering("base", str(tmp_path)).problems(run)

    assert problem.startswith(f"trainer.base_model={tmp_path}")
    assert answering("base", str(tmp_path)).problems(run, is_checked=True) == []


def test_the_folder_is_named_after_the_benchmark_and_the_model(answering):
    assert [answering(role).place for role in ("tuned", "base", None)] == [
        "user_oriented_tuned",
        "user_oriented_base",
        "user_oriented",
    ]
