"""Batches whose ids do not arrive: the program is killed, or the answer is lost."""

import json
import os
import signal
import threading
import time

import batching
import commands
import pytest

from selfinstruct.model.failed_attempt import ReplyError
from selfinstruct.storage.creation import is_without_effect

KINDS = {
    "openai": ("model=endpoint", "/v1"),
    "anthropic": ("model=anthropic", ""),
}
TASKS = 72


@pytest.fixture
def provider():
    with batching.provided() as running:
        yield running


def words(provider, folder, kind):
    option, path = KINDS[kind]
    address = provider.url.removesuffix("/v1") + path
    keys = [option, f"model.api_base={address}", "model.batch=true"]
    return ["recipe=user_oriented", "actions=[generate]", "trackers=[console]", *keys, f"hydra.run.dir={folder}"]


def run(provider, folder, kind="openai", start=commands.run):
    return start(*words(provider, folder, kind), environment=os.environ | {"ANTHROPIC_API_KEY": "none-is-needed"})


def killed(provider, folder, kind="openai", *, is_created=True):
    """The file of a batch whose run was killed before the answer that holds its id."""
    known, over, process = threading.Event(), threading.Event(), None

    def created():
        known.wait()
        provider.created = lambda: None
        if not is_created:
            provider.batches.pop()
        process.send_signal(signal.SIGKILL)
        over.wait()

    provider.created = created
    process = run(provider, folder, kind, commands.begin)
    known.set()
    process.communicate(timeout=100)
    over.set()
    (path,) = folder.glob("batch-*.json")
    assert json.loads(path.read_text())["batch"] == ""
    return path


def settle(path):
    """Have a file of a batch say that it was written two minutes before."""
    noted = json.loads(path.read_text())
    noted["intent"]["since"] -= 120
    path.write_text(json.dumps(noted))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_is_killed_before_it_knows_the_id_of_its_batch_finds_the_batch(provider, tmp_path, kind):
    killed(provider, tmp_path, kind)
    if kind == "anthropic":  # another run with the same requests
        provider.batches.insert(0, {f"other-{name}": prompt for name, prompt in provider.batches[0].items()})
    count = len(provider.batches)
    resumed = run(provider, tmp_path, kind)

    assert resumed.returncode == 0, resumed.stderr
    assert (len(provider.batches), provider.alone) == (count, [])
    assert len((tmp_path / "pool.jsonl").read_text().splitlines()) == 2 * TASKS  # without an answer, and with one
    assert list(tmp_path.glob("batch-*")) == []
    assert "A batch of 72 requests may be at the provider" in resumed.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_that_is_certainly_not_there_is_created_again(provider, tmp_path, kind):
    settle(killed(provider, tmp_path, kind, is_created=False))
    resumed = run(provider, tmp_path, kind)

    assert resumed.returncode == 0, resumed.stderr
    assert [len(batch) for batch in provider.batches] == [TASKS]
    assert list(tmp_path.glob("batch-*")) == []


@pytest.mark.slow
def test_the_second_interrupt_does_not_wait_for_the_id_of_a_new_batch(provider, tmp_path):
    created, over = threading.Event(), threading.Event()
    provider.created = lambda: (created.set(), over.wait())
    process = run(provider, tmp_path, start=commands.begin)
    created.wait()
    process.send_signal(signal.SIGINT)
    log = tmp_path / "run.log"
    while "interrupt again" not in log.read_text():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    over.set()

    assert process.returncode == 130
    assert "72 requests may be in a batch at the provider. Resume the run to find it." in errors
    (path,) = tmp_path.glob("batch-*.json")
    assert json.loads(path.read_text())["batch"] == ""


@pytest.mark.slow
def test_a_server_without_a_list_of_batches_leaves_the_decision_to_the_user(provider, tmp_path):
    path = killed(provider, tmp_path)
    provider.is_listed = False
    refused = run(provider, tmp_path)

    assert refused.returncode == 1
    assert f"Delete {path} to send the requests again" in " ".join(refused.stderr.split())
    assert path.exists()

    noted = json.loads(path.read_text())
    path.write_text(json.dumps(noted | {"batch": "batch_0"}))
    resumed = run(provider, tmp_path)

    assert resumed.returncode == 0, resumed.stderr
    assert (len(provider.batches), provider.alone) == (1, [])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, True),
        (404, True),
        (429, True),
        (503, True),
        (529, True),
        (408, False),
        (499, False),
        (500, False),
        (504, False),
    ],
)
def test_only_a_refusal_has_certainly_created_nothing(status, expected):
    assert is_without_effect(ReplyError(status, "no", {"status": str(status)})) == expected


def test_a_lost_answer_may_have_created_a_batch():
    assert is_without_effect(ConnectionRefusedError())
    assert not is_without_effect(TimeoutError())
    assert not is_without_effect(ConnectionResetError())
