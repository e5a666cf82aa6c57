import json
import re

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.round import Rejection, Round
from selfinstruct.storage.journal import Journal


def make_round(number, tasks=(), rejections=(), ended=None):
    return Round(
        stage="grow",
        number=number,
        asked=1,
        failed=0,
        parsed=2,
        kept=len(tasks),
        tasks=tuple(tasks),
        rejections=tuple(rejections),
        pool=3,
        prompt_tokens=1,
        completion_tokens=2,
        cost_usd=None,
        seconds=0.5,
        ended=ended,
    )


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_a_new_folder_holds_nothing(tmp_path):
    journal = Journal(tmp_path)

    assert len(journal.open()) == 0
    assert journal.rounds == []


def test_the_line_of_a_round_holds_its_figures_and_the_sizes_of_the_files(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0)])

    committed = journal.commit(make_round(1, [task(1, origin="grow")], [Rejection("parse", "preamble", text="Sure!")]))

    (row,) = lines(tmp_path / "rounds.jsonl")
    assert row == committed == journal.rounds[0]
    assert row["bytes/pool.jsonl"] == (tmp_path / "pool.jsonl").stat().st_size
    assert row["bytes/rejected.jsonl"] == (tmp_path / "rejected.jsonl").stat().st_size
    assert lines(tmp_path / "rejected.jsonl") == [
        {"stage": "grow", "round": 1, "request": "", "filter": "parse", "reason": "preamble", "text": "Sure!"}
    ]


def test_the_last_line_of_a_task_wins_and_keeps_its_place(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0), task(1)])
    journal.commit(make_round(1, [task(0, is_classification=True)]))

    reopened = Journal(tmp_path)
    pool = reopened.open()

    assert [made.id for made in pool] == ["seed_task_0", "seed_task_1"]
    assert pool["seed_task_0"].is_classification is True
    assert [row["round"] for row in reopened.of("grow")] == [1]
    assert reopened.of("another") == []


def test_what_lies_past_the_last_commit_is_cut_off(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0)])
    journal.commit(make_round(1, [task(1)]))
    whole = {name: (tmp_path / name).read_bytes() for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl")}
    for name in whole:
        with (tmp_path / name).open("ab") as file:
            file.write(b'{"id": "torn')

    pool = Journal(tmp_path).open()

    assert len(pool) == 2
    assert {name: (tmp_path / name).read_bytes() for name in whole} == whole


def test_seeds_without_a_round_are_cut_off_too(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0)])

    assert len(Journal(tmp_path).open()) == 0


def test_texts_keep_every_character(tmp_path, task):
    odd = "Ünïcode \u2028 \x85 \x00 \r\n 😀"
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([])
    journal.commit(make_round(1, [task(0, instruction=odd)]))

    assert Journal(tmp_path).open()["seed_task_0"].instruction == odd


def test_files_that_no_run_has_made_are_left_alone(tmp_path):
    (tmp_path / "pool.jsonl").write_text("precious")

    with pytest.raises(RunFolderError, match=r"holds pool.jsonl but no rounds.jsonl"):
        Journal(tmp_path).open()

    assert (tmp_path / "pool.jsonl").read_text() == "precious"


def test_a_pool_that_lost_committed_lines_is_refused(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0)])
    journal.commit(make_round(1, [task(1)]))
    (tmp_path / "pool.jsonl").unlink()

    with pytest.raises(RunFolderError, match=r"pool.jsonl is shorter than rounds.jsonl says"):
        Journal(tmp_path).open()


def damaged(tmp_path, task, name, damage):
    """A folder with two rounds, one file of which has been damaged; the bytes of its files."""
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0)])
    journal.commit(make_round(1, [task(1)]))
    journal.commit(make_round(2, [task(2)]))
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))
    return {path: path.read_bytes() for path in tmp_path.iterdir()}


def unhashed(rounds):
    """The rounds as an older program has written them."""
    return re.sub(rb', "sha256/[^"]+": "[^"]*"', b"", rounds)


DAMAGES = {
    "no JSON": ("rounds.jsonl", lambda old: b"{not\n" + old, r"rounds\.jsonl:1: not JSON at column 2 "),
    "a list": ("rounds.jsonl", lambda old: old + b"[1]\n", r"rounds\.jsonl:3: must be an object\."),
    "a key that is missing": ("rounds.jsonl", lambda old: old + b"{}\n", r"rounds\.jsonl:3: 'stage' is missing\."),
    "a mark": ("rounds.jsonl", lambda old: b"\xef\xbb\xbf" + old, r"rounds\.jsonl:1: begins with a byte order mark\."),
    "another encoding": ("rounds.jsonl", lambda old: b"\xe9" + old, r"rounds\.jsonl:1: byte 0xe9 at column 1 is not"),
    "a text for a count": (
        "rounds.jsonl",
        lambda old: re.sub(b'"kept": ([0-9]+)', b'"kept": "\\1"', old),
        r"rounds\.jsonl:1: 'kept' must be a number from 0, not '\d'\.",
    ),
    "a size below nothing": (
        "rounds.jsonl",
        lambda old: re.sub(b'bytes/pool.jsonl": ', b'bytes/pool.jsonl": -', old),
        r"rounds\.jsonl:1: 'bytes/pool\.jsonl' must be a number from 0",
    ),
    "a size that falls": (
        "rounds.jsonl",
        lambda old: unhashed(old) + unhashed(old).splitlines(keepends=True)[0],
        r"rounds\.jsonl:3: pool\.jsonl cannot have become shorter",
    ),
    "a cost that is none": (
        "rounds.jsonl",
        lambda old: re.sub(b'"cost_usd": [^,]*', b'"cost_usd": true', old),
        r"rounds\.jsonl:1: 'cost_usd' must be a number or null, not True",
    ),
    "a stage that is none": (
        "rounds.jsonl",
        lambda old: old.replace(b'"grow"', b"7", 1),
        r"rounds\.jsonl:1: 'stage' must be a text, not 7",
    ),
    "brackets without end": (
        "rounds.jsonl",
        lambda old: old + b"[" * 100_000 + b"\n",
        r"rounds\.jsonl:3: its brackets",
    ),
    "a pool with a wrong type": (
        "pool.jsonl",
        lambda old: re.sub(b'"parents": \\[\\]', b'"parents": 17', old),
        r"pool\.jsonl:1: 'parents': Input should be a valid",
    ),
    "a pool with a key that is missing": (
        "pool.jsonl",
        lambda old: old.replace(b'"request"', b'"requesT"'),
        r"pool\.jsonl:1: 'request' is missing\.",
    ),
    "a pool that ends in a line": (
        "pool.jsonl",
        lambda old: old.replace(b"\n", b" ", 1).replace(b"}", b"}\n", 1) + b" " * 9,
        r"pool\.jsonl:",
    ),
    "a pool whose end has moved": (
        "pool.jsonl",
        lambda old: old[:-1] + b" \n",
        r"pool\.jsonl:3: the last committed round does not end with this line",
    ),
    "a pool that lost a round": ("pool.jsonl", lambda old: old[:-5], r"pool\.jsonl is shorter than rounds\.jsonl says"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_what_is_damaged_is_told_by_file_and_line_and_left_as_it_is(what, tmp_path, task):
    name, damage, message = DAMAGES[what]
    before = damaged(tmp_path, task, name, damage)

    with pytest.raises(RunFolderError, match=message):
        Journal(tmp_path).open()

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_how_long_a_round_took_stands_apart(tmp_path):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([])
    journal.commit(make_round(1))

    assert "seconds" not in lines(tmp_path / "rounds.jsonl")[0]
    assert lines(tmp_path / "timings.jsonl") == [{"stage": "grow", "round": 1, "seconds": 0.5}]


def test_times_of_rounds_that_were_not_committed_are_forgotten(tmp_path):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([])
    journal.commit(make_round(1))
    with (tmp_path / "timings.jsonl").open("a") as file:
        file.write('{"stage": "grow", "round": 2, "seconds": 9.0}\n{"sta')

    reopened = Journal(tmp_path)
    reopened.open()

    assert reopened.timings == [{"stage": "grow", "round": 1, "seconds": 0.5}]
    assert lines(tmp_path / "timings.jsonl") == reopened.timings


@pytest.mark.parametrize("garbage", [b"\0" * 50 + b"\n", b"[1]\n", b'{"stage": "grow"}\n', b"\xff\n"])
def test_times_that_cannot_be_read_are_forgotten_and_end_nothing(garbage, tmp_path):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([])
    journal.commit(make_round(1))
    with (tmp_path / "timings.jsonl").open("ab") as file:
        file.write(garbage)

    reopened = Journal(tmp_path)
    reopened.open()

    assert reopened.timings == [{"stage": "grow", "round": 1, "seconds": 0.5}]


def test_half_a_surrogate_pair_survives(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([])
    journal.commit(make_round(1, [task(0, instruction="a \\ \ud800 \\\udc00 b")]))

    assert Journal(tmp_path).open()["seed_task_0"].instruction == "a \\ \ud800 \\\udc00 b"


def test_a_file_that_cannot_be_written_is_named_with_the_reason(tmp_path):
    journal = Journal(tmp_path)
    journal.open()
    (tmp_path / "rejected.jsonl").unlink()
    (tmp_path / "rejected.jsonl").mkdir()

    with pytest.raises(RunFolderError, match=r"rejected.jsonl cannot be written: Is a directory. Move away what is"):
        journal.commit(make_round(1))


def test_a_torn_line_longer_than_what_is_read_at_once_is_cut_off(tmp_path):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([])
    journal.commit(make_round(1))
    whole = (tmp_path / "rounds.jsonl").read_bytes()
    (tmp_path / "rounds.jsonl").write_bytes(whole + b"x" * 200_000)

    Journal(tmp_path).open()

    assert (tmp_path / "rounds.jsonl").read_bytes() == whole
