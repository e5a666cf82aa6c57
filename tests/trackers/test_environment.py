import re

import pytest

from selfinstruct.errors import SelfInstructError
from selfinstruct.trackers.environment import entity_of, kept_id, mode_of, project_of, remove_unsent


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


def test_a_run_keeps_its_id(tmp_path):
    first = kept_id(tmp_path)

    assert first == kept_id(tmp_path)
    assert first != kept_id(tmp_path / "another")
    assert first.isalnum()


def test_what_was_uploaded_stays_and_the_rest_goes(tmp_path):
    sent, unsent = tmp_path / "wandb/offline-run-1-a", tmp_path / "wandb/offline-run-2-a"
    for folder in (sent, unsent):
        folder.mkdir(parents=True)
        (folder / "run-a.wandb").touch()
    (sent / "run-a.wandb.synced").touch()

    remove_unsent(tmp_path)

    assert sent.exists()
    assert not unsent.exists()


@pytest.mark.parametrize("content", [b"", b"\xff", b"../../elsewhere\n", b"a b"])
def test_an_id_that_no_run_has_is_made_anew(content, tmp_path):
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb/id.txt").write_bytes(content)

    assert re.fullmatch("[0-9a-f]{8}", kept_id(tmp_path))


def test_a_link_in_the_place_of_a_run_is_removed_and_not_what_it_leads_to(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb/offline-run-1").symlink_to(tmp_path / "mine")

    remove_unsent(tmp_path)

    assert not (tmp_path / "wandb/offline-run-1").exists()
    assert (tmp_path / "mine").is_dir()
