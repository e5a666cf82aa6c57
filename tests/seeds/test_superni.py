import json
import zipfile

import pytest

from selfinstruct.seeds import Seeds
from selfinstruct.seeds.superni import Superni
from selfinstruct.task import Instance

TASK = {
    "Contributors": ["somebody"],
    "Categories": ["Classification"],
    "Definition": "Say whether it is warm.",
    "Positive Examples": [{"input": "July", "output": "yes", "explanation": "summer"}],
    "Negative Examples": [{"input": "June", "output": "maybe", "explanation": "neither"}],
    "Instances": [{"id": "1-1", "input": "May", "output": ["yes", "rather"]}, {"input": "May 1st", "output": "no"}],
}


def seeds(path, instances=None):
    return Superni(path=path, author="human", instances=instances)


def files(folder, **tasks):
    folder.mkdir(exist_ok=True)
    for name, task in tasks.items():
        (folder / f"{name}.json").write_text(task if isinstance(task, str) else json.dumps(task), encoding="utf-8")
    return folder


def test_a_task_is_its_definition_with_positive_examples_and_every_right_output(tmp_path):
    source = seeds(files(tmp_path / "tasks", task1=TASK) / "task1.json")
    (task,) = source.load()

    assert isinstance(source, Seeds)
    assert (task.id, task.instruction) == ("task1", "Say whether it is warm.")
    assert task.instances == tuple(
        Instance(*pair) for pair in [("July", "yes"), ("May", "yes"), ("May", "rather"), ("May 1st", "no")]
    )
    assert (task.is_classification, task.writers) == (True, ())


def test_later_files_have_definitions_in_a_list_and_other_categories(tmp_path):
    later = TASK | {"Definition": ["One.", "Two."], "Categories": ["Sentiment Analysis"]}
    (task,) = seeds(files(tmp_path, a=later)).load()

    assert (task.instruction, task.is_classification) == ("One.\nTwo.", None)


def test_an_input_that_only_says_there_is_none_is_empty(tmp_path):
    bare = {"Definition": "Say it.", "Instances": [{"input": "<noinput>", "output": "it"}]}
    (task,) = seeds(files(tmp_path, a=bare)).load()

    assert task.instances == (Instance("", "it"),)


def test_an_input_that_is_null_is_empty_and_one_that_is_missing_is_a_mistake(tmp_path, problems_of):
    bare = {"Definition": "Say it.", "Instances": [{"input": None, "output": "it"}]}

    assert seeds(files(tmp_path / "null", a=bare)).load()[0].instances == (Instance("", "it"),)
    assert problems_of(seeds(files(tmp_path / "missing", a=bare | {"Instances": [{"output": "it"}]}))) == [
        "/a.json: 'Instances' 1: 'input' must be text (got null)."
    ]


def test_folder_and_zip_are_read_in_the_order_of_names(tmp_path):
    folder = files(tmp_path / "tasks", b=TASK, a=TASK, c=TASK | {"id": "own"})
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in ("c", "b", "a"):
            archive.write(folder / f"{name}.json", f"tasks/{name}.json")
        archive.writestr("README.md", "no task")
        archive.writestr("__MACOSX/tasks/._a.json", "no task")

    assert [task.id for task in seeds(folder).load()] == ["a", "b", "own"]
    assert seeds(tmp_path / "x.zip").load() == seeds(folder).load()


def test_a_task_gets_so_many_instances(tmp_path):
    assert [len(task.instances) for task in seeds(files(tmp_path, a=TASK), instances=2).load()] == [2]


def test_a_task_may_have_no_example(tmp_path):
    assert seeds(files(tmp_path, a={"Definition": "Do.", "Instances": []})).load()[0].instances is None


def test_all_mistakes_of_all_files_are_reported_at_once(tmp_path, problems_of):
    bad = {"Definition": [], "Positive Examples": {}, "Instances": [{"input": 1, "output": []}, 3], "id": ""}
    source = seeds(files(tmp_path, a=bad, b='{\n "Definition": "x",\n oops}', c={"is_classification": 1}, d="[1]"))

    assert problems_of(source) == [
        "/a.json: 'id' must be text of 1 to 200 characters (got \"\").",
        "/a.json: 'Definition' must be text that is not empty (got []).",
        "/a.json: 'Positive Examples' must be a list (got {}).",
        "/a.json: 'Instances' 1: 'input' must be text (got 1).",
        "/a.json: 'Instances' 1: 'output' must be text, or a list of texts that is not empty (got []).",
        "/a.json: 'Instances' 2 must be an object with 'input' and 'output' (got 3).",
        "/b.json:3: not JSON at column 2 (Expecting property name enclosed in double quotes).",
        "/c.json: 'Definition' is missing.",
        "/c.json: 'Instances' is missing.",
        "/c.json: 'is_classification' must be true, false or null (got 1).",
        "/d.json: must be an object, not [1].",
    ]


def test_of_thousands_of_like_mistakes_a_few_are_reported(tmp_path, problems_of):
    reported = problems_of(seeds(files(tmp_path, a=TASK | {"Instances": [{}] * 3000})))

    assert len(reported) == 6
    assert reported[-1] == "/a.json: 'Instances' has 5,995 more mistakes of this kind."


def test_an_id_that_two_files_have_is_reported(tmp_path, problems_of):
    (reported,) = problems_of(seeds(files(tmp_path, a=TASK, b=TASK | {"id": "a"})))

    assert reported == '/b.json: the id "a" is that of /a.json already.'


def test_a_file_that_is_not_utf_8_is_reported_by_line(tmp_path, problems_of):
    (tmp_path / "a.json").write_bytes(b'{"Definition":\n "caf\xe9"}')

    assert problems_of(seeds(tmp_path)) == ["/a.json:2: byte 0xe9 at column 6 is not UTF-8. Save the file as UTF-8."]


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(TASK).encode())

    assert len(seeds(tmp_path).load()) == 1


def test_a_folder_without_tasks_is_reported(tmp_path, problems_of):
    assert problems_of(seeds(tmp_path)) == [
        ": holds no .json file. Set seeds.path=<file> to a folder, a zip or a JSON file of tasks."
    ]


@pytest.mark.parametrize("text", ['{"a": ' + "1" * 5000 + "}", "[" * 100_000])
def test_json_that_python_cannot_read_is_reported(text, tmp_path, problems_of):
    assert "not JSON that can be read" in problems_of(seeds(files(tmp_path, a=text)))[0]
