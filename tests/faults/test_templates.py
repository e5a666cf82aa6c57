"""A template of somebody else that takes all memory or time: the command ends with one sentence, and soon."""

import json
import shutil

import pytest

from selfinstruct.actions.publication.archive import pack, seal

BOMB = '{{ ("{0:{1}}" * 200).format(1, 9999999) }}'
"""One step, with no large number in it, that makes two billion characters."""
KEY = "recipe.instructions.prompt.template"
STOPPED = "template cannot be filled: it takes more than 512 MB of memory; simplify the template."
SMALL = ("recipe.instructions.until=4", "trackers=[]", "actions=[generate,export,capsule]")


@pytest.fixture
def theirs(run, tmp_path):
    """The run of somebody else with its capsule, both with the bomb in them."""
    code, _, errors = run(*SMALL, "hydra.run.dir=theirs", XDG_STATE_HOME=str(tmp_path / "their_state"))
    assert (code, errors) == (0, "")
    shutil.move(tmp_path / "theirs/capsule", tmp_path / "capsule")
    for path in (tmp_path / "theirs/config.json", tmp_path / "capsule/config.json"):
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept["overrides"].append(f"{KEY}='{BOMB}'")
        kept.pop("sha256", None)
        path.write_text(json.dumps(kept), encoding="utf-8")
    seal(tmp_path / "capsule")
    pack(tmp_path / "capsule", tmp_path / "capsule.zip")


def assert_stopped(done):
    """The command ended with the one sentence."""
    code, _, errors = done
    assert code == 1
    assert errors.count(STOPPED) == 1, errors
    assert "Traceback" not in errors


def test_a_template_of_a_config_folder_is_stopped(run, tmp_path):
    (tmp_path / "configs/experiment").mkdir(parents=True)
    text = f"# @package _global_\nrecipe:\n  instructions:\n    prompt:\n      template: '{BOMB}'\n"
    (tmp_path / "configs/experiment/x.yaml").write_text(text)

    assert_stopped(run("experiment=x", "--config-dir=configs", "trackers=[]"))


@pytest.mark.parametrize(
    "words", [["hydra.run.dir=theirs"], ["hydra.run.dir=theirs", "actions=[plan]"], ["replay=capsule.zip"]]
)
def test_a_template_of_a_folder_or_a_capsule_is_stopped(words, theirs, run):
    assert_stopped(run(*words))


def test_a_replay_whose_templates_are_filled_apart_gives_the_same(run, tmp_path):
    assert run(*SMALL, "hydra.run.dir=mine")[0] == 0

    code, output, errors = run("replay=mine/capsule.zip", "hydra.run.dir=again")

    assert (code, errors) == (0, "")
    assert "identical" in output
