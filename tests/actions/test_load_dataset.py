"""What `datasets` makes of the folder of a dataset, without a network."""

import json
import os
import subprocess
import sys

import pytest
import yaml

pytestmark = pytest.mark.slow

ALL = "formats=[chat,alpaca,self_instruct,sharegpt,superni,prompt_completion]"
READ = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
folder = sys.argv[1]
names = get_dataset_config_names(folder)
rows = {name: load_dataset(folder, name, split="train").num_rows for name in names}
print(json.dumps({"": load_dataset(folder, split="train").column_names, **rows}))
"""
INSTRUCTIONS = """
import json, sys
from datasets import load_dataset
print(json.dumps([load_dataset(folder, "alpaca", split="train")["instruction"][:] for folder in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory, composed, built):
    """The dataset of a small run, in every format, and what `datasets` says of it."""
    folder = tmp_path_factory.mktemp("grown")
    built(composed("recipe.instructions.until=8", "trackers=[]", ALL), folder).execute()
    return folder / "dataset", loaded(folder / "dataset", tmp_path_factory.mktemp("cache"))


def loaded(folder, cache, *others, program=READ):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_DATASETS_CACHE": str(cache)}
    command = [sys.executable, "-c", program, str(folder), *map(str, others)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_dataset_loads_by_its_folder_and_by_the_name_of_each_format(grown):
    folder, found = grown
    rows = {path.stem: len(path.read_bytes().splitlines()) for path in folder.glob("*.jsonl")}

    assert found.pop("") == ["messages", "id", "origin", "models"]
    assert found.pop("superni") == rows["alpaca"]
    assert found == rows


def test_two_runs_load_as_their_own_rows_though_both_folders_are_called_dataset(tmp_path, composed, built):
    for name, seed in (("first", 1), ("second", 2)):
        words = ["recipe.instructions.until=8", "trackers=[]", "formats=[alpaca]", f"random_seed={seed}"]
        built(composed(*words), tmp_path / name).execute()
    folders = [tmp_path / name / "dataset" for name in ("first", "second")]
    rows = [(folder / "alpaca.jsonl").read_text().splitlines() for folder in folders]
    own = [[json.loads(row)["instruction"] for row in found] for found in rows]

    assert own[0] != own[1]
    assert loaded(folders[0], tmp_path / "cache", folders[1], program=INSTRUCTIONS) == own


def test_the_card_has_license_authors_and_the_warning_of_the_grammar(grown):
    folder, _ = grown
    text = (folder / "README.md").read_text()
    front = yaml.safe_load(text.split("---")[1])

    assert front["pretty_name"] == "self_instruct by offline"
    assert "not-for-training" in front["tags"]
    assert [one["config_name"] for one in front["configs"] if one.get("default")] == ["chat"]
    assert "It is not a language model's work. Do not train on it." in text
    assert "- License of the dataset: not stated." in text
    assert "Starting from 175 seed tasks, we grew 8 tasks with" in text


def test_a_converted_dataset_loads_and_its_card_names_no_model(tmp_path, composed, built):
    built(composed("recipe=convert", "trackers=[]"), tmp_path / "run").execute()
    text = (tmp_path / "run/dataset/README.md").read_text()

    assert loaded(tmp_path / "run/dataset", tmp_path / "cache")["chat"] == 60
    assert "read 60 annotated rows and put 60 of them into words" in text
    assert "No model wrote any of this" in text
    assert "synthetic" not in text
    assert "seed" not in text.partition("## Files")[2]


@pytest.mark.parametrize("recipe", ["alpaca", "evol_instruct", "instruction_induction"])
def test_every_recipe_has_the_whole_card(recipe, tmp_path, composed, built):
    small = {
        "alpaca": ["recipe.tasks.until=8"],
        "evol_instruct": ["recipe.evolution.generations=1"],
        "instruction_induction": ["recipe.induction.sampler.prompts=1"],
    }
    built(composed(f"recipe={recipe}", "trackers=[]", *small[recipe]), tmp_path / "run").execute()
    text = (tmp_path / "run/dataset/README.md").read_text()

    front = yaml.safe_load(text.split("---")[1])
    assert {one["config_name"] for one in front["configs"]} == {"chat", "alpaca", "self_instruct"}
    for heading in ("Files", "Filters", "Limits and licenses", "Load it", "Where it comes from"):
        assert f"## {heading}\n" in text


def test_what_the_paper_tuned_gpt_3_on_is_opt_in(composed):
    assert list(composed("trackers=[]")["formats"]) == ["chat", "alpaca", "self_instruct"]
    assert "prompt_completion" in composed("formats=[prompt_completion]")["formats"]
