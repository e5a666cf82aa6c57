"""Runs that are stopped, and the command that is printed then, pasted into a shell as it stands.

The server refuses the key first, so that every run stops at its first reply and says how it is resumed.
"""

import json
import os
import re
import shlex
import subprocess

import pytest

STRANGE = (
    "recipe.instructions.filters.length.max_words=${random_seed}",
    "+recipe.instructions.prompt.decoding.stop=['a b','###']",
    """recipe.instructions.prompt.system='${oc.env:OWNER}\\'s; $HOME "é"'""",
    "~recipe.instructions.filters.banned_prefixes",
    "+recipe.instructions.metrics={}",
    "random_seed=150",
    "recipe.instructions.until=4",
)
"""Words with an interpolation, a variable, quotes, spaces, a list, keys, a part that is left out, and other scripts."""
ZOE = {"OWNER": "Zoë", "SELFINSTRUCT_ALLOW_ENV": "OWNER"}
MINE = {
    "experiment/own.yaml": "# @package _global_\nrecipe:\n  instructions:\n    until: 4\n",
    "base.yaml": "defaults:\n  - config\n  - _self_\nrandom_seed: 77\n",
}


@pytest.fixture
def environment(key):
    """What the shell of the user holds."""
    own = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return own | {"OPENAI_API_KEY": key, "WANDB_SILENT": "true", **ZOE}


@pytest.fixture
def paste(tmp_path, environment):
    """Run a line in bash, from another folder than the run was started in."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run(line):
        done = subprocess.run(
            ["bash", "-c", line], cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=120
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def mine(tmp_path):
    """A folder of configs of the user's own."""
    for name, text in MINE.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "mine"


def printed(errors):
    """The commands that resume a run, as they were printed."""
    return re.findall(r"To resume, run: (.*)", errors)


def kept(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def rounds(folder):
    return [json.loads(text)["stage"] for text in (folder / "rounds.jsonl").read_text().splitlines()]


def test_a_run_with_strange_words_is_resumed_by_what_it_prints(run, words, server, paste, tmp_path):
    server.begin(**{"401": 1.0})
    code, _, errors = run(
        *words, *STRANGE, """hydra.run.dir='it\\'s a "ä" ${random_seed}'""", OWNER="Zoë", SELFINSTRUCT_ALLOW_ENV="OWNER"
    )
    (line,) = printed(errors)
    folder = tmp_path / """it's a "ä" 150"""

    assert code == 1
    assert kept(folder)["overrides"] == [*words, *STRANGE]
    assert kept(folder)["resolved"]["recipe"]["instructions"]["filters"]["length"]["max_words"] == 150
    assert kept(folder)["resolved"]["recipe"]["instructions"]["prompt"]["system"] == 'Zoë\'s; $HOME "é"'

    server.begin()
    code, _, errors = paste(line)
    assert (code, errors) == (0, "")
    assert rounds(folder)[-1] == "input_first"


def test_each_job_of_a_sweep_is_resumed_by_what_it_prints(run, words, server, paste, tmp_path):
    server.begin(**{"401": 1.0})
    swept = [word for word in STRANGE if not word.startswith("random_seed")]
    code, _, errors = run(
        "-m",
        *words,
        *swept,
        "random_seed=150,160",
        "hydra.sweep.dir='a sweep'",
        OWNER="Zoë",
        SELFINSTRUCT_ALLOW_ENV="OWNER",
    )
    lines = printed(errors)
    assert (code, len(lines)) == (1, 2)

    server.begin()
    for number, line in enumerate(lines):
        code, _, errors = paste(line)
        assert (code, errors) == (0, "")
        (folder,) = (tmp_path / "a sweep").glob(f"{number}_*")
        assert rounds(folder)[-1] == "input_first"


def test_a_variable_that_has_changed_is_reported_before_anything_is_asked(run, words, server):
    asking = (*words, "recipe.instructions.prompt.system='${oc.env:OWNER}'", "hydra.run.dir=run")
    assert run(*asking, "recipe.instructions.until=4", **ZOE)[0] == 0
    server.begin()

    code, _, errors = run(*asking, "recipe.instructions.until=8", **(ZOE | {"OWNER": "Ann"}))

    assert code == 1
    message = (
        'recipe.instructions.prompt.system was "Zoë" and is "Ann": ${oc.env:OWNER} has changed since the run started.'
    )
    assert message in errors
    assert server.asked == []
    assert run("hydra.run.dir=run", "recipe.instructions.until=8", **ZOE)[0] == 0


@pytest.mark.parametrize(
    "flags",
    [
        ["--config-dir", "mine", "experiment=own"],
        ["experiment=own", "-cd", "mine", "random_seed=5"],
        ["--config-name", "base", "--config-dir=mine", "experiment=own"],
    ],
)
def test_a_run_with_configs_of_the_users_own_is_resumed_by_what_it_prints(
    flags, run, words, server, paste, mine, tmp_path
):
    server.begin(**{"401": 1.0})
    code, _, errors = run(*words[:6], *flags, *words[7:], "hydra.run.dir=run")
    assert code == 1
    (line,) = printed(errors)
    assert shlex.split(line)[-1] == f"hydra.run.dir={tmp_path}/run"

    server.begin()
    code, _, errors = paste(line)

    assert code == 0, errors
    assert errors == f"The configs in {mine} are read, as when the run was started.\n"
    assert rounds(tmp_path / "run")[-1] == "input_first"
    assert kept(tmp_path / "run")["flags"]["config_dir"] == str(mine)


@pytest.fixture
def own(run, words, server, mine, tmp_path):
    """A finished run with configs of the user's own."""
    code, _, errors = run(*words, "--config-dir", "mine", "experiment=own", "hydra.run.dir=run")
    assert code == 0, errors
    return tmp_path / "run"


def test_a_run_with_configs_of_the_users_own_is_looked_at_and_published_with_its_folder_alone(own, run, tmp_path):
    for words in (
        ["actions=[explain]", "hydra.run.dir=run"],
        ["hydra.run.dir=run", "actions=[export]"],
        ["actions=[capsule]", "capsule.without_own_files=true", "hydra.run.dir=run"],
        ["recipe=refilter", "refilter.run=run", "hydra.run.dir=again"],
    ):
        code, _, errors = run(*words)
        assert code == 0, errors
    assert (own / "capsule.zip").exists()
    assert (tmp_path / "again/pool.jsonl").read_bytes() == (own / "pool.jsonl").read_bytes()
    assert kept(tmp_path / "again")["flags"] == kept(own)["flags"]


def test_configs_that_were_moved_are_named_again(own, run, mine, tmp_path):
    mine.rename(tmp_path / "moved")

    code, _, errors = run("hydra.run.dir=run")
    assert code == 1
    assert f"The run in run was started with --config-dir={mine}, and this folder does not exist." in errors

    code, _, errors = run("hydra.run.dir=run", "--config-dir", "moved")
    assert (code, errors) == (0, "")


def test_configs_that_a_strangers_folder_remembers_cannot_bring_code(own, run, mine, tmp_path):
    hostile = "hydra:\n  callbacks:\n    x:\n      _target_: os.system\n      command: touch hacked\n"
    (mine / "experiment/own.yaml").write_text(f"# @package _global_\n{hostile}")

    code, _, errors = run("hydra.run.dir=run")

    assert code == 1
    assert "names 'os.system': a config may not run other code" in errors
    assert not list(tmp_path.rglob("hacked"))
