import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.round import Candidate, Rejection, Round
from selfinstruct.storage.history import rounds
from selfinstruct.storage.journal import Journal
from selfinstruct.task import Instance


def a_round(number, tasks, rejections, **changes):
    figures = {"asked": 1, "failed": 0, "parsed": 2, "pool": 3, "prompt_tokens": 1, "completion_tokens": None}
    return Round(
        **(
            {"stage": "grow", "number": number, "kept": len(tasks), "tasks": tuple(tasks)}
            | {"rejections": tuple(rejections), "cost_usd": None, "seconds": 0.5}
            | figures
            | changes
        )
    )


def test_rounds_come_back_as_they_were_logged(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0), task(1)])
    both = Candidate(instruction="Sing.", instances=(Instance("a", "b"),))
    logged = [
        a_round(
            1,
            [task(2, origin="grow"), task(3, origin="grow")],
            [Rejection("parse", "preamble", text="Sure!", request="grow/1/1")],
        ),
        a_round(2, [], []),
        a_round(
            3,
            [task(2, origin="grow", is_classification=True)],
            [
                Rejection("similarity", "near", candidate=Candidate("Hum."), nearest=("x", 0.75)),
                Rejection("empty", "no output", candidate=both, task="grow_1"),
            ],
            ended="3 kept",
        ),
        a_round(
            4,
            [task(1, attributes={"difficulty": 7})],
            [Rejection("copied", "given prompt", request="grow/4/1", attributes={"operation": "deepen"})],
            generation=2,
            figures={"operations/2/deepen/kept": 1, "accuracy": 0.5},
        ),
    ]
    for round_ in logged:
        journal.commit(round_)

    reopened = Journal(tmp_path)
    reopened.open()

    assert list(rounds(tmp_path, reopened.rounds, reopened.timings)) == logged


def test_a_damaged_line_is_reported_by_file_and_line(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0)])
    journal.commit(a_round(1, [], [Rejection("parse", "preamble"), Rejection("parse", "empty reply")]))
    path = tmp_path / "rejected.jsonl"
    old = path.read_bytes()

    path.write_bytes(old.replace(b'"empty reply"', b"1234567890123"))
    with pytest.raises(RunFolderError, match=r"rejected\.jsonl:2: 'reason' must be a text, not 1234567890123"):
        list(rounds(tmp_path, journal.rounds, journal.timings))
    path.write_bytes(old[:-3])
    with pytest.raises(RunFolderError, match=r"rejected\.jsonl:2: not JSON"):
        list(rounds(tmp_path, journal.rounds, journal.timings))


def test_a_new_run_has_no_rounds(tmp_path):
    journal = Journal(tmp_path)
    journal.open()

    assert list(rounds(tmp_path, journal.rounds, journal.timings)) == []


def test_a_seed_that_a_stage_has_completed_is_of_that_round(tmp_path, task):
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([task(0, instances=None), task(1)])
    logged = a_round(1, [task(0), task(1, is_classification=True)], [])
    journal.commit(logged)

    assert list(rounds(tmp_path, journal.rounds, journal.timings)) == [logged]
