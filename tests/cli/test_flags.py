"""Flags in any place, and those that a run folder remembers."""

import pytest

from selfinstruct import __version__
from selfinstruct.cli.flags import add_kept, folder_in, kept_in, of_job, ordered, typed
from selfinstruct.cli.hints import CONF
from selfinstruct.errors import RunFolderError
from selfinstruct.storage.folder import store_config

CONFIG = {"random_seed": 1, "recipe": {}}


@pytest.mark.parametrize(
    "words",
    [
        ["a=1", "b=2", "--config-dir", "mine", "-m"],
        ["--config-dir", "mine", "a=1", "-m", "b=2"],
        ["a=1", "-m", "--config-dir=mine", "b=2"],
        ["-m", "a=1", "-cd", "mine", "b=2"],
    ],
)
def test_flags_stand_in_any_place(words):
    assert ordered(typed(words)) == ["a=1", "b=2", "--multirun", "--config-dir=mine"]


def test_a_command_line_of_flags_alone_has_no_words():
    assert ordered(typed(["--cfg", "job", "--resolve"])) == ["--cfg=job", "--resolve"]
    assert ordered(typed([])) == []


@pytest.mark.parametrize("word", ["--version", "--vers"])
def test_the_version_is_that_of_this_program(word, capsys):
    with pytest.raises(SystemExit) as ended:
        typed(["a=1", word])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"selfinstruct {__version__}\n"


def sources(**paths):
    found = [{"provider": name.replace("_", "-"), "schema": "file", "path": path} for name, path in paths.items()]
    return {"runtime": {"config_sources": found}, "job": {"config_name": "config"}}


def test_the_flags_of_a_job_are_known_by_where_its_config_was_read_from():
    own = sources(main="/own/conf", command_line="/mine") | {"job": {"config_name": "small"}}

    assert of_job(sources(main=str(CONF))) == {}
    assert of_job(own) == {"config_path": "/own/conf", "config_name": "small", "config_dir": "/mine"}


def test_a_folder_remembers_its_flags_and_what_is_typed_wins(tmp_path):
    store_config(tmp_path, CONFIG, [], flags={"config_dir": str(tmp_path), "config_name": "small"})
    line = typed(["--config-name", "other"])

    assert add_kept(line, kept_in(tmp_path), tmp_path, "x") == [str(tmp_path)]
    assert (line.config_dir, line.config_name) == (str(tmp_path), "other")


def test_a_run_that_was_killed_before_it_kept_its_flags_has_those_that_hydra_wrote_down(tmp_path):
    (tmp_path / ".hydra").mkdir()
    assert kept_in(tmp_path) == {}

    (tmp_path / ".hydra/hydra.yaml").write_text(
        "hydra:\n  job: {config_name: config}\n  runtime:\n    config_sources:\n"
        "    - {provider: command-line, schema: file, path: /mine}\n"
    )
    assert kept_in(tmp_path) == {"config_dir": "/mine"}


@pytest.mark.parametrize("place", ["/nowhere/mine", "mine", "pkg://package_of_theirs"])
def test_a_folder_of_configs_that_is_gone_is_reported_with_the_way_to_name_another(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()  # a relative path is of no run, and not looked up

    with pytest.raises(RunFolderError) as error:
        add_kept(typed([]), {"config_dir": place}, tmp_path, "selfinstruct hydra.run.dir=run")

    assert f"was started with --config-dir={place}, and this folder does not exist" in str(error.value)
    assert str(error.value).endswith("selfinstruct hydra.run.dir=run --config-dir FOLDER")


@pytest.mark.parametrize("flags", ['"x"', "[]", '{"config_dir": 5}'])
def test_flags_that_no_run_writes_are_refused(flags, tmp_path):
    (tmp_path / "config.json").write_text(f'{{"overrides": [], "config": {{}}, "flags": {flags}}}')

    with pytest.raises(RunFolderError, match=r"config\.json cannot be read"):
        kept_in(tmp_path)


@pytest.mark.parametrize(
    ("word", "folder"),
    [
        ("x.run=/a/b-1", "/a/b-1"),
        ("x.run='a b'", "a b"),
        (r'x.run="it\'s \"é\""', r"it\'s " + '"é"'),
        (r'x.run="\${x}"', "${x}"),
        ("x.run=7", "7"),
        ("x.run=a=b", "a=b"),
        ("x.run=[", "["),
    ],
)
def test_a_folder_is_read_as_hydra_reads_it(word, folder):
    assert folder_in(["x.run=first", word, "-m"], "x.run") == folder


def test_no_folder_is_named_by_other_keys():
    assert folder_in(["x.running=a", "y=b"], "x.run") is None
