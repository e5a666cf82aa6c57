import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.replies import Replies, number_of
from selfinstruct.storage.schema import VIEWS, opened, reading


@pytest.fixture
def store(composed, built, tmp_path):
    """The store of a very small run."""
    built(composed("recipe.instructions.until=5", "trackers=[]", "actions=[generate]"), tmp_path / "run").execute()
    return tmp_path / "run" / "completions.sqlite"


def test_the_number_of_a_request_is_its_last_part():
    assert number_of("a/b/12") == 12


def test_replies_come_in_the_order_of_stages_rounds_and_requests(store):
    stages = ["instructions", "classification", "output_first", "input_first"]
    with reading(store) as connection:
        found = [(reply.stage, reply.round, reply.number) for reply in Replies(connection).in_order(stages)]
        latencies = Replies(connection).latencies()

    assert found == sorted(found, key=lambda row: (stages.index(row[0]), *row[1:]))
    assert len(found) > 10
    assert latencies.keys() == {stage for stage, _, _ in found}


def test_replies_say_what_they_took_and_what_their_prompts_showed(store):
    with reading(store) as connection:
        replies = Replies(connection)
        taken, shown = list(replies.usage()), [row for row in replies.parents() if row[2]]
        whole = list(replies)

    assert sorted(row.completion_tokens for row in taken) == sorted(one.completion.completion_tokens for one in whole)
    assert {(row.model, row.stage) for row in taken} == {("offline", one.stage) for one in whole}
    assert {(stage, len(parents)) for stage, _, parents in shown} == {("instructions", 8)}


def test_a_reply_that_changed_on_the_disk_is_refused(store):
    with closing(sqlite3.connect(store)) as writing:
        writing.execute("UPDATE replies SET drawn = replace(drawn, 'seed', 'sead') WHERE request = 'instructions/1/1'")
        writing.commit()

    with pytest.raises(RunFolderError, match="instructions/1/1 has changed"), reading(store) as connection:
        list(Replies(connection))


def test_a_store_of_version_0_1_0_has_replies_without_what_was_drawn(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        connection.executescript(Path(__file__).with_name("store_2.sql").read_text())

    with reading(tmp_path / "x.sqlite") as connection:
        assert [reply.drawn for reply in Replies(connection)][:1] == [None]
        assert list(Replies(connection).parents()) == []
        assert len(list(Replies(connection).usage())) == len(list(Replies(connection)))


def test_a_store_of_version_4_is_read_and_continued(store):
    with closing(sqlite3.connect(store)) as writing:
        writing.executescript(
            f"DROP VIEW completions; ALTER TABLE replies DROP COLUMN cached_tokens; {VIEWS[4]}; PRAGMA user_version = 4"
        )
    with reading(store) as connection:
        before = list(Replies(connection))
        assert next(iter(Replies(connection).usage())).cached_tokens is None
        assert list(Replies(connection).parents())
    opened(store).close()
    with reading(store) as connection:
        assert list(Replies(connection)) == before
