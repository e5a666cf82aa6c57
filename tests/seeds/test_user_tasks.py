"""User-oriented tasks with references, in the keys of the published file."""

from collections import Counter

import pytest

from selfinstruct.cli.hints import CONF
from selfinstruct.seeds import Seeds
from selfinstruct.seeds.user_tasks import UserTasks
from selfinstruct.task import Reference

ROW = {
    "id": "user_oriented_task_0",
    "motivation_app": " Gmail ",
    "instruction": " Write a reply. \n",
    "instances": [{"input": " Hello! \n", "output": "Hi!"}],
}


@pytest.mark.parametrize("as_list", [False, True])
def test_a_task_is_asked_about_and_its_outputs_are_references(as_list, write):
    source = UserTasks(path=write(ROW, as_list=as_list))
    (task,) = source.load()

    assert isinstance(source, Seeds)
    assert (task.id, task.instruction, task.instances) == ("user_oriented_task_0", "Write a reply.", None)
    assert task.references == (Reference("Hello!", ("Hi!",)),)
    assert task.is_human


@pytest.mark.parametrize(
    ("named", "application"),
    [({"motivation_app": " Gmail "}, "gmail"), ({"motivation_app": " "}, "none"), ({}, "none")],
)
def test_applications_are_compared_without_case_and_outer_space(named, application, write):
    row = {key: value for key, value in ROW.items() if key != "motivation_app"} | named

    assert UserTasks(path=write(row)).load()[0].attributes == {"application": application}


def test_outputs_for_one_input_are_references_of_it_together(write):
    pairs = [("a", "1"), ("b", "2"), (" a", "3"), (None, "4")]
    instances = [{"input": given, "output": output} for given, output in pairs]
    (task,) = UserTasks(path=write(ROW | {"instances": instances})).load()

    assert task.references == (Reference("a", ("1", "3")), Reference("b", ("2",)), Reference("", ("4",)))


def test_a_task_without_an_id_gets_one(write):
    row = {key: value for key, value in ROW.items() if key != "id"}

    assert len({task.id for task in UserTasks(path=write(row, row)).load()}) == 2


def test_every_bad_line_is_reported_at_once(write, problems_of):
    path = write(
        ROW,
        "oops",
        ROW | {"id": 2, "instances": []},
        ROW | {"id": 3, "instances": [{"input": "x", "output": " "}]},
        ROW | {"id": 4, "motivation_app": None, "instruction": ""},
        ROW | {"id": 5, "instances": [{"input": "x"}]},
        ROW,
    )

    assert problems_of(UserTasks(path=path)) == [
        ":2: not JSON at column 1 (Expecting value).",
        ":3: 'instances' must be a list that is not empty (got []).",
        ":4: an instance has no output to compare an answer with.",
        ":5: 'instruction' must be text that is not empty (got \"\").",
        ":5: 'motivation_app' must be text (got null).",
        ":6: instance 1: 'output' must be text (got null).",
        ":7: 'id' \"user_oriented_task_0\" stands in :1 already.",
    ]


def test_a_file_that_is_empty_or_missing_is_reported(tmp_path, write, problems_of):
    assert problems_of(UserTasks(path=write())) == [": holds no tasks."]
    assert problems_of(UserTasks(path=tmp_path / "missing")) == [
        ": cannot be read (No such file or directory). Set seeds.path=<file> to a JSON or JSONL file of tasks."
    ]


def test_our_own_tasks_are_72_over_24_applications_each_with_references():
    tasks = UserTasks(path=CONF / "seeds" / "user_tasks.jsonl").load()
    applications = Counter(task.attributes["application"] for task in tasks)

    assert len(tasks) == len({task.instruction for task in tasks}) == 72
    assert len(applications) == 24
    assert set(applications.values()) == {3}
    assert all(task.references and all(one.outputs for one in task.references) for task in tasks)
