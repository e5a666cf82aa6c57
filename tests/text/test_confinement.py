import ast
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest

from selfinstruct.errors import SelfInstructError
from selfinstruct.text import confinement
from selfinstruct.text.confinement import Confined, ExceededError

MB = 1 << 20


def doubled(text):
    return text * 2


def process_id():
    return str(os.getpid())


def environment():
    return json.dumps(dict(os.environ))


def limits():
    names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_NOFILE")
    return json.dumps([resource.getrlimit(getattr(resource, name)) for name in names])


def descriptors():
    found = []
    for number in range(64):
        with suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/self/fd/{number}").partition(":")[0])
    return json.dumps(found)


def allocated(size):
    return str(len(bytearray(size)))


def loop():
    while True:
        pass


def stopped():
    os.kill(os.getpid(), signal.SIGSTOP)
    return "never"


def refused():
    raise ValueError("no: \ud800é")


def crash():
    os.kill(os.getpid(), signal.SIGSEGV)
    return "never"


@pytest.fixture(scope="module")
def child():
    with closing(Confined(seconds=0.3, memory=200 * MB)) as made:
        yield made


def is_alive(number):
    try:
        with open(f"/proc/{number}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_ends(number):
    end = time.monotonic() + 20
    while is_alive(number):
        assert time.monotonic() < end, "it lives on"
        time.sleep(0.01)


def test_calls_are_answered_by_one_other_process(child):
    assert child.call(doubled, "aé\ud800") == "aé\ud800aé\ud800"
    assert child.call(process_id) == child.call(process_id) != str(os.getpid())


def test_an_error_is_raised_here_and_the_child_lives(child):
    before = child.call(process_id)

    with pytest.raises(ValueError, match="no: \ud800é"):
        child.call(refused)

    assert child.call(process_id) == before


@pytest.mark.parametrize(
    ("work", "values", "message"),
    [
        (loop, (), "it takes more than 0.3 seconds of CPU time"),
        (ast.literal_eval, ("1+" * 10**6 + "1",), "it takes more than"),
        (allocated, (10**9,), "it takes more than 200 MB of memory"),
        (crash, (), r"its process has ended \(exit code -11\)"),
        (doubled, ("x" * 20_000_001,), "its process has ended"),
    ],
    ids=["loop", "step in C", "memory", "crash", "size"],
)
def test_a_call_that_takes_too_much_is_stopped_and_the_next_one_works(child, work, values, message):
    began = time.process_time()

    with pytest.raises(ExceededError, match=message):
        child.call(work, *values)

    assert child.call(doubled, "a") == "aa"
    assert time.process_time() - began < 2


def test_a_child_that_stands_still_is_not_waited_for_without_end():
    with closing(Confined(patience=1.5)) as child, pytest.raises(ExceededError, match=r"more than 1\.5 seconds"):
        child.call(stopped)


def test_what_cannot_be_sent_is_reported(child):
    with pytest.raises(ExceededError, match="a value cannot be sent to another process"):
        child.call(doubled, threading.Lock())


def test_a_child_that_was_killed_is_replaced(child):
    for _ in range(2):
        os.kill(int(child.call(process_id)), signal.SIGKILL)
        assert child.call(doubled, "a") == "aa"


def test_threads_take_turns(child):
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: child.call(doubled, str(number)), range(100))) == [
            str(number) * 2 for number in range(100)
        ]


def test_the_child_has_no_keys_no_files_and_no_processes(child, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    child.close()

    assert set(json.loads(child.call(environment))) <= {*confinement.NEEDED, "LC_CTYPE"}  # Python sets the last one
    assert json.loads(child.call(limits)) == [[0, 0], [0, 0], [0, 0], [64, 64]]


def test_the_child_inherits_no_descriptor(child):
    with open(os.devnull, "rb") as file:
        os.set_inheritable(file.fileno(), True)
        child.close()
        found = json.loads(child.call(descriptors))

    assert found == ["socket", "/dev/null", "/dev/null"]


PARENT = """
import os, sys, time
sys.path[:0] = {path!r}
from selfinstruct.text.confinement import Confined
from test_confinement import process_id
child = Confined()
print(child.call(process_id), flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["time.sleep(60)", "os._exit(0)"])
def test_the_child_ends_when_its_parent_has_ended(then, tmp_path):
    path = [os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__))]
    words = [sys.executable, "-c", PARENT.format(path=path, then=then)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as parent:
        number = int(parent.stdout.readline())
        parent.kill()

    assert_ends(number)


def test_a_child_that_cannot_start_is_reported(monkeypatch):
    monkeypatch.setattr(sys, "path", ["/nowhere"])

    with pytest.raises(SelfInstructError, match=r"cannot start here \(exit code 1\)"):
        Confined().call(doubled, "a")
