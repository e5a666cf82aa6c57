"""Every option of the config composes and builds, and the keys that people sweep are there."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from selfinstruct.cli.build import make
from selfinstruct.cli.hints import CONF


def missing(node, prefix=""):
    """The keys that an option leaves to the reader."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if value == "???":
            yield f"{prefix}{key}"
        yield from missing(value, f"{prefix}{key}.")


def options(group):
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def test_the_default_config_builds(tmp_path, composed, built):
    run = built(composed(), tmp_path)

    assert list(run.recipe) == ["instructions", "classification", "output_first", "input_first"]
    assert list(run.recipe["instructions"].filters)[-1] == "similarity"
    assert list(run.actions) == ["generate", "export"]


@pytest.mark.parametrize("group", ["recipe", "seeds", "model", "trainer", "protocol"])
def test_every_option_of_a_singular_group_builds(group, tmp_path, composed, built):
    for option in options(group):
        words = (f"{group}={option}", *UNSET.get(option, ()))
        asked = (f"{key}=http://127.0.0.1/v1" for key in missing(composed(*words)))
        assert built(composed(*words, *asked), tmp_path)


@pytest.mark.parametrize("option", options("source"))
def test_every_source_builds_with_what_belongs_to_its_dataset(option, tmp_path, composed, built):
    chosen = ("recipe=convert", f"source={option}")
    asked = (f"{key}=somewhere" for key in missing(composed(*chosen)))

    assert built(composed(*chosen, *asked), tmp_path).recipe["conversion"].columns


@pytest.mark.parametrize("group", ["actions", "trackers", "formats"])
def test_every_option_of_a_plural_group_builds(group, tmp_path, composed, built):
    run = built(composed(f"{group}=[{','.join(options(group))}]"), tmp_path, draws=True)

    assert sorted(getattr(run, group)) == options(group)


def test_every_filter_builds(tmp_path, composed, built):
    run = built(composed(f"filters@recipe.instructions.filters=[{','.join(options('filters'))}]"), tmp_path)

    assert sorted(run.recipe["instructions"].filters) == options("filters")


def test_every_metric_builds(tmp_path, composed, built):
    words = (f"+metrics@recipe.instructions.metrics=[{','.join(options('metrics'))}]",)
    run = built(composed(*words, *(f"{key}=x" for key in missing(composed(*words)))), tmp_path)

    assert sorted(run.recipe["instructions"].metrics) == options("metrics")


@pytest.mark.parametrize("experiment", options("experiment"))
def test_every_experiment_builds(experiment, tmp_path, composed, built):
    text = (CONF / "experiment" / f"{experiment}.yaml").read_text()
    if "launcher: ray" in text and find_spec("ray") is None:
        pytest.skip("the extra 'ray' is not installed")

    if experiment.endswith("_published"):
        pytest.skip("tests/prompt/test_published.py builds it, since it needs a copy of a repository")

    assert built(composed(f"experiment={experiment}", *UNSET.get(experiment, ())), tmp_path)


UNSET = {
    "finetune_paper": ("trainer.base_model=base",),
    "self_improvement": ("model.base_model=base",),
    "domain": ("recipe.instructions.prompt.values.domain=a library",),
}
"""What an option leaves to the reader where another key refers to it."""


def test_the_papers_fine_tuning_has_its_values(composed):
    config = composed("experiment=finetune_paper", "trainer.base_model=gpt2")
    trainer = config["trainer"]

    assert (trainer["method"], trainer["epochs"], trainer["steps"]) == (None, 2, None)  # all weights, section 4.1
    assert (trainer["loss_on_prompt"], trainer["mode"], trainer["validation_share"]) == (False, "completion", 0.0)
    assert list(config["formats"]) == ["prompt_completion"]  # section 2.3
    assert config["formats"]["prompt_completion"]["end"] == "<|endoftext|>"
    assert config["recipe"]["instructions"]["until"] == 52000
    assert list(config["actions"]) == ["generate", "export", "train", "report"]


def test_a_model_that_improves_itself_is_named_once(composed):
    config = composed("experiment=self_improvement", "model.base_model=mine")

    assert config["trainer"]["base_model"] == config["model"]["base_model"] == "mine"
    assert list(config["actions"]) == ["generate", "export", "train", "evaluate", "report"]
    assert list(config["benchmarks"]) == ["superni"]


OWN_PROMPTS = sorted(path for path in (CONF / "prompt").rglob("*.yaml") if path.parent.name != "published")


@pytest.mark.parametrize("path", OWN_PROMPTS, ids=lambda path: path.stem)
def test_every_prompt_builds(path):
    name = path.relative_to(CONF).with_suffix("").as_posix()
    problems = []
    with initialize_config_dir(str(CONF), version_base="1.3"):
        asked = [f"{key}=x" for key in missing(OmegaConf.to_container(compose(name)))]
        config = OmegaConf.to_container(compose(name, asked), resolve=True)
    for package in Path(name).parent.parts:
        config = config[package]

    config["structured"]["enabled"] = True  # only then is the schema looked at
    make(config, "prompt", problems)

    assert problems == []


def strict(schema):
    """Whether OpenAI takes a schema as strict: every object requires all of its properties, and no others."""
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    is_strict = "properties" not in schema or (
        schema["required"] == list(schema["properties"]) and schema["additionalProperties"] is False
    )
    return is_strict and all(map(strict, inner))


@pytest.mark.parametrize("path", OWN_PROMPTS, ids=lambda path: path.stem)
def test_every_prompt_has_a_structured_variant_that_is_off(path):
    own = OmegaConf.to_container(OmegaConf.load(path))
    if "parser" not in own:  # of another language; the rest is that of the prompt that it begins with
        assert own["defaults"][0].endswith("@_here_")
        return

    assert own["structured"]["enabled"] == "${oc.select:structured,false}"
    assert strict(own["structured"]["schema"])


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("recipe.instructions.until=7", "recipe.instructions.until", 7),
        ("recipe.instructions.requests_per_round=2", "recipe.instructions.requests_per_round", 2),
        ("recipe.instructions.sampler.human=4", "recipe.instructions.sampler.human", 4),
        ("recipe.instructions.sampler.machine=0", "recipe.instructions.sampler.machine", 0),
        ("recipe.instructions.prompt.template=Hi", "recipe.instructions.prompt.template", "Hi"),
        ("recipe.instructions.prompt.decoding.temperature=1", "recipe.instructions.prompt.decoding.temperature", 1),
        ("recipe.output_first.prompt.decoding.stop=[x]", "recipe.output_first.prompt.decoding.stop", ["x"]),
        ("recipe.instructions.filters.length.min_words=2", "recipe.instructions.filters.length.min_words", 2),
        ("recipe.instructions.filters.similarity.threshold=1", "recipe.instructions.filters.similarity.threshold", 1),
        ("recipe.input_first.instances=1", "recipe.input_first.instances", 1),
        ("recipe.classification.attempts=1", "recipe.classification.attempts", 1),
        ("random_seed=7", "random_seed", 7),
    ],
)
def test_what_the_method_leaves_open_is_a_key(override, path, value, tmp_path, composed, built):
    config = composed(override)
    built(config, tmp_path)

    node = config
    for key in path.split("."):
        node = node[key]
    assert node == value


def test_a_filter_can_be_added_removed_and_replaced(composed):
    filters = "filters@recipe.instructions.filters"

    assert "empty_output" in composed(f"+{filters}=empty_output")["recipe"]["instructions"]["filters"]
    assert "keywords" not in composed("~recipe.instructions.filters.keywords")["recipe"]["instructions"]["filters"]
    assert list(composed(f"{filters}=[keywords,length]")["recipe"]["instructions"]["filters"]) == ["keywords", "length"]


def test_a_stage_may_have_a_model_of_its_own(tmp_path, composed, built):
    run = built(composed("+model@recipe.output_first.model=openai"), tmp_path)

    assert run.recipe["output_first"].model.name.startswith("openai/")
    assert run.model.name == "offline"


def test_the_few_shot_sets_have_the_sizes_of_the_paper(tmp_path, composed, built):
    recipe = built(composed(), tmp_path).recipe
    classifier = recipe["classification"].prompt.few_shot.values()

    assert sum(shown.is_classification for shown in classifier) == 12
    assert sum(not shown.is_classification for shown in classifier) == 19
    assert len(recipe["output_first"].prompt.few_shot) == 16
    assert len(recipe["input_first"].prompt.few_shot) == 11
    assert all(shown.instances for shown in recipe["output_first"].prompt.few_shot.values())
    assert all(shown.instances for shown in recipe["input_first"].prompt.few_shot.values())
