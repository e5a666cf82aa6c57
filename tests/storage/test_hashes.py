import hashlib
import json
import re

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.round import Rejection, Round
from selfinstruct.storage.hashes import checked
from selfinstruct.storage.journal import Journal
from selfinstruct.storage.rows import rounds_of

FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl")


def a_round(number, tasks, ended=None, rejected=1, stage="grow"):
    return Round(
        stage=stage,
        number=number,
        asked=1,
        failed=0,
        parsed=2,
        kept=len(tasks),
        tasks=tuple(tasks),
        rejections=tuple(Rejection("parse", f"preamble {number}", text="Sure!") for _ in range(rejected)),
        pool=3,
        prompt_tokens=1,
        completion_tokens=2,
        cost_usd=None,
        ended=ended,
    )


def written(folder, task, ended=None):
    """A folder with two seeds and four rounds, the third of which changes neither of the other files."""
    journal = Journal(folder)
    journal.open()
    journal.begin([task(0), task(1)])
    journal.commit(a_round(1, [task(2), task(3)]))
    journal.commit(a_round(2, [task(4)], ended=ended))
    journal.commit(a_round(3, [], rejected=0))
    journal.commit(a_round(1, [task(4, is_classification=True)], stage="classification"))
    return folder


@pytest.fixture
def folder(tmp_path, task):
    return written(tmp_path, task)


def reported(folder):
    """What is reported when the folder is opened."""
    try:
        Journal(folder).open()
    except RunFolderError as error:
        return str(error)
    return ""


def rows(folder):
    return [json.loads(line) for line in (folder / "rounds.jsonl").read_bytes().splitlines()]


def test_beside_each_size_stands_the_sha_256_of_the_file_up_to_there(folder):
    for row in rows(folder):
        for name in ("pool.jsonl", "rejected.jsonl"):
            content = (folder / name).read_bytes()[: row[f"bytes/{name}"]]
            assert row[f"sha256/{name}"] == hashlib.sha256(content).hexdigest()[:16]


def test_a_resumed_journal_writes_the_hashes_of_one_that_was_not_stopped(folder, task, tmp_path_factory):
    whole = tmp_path_factory.mktemp("whole")
    once = Journal(whole)
    once.open()
    once.begin([task(0), task(1)])
    for round_ in (
        a_round(1, [task(2), task(3)]),
        a_round(2, [task(4)]),
        a_round(3, [], rejected=0),
        a_round(1, [task(4, is_classification=True)], stage="classification"),
        a_round(2, [task(5)]),
    ):
        once.commit(round_)
    with (folder / "pool.jsonl").open("a") as file:
        file.write('{"torn')

    journal = Journal(folder)
    journal.open()
    journal.commit(a_round(2, [task(5)]))

    assert [(folder / name).read_bytes() for name in FILES] == [(whole / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("name", FILES)
def test_every_bit_that_flips_in_a_committed_file_is_reported_and_nothing_is_changed(name, folder):
    whole = (folder / name).read_bytes()
    unnoticed = []
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        (folder / name).write_bytes(damaged)
        before = {path: path.read_bytes() for path in folder.iterdir()}
        if name not in reported(folder):
            unnoticed.append(place)
        assert {path: path.read_bytes() for path in folder.iterdir()} == before

    assert unnoticed == []


CHANGES = {
    "a line is removed": lambda lines, place: lines[:place] + lines[place + 1 :],
    "a line is repeated": lambda lines, place: [*lines[: place + 1], *lines[place:]],
    "two lines are exchanged": lambda lines, place: [
        *lines[:place],
        lines[place + 1],
        lines[place],
        *lines[place + 2 :],
    ],
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("name", FILES)
def test_lines_that_are_removed_repeated_or_moved_are_reported(name, what, folder):
    lines = (folder / name).read_bytes().splitlines(keepends=True)
    for place in range(len(lines) - 1):
        changed = CHANGES[what](lines, place)
        if changed == lines:  # two rejections that are the same
            continue
        (folder / name).write_bytes(b"".join(changed))
        with pytest.raises(RunFolderError, match=name):
            Journal(folder).open()


def test_the_first_round_that_does_not_match_and_its_lines_are_named(folder):
    path = folder / "pool.jsonl"
    path.write_bytes(path.read_bytes().replace(b"thing number 3", b"thing number 8"))

    with pytest.raises(RunFolderError) as found:
        Journal(folder).open()

    assert str(found.value) == (
        f"{path}: one of the lines 1 to 4 has changed since round 1 of grow was committed: its hash differs from the "
        f"one in rounds.jsonl:1. Nothing was changed. Restore the folder from a copy, or start a new run with "
        f"model.store={folder}/completions.sqlite, which pays for no stored reply again."
    )


def test_a_shelved_pool_is_compared_too(folder):
    path = folder / "pool.jsonl"
    path.write_bytes(path.read_bytes().replace(b"thing number 4", b"thing number 8"))

    with pytest.raises(RunFolderError, match="line 5 has changed since round 2 of grow was committed"):
        Journal(folder).open(shelved=True)


def test_a_figure_that_changed_is_reported_with_its_line(folder):
    path = folder / "rounds.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"pool": 3', b'"pool": 4'))

    with pytest.raises(RunFolderError, match=r"rounds\.jsonl:1: this line has changed since it was written"):
        Journal(folder).open()


def test_how_a_round_ended_changes_no_other_line(folder, task, tmp_path_factory):
    marked = rows(written(tmp_path_factory.mktemp("marked"), task, ended="budget: 5 requests"))
    plain = rows(folder)

    assert [row == other for row, other in zip(marked, plain, strict=True)] == [True, False, True, True]


def test_rounds_of_an_older_program_are_read_and_continued_with_hashes(folder, task):
    path = folder / "rounds.jsonl"
    path.write_bytes(re.sub(rb', "sha256/[^"]+": "[^"]*"', b"", path.read_bytes()))

    journal = Journal(folder)
    journal.open()
    journal.commit(a_round(2, [task(5)]))

    assert ["sha256/rounds.jsonl" in row for row in rows(folder)] == [False] * 4 + [True]
    assert len(Journal(folder).open()) == 6
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines(keepends=True)[3])
    with pytest.raises(RunFolderError, match=r"rounds\.jsonl:6: this line has changed"):
        Journal(folder).open()


def test_a_last_line_that_was_cut_off_while_it_was_written_is_no_damage(folder):
    path = folder / "rounds.jsonl"
    whole = path.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        assert len(rounds_of(path)) == 3


def test_a_file_that_lost_its_end_is_reported(folder):
    rounds = rounds_of(folder / "rounds.jsonl")
    (folder / "rejected.jsonl").write_bytes(b"")

    with pytest.raises(RunFolderError, match=r"rejected\.jsonl is shorter than rounds\.jsonl:1 says"):
        checked(folder / "rejected.jsonl", rounds)
