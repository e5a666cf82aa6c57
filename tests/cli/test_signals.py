import os
import subprocess
import sys
from pathlib import Path

import pytest

from selfinstruct.cli.signals import HANG_UP, is_lost

pytestmark = pytest.mark.skipif(HANG_UP is None, reason="this system has no terminals that hang up")
ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, signal, sys, time
from selfinstruct.cli.signals import end_when_asked
{before}
end_when_asked()
try:
    os.kill(os.getpid(), signal.{word})
    time.sleep(10)
    print("not ended")
finally:
    {after}
    print("Stopped.")
"""


def ended(word, before="", after=""):
    """The exit code, and what is said, of a program that gets a signal."""
    code = PROGRAM.format(word=word, before=before, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("word", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_the_program_by_its_own_code_and_lets_it_say_so(word, code):
    assert ended(word) == (code, "Stopped.\n", "")


def test_a_terminal_that_says_twice_that_it_closes_does_not_interrupt_the_end():
    assert ended("SIGHUP", after="os.kill(os.getpid(), signal.SIGHUP)") == (129, "Stopped.\n", "")


def test_an_interrupt_that_a_launcher_passes_on_once_more_does_not_interrupt_the_end():
    before = "from selfinstruct.cli.signals import interrupt_once; signal.signal(signal.SIGINT, interrupt_once)"
    code, output, errors = ended("SIGINT", before, after="os.kill(os.getpid(), signal.SIGINT)")

    assert (code, output) == (-2, "Stopped.\n")
    assert errors.count("Traceback") == 1


def test_a_program_that_outlives_its_terminal_is_not_ended():
    before = "signal.signal(signal.SIGHUP, signal.SIG_IGN); time.sleep = print"

    assert ended("SIGHUP", before=before) == (0, "10\nnot ended\nStopped.\n", "")


def test_a_terminal_and_a_pipe_are_lost_when_nobody_is_at_their_other_end(tmp_path):
    reader, writer = os.pipe()
    master, slave = os.openpty()
    with (tmp_path / "file").open("w") as file:
        assert [is_lost(number) for number in (writer, slave, file.fileno())] == [False] * 3
        os.close(reader)
        os.close(master)
        assert [is_lost(number) for number in (writer, slave, file.fileno())] == [True, True, False]
    os.close(writer)
    os.close(slave)


def test_what_is_said_to_a_terminal_that_is_gone_is_no_error():
    reader, writer = os.pipe()
    code = PROGRAM.format(word="SIGHUP", before="sys.stdin.read()", after="")
    words = [sys.executable, "-c", code]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as one:
        os.close(reader)
        os.close(writer)
        _, errors = one.communicate()

    assert (one.returncode, errors) == (129, "")
