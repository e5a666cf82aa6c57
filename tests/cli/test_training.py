"""Trainings from the command line: stopped and resumed by the command that is printed, swept, and replayed."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time

import pytest
from commands import ROOT, RUN, begin, run
from tiny_model import write_model

pytest.importorskip("torch", reason="needs selfinstruct[train]")
pytest.importorskip("trl", reason="needs selfinstruct[train]")

pytestmark = pytest.mark.slow

STEPS = 300
WAIT = 600
"""Seconds that a command may take; many processes may share a core."""
ALONE = dict(os.environ, OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
SMALL = ("trackers=[console]", "recipe.instructions.until=10")
TRAINER = (
    *(
        "trainer=lora",
        "trainer.epochs=1000",
        f"trainer.steps={STEPS}",
        "trainer.device=cpu",
        "trainer.threads=1",
        "trainer.merge=false",
    ),
    *("trainer.log_steps=1", "trainer.checkpoint_steps=20", "trainer.validation_share=0"),
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run with a dataset; its folder."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert run(*SMALL, f"hydra.run.dir={folder}", environment=ALONE, timeout=WAIT).returncode == 0
    return folder


def lines(folder):
    try:
        return [json.loads(line) for line in (folder / "training.jsonl").read_text().splitlines()]
    except (OSError, ValueError):
        return []


def stopped(folder, *words):
    """Start a training, press Ctrl-C when it is under way; what is printed."""
    process = begin(*words, f"hydra.run.dir={folder}", environment=ALONE)
    end = time.monotonic() + WAIT
    while len(lines(folder)) < 7:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=WAIT)
    assert process.returncode == 130
    assert len(lines(folder)) < STEPS
    return errors


@pytest.mark.parametrize("case", ["as the last action", "of a finished run", "on a file of rows"])
def test_the_command_that_is_printed_resumes_a_training(case, finished, tiny, tmp_path):
    folder, words = tmp_path / "a folder", [*TRAINER, f"trainer.base_model={tiny}"]
    if case == "as the last action":
        errors = stopped(folder, *SMALL, "actions=[generate,export,train]", *words)
    elif case == "of a finished run":
        subprocess.run(["cp", "-r", str(finished), str(folder)], check=True)
        errors = stopped(folder, "actions=[train]", *words)
    else:
        errors = stopped(
            folder, "trackers=[console]", "actions=[train]", f"train.dataset={finished}/dataset/alpaca.jsonl", *words
        )
    (command,) = [line.partition("To resume, run: ")[2] for line in errors.splitlines() if "To resume, run: " in line]
    typed = shlex.split(command)

    again = run(*typed[typed.index(RUN) + 1 :], environment=ALONE, timeout=WAIT)

    assert again.returncode == 0, again.stderr
    assert [line["step"] for line in lines(folder)] == list(range(1, STEPS + 1))
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["training"]["steps"], summary["completed"]) == (STEPS, True)
    assert (folder / "model" / "README.md").is_file()


def test_a_sweep_compares_the_tuned_models_and_optimizes_their_score(tiny, tmp_path):
    words = (
        *("-m", *SMALL, *TRAINER, "trainer.steps=2", f"trainer.base_model={tiny}"),
        *("actions=[generate,export,train,evaluate]", "benchmarks=[superni]", "benchmarks.superni.seeds.per_task=1"),
        *("benchmarks.superni.recipe.answers.prompt.decoding.max_tokens=8", "objective=scores.superni.rouge_l"),
        *("recipe.instructions.sampler.machine=1,2", f"hydra.sweep.dir={tmp_path / 'sweep'}"),
    )
    swept = run(*words, environment=ALONE, timeout=WAIT)
    assert swept.returncode == 0, swept.stderr

    compared = run(
        "actions=[compare]",
        f"compare.runs=[{tmp_path / 'sweep'}]",
        f"hydra.run.dir={tmp_path / 'c'}",
        environment=ALONE,
        timeout=WAIT,
    )

    shown = compared.stdout
    for label in ("0 offline tuned", "0 offline base", "1 offline tuned", "1 offline base"):
        assert label in shown, shown


def test_a_capsule_of_a_run_that_trained_names_no_folder_and_its_replay_trains_nothing(tiny, tmp_path):
    folder = tmp_path / "run"
    words = (*SMALL, *TRAINER, "trainer.steps=2", f"trainer.base_model={tiny}", f"hydra.run.dir={folder}")
    assert run(*words, "actions=[generate,export,train]", environment=ALONE, timeout=WAIT).returncode == 0
    made = run("actions=[capsule]", f"hydra.run.dir={folder}", environment=ALONE, timeout=WAIT)
    assert made.returncode == 0, made.stderr

    again = run(
        f"replay={folder / 'capsule.zip'}", f"hydra.run.dir={tmp_path / 'again'}", environment=ALONE, timeout=WAIT
    )

    assert "identical" in again.stdout
    assert not (tmp_path / "again" / "model").exists()
    written = [path for path in (folder / "capsule").rglob("*") if path.is_file()]
    assert not any(str(tmp_path) in path.read_text() or str(tiny) in path.read_text() for path in written)
    assert {path.name for path in folder.glob("capsule/*")}.isdisjoint({"model", "training.jsonl", "training.json"})


def test_a_replayed_run_can_be_trained_on(finished, tiny, tmp_path):
    assert run("actions=[capsule]", f"hydra.run.dir={finished}", environment=ALONE, timeout=WAIT).returncode == 0
    again = tmp_path / "again"
    assert (
        run(f"replay={finished / 'capsule.zip'}", f"hydra.run.dir={again}", environment=ALONE, timeout=WAIT).returncode
        == 0
    )

    words = (*TRAINER, "trainer.steps=1", f"trainer.base_model={tiny}", f"hydra.run.dir={again}")
    trained = run("actions=[train]", "trackers=[console]", *words, environment=ALONE, timeout=WAIT)

    assert trained.returncode == 0, trained.stderr
    assert (again / "model" / "adapter_model.safetensors").is_file()


def test_without_its_packages_a_training_is_planned_with_a_note(finished, tmp_path):
    code = (
        "import importlib.util, sys, runpy\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name in ('trl', 'peft') else find(name, *more)\n"
        f"sys.path.insert(0, {str(ROOT)!r}); sys.argv[0] = {RUN!r}\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    words = ("actions=[plan]", "trainer=lora", "trainer.base_model=some/base", f"hydra.run.dir={tmp_path}")
    planned = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, env=ALONE, timeout=WAIT
    )

    assert planned.returncode == 0, planned.stderr
    assert "The training would stop: actions=[train] needs packages that are not installed: trl, peft." in (
        planned.stdout
    )
