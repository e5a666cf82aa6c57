import signal
import time

import commands

SMALL = ["recipe.instructions.until=10", "trackers=[]"]
FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl")


def said(path):
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_a_run_whose_batches_wait_is_killed_and_ends_as_one_without_batches(tmp_path):
    folder = tmp_path / "batched"
    process = commands.begin(*SMALL, "model.batch=true", "model.batch_seconds=600", f"hydra.run.dir={folder}")
    while not list(folder.glob("batch-*.json")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    waited = commands.run(f"hydra.run.dir={folder}", "model.batch_seconds=0")
    alone = commands.run(*SMALL, f"hydra.run.dir={tmp_path / 'alone'}")

    assert (waited.returncode, alone.returncode) == (0, 0), waited.stderr
    assert list(folder.glob("batch-*.json")) == []
    assert "requests wait in batch offline-" in said(folder / "run.log")
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_a_batch_waits_as_long_as_it_is_told(tmp_path):
    began = time.monotonic()
    done = commands.run(*SMALL, "model.batch=true", "model.batch_seconds=1.5", f"hydra.run.dir={tmp_path / 'run'}")

    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began > 1.5
