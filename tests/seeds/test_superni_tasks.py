"""Benchmark tasks in the published files: what is asked, what is right, and what is reported of bad files."""

import json
import re
import zipfile
from collections import Counter

import pytest

from selfinstruct.cli.hints import CONF
from selfinstruct.metrics.reference_scores import OFFICIAL
from selfinstruct.seeds import Seeds
from selfinstruct.seeds.superni_tasks import SuperniTasks, number_of
from selfinstruct.task import Reference

TASK = {
    "Categories": ["Word Analogy", "Other"],
    "Definition": ["Say whether it is warm. "],
    "Positive Examples": [{"input": "July", "output": "yes", "explanation": "summer"}],
    "Negative Examples": [{"input": "June", "output": "maybe", "explanation": "neither"}],
    "Instances": [
        {"id": "1-1", "input": " May\n", "output": ["yes", "rather"]},
        {"id": "1-2", "input": "June", "output": "yes"},
        {"id": "1-3", "input": "March", "output": ["no"]},
    ],
}
TEST_TASKS = CONF / "seeds" / "superni_test_tasks.txt"


def seeds(path, split="all", test_tasks=TEST_TASKS, per_task=None):
    return SuperniTasks(path=path, split=split, test_tasks=test_tasks, per_task=per_task)


def files(folder, *names, **tasks):
    folder.mkdir(exist_ok=True)
    for name, task in (dict.fromkeys(names, TASK) | tasks).items():
        (folder / f"{name}.json").write_text(task if isinstance(task, str) else json.dumps(task), encoding="utf-8")
    return folder


@pytest.fixture
def listed(tmp_path):
    """Write the names of a test split."""

    def write(*names):
        path = tmp_path / "test_tasks.txt"
        path.write_text("\n".join(names) + "\n", encoding="utf-8")
        return path

    return write


def test_a_task_asks_about_its_instances_and_shows_nothing_else_of_its_file(tmp_path):
    source = seeds(files(tmp_path, "task1_warm"))
    (task,) = source.load()

    assert isinstance(source, Seeds)
    assert (task.id, task.instruction, task.instances) == ("task1_warm", "Say whether it is warm.", None)
    assert task.attributes == {"category": "Word Analogy"}
    assert task.is_human
    assert task.references == (
        Reference("May", ("yes", "rather")),
        Reference("June", ("yes",)),
        Reference("March", ("no",)),
    )
    assert not {"July", "maybe", "summer"} & set(re.findall(r"\w+", json.dumps(task.row())))


def test_the_first_inputs_are_taken_in_the_order_of_the_file(tmp_path):
    folder = files(tmp_path, "a")

    assert [one.input for one in seeds(folder, per_task=2).load()[0].references] == ["May", "June"]
    assert [one.input for one in seeds(folder, per_task=99).load()[0].references] == ["May", "June", "March"]


@pytest.mark.parametrize("categories", [None, [], "Word Analogy"])
def test_a_task_without_a_list_of_categories_has_the_category_none(categories, tmp_path):
    assert seeds(files(tmp_path, a=TASK | {"Categories": categories})).load()[0].attributes == {"category": "none"}


def test_a_folder_a_zip_and_a_file_are_read_in_the_order_of_names(tmp_path):
    folder = files(tmp_path / "tasks", "b", "a")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in ("b", "a"):
            archive.write(folder / f"{name}.json", f"tasks/{name}.json")

    assert [task.id for task in seeds(folder).load()] == ["a", "b"]
    assert seeds(tmp_path / "x.zip").load() == seeds(folder).load()
    assert [task.id for task in seeds(folder / "b.json").load()] == ["b"]


def test_the_test_split_has_the_listed_tasks_only(tmp_path, listed):
    folder = files(tmp_path / "tasks", "task1_a", "task2_b", "task10_c", "own")
    names = listed("task10_c", "task2_b")

    assert [task.id for task in seeds(folder, "test", names).load()] == ["task10_c", "task2_b"]
    assert len(seeds(folder, "all", names).load()) == 4


def test_official_tasks_are_found_by_their_number(tmp_path, listed):
    folder = files(tmp_path / "tasks", "task039_new_name", "task390_x", "own")

    assert [task.id for task in seeds(folder, "test", listed("task39_old_name", "own")).load()] == [
        "own",
        "task039_new_name",
    ]


@pytest.mark.parametrize(
    ("name", "number"), [("task039_x", "39"), ("task1356_x_y", "1356"), ("task000_x", "0"), ("own", "own")]
)
def test_the_number_of_a_task_has_no_zeros_in_front(name, number):
    assert number_of(name) == number


def test_a_missing_official_task_is_reported_by_name(tmp_path, listed, problems_of):
    folder = files(tmp_path / "tasks", "task1_a")
    remedy = "of the test split. Set seeds.split=all for what is there."
    names = [f"task{number}_x" for number in range(1, 9)]

    assert problems_of(seeds(folder, "test", listed("task1_a", "task2_b", "own"))) == [f": lacks task2_b, own {remedy}"]
    assert problems_of(seeds(folder, "test", listed(*names))) == [
        f": lacks task2_x, task3_x, task4_x, task5_x, task6_x and 2 more {remedy}"
    ]


def test_a_list_of_the_test_split_that_cannot_be_read_is_reported(tmp_path, problems_of):
    missing = tmp_path / "missing.txt"
    (reported,) = problems_of(seeds(files(tmp_path / "tasks", "task1_a"), "test", missing))

    assert reported.startswith(f"{missing}: cannot be read (")
    assert reported.endswith(" Set seeds.test_tasks=<file>.")


def test_every_mistake_of_every_file_is_reported_at_once(tmp_path, listed, problems_of):
    folder = files(
        tmp_path / "tasks",
        "task9_fine",
        task1_a=TASK | {"Instances": []},
        task2_b=TASK | {"Instances": [{"input": " ", "output": "x"}, *TASK["Instances"], {"input": "", "output": "x"}]},
        task3_c='{\n "Definition": "x",\n oops}',
        task4_d={"Definition": "x"},
        task5_e=TASK | {"Instances": [{"input": 1, "output": []}]},
    )
    (folder / "task6_f.json").write_bytes(b'{"Definition":\n "caf\xe9"}')
    names = listed(*(f"task{number}_x" for number in range(1, 11)))
    reported = [
        "/task1_a.json: 'Instances' has no instance to be answered.",
        "/task2_b.json: 'Instances' 1 has no input.",
        "/task2_b.json: 'Instances' 5 has no input.",
        "/task3_c.json:3: not JSON at column 2 (Expecting property name enclosed in double quotes).",
        "/task4_d.json: 'Instances' is missing.",
        "/task5_e.json: 'Instances' 1: 'input' must be text (got 1).",
        "/task5_e.json: 'Instances' 1: 'output' must be text, or a list of texts that is not empty (got []).",
        "/task6_f.json:2: byte 0xe9 at column 6 is not UTF-8. Save the file as UTF-8.",
    ]

    assert problems_of(seeds(folder)) == reported
    assert problems_of(seeds(folder, "test", names)) == [
        *reported,
        ": lacks task7_x, task8_x, task10_x of the test split. Set seeds.split=all for what is there.",
    ]


def test_an_instance_that_is_not_asked_about_may_lack_its_input(tmp_path, problems_of):
    folder = files(tmp_path, a=TASK | {"Instances": [*TASK["Instances"], {"input": None, "output": "x"}]})

    assert len(seeds(folder, per_task=3).load()[0].references) == 3
    assert problems_of(seeds(folder)) == ["/a.json: 'Instances' 4 has no input."]


def test_two_files_of_one_name_are_reported(tmp_path, problems_of):
    files(tmp_path / "tasks", "a")
    files(tmp_path / "tasks" / "more", "a")

    assert problems_of(seeds(tmp_path / "tasks")) == ["/more/a.json: another file has this name already."]


def test_a_folder_without_tasks_is_reported(tmp_path, listed, problems_of):
    assert problems_of(seeds(tmp_path)) == [
        ": holds no .json file. Set seeds.path=<file> to a folder, a zip or a JSON file of tasks."
    ]
    assert problems_of(seeds(files(tmp_path / "tasks", "task1_a"), "test", listed())) == [": holds no tasks."]


def test_our_own_benchmark_has_two_tasks_of_each_official_category_with_20_inputs_each():
    tasks = seeds(CONF / "seeds" / "superni").load()

    assert len(tasks) == 24
    assert Counter(task.attributes["category"] for task in tasks) == dict.fromkeys(OFFICIAL, 2)
    for task in tasks:
        assert len({reference.input for reference in task.references}) == len(task.references) == 20, task.id
        assert all(text.strip() for reference in task.references for text in reference.outputs), task.id


def test_the_official_test_split_has_119_tasks_with_distinct_numbers():
    names = TEST_TASKS.read_text(encoding="utf-8").split()

    assert len(names) == len({number_of(name) for name in names}) == 119
    assert all(number_of(name).isdigit() for name in names)
