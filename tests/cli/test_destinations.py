"""Which values of a config decide where something is sent."""

from pathlib import Path

import pytest
import yaml

from selfinstruct.cli.destinations import OWN_PUSH, destinations
from selfinstruct.cli.retyping import TakenOver

pytestmark = pytest.mark.slow

PUSHED = ("actions=[push]", "push.repo=them/data", "push.dry_run=false", "push.private=false")
LOGGED = ("trackers=[wandb]", "trackers.wandb.project=p", "trackers.wandb.entity=them")


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("WANDB_MODE", "WANDB_DISABLED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def written():
    """A config with its interpolations as they are written."""
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from selfinstruct.cli.hints import CONF

    def composed(*words):
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return OmegaConf.to_container(compose("config", overrides=list(words)), resolve=False)

    return composed


def test_a_push_is_decided_by_what_differs_from_our_own_values(written):
    assert destinations(written(*PUSHED)) == {"push.repo": "them/data", "push.private": False, "push.dry_run": False}
    assert destinations(written(*PUSHED, "push.token_env=AWS_KEY"))["push.token_env"] == "AWS_KEY"


def test_a_dry_run_sends_nothing(written):
    assert destinations(written("actions=[push]", "push.repo=them/data", "push.private=false")) == {}


def test_a_push_within_actions_or_under_another_name_is_found(written):
    push = written(*PUSHED)["push"] | {"private": True}

    for within in ({"actions": {"later": push}}, {"actions": {"later": "${a.b}"}, "a": {"b": push}}):
        place = "a.b" if "a" in within else "actions.later"
        assert destinations(within) == {f"{place}.repo": "them/data", f"{place}.dry_run": False}


@pytest.mark.parametrize("mode", ["online", "${oc.env:WANDB_MODE}", "typo"])
def test_wandb_is_decided_by_project_entity_and_mode(mode, written):
    config = written(*LOGGED)
    config["trackers"]["wandb"]["mode"] = mode

    assert destinations(config) == {
        "trackers.wandb.project": "p",
        "trackers.wandb.entity": "them",
        "trackers.wandb.mode": mode,
    }


def test_where_the_users_environment_says_online_the_project_of_the_folder_counts(written, monkeypatch):
    assert destinations(written(*LOGGED)) == {}

    monkeypatch.setenv("WANDB_MODE", "online")

    assert destinations(written(*LOGGED)) == {"trackers.wandb.project": "p", "trackers.wandb.entity": "them"}
    assert destinations(written(*LOGGED, "trackers.wandb.mode=offline")) == {}
    assert destinations(written("trackers=[wandb]")) == {}


def test_it_must_be_typed_again_of_a_folder_of_somebody_else_although_nothing_is_asked(written):
    config = written(*PUSHED)

    (problem,) = TakenOver("theirs", ("actions=[push]", "hydra.run.dir=theirs"), ()).problems(config, ())

    assert "where data is sent: push.repo=them/data; push.private=false; push.dry_run=false" in problem
    assert problem.endswith("push.repo=them/data push.private=false push.dry_run=false")
    words = ("push.repo=them/data", "push.private=false", "push.dry_run=false")
    assert TakenOver("theirs", words, ()).problems(config, ()) == []


def test_what_our_own_yaml_says_of_a_push_is_what_counts_as_nobodys_word():
    ours = yaml.safe_load((Path(__file__).parents[2] / "conf/actions/push.yaml").read_text())["push"]

    assert {key: ours[key] for key in OWN_PUSH} == OWN_PUSH
