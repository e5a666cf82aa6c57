"""Several processes on one CPU, started by torchrun and by accelerate."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
import tiny_model
from commands import ROOT, run

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed")

from selfinstruct.trainer.processes import Launch  # noqa: E402

pytestmark = pytest.mark.slow
LAUNCHERS = {
    "torchrun": "torch.distributed.run --nproc_per_node 2 --master_port {port}",
    "accelerate": "accelerate.commands.launch --multi_gpu --num_processes 2 --main_process_port {port}",
}
SECONDS_TO_END = 120


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """What all trainings here are started with: ten steps an epoch, five epochs."""
    folder = tmp_path_factory.mktemp("given")
    tiny_model.write_model(folder / "base")
    seeds = [json.loads(line) for line in tiny_model.SEEDS.read_text(encoding="utf-8").splitlines()]
    rows = [{"prompt": row["instruction"], "completion": row["instances"][0]["output"][:80]} for row in seeds[:42]]
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    where = [f"trainer.base_model={folder / 'base'}", f"train.dataset={folder / 'rows.jsonl'}"]
    sizes = ["trainer.batch_size=2", "trainer.accumulate=1", "trainer.epochs=5", "trainer.max_length=256"]
    more = ["trainer.learning_rate=1e-2", "trainer.checkpoint_steps=10", "trainer.mode=completion"]
    return ["actions=[train]", "trainer=lora", *where, *sizes, *more]


@pytest.fixture(scope="module")
def whole(words, tmp_path_factory):
    """The folder of a training that nothing has stopped, and what it printed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return folder, launched("torchrun", *words, f"hydra.run.dir={folder}")


def begin(launcher, *words):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    alone = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "HF_HOME": "/nonexistent"}
    process = subprocess.Popen(
        [sys.executable, "-m", *LAUNCHERS[launcher].format(port=port).split(), "-m", "selfinstruct", *words],
        cwd=ROOT,
        env=os.environ | alone,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.port = port
    return process


def of_launch(process):
    """The processes of a launch, which are in sessions of their own."""
    psutil = pytest.importorskip("psutil")
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if one.environ().get("MASTER_PORT") == str(process.port) and "RANK" in one.environ():
                found.append(one)
    return found


def ended(process, timeout):
    """The end of a launch; none of its processes may be left."""
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        left = of_launch(process) if process.poll() is None else []
        process.kill()
        for one in left:
            one.kill()
        process.wait()
    assert not of_launch(process), "a process has outlived its launcher"
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def launched(launcher, *words):
    done = ended(begin(launcher, *words), timeout=300)
    assert done.returncode == 0, done.stderr
    return done


def stopped(stop, *words, folder, launcher="torchrun"):
    """The end of a launch that was stopped after its first checkpoint."""
    before = set(folder.glob("checkpoints/*"))
    process = begin(launcher, *words, f"hydra.run.dir={folder}")
    end = time.monotonic() + 200
    while not [path for path in folder.glob("checkpoints/*/complete.json") if path.parent not in before]:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    stop(process)
    return ended(process, SECONDS_TO_END)


def kill(rank):
    """Return what kills one of the processes that a launcher has started."""

    def stop(process):
        next(one for one in of_launch(process) if one.environ()["RANK"] == str(rank)).kill()

    return stop


def weights(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob("m*/*.safetensors"))}


def losses(folder):
    rows = [json.loads(line) for line in (folder / "training.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row["loss"] for row in rows if "loss" in row]


def test_two_processes_leave_what_one_leaves_and_the_loss_falls(whole):
    folder, done = whole

    assert losses(folder)[-1] < losses(folder)[0] - 0.05
    assert len(re.findall(r"^train 50 of 50 · loss", done.stdout, re.MULTILINE)) == 1
    assert (folder / "run.log").read_text(encoding="utf-8").count("step 50, epoch 5.0, tokens") == 2  # and validation
    assert len(list((folder / "wandb").glob("offline-run-*"))) == 1
    assert not list(folder.parent.glob("[!r]*"))
    assert not list(folder.glob("checkpoints/checkpoint-*"))
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["training"]["processes"] == 2
    assert "rank1" not in done.stderr


def test_accelerate_and_torchrun_end_with_the_same_bytes(whole, words, tmp_path):
    launched("accelerate", *words, f"hydra.run.dir={tmp_path / 'run'}")

    assert weights(tmp_path / "run") == weights(whole[0]) != {}


def test_killed_processes_end_the_launch_and_it_resumes_to_the_same_bytes(whole, words, tmp_path):
    folder = tmp_path / "run"
    first = stopped(kill(0), *words, folder=folder)
    second = stopped(kill(1), *words, folder=folder)
    alone = run(*words, f"hydra.run.dir={folder}")

    assert first.returncode
    assert second.returncode
    assert "Traceback" not in second.stderr.split("ChildFailedError")[0].split("Stopped.")[0]
    assert f"To resume, run: torchrun --nproc_per_node 2 -m selfinstruct hydra.run.dir={folder}" in second.stderr
    assert alone.returncode == 1
    assert "started with 2 processes, but this is a launch of 1." in alone.stderr
    assert "accelerate launch --num_processes 2, or torchrun --nproc_per_node 2." in alone.stderr

    launched("torchrun", *words, f"hydra.run.dir={folder}")
    assert weights(folder) == weights(whole[0])
    assert losses(folder) == losses(whole[0])


def test_an_interrupt_stops_all_processes_with_one_message(words, tmp_path):
    def interrupt(process):
        process.send_signal(signal.SIGINT)

    done = stopped(interrupt, *words, folder=tmp_path / "run")

    assert done.returncode
    assert done.stderr.count("Stopped. To resume, run: ") == 1
    assert "press Ctrl-C again" not in done.stderr
    assert json.loads((tmp_path / "run/summary.json").read_text(encoding="utf-8"))["completed"] is False


def test_a_sweep_trains_each_job_also_after_one_that_fails_in_all_processes(words, tmp_path):
    kept = [word for word in words if not word.startswith(("trainer.max_length", "trainer.epochs"))]
    swept = ["-m", "trainer.max_length=4,256", "trainer.epochs=1", "trackers=[console]", f"hydra.sweep.dir={tmp_path}"]
    done = ended(begin("torchrun", *kept, *swept), timeout=300)
    first, second = sorted(tmp_path.glob("[01]_*"))

    assert done.returncode == 1
    assert "1 of the sweep's jobs failed:" in done.stderr
    assert weights(second) and not weights(first)  # noqa: PT018


def test_a_wrong_value_ends_all_processes_with_one_message(words, tmp_path):
    done = ended(begin("torchrun", *words, "trainer.batch_size=0", f"hydra.run.dir={tmp_path / 'run'}"), timeout=300)

    assert done.returncode == 1
    assert done.stderr.count("trainer.batch_size must be greater than or equal to 1 (got 0).") == 1


def test_a_run_without_a_training_ends_as_it_does_alone(tmp_path):
    done = launched("accelerate", "recipe.instructions.until=180", "trackers=[]", f"hydra.run.dir={tmp_path / 'run'}")

    assert "rank" not in done.stderr
    assert json.loads((tmp_path / "run/summary.json").read_text(encoding="utf-8"))["completed"] is True


def both(first, second):
    """Do two things at once, each in a thread of its own."""
    found = {}
    threads = [
        threading.Thread(target=lambda name=name, do=do: found.update({name: do()}))
        for name, do in (("first", first), ("second", second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found.get("first"), found.get("second")


def launches(patience=20.0):
    store = torch.distributed.HashStore()
    return Launch(store, 2, patience), Launch(store, 2, patience)


def test_what_the_first_process_announces_reaches_the_other_in_order():
    first, second = launches()
    first.announce({"a": 1})
    first.announce(None)

    assert [second.announced(), second.announced()] == [{"a": 1}, None]


def test_no_process_passes_a_meeting_before_all_are_there():
    first, second = launches()
    times = []

    def late():
        time.sleep(0.5)
        times.append(time.monotonic())
        second.meet()

    both(lambda: (first.meet(), times.append(time.monotonic())), late)

    assert times == sorted(times)
    assert len(times) == 2


def test_processes_that_fail_in_the_same_training_can_do_the_next():
    first, second = launches()
    first.announce({})
    second.announced()
    both(first.fail, second.fail)

    assert first.is_in_step
    assert second.is_in_step


def test_a_process_that_fails_alone_is_out_of_step():
    first, _ = launches(patience=0.2)
    first.announce({})
    first.fail()

    assert not first.is_in_step
