import pytest

from selfinstruct.errors import SelfInstructError
from selfinstruct.trackers.environment import entity_of, mode_of, project_of


@pytest.fixture(autouse=True)
def _without(monkeypatch):
    for name in ("WANDB_MODE", "WANDB_DISABLED", "WANDB_PROJECT", "WANDB_ENTITY"):
        monkeypatch.delenv(name, raising=False)


def test_where_nobody_says_anything_it_logs_offline_into_the_program_s_project():
    assert (mode_of(None), project_of(None), entity_of(None)) == ("offline", "selfinstruct", None)


@pytest.mark.parametrize(
    ("value", "mode"),
    [("online", "online"), (" Disabled ", "disabled"), ("dryrun", "offline"), ("run", "online"), ("", "offline")],
)
def test_a_mode_is_that_of_the_variable_also_by_its_older_name(value, mode, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", value)

    assert mode_of(None) == mode
    assert mode_of("offline") == "offline"


@pytest.mark.parametrize(("value", "mode"), [("true", "disabled"), ("1", "disabled"), ("false", "online")])
def test_disabled_wins_over_a_mode(value, mode, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_DISABLED", value)

    assert mode_of(None) == mode


def test_a_mode_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "of")

    with pytest.raises(SelfInstructError, match="got 'of'"):
        mode_of(None)
