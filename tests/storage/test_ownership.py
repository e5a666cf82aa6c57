import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from selfinstruct.storage.folder import hashed, is_own, store_config, stored_config
from selfinstruct.storage.ownership import (
    SEAL,
    is_sealed,
    is_start_own,
    note_start,
    sealed,
    secret,
    state_folder,
    stored_secret,
)

CONFIG = {"random_seed": 1, "recipe": {"a": {"until": 1}}}


@pytest.fixture
def state(tmp_path, monkeypatch):
    """The state folder of a user who has not run the program yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "selfinstruct"


def test_the_secret_is_made_once_and_only_the_user_can_read_it(state):
    assert stored_secret() is None

    found = secret()

    assert len(found) == 32
    assert secret() == stored_secret() == found
    assert [path.name for path in state.iterdir()] == ["seal.key"]
    assert stat.S_IMODE((state / "seal.key").stat().st_mode) == 0o600


def test_processes_that_begin_at_once_make_one_secret(state):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secret(), range(32)))

    assert found == {stored_secret()}


def test_a_seal_holds_for_one_content_and_one_user(state, tmp_path, monkeypatch):
    made = sealed({"config": CONFIG, "overrides": ["a=1"]})

    assert is_sealed(made)
    assert is_sealed(json.loads(json.dumps(made)))
    assert not is_sealed({**made, "overrides": ["a=2"]})
    assert not is_sealed({**made, "more": 1})
    assert not is_sealed({"config": CONFIG, "overrides": ["a=1"]})
    assert not is_sealed({**made, SEAL: None})
    assert not is_sealed({**made, SEAL: "\u00e9" * 64})
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert not is_sealed(made)
    assert secret() is not None
    assert not is_sealed(made)


def test_without_a_place_for_the_secret_nothing_is_sealed_and_the_run_goes_on(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    assert secret() is None
    assert sealed({"a": 1}) == {"a": 1}
    store_config(tmp_path, CONFIG, [])
    assert stored_config(tmp_path) == CONFIG
    assert not is_own(tmp_path)


def test_the_state_folder_is_the_one_of_the_specification(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", value)
        assert state_folder() == tmp_path / ".local/state/selfinstruct"


def test_a_folder_is_the_users_own_until_somebody_else_changes_it(state, tmp_path):
    store_config(tmp_path, CONFIG, ["model=openai"], flags={"config_dir": "/mine"})
    assert is_own(tmp_path)

    stored = json.loads((tmp_path / "config.json").read_text())
    stored["overrides"] = ["model.api_base=http://192.0.2.1/v1"]
    (tmp_path / "config.json").write_text(json.dumps(hashed(stored)))

    assert stored_config(tmp_path) == CONFIG
    assert not is_own(tmp_path)


def test_a_folder_with_something_of_somebody_else_is_not_sealed(state, tmp_path):
    store_config(tmp_path, CONFIG, ["model=openai"], is_own=False)

    assert not is_own(tmp_path)
    assert not is_own(tmp_path / "new")


def started(folder, words="[model=openai]"):
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra/overrides.yaml").write_text(words)
    (folder / ".hydra/hydra.yaml").write_text("hydra: {}")
    return folder


def test_a_run_that_was_killed_before_it_stored_its_config_is_recognized(tmp_path):
    folder = started(tmp_path / "run")
    assert not is_start_own(folder)

    note_start(folder)

    assert is_start_own(folder)


@pytest.mark.parametrize("name", ["overrides.yaml", "hydra.yaml", "seal"])
def test_a_changed_word_of_a_started_run_is_noticed(tmp_path, name):
    folder = started(tmp_path / "run")
    note_start(folder)

    (folder / ".hydra" / name).write_text("[model.api_base=http://127.0.0.1]")

    assert not is_start_own(folder)


def test_a_folder_in_which_nothing_was_written_is_nobodys(tmp_path):
    note_start(tmp_path)

    assert not is_start_own(tmp_path)
    assert list(tmp_path.iterdir()) == []
