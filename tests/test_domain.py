"""The example domain as a run: quotas, languages, killed and resumed."""

import json
import re
import signal
import time
from collections import Counter

import commands
import pytest

from selfinstruct.model.grammar.words import read

pytestmark = pytest.mark.slow

FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/chat.jsonl")
SMALL = ("trackers=[]", "formats=[chat]", "actions=[generate,export]")


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def made(folder):
    """The tasks of a run as they are in the end."""
    rows = {row["id"]: row for row in lines(folder / "pool.jsonl")}
    return [row for row in rows.values() if row["origin"] != "human"]


@pytest.fixture(scope="module")
def whole(composed, built, tmp_path_factory):
    """The folder of a run that nothing has stopped."""
    folder = tmp_path_factory.mktemp("domain") / "run"
    done = commands.run("experiment=domain", *SMALL, "hydra.run.dir=run", folder=folder.parent)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_meets_every_quota_and_says_so(whole):
    kept = Counter(row["attributes"]["topic"] for row in made(whole))

    summary = json.loads((whole / "summary.json").read_text())
    topics = summary["topics"]["instructions"]
    assert topics == {topic: {"wanted": count, "kept": count} for topic, count in kept.items()}
    assert kept == {"brakes": 23, **dict.fromkeys(topics.keys() - {"brakes"}, 11)}
    assert all(row["instances"] for row in made(whole))


def test_what_came_too_late_for_a_full_topic_is_rejected_with_its_topic(whole):
    late = [row for row in lines(whole / "rejected.jsonl") if row["filter"] == "quota"]

    assert late
    assert all(row["reason"].startswith(repr(row["attributes"]["topic"])) for row in late)


def test_a_run_that_was_killed_goes_on_to_the_same_bytes(whole, tmp_path):
    process = commands.begin("experiment=domain", *SMALL, "hydra.run.dir=run", folder=tmp_path)
    rounds = tmp_path / "run/rounds.jsonl"
    while not (rounds.exists() and rounds.read_bytes().count(b"\n") >= 2):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)

    assert commands.run("hydra.run.dir=run", folder=tmp_path).returncode == 0

    for name in FILES:
        assert (tmp_path / "run" / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_sweep_over_a_weight_plans_each_run_anew(tmp_path):
    words = ("-m", "experiment=domain", *SMALL, "recipe.instructions.until=20", "hydra.sweep.dir=sweep")
    done = commands.run(*words, "recipe.instructions.sampler.topics.brakes=0,3", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    folders = sorted(path.parent for path in (tmp_path / "sweep").glob("*/summary.json"))
    assert [Counter(row["attributes"]["topic"] for row in made(folder))["brakes"] for folder in folders] == [0, 6]


@pytest.mark.parametrize("experiment", ["domain_zh", "domain_es"])
@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_prompts_and_replies_of_other_languages_go_together(experiment, mode, tmp_path, composed, built):
    words = ("trackers=[]", "formats=[]", "actions=[generate]", f"model.mode={mode}", "recipe.instructions.until=16")
    built(composed(f"experiment={experiment}", *words, "model.bad_format=0", "model.truncated=0"), tmp_path).execute()

    tasks, rejected = made(tmp_path), lines(tmp_path / "rejected.jsonl")
    assert len(tasks) == 16
    requests = read("languages.toml")[experiment.removeprefix("domain_")]["requests"]
    verbs = {re.split("[ {]", text)[0] for text in requests}
    assert all(any(verb in task["instruction"] for verb in verbs) for task in tasks)
    assert all(task["models"]["answers"] == "offline" for task in tasks if task["instances"])
    reasons = {row["reason"] for row in rejected if row["filter"] == "parse"}
    assert reasons <= {"preamble", "farewell"}, rejected
