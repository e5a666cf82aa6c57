"""A disk that is full ends a run with one clear message, and the run goes on when there is room."""

import re
import subprocess
from pathlib import Path

import commands
import pytest
from small_runs import make_run

LIMITED = f"""
import resource, runpy, sys
sys.path[0] = {str(Path(commands.RUN).parent)!r}
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
runpy.run_path({commands.RUN!r}, run_name="__main__")
"""
"""Runs a program that may write no file larger than so many bytes."""


def is_clear(message, folder):
    """Return whether the message names the file that could not be written, what to do, and how to resume."""
    line, last = message.splitlines()
    remedies = ("Free disk space.", "Raise the limit on the size of a file", "Find out whether the disk is full")
    is_named = line.startswith(f"{folder}/") and "cannot be written: " in line and any(map(line.__contains__, remedies))
    return (
        is_named
        and "summary.json" not in line
        and "To resume, run: " in last
        and last.endswith(f"hydra.run.dir={folder}")
    )


def test_files_that_may_not_grow_end_the_run_and_it_goes_on_to_the_same(begin, run, words, whole, made, tmp_path):
    (tmp_path / "limited.py").write_text(LIMITED)
    for limit in (120_000, 200_000):
        process = begin(str(limit), *words, "hydra.run.dir=run", script=tmp_path / "limited.py")
        _, message = process.communicate(timeout=120)

        assert process.returncode == 1
        assert is_clear(message, tmp_path / "run")

    assert run("hydra.run.dir=run") == (0, "", "")
    assert made(tmp_path / "run") == whole


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, and a way to set its size."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if mounted.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    try:
        yield place, lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", place], check=True)
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_ends_the_run_and_it_goes_on_to_the_same_when_there_is_room(small_disk, run, words, whole, made):
    place, resize = small_disk
    resize("8k")
    code, _, message = run(*words, f"hydra.run.dir={place}/run")
    assert code == 1
    assert message.startswith(f"{place}/run cannot be written: No space left on device. Free disk space.")
    assert message.endswith("\nThen run the same command again.\n")
    for size in ("600k", "800k", "900k"):
        resize(size)
        code, _, message = run(*words, f"hydra.run.dir={place}/run")

        assert code == 1
        assert is_clear(message, place / "run")

    resize("20m")
    assert run(f"hydra.run.dir={place}/run") == (0, "", "")
    assert made(place / "run") == whole


def test_a_report_into_a_run_on_a_disk_that_is_read_only_says_which_file_cannot_be_written(small_disk, run):
    place, _ = small_disk
    make_run(place / "run")
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)

    code, _, message = run("actions=[report]", f"hydra.run.dir={place}/run")

    assert code == 1
    assert re.fullmatch(rf"{place}/run/figures.* cannot be written: Read-only file system. .*\n", message)


def test_a_file_that_cannot_be_opened_before_the_run_begins_is_named_with_what_to_do(run, words, tmp_path):
    (tmp_path / "run/run.log").mkdir(parents=True)

    code, _, message = run(*words, "hydra.run.dir=run")

    assert code == 1
    first, last = message.splitlines()
    assert first == f"{tmp_path}/run/run.log cannot be written: Is a directory. Move away what is in its place."
    assert "To resume, run: " in last
