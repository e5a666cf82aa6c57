import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import refusing

from selfinstruct.errors import RunFolderError, UnwritableError
from selfinstruct.storage.folder import held, replacing, store_config
from selfinstruct.storage.remedies import REMEDIES, salvage, unwritable
from selfinstruct.storage.schema import opened

TESTS = Path(__file__).parents[1]
needs_refusals = pytest.mark.skipif(not refusing.CAN_REFUSE, reason="needs the calls of Linux on a known machine")


def refused(tmp_path, calls, program):
    """What a program says, standard output, where the system refuses these calls."""
    (tmp_path / "program.py").write_text(
        f"import sys\nsys.path[:0] = {[str(TESTS), str(TESTS / 'storage')]}\n{PRELUDE}{program}"
    )
    words = [sys.executable, str(TESTS / "refusing.py"), calls, str(tmp_path / "program.py"), str(tmp_path / "run")]
    (tmp_path / "run").mkdir()
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=TESTS.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


PRELUDE = """
from pathlib import Path
from selfinstruct.errors import SelfInstructError
folder = Path(sys.argv[1])
def attempt(what):
    try:
        what()
        print("no error")
    except SelfInstructError as error:
        print(type(error).__name__, error)
"""


@needs_refusals
@pytest.mark.parametrize("name", [pytest.param("ENOLCK", marks=pytest.mark.slow), "EOPNOTSUPP", "ENOSYS"])
def test_a_file_system_without_locks_is_named_as_such_and_no_other_process_is_blamed(name, tmp_path):
    program = """
from selfinstruct.storage.folder import held
from selfinstruct.storage.completions import Store
attempt(lambda: held(folder).__enter__())
attempt(lambda: Store(folder / "completions.sqlite"))
"""

    lock, store = refused(tmp_path, f"locks={name}", program).splitlines()

    why = os.strerror(getattr(errno, name))
    for message, path in ((lock, ".lock"), (store, "completions.sqlite")):
        assert message.startswith(
            f"RunFolderError {tmp_path}/run/{path} cannot be locked: {why}. The file system has no file"
        )
        assert "another process" not in message


@needs_refusals
@pytest.mark.parametrize("error", ["EIO", "EDQUOT", "ENOSPC", "EROFS"])
def test_what_cannot_be_brought_to_disk_takes_no_place_and_commits_nothing(error, tmp_path):
    """Where each wait for the disk fails, whatever does not wait is found out: its file would be there."""
    program = """
from concurrent.futures import Future
from conftest import make_task
from test_journal import make_round
from test_completions import asked
from selfinstruct.actions.export import write
from selfinstruct.actions.publication.archive import pack, seal
from selfinstruct.storage.folder import store_config
from selfinstruct.storage.journal import Journal
from selfinstruct.request import Completion
from selfinstruct.storage.completions import Store

attempt(lambda: store_config(folder, {}, []))
attempt(lambda: write(folder / "x.jsonl", iter([{}])))
attempt(lambda: write(folder / "x.zip", iter([{}])))
(folder / "capsule").mkdir()
attempt(lambda: seal(folder / "capsule"))
attempt(lambda: pack(folder / "capsule", folder / "capsule.zip"))
print(sorted(path.name for path in folder.rglob("*")))
journal = Journal(folder)
journal.open()
attempt(lambda: journal.begin([make_task()]))
attempt(lambda: journal.commit(make_round(1, [make_task(1)])))
print("rounds", (folder / "rounds.jsonl").read_text() + ".")
"""

    *message, files, begun, committed, rounds = refused(tmp_path, f"fsync,fdatasync={error}", program).splitlines()

    remedy = f"cannot be written: {os.strerror(getattr(errno, error))}. {REMEDIES[getattr(errno, error)][1]}"
    assert [line.endswith(remedy) for line in (*message, begun, committed)] == [True] * 7
    assert files == "['capsule']"
    assert rounds == "rounds ."


@needs_refusals
def test_a_reply_that_is_not_on_disk_is_not_given_to_the_one_who_waits(tmp_path):
    with closing(opened(tmp_path / "completions.sqlite")):
        pass
    program = """
from concurrent.futures import Future
from test_completions import asked
from selfinstruct.request import Completion
from selfinstruct.storage.completions import Store

store = Store(folder.parent / "completions.sqlite")
kept = Future()
store.save(asked(), Completion(text="Said."), kept)
attempt(lambda: kept.result(timeout=30))
"""

    message = refused(tmp_path, "fsync,fdatasync=EIO", program)

    assert message.startswith(f"UnwritableError {tmp_path}/completions.sqlite cannot be written: Input/output error.")


def test_every_connection_to_a_store_waits_for_the_disk(tmp_path):
    with closing(opened(tmp_path / "x.sqlite")) as one, closing(opened(tmp_path / "x.sqlite")) as other:
        for connection in (one, other):
            assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)]
            assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]


def test_no_module_but_one_puts_a_file_in_the_place_of_another():
    sources = (TESTS.parent / "selfinstruct").rglob("*.py")

    assert [path.name for path in sources if "os.replace(" in path.read_text(encoding="utf-8")] == ["folder.py"]


def test_too_many_open_files_ask_for_a_larger_limit_and_not_for_room(tmp_path):
    code = f"""
import resource, sys
sys.path.insert(0, {str(TESTS.parent)!r})
from pathlib import Path
from selfinstruct.errors import SelfInstructError
from selfinstruct.storage.folder import held, replace_text
from selfinstruct.storage.journal import Journal
from selfinstruct.storage.schema import opened
folder = Path(sys.argv[1])
journal = Journal(folder)
journal.open()
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
for what in (
    lambda: replace_text(folder / "config.json", ""),
    lambda: journal.begin([]),
    lambda: held(folder).__enter__(),
    lambda: opened(folder / "completions.sqlite"),
):
    try:
        what()
    except SelfInstructError as error:
        print(type(error).__name__, error)
"""

    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)

    names = ("config.json", "pool.jsonl", ".lock", "completions.sqlite")
    assert done.stdout.splitlines() == [
        f"UnwritableError {tmp_path}/{name} cannot be opened: Too many open files. Raise the limit of this process with"
        " ulimit -n 4096, or lower model.concurrency."
        for name in names
    ]


def test_a_name_that_is_too_long_asks_for_another_folder(tmp_path):
    with pytest.raises(RunFolderError, match=r"cannot be written: File name too long\. Its name is too long\. Choose"):
        store_config(tmp_path / ("x" * 300), {}, [])
    with pytest.raises(RunFolderError, match="File name too long"), held(tmp_path / ("x" * 300)):
        pass


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours_asks_for_permissions(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UnwritableError, match=r"Permission denied\. Fix the permissions"):
            store_config(tmp_path, {}, [])
        with pytest.raises(UnwritableError, match=r"Permission denied\. Fix the permissions"), held(tmp_path):
            pass
    finally:
        tmp_path.chmod(0o700)


@pytest.fixture
def read_only(tmp_path):
    """A file system of its own that cannot be written."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", place]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if mounted.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_file_system_that_cannot_be_written_is_named_as_such(read_only):
    message = r"cannot be written: Read-only file system\. The file system is mounted read-only\. Choose another folder"
    with pytest.raises(UnwritableError, match=message), held(read_only):
        pass
    with pytest.raises(UnwritableError, match=message), replacing(read_only / "config.json"):
        pass


def test_a_store_that_another_process_has_locked_is_not_called_damaged(tmp_path):
    path = tmp_path / "completions.sqlite"
    opened(path).close()
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as one,
        closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other,
    ):
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as found:
            other.execute("BEGIN IMMEDIATE")

    assert str(unwritable(path, found.value)) == f"{path} is locked by another process. Wait for it, or end it."


def test_a_damaged_store_of_committed_rounds_is_not_to_be_deleted(tmp_path):
    path = tmp_path / "completions.sqlite"
    assert "delete" not in salvage(path)
    (tmp_path / ".hydra").mkdir()
    assert "no round uses it yet, and its replies are paid again" in salvage(path)
    (tmp_path / "rounds.jsonl").write_text("{}\n")
    assert salvage(path).startswith("Do not delete it: explain, refilter and capsule need its replies")
    assert "together with completions.sqlite-wal and completions.sqlite-shm" in salvage(path)
