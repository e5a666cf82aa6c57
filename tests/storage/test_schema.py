import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.schema import FORMAT, opened, reading, version_of

FIRST = """
CREATE TABLE parts (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);
CREATE TABLE replies (request TEXT, key BLOB, draw INTEGER, stage TEXT, round INTEGER, identity INTEGER, system INTEGER,
    head INTEGER, rest TEXT, decoding INTEGER, text TEXT, finish_reason TEXT, prompt_tokens INTEGER,
    completion_tokens INTEGER, cost_usd REAL, seconds REAL, model TEXT, time REAL, UNIQUE (key, draw));
CREATE VIEW completions AS SELECT text FROM replies;
INSERT INTO parts VALUES (1, 'x');
INSERT INTO replies VALUES ('grow/1/1', x'00', 0, 'grow', 1, 1, NULL, 1, '', 1, 'Said.', 'stop', 1, 1, NULL, 1, 'm', 1);
PRAGMA user_version = 1;
"""


def test_a_new_file_has_the_tables(tmp_path):
    with closing(opened(tmp_path / "x.sqlite")) as connection:
        assert version_of(connection) == FORMAT
        assert connection.execute("SELECT * FROM completions").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_of_the_first_version_keeps_its_replies(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        connection.executescript(FIRST)

    for _ in range(2):
        with closing(opened(tmp_path / "x.sqlite")) as connection:
            assert connection.execute("SELECT text, sent FROM completions").fetchall() == [("Said.", None)]
            assert version_of(connection) == FORMAT


def test_many_processes_may_open_a_new_file_at_once(tmp_path):
    code = "import sys, pathlib; from selfinstruct.storage.schema import opened; opened(pathlib.Path(sys.argv[1]))"
    words = [sys.executable, "-c", code, str(tmp_path / "x.sqlite")]

    processes = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(6)]

    assert [process.communicate()[1] for process in processes] == [""] * 6


@pytest.mark.parametrize(("place", "why"), [("none/x.sqlite", "No such file or directory"), (".", "Is a directory")])
def test_a_place_that_can_hold_no_file_is_told(place, why, tmp_path):
    with pytest.raises(RunFolderError, match=f"cannot be written: {why}"):
        opened(tmp_path / place)


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS text FROM n"
HOSTILE = {
    "a trigger": f"CREATE TRIGGER t AFTER INSERT ON replies BEGIN INSERT INTO parts (content) {ENDLESS}; END",
    "a view for a table": f"ALTER TABLE replies RENAME TO r; CREATE VIEW Replies AS {ENDLESS}",
    "a view for another": f"DROP VIEW completions; CREATE VIEW Completions AS {ENDLESS}",
    "no view": "DROP VIEW completions",
}


@pytest.fixture
def hostile(tmp_path, request):
    path = tmp_path / "x.sqlite"
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP VIEW completions;" * ("view for a table" in request.param) + HOSTILE[request.param]
        )
    return path


@pytest.mark.parametrize("hostile", HOSTILE, indirect=True)
def test_a_store_with_queries_of_others_is_not_read(hostile):
    with pytest.raises(RunFolderError, match="cannot be read: it"), reading(hostile):
        pass

    assert [path.name for path in hostile.parent.iterdir()] == ["x.sqlite"]


@pytest.mark.parametrize("hostile", ["a trigger", "a view for a table"], indirect=True)
def test_a_store_with_queries_of_others_is_not_written(hostile):
    with pytest.raises(RunFolderError, match="which no run has made"):
        opened(hostile)


def test_a_store_of_version_0_1_0_is_read_as_it_is(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        connection.executescript(Path(__file__).with_name("store_2.sql").read_text())

    with reading(tmp_path / "x.sqlite") as connection:
        assert version_of(connection) == 2
        assert connection.execute("SELECT text FROM completions").fetchall()
