"""How the folders of a sweep's jobs are called, and found again."""

import json
from pathlib import Path

import commands
import pytest

from selfinstruct.cli.naming import folder_of, key_of, name_of, slug
from selfinstruct.cli.sweep import failures_in
from selfinstruct.storage.folder import store_config

pytestmark = pytest.mark.slow

HIDDEN = ("experiment", "actions", "formats", "trackers")
SMALL = ("recipe.instructions.until=5", "trackers=[]", "formats=[alpaca]", "hydra.sweep.dir=sweep")


@pytest.mark.parametrize(
    "text", ["a=../../b", "x=" + "y" * 500, "a=$(rm -rf /)", "a=b\nc", "", "ü=ß", "a=CON", "..", "a=~", "a={b:1},c=2"]
)
def test_a_folder_name_is_short_and_safe_whatever_the_overrides_hold(text):
    name = slug(text)

    assert 0 < len(name) <= 100
    assert Path(name).name == name
    assert name not in ("..", ".")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_long_names_that_differ_at_their_end_stay_different():
    assert slug("x" * 5000) != slug("x" * 5001)


def test_a_key_is_shown_by_its_last_word():
    assert name_of(3, ["model.name=openai/gpt-4o", "random_seed=1"], ()) == "3_name-openai-gpt-4o__random_seed-1"
    assert name_of(0, ["+model@recipe.a.model=openai", "~recipe.b.filters.length"], ()) == "0_model-openai__length"


def test_two_keys_with_one_last_word_are_reported_apart():
    words = ["recipe.a.decoding.temperature=0.5", "recipe.b.decoding.temperature=0.7"]

    assert name_of(0, words, ()) == "0_a.decoding.temperature-0.5__b.decoding.temperature-0.7"


def test_overrides_are_named_in_the_order_of_the_sweep_and_hidden_ones_not_at_all():
    words = ["b.until=5", "z=1", "trackers=[]", "a=2"]

    assert name_of(7, words, ["b.until", "trackers"]) == "7_z-1__a-2"
    assert name_of(7, words[:1], ["b.until"]) == "7_default"


def test_the_key_of_an_override_is_without_its_signs():
    assert [key_of(word) for word in ("a.b=c=d", "+a=1", "++a=1", "~a", "~a=1")] == ["a.b", "a", "a", "a", "a"]


def folder(sweep, name, *words):
    """The folder of a job that has started with some overrides."""
    (sweep / name).mkdir(parents=True)
    store_config(sweep / name, {"recipe": {}, "random_seed": 1}, words)


def test_a_job_that_has_started_keeps_its_folder_whatever_it_is_called(tmp_path):
    folder(tmp_path, "0_random_seed-1__until-5", "random_seed=1", "recipe.a.until=5")
    hidden = [*HIDDEN, "recipe.a.until"]

    assert folder_of(tmp_path, 0, ["recipe.a.until=5", "random_seed=1"], hidden) == "0_random_seed-1__until-5"
    assert folder_of(tmp_path, 0, ["recipe.a.until=9", "random_seed=1"], hidden) == "0_random_seed-1__until-5"
    assert folder_of(tmp_path, 0, ["recipe.a.until=5", "random_seed=2"], hidden) == "0_random_seed-2"
    assert folder_of(tmp_path, 1, ["recipe.a.until=5", "random_seed=1"], hidden) == "1_random_seed-1"


def test_a_value_that_varies_is_never_taken_for_another(tmp_path):
    folder(tmp_path, "0_until-5", "recipe.a.until=5")

    assert folder_of(tmp_path, 0, ["recipe.a.until=9"], HIDDEN) == "0_until-9"


def test_a_folder_that_cannot_be_read_is_nobody_s(tmp_path):
    (tmp_path / "0_x").mkdir()
    (tmp_path / "0_x/config.json").write_text("{")

    assert folder_of(tmp_path, 0, ["a=1"], HIDDEN) == "0_a-1"


def sweep(tmp_path, *words):
    done = commands.run(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    return sorted(path.name for path in (tmp_path / "sweep").iterdir() if path.is_dir() and path.name != "comparison")


def test_a_folder_shows_only_the_keys_that_vary_in_its_sweep(tmp_path):
    words = ("recipe.instructions.sampler.human=5", "random_seed=1,2", "model=offline,offline")

    assert sweep(tmp_path, "-m", *SMALL, *words) == [
        *("0_random_seed-1", "1_random_seed-1", "2_random_seed-2", "3_random_seed-2"),
    ]


def test_a_sweep_that_a_config_declares_is_named_in_its_order(tmp_path):
    names = sweep(tmp_path, "experiment=sweep_ratio", *SMALL, "hydra.sweeper.params.random_seed=1")

    assert names == [f"{number}_sampler-human-{human}__machine-{8 - human}" for number, human in enumerate((8, 6, 4))]


def test_an_experiment_that_varies_is_shown(tmp_path):
    (tmp_path / "mine/experiment").mkdir(parents=True)
    for name, until in (("less", 3), ("more", 4)):
        text = f"# @package _global_\nrecipe:\n  instructions:\n    until: {until}\n"
        (tmp_path / f"mine/experiment/{name}.yaml").write_text(text)
    words = ("-m", "experiment=less,more", *SMALL[1:], "--config-dir", str(tmp_path / "mine"))

    assert sweep(tmp_path, *words) == ["0_experiment-less", "1_experiment-more"]


def test_a_sweep_of_one_job_is_named_by_what_was_overridden(tmp_path):
    assert sweep(tmp_path, "-m", *SMALL) == ["0_until-5"]


def test_a_sweep_that_an_earlier_version_started_is_finished_in_its_folders(tmp_path):
    sweep(tmp_path, "-m", *SMALL, "random_seed=1,2")
    for number in (0, 1):  # as version 0.1.0 called them
        (tmp_path / f"sweep/{number}_random_seed-{number + 1}").rename(
            tmp_path / f"sweep/{number}_random_seed-{number + 1}__until-5"
        )
    done = commands.run("-m", *SMALL, "random_seed=1,2,3", folder=tmp_path)

    assert "0: done already" in done.stdout
    assert "1: done already" in done.stdout
    assert sorted(path.parent.name for path in (tmp_path / "sweep").glob("*/summary.json")) == [
        *("0_random_seed-1__until-5", "1_random_seed-2__until-5", "2_random_seed-3"),
    ]
    assert failures_in(tmp_path / "sweep") == []


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_the_run_is_called_as_its_folder_whichever_process_runs_it(launcher, tmp_path):
    words = ("-m", *SMALL, "random_seed=1,2", f"hydra/launcher={launcher}")

    assert sweep(tmp_path, *words) == ["0_random_seed-1", "1_random_seed-2"]
    kept = json.loads((tmp_path / "sweep/1_random_seed-2/config.json").read_text())
    assert "random_seed=2" in kept["overrides"]


def test_a_search_shows_the_keys_that_it_searches(tmp_path):
    words = ("experiment=sweep_search", *SMALL, "hydra.sweeper.n_trials=2", "objective=kept")
    names = sweep(tmp_path, *words)

    assert [name.partition("_")[0] for name in names] == ["0", "1"]
    assert all("temperature-" in name and "machine-" in name and "until" not in name for name in names)
