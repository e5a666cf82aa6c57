"""Looking at runs, and starts that fail, change nothing that is not theirs; nobody has to read to the end."""

import hashlib
import logging
import os
import re
import subprocess
import sys
from dataclasses import replace

import commands
import pytest

SMALL_RUN = ("recipe.instructions.until=4", "formats=[alpaca]", "hydra.run.dir=run")
OWN = {
    "explain": ("explain/",),
    "plan": ("plan.json",),
    "export": ("dataset/",),
    "capsule": ("capsule/", "capsule.zip"),
    "capsule,push": ("capsule/", "capsule.zip"),
    "compare": ("comparison/",),
    "report": ("report.html", "figures/"),
}
"""The actions that look at a run, and what each writes."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a finished run that was logged to W&B."""
    folder = tmp_path_factory.mktemp("place")
    done = commands.run(*SMALL_RUN, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def state(folder):
    """Every file with its bytes and the time of its last change."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in files
    }


@pytest.mark.parametrize("action", OWN)
def test_an_action_that_looks_at_a_run_changes_only_what_it_writes(action, place):
    before = state(place)

    more = {"capsule,push": ["push.repo=me/data"], "compare": ["compare.runs=[run]"]}.get(action, [])
    done = commands.run(f"actions=[{action}]", "hydra.run.dir=run", *more, folder=place)

    assert done.returncode == 0, done.stderr
    after = state(place)
    others = [name for name in {**before, **after} if not name.removeprefix("run/").startswith(OWN[action])]
    assert [name for name in others if before.get(name) != after.get(name)] == []
    assert any(name.removeprefix("run/").startswith(OWN[action]) for name in after)


@pytest.mark.parametrize(
    "words",
    [
        ["random_seed=9", "recipe.instructions.until=9"],
        ["seeds.path=none.jsonl"],
        ["recipe.instructions.until=abc"],
        ["badkey=1"],
        ["actions=[export]", "formats=[]"],
    ],
)
def test_a_start_that_fails_leaves_a_run_as_it_was(words, place):
    before = state(place)

    done = commands.run("hydra.run.dir=run", *words, folder=place)

    assert done.returncode == 1
    assert state(place) == before


@pytest.mark.parametrize(
    "words",
    [
        ["badkey=1"],
        ["recipe.instructions.until=abc"],
        ["seeds.path=none.jsonl"],
        ["model=openai"],
        ["actions=[explain]"],
        ["actions=[export]"],
        ["actions=[capsule]"],
        ["actions=[push]", "push.repo=me/data"],
        ["recipe=instruction_induction", "actions=[score]"],
        ["hydra.run.dir=a/new/one", "recipe.instructions.until=abc"],
    ],
)
def test_a_start_that_fails_leaves_no_folder(words, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}

    done = commands.run(*words, folder=tmp_path, environment=environment)

    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_plans_and_comparisons_do_not_lie_among_the_runs(place, tmp_path):
    commands.run("actions=[plan]", folder=tmp_path)
    commands.run("actions=[compare]", f"compare.runs=[{place}/run]", folder=tmp_path)
    done = commands.run("actions=[compare]", f"compare.runs=[{place}/run,'{tmp_path}/outputs/*/*']", folder=tmp_path)

    assert sorted(path.name for path in (tmp_path / "outputs").iterdir()) == ["compare", "plan"]
    assert [path.name for path in (tmp_path / "outputs/plan").glob("*/*")] == ["plan.json"]
    assert {path.name for path in (tmp_path / "outputs/compare").glob("*/*")} == {"comparison"}
    assert "no run has" not in done.stdout


@pytest.mark.parametrize("words", [["actions=[explain]"], ["actions=[export]"], ["actions=[plan]"], ["--cfg", "job"]])
def test_a_report_that_nobody_reads_to_the_end_ends_without_a_word(words, place):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, commands.RUN, "hydra.run.dir=run", *words]
        done = subprocess.run(command, cwd=place, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=120)
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (141, "")


@pytest.fixture
def slow(server, composed, built, words, tmp_path, monkeypatch, key):
    """A run that asks a server which takes its time, and reports soon."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    server.begin(delay=0.4)
    config = composed(*words, "trackers=[console]", "recipe.instructions.until=3", "model.timeout_seconds=30")
    run = built(config, tmp_path / "run")
    run.start = replace(run.start, report_seconds=0.1)
    return run


UNDER_WAY = (
    r"instructions 1(–\d)? · asked \d+ · answered \d+ · [\d,]+ tokens( · \$[\d.]+)? · under way for \d:\d\d:\d\d"
)


def test_a_round_that_takes_long_is_reported_again_and_again(slow, capsys, caplog):
    caplog.set_level(logging.INFO)

    slow.execute()

    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if re.fullmatch(UNDER_WAY, line)]
    assert [text for text in caplog.messages if text.startswith("under way: stage instructions, round 1, ")]


def test_a_run_that_is_fast_is_not_reported(slow, capsys, caplog):
    caplog.set_level(logging.INFO)
    slow.start = replace(slow.start, report_seconds=60.0)

    slow.execute()

    assert "under way" not in capsys.readouterr().out + caplog.text
