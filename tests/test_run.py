"""The command as a user runs it, in a process of its own: what the README shows, and every mistake one can make.

Most processes are forked (commands.py).  Python itself starts a run that succeeds, one that reports a mistake, one that
is stopped, and those that only show something.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import commands
import pytest

from selfinstruct.text.command import python

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")


def command(tmp_path, *words, fresh=False, script=commands.RUN, **variables):
    """Run `python run.py` with everything it writes below `tmp_path`."""
    environment = {key: value for key, value in os.environ.items() if key not in KEYS and not key.startswith("WANDB")}
    environment |= {"WANDB_SILENT": "true", **variables}
    return commands.run(*words, folder=tmp_path, environment=environment, fresh=fresh, script=script)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small run, and its folder."""
    tmp_path = tmp_path_factory.mktemp("finished")
    done = command(tmp_path, "recipe.instructions.until=40", "hydra.run.dir=run")
    assert done.returncode == 0, done.stdout + done.stderr
    return done, tmp_path / "run"


def test_a_run_leaves_the_whole_folder(finished):
    _, folder = finished

    assert {path.name for path in folder.iterdir()} >= {
        *(".hydra", "pool.jsonl", "rejected.jsonl", "rounds.jsonl", "completions.sqlite"),
        *("dataset", "summary.json", "run.log", "wandb"),
    }
    assert {path.name for path in (folder / "dataset").iterdir()} >= {
        *("self_instruct.jsonl", "alpaca.jsonl", "chat.jsonl", "README.md"),
    }


def test_every_candidate_is_kept_or_rejected(finished):
    _, folder = finished
    rounds, rejected = lines(folder / "rounds.jsonl"), lines(folder / "rejected.jsonl")

    for row in rounds:
        counts = [count for key, count in row.items() if key.startswith("rejected/")]
        assert row["candidates"] == row["kept"] + sum(counts)
        of_round = [item for item in rejected if (item["stage"], item["round"]) == (row["stage"], row["round"])]
        assert len(of_round) == sum(counts)
    assert sum(row["kept"] for row in rounds if row["stage"] == "instructions") == 40


def test_the_summary_agrees_with_the_files(finished):
    _, folder = finished
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    rounds, rejected = lines(folder / "rounds.jsonl"), lines(folder / "rejected.jsonl")
    pool = {row["id"]: row for row in lines(folder / "pool.jsonl")}
    made = [row for row in pool.values() if row["origin"] != "human"]

    assert summary["completed"] is True
    assert summary["asked"] == sum(row["asked"] for row in rounds)
    assert sum(summary["rejected"].values()) == len(rejected)
    assert summary["tasks"]["made"] == len(made) == 40
    assert summary["tasks"]["with_instances"] == sum(bool(row["instances"]) for row in made)
    assert summary["tasks"]["seeds"] == 175
    assert summary["stages"]["instructions"]["ended"] == "40 kept"


def test_every_made_task_names_its_parents_and_its_request(finished):
    _, folder = finished
    pool = {row["id"]: row for row in lines(folder / "pool.jsonl")}

    for row in pool.values():
        if row["origin"] != "human":
            assert len(row["parents"]) == 8
            assert all(parent in pool for parent in row["parents"])
            assert row["request"].startswith(f"instructions/{row['round']}/")
            assert len(row["most_similar"]) == 10
            assert row["average_similarity"] > 0


def test_the_offline_model_is_named_everywhere(finished):
    done, folder = finished
    made = [row for row in lines(folder / "pool.jsonl") if row["origin"] != "human"]

    assert "offline" in done.stdout
    assert json.loads((folder / "summary.json").read_text())["offline"] is True
    assert all(set(row["models"].values()) == {"offline"} for row in made)
    assert "offline" in (folder / "dataset/README.md").read_text()
    assert all("offline" in json.dumps(row) for row in lines(folder / "dataset/self_instruct.jsonl"))


def test_the_same_command_writes_the_same_bytes(finished, tmp_path):
    _, folder = finished
    command(tmp_path, "recipe.instructions.until=40", "hydra.run.dir=run", fresh=True, PYTHONHASHSEED="7")

    names = ["pool.jsonl", "rejected.jsonl", *(f"dataset/{path.name}" for path in (folder / "dataset").iterdir())]
    for name in names:
        assert (tmp_path / "run" / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_finished_run_goes_on_to_a_larger_number_and_can_be_exported_again(tmp_path):
    command(tmp_path, "recipe.instructions.until=10", "hydra.run.dir=run", "trackers=[console]")
    done = command(tmp_path, "recipe.instructions.until=20", "hydra.run.dir=run", "trackers=[console]")
    assert done.returncode == 0, done.stderr
    pool = {row["id"]: row for row in lines(tmp_path / "run/pool.jsonl")}
    assert sum(row["origin"] != "human" for row in pool.values()) == 20

    (tmp_path / "run/dataset/chat.jsonl").unlink()
    done = command(tmp_path, "actions=[export]", "formats=[chat]", "hydra.run.dir=run", "trackers=[console]")

    assert done.returncode == 0, done.stderr
    assert len(lines(tmp_path / "run/dataset/chat.jsonl")) >= 15


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The folder of a run that takes a while."""
    tmp_path = tmp_path_factory.mktemp("uninterrupted")
    assert command(tmp_path, *LONG).returncode == 0
    return tmp_path / "run"


LONG = ("recipe.instructions.until=300", "hydra.run.dir=run", "trackers=[console]", "formats=[chat]")


@pytest.mark.parametrize("word", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(word, uninterrupted, tmp_path):
    process = commands.begin(*LONG, folder=tmp_path, fresh=word == "SIGINT")
    rounds = tmp_path / "run/rounds.jsonl"
    while not (rounds.exists() and rounds.read_bytes().count(b"\n") >= 3):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(getattr(signal, word))
    _, reported = process.communicate(timeout=60)
    assert process.returncode != 0
    if word != "SIGKILL":
        assert f"Stopped. To resume, run: {python()} {commands.RUN} hydra.run.dir={tmp_path}/run" in reported
        assert json.loads((tmp_path / "run/summary.json").read_text())["stop_reason"] == "interrupted"

    assert command(tmp_path, "hydra.run.dir=run").returncode == 0

    for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/chat.jsonl"):
        assert (tmp_path / "run" / name).read_bytes() == (uninterrupted / name).read_bytes(), name


def test_a_sweep_gives_each_job_its_folder_and_names_those_that_fail(tmp_path):
    done = command(
        tmp_path,
        *("-m", "random_seed=1,2", "recipe.instructions.sampler.human=2,999", "recipe.instructions.until=5"),
        *("hydra.sweep.dir=sweep", "trackers=[console]"),
    )

    assert done.returncode == 1
    assert "2 of the sweep's jobs failed" in done.stderr
    assert "1: random_seed=1 recipe.instructions.sampler.human=999 recipe.instructions.until=5" in done.stderr
    assert "recipe.instructions.sampler wants 999 human tasks" in done.stderr.split("jobs failed")[1]
    assert "Traceback" not in done.stderr
    summaries = sorted(path.parent.name for path in (tmp_path / "sweep").glob("*/summary.json"))
    assert [name[0] for name in summaries] == ["0", "2"]
    assert summaries[0].startswith("0_random_seed-1")


SEEDS = (
    '{"id": "a", "instruction": "Do it.", "instances": [{"input": "", "output": "x"}], "is_classification": false}\n'
)

MISTAKES = {
    "a misspelt key": (["recipe.instructions.unti=5"], "Did you mean recipe.instructions.until"),
    "a key without its path": (["until=abc"], "Did you mean recipe.instructions.until?"),
    "a word for a number": (
        ["recipe.instructions.until=abc"],
        "recipe.instructions.until must be a valid integer",
    ),
    "a threshold out of range": (
        ["recipe.instructions.filters.similarity.threshold=7"],
        "recipe.instructions.filters.similarity.threshold must be less than or equal to 1 (got 7).",
    ),
    "an added key": (["+recipe.instructions.untill=5"], "recipe.instructions.untill is not a key of Grow"),
    "a missing seeds file": (["seeds.path=none.jsonl"], "none.jsonl: cannot be read"),
    "a broken seeds line": (["seeds.path=broken.jsonl"], "broken.jsonl:2: not JSON"),
    "too few seeds": (
        ["seeds.path=one.jsonl"],
        "wants 6 human tasks, but seeds has 1. Set recipe.instructions.sampler.human=1 or add seeds.",
    ),
    "an unknown variable": (
        ["recipe.instructions.prompt.template='{{ taks }}'"],
        "template: the variable 'taks' is unknown; there are: attempt, chat, few_shot, new, tasks.",
    ),
    "an unknown provider": (
        ["model=openai", "model.name=nosuch/model", "model.key_required=false"],
        "'nosuch/model'",
    ),
    "a missing key": (["model=openai"], "OPENAI_API_KEY"),
    "an unknown option": (["model=nope"], "offline"),
    "code of somebody else": (["seeds._target_=os.system"], "seeds._target_ must begin with 'selfinstruct.'"),
    "a group set to null": (["model=null"], "must be a string or a list"),
    "a typed secret": (["+model.api_key=abc"], "looks like a secret"),
    "a folder that cannot be made": (["hydra.run.dir=one.jsonl"], "one.jsonl"),
    "an unknown option of a plural group": (["trackers=[foo]"], "There are: console, tensorboard, trackio, wandb."),
    "an experiment of one's own without its folder": (["+experiment=mine"], "own need --config-dir <folder>."),
    "several keys at once": (
        ["recipe.instructions.untl=5", "recipe.instructions.sampler.humn=3"],
        "Did you mean recipe.instructions.sampler.human",
    ),
    "several mistakes at once": (
        ["recipe.instructions.until=0", "recipe.classification.attempts=0", "random_seed=x"],
        "There are 3 mistakes:",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_clearly_before_anything_is_spent(mistake, tmp_path):
    (tmp_path / "one.jsonl").write_text(SEEDS)
    (tmp_path / "broken.jsonl").write_text(SEEDS + "{not json\n")
    words, message = MISTAKES[mistake]

    done = command(tmp_path, "hydra.run.dir=run", *words, fresh=mistake == "a threshold out of range")

    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "run/completions.sqlite").exists()


def test_a_secret_reaches_no_file(tmp_path):
    command(tmp_path, "+model.api_key=sk-0123456789", "hydra.run.dir=run")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["--cfg=job", "--help"])
def test_the_config_is_shown_without_anything_heavy(word, tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "run.py"), *word.split("=")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0
    assert "self_instruct" in done.stdout
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert imported.isdisjoint({"pydantic", "litellm", "wandb", "rich", "numpy", "rapidfuzz", "jinja2", "aiohttp"})


def test_tab_completion_knows_options_and_keys(tmp_path):
    done = command(tmp_path, "-sc", "query=bash", COMP_LINE="python run.py model=o", COMP_POINT="20")

    assert "model=offline" in done.stdout


@pytest.mark.parametrize("model", ["endpoint", "openai_compatible"])
def test_a_fatal_error_is_printed_once(model, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"model.api_base=http://127.0.0.1:{closed.getsockname()[1]}/v1"
        words = (f"model={model}", address, "model.name=m", "trackers=[console]")
        done = command(tmp_path, *words, "model.attempts=1", "hydra.run.dir=run")

    assert done.returncode == 1
    assert "\nNot finished.\n" in done.stdout
    assert (done.stdout + done.stderr).count("m: cannot reach 127.0.0.1:") == 1
