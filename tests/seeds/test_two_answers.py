"""The answers of two systems, from runs or from files of predictions."""

import pytest

from selfinstruct.cli.hints import CONF
from selfinstruct.errors import DataError
from selfinstruct.seeds import Seeds
from selfinstruct.seeds.two_answers import TwoAnswers
from selfinstruct.task import Reference


def row(number, text, key="response", **more):
    return {"instruction": f"Do thing {number}.", "input": f"input {number}", key: text, **more}


@pytest.fixture
def problems(tmp_path):
    """Everything that is reported of two files, without the folder in which they lie."""

    def of(first, second):
        with pytest.raises(DataError) as error:
            TwoAnswers(first=first, second=second).load()
        return [text.replace(f"{tmp_path}/", "") for text in error.value.problems]

    return of


def test_answers_are_matched_by_instruction_and_input(write):
    first = write(row(2, " of a to 2 ", target="x"), row(1, "of a to 1"), name="a_predictions.jsonl")
    second = write(
        row(1, "of b to 1"), row(2, None) | {"instruction": " Do thing 2.\n", "input": " input 2 "}, name="b.jsonl"
    )
    source = TwoAnswers(first=first, second=second)
    tasks = source.load()

    assert isinstance(source, Seeds)
    assert [(task.id, task.instruction, task.instances) for task in tasks] == [
        ("pair_1", "Do thing 2.", None),
        ("pair_2", "Do thing 1.", None),
    ]
    assert [task.references for task in tasks] == [(Reference("input 2", ()),), (Reference("input 1", ()),)]
    assert [task.attributes for task in tasks] == [
        {"systems": ["a", "b"], "answers": ["of a to 2", ""]},
        {"systems": ["a", "b"], "answers": ["of a to 1", "of b to 1"]},
    ]


def test_answers_of_a_run_are_in_its_folder(tmp_path, write):
    (tmp_path / "gpt").mkdir()
    write(row(1, "of the run", "answer", id="x-0"), name="gpt/answers.jsonl")
    source = TwoAnswers(first=tmp_path / "gpt", second=write(row(1, "of the file"), name="b_predictions.jsonl"))

    assert source.load()[0].attributes == {"systems": ["gpt", "b"], "answers": ["of the run", "of the file"]}


def test_an_input_that_is_null_is_empty(write):
    first = write({"instruction": "Sing.", "input": None, "response": "La"}, name="a")
    second = write({"instruction": "Sing.", "input": "", "response": "Lo"}, name="b")

    assert TwoAnswers(first=first, second=second).load()[0].references == (Reference("", ()),)


def test_tasks_that_one_file_lacks_are_reported_of_both(write, problems):
    first = write(row(1, "x"), row(2, "x"), row(3, "x"), name="a")
    second = write(row(3, "x"), row(4, "x"), name="b")

    assert problems(first, second) == [
        "a: lacks the answer to 1 task of the other file, as 'Do thing 4.'.",
        "b: lacks the answers to 2 tasks of the other file, as 'Do thing 1.'.",
    ]


def test_every_mistake_of_both_files_is_reported_at_once(write, problems):
    first = write(row(1, "x"), "oops", row(1, "y"), row(2, 3), {"response": "x"}, name="a")
    second = write({"instruction": "Do it.", "input": "", "target": "x"}, row(9, 1, "answer"), name="b")

    assert problems(first, second) == [
        "a:2: not JSON at column 1 (Expecting value).",
        "a:3: this task has an answer already.",
        "a:4: 'response' must be text (got 3).",
        "a:5: 'instruction' must be text that is not empty (got null).",
        "a:5: 'input' must be text (got null).",
        "b:1: 'response' must be text (got null).",
        "b:2: 'answer' must be text (got 1).",
    ]


def test_files_that_cannot_be_read_are_reported_together(tmp_path, problems):
    (tmp_path / "run").mkdir()

    assert problems(tmp_path / "missing", tmp_path / "run") == [
        "missing: cannot be read (No such file or directory).",
        "run/answers.jsonl: cannot be read (No such file or directory).",
    ]


def test_files_without_answers_are_reported(write, problems):
    assert problems(write(name="a"), write(name="b")) == ["a: holds no answers."]
    assert problems(write(name="a"), write(row(1, "x"), name="b")) == [
        "a: lacks the answer to 1 task of the other file, as 'Do thing 1.'."
    ]


def test_our_own_answers_are_to_the_72_user_oriented_tasks():
    folder = CONF / "seeds" / "pairwise"
    tasks = TwoAnswers(first=folder / "short.jsonl", second=folder / "long.jsonl").load()

    assert len(tasks) == 72
    assert tasks[0].attributes["systems"] == ["short", "long"]
    assert all(all(task.attributes["answers"]) for task in tasks)
