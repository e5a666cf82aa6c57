import json
import subprocess
import sys

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.folder import held, replace_text, store_config, stored_config, stored_overrides

BEGUN = {
    "random_seed": 1,
    "actions": {"generate": {}},
    "model": {"name": "m", "concurrency": 2},
    "recipe": {"grow": {"until": 5, "sampler": {"human": 6}, "model": None}},
}


def test_a_run_that_has_not_kept_its_config_yet_has_what_hydra_wrote_down(tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra/overrides.yaml").write_text("- model=endpoint\n- 'x=\"a: b\"'\n")
    assert stored_overrides(tmp_path) == ["model=endpoint", 'x="a: b"']

    store_config(tmp_path, BEGUN, ["y=2"])
    assert stored_overrides(tmp_path) == ["y=2"]


@pytest.mark.parametrize("text", ["", "{a: 1", "a: 1", "- [1]", "\x00"])
def test_what_hydra_had_no_time_to_write_is_nothing(text, tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra/overrides.yaml").write_text(text)

    assert stored_overrides(tmp_path) == []


def test_a_text_that_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "config.json").mkdir()

    with pytest.raises(RunFolderError, match=r"config.json cannot be written: Is a directory"):
        store_config(tmp_path, BEGUN, [])

    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "cannot be written: Is a directory. Move away what is in its place."),
        (lambda path: path.write_text("no database" * 999), "is damaged: file is not a database. It holds nothing: "),
    ],
)
def test_a_folder_that_cannot_be_locked_is_not_said_to_be_in_use(make, message, tmp_path):
    make(tmp_path / ".lock")

    with pytest.raises(RunFolderError, match=f"lock {message}"), held(tmp_path):
        pass


def test_a_folder_below_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("mine")

    with pytest.raises(RunFolderError, match=r"config.json cannot be read \(Not a directory\)"):
        stored_config(tmp_path / "file" / "run")


def test_a_config_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "config.json").write_text("{")

    with pytest.raises(RunFolderError, match="cannot be read"):
        stored_config(tmp_path)


def test_a_folder_is_held_by_one_process_until_it_ends_however_it_ends(tmp_path):
    code = (
        "import sys; from pathlib import Path; from selfinstruct.storage.folder import held\n"
        "with held(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunFolderError, match="in use by another process"), held(tmp_path):
            pass
        other.kill()
        other.wait()

    with held(tmp_path):
        assert (tmp_path / ".lock").exists()


def test_what_was_overridden_is_kept(tmp_path):
    assert stored_overrides(tmp_path) == []

    store_config(tmp_path, BEGUN, ["a=1"])

    assert stored_overrides(tmp_path) == ["a=1"]


WRONG = [("[1]", "{}"), ("true", "{}"), ("1", "5"), ("1", "[1]"), ("1", '{"grow": 1}'), ("1", "null")]
"""Seeds and recipes that are none."""


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", "{}", "5", "[" * 100_000, "\ufeff{}", '{"config": 1, "overrides": []}'),
        *('{"config": {}, "overrides": [1]}', '{"config": {}, "overrides": []}'),
        *(f'{{"config": {{"random_seed": {seed}, "recipe": {recipe}}}, "overrides": []}}' for seed, recipe in WRONG),
    ],
)
def test_a_kept_config_that_no_run_has_written_is_told(text, tmp_path):
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(RunFolderError, match=r"config\.json cannot be read"):
        stored_config(tmp_path)


def test_every_byte_of_a_kept_config_that_changes_is_reported_or_changes_nothing(tmp_path):
    store_config(tmp_path, BEGUN, ["recipe.grow.until=40"])
    path = tmp_path / "config.json"
    whole, unnoticed = path.read_bytes(), []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 2]) + whole[place + 1 :])
        try:
            if (stored_config(tmp_path), stored_overrides(tmp_path)) != (BEGUN, ["recipe.grow.until=40"]):
                unnoticed.append(place)
        except RunFolderError:
            pass

    assert unnoticed == []


def test_a_kept_config_of_an_older_program_is_read(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"overrides": ["a=1"], "config": BEGUN}))

    assert (stored_config(tmp_path), stored_overrides(tmp_path)) == (BEGUN, ["a=1"])


def test_a_text_is_never_written_through_a_link(tmp_path):
    (tmp_path / "mine").write_text("precious")
    for name in ("x.json", "x.json.part"):
        (tmp_path / name).symlink_to(tmp_path / "mine")

    replace_text(tmp_path / "x.json", "new")

    assert (tmp_path / "mine").read_text() == "precious"
    assert (tmp_path / "x.json").read_text() == "new"
    assert not (tmp_path / "x.json").is_symlink()
