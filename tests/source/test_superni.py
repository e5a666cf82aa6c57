import json

import pytest

from selfinstruct.source.superni import SuperNI

TASK = {
    "Definition": ["Say the opposite."],
    "Positive Examples": [{"input": "hot", "output": "cold", "explanation": ""}],
    "Negative Examples": [],
    "Categories": ["Opposites"],
    "Instances": [{"id": "1", "input": "up", "output": ["down"]}, {"input": "big", "output": "small"}],
}


@pytest.fixture
def source(tmp_path):
    def make(**changes):
        value = {key: value for key, value in {**TASK, **changes}.items() if value is not None}
        (tmp_path / "task1_opposites.json").write_text(json.dumps(value, indent=4))
        return SuperNI(path=tmp_path)

    return make


def test_an_instance_is_a_row_beside_what_the_file_says_of_its_task(source, read):
    rows, mistakes = read(source())

    assert [(task, name) for task, name, _ in rows] == [
        ("task1_opposites", "task1_opposites.json#1"),
        ("task1_opposites", "task1_opposites.json#2"),
    ]
    assert [(row["input"], row["output"]) for *_, row in rows] == [("up", ["down"]), ("big", ["small"])]
    assert rows[0][2]["definition"] == "Say the opposite."
    assert rows[0][2]["positive_examples"][0]["output"] == "cold"
    assert mistakes == []


def test_what_stands_below_the_instances_is_found_as_well(tmp_path, read):
    (tmp_path / "a.json").write_text(json.dumps(dict(reversed(TASK.items()))))

    assert read(SuperNI(path=tmp_path))[0][0][2]["definition"] == "Say the opposite."


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"Definition": None}, ": 'Definition' must be text that is not empty, or a list of texts"),
        ({"Definition": {"a": 1}}, ": 'Definition' must be text that is not empty, or a list of texts"),
        ({"Definition": ["Sort.", 3]}, ": 'Definition' must be text that is not empty, or a list of texts"),
        ({"Categories": "x"}, ": categories must be a list"),
        ({"Instances": []}, ": 'Instances' must be a list that is not empty"),
        ({"Instances": [3]}, ": instance 1 must be an object with 'input' and 'output'"),
        ({"Instances": [{"output": "x"}]}, ": instance 1 has no 'input' that is text"),
        ({"Instances": [{"input": "x", "output": [1]}]}, ": instance 1 has an 'output' that is not text"),
    ],
)
def test_every_mistake_is_reported(changes, reported, source, read):
    rows, (mistake,) = read(source(**changes))

    assert rows == []
    assert mistake.endswith(reported)


def test_half_a_file_is_reported_with_its_last_line(source, read, tmp_path):
    made = source()
    path = tmp_path / "task1_opposites.json"
    path.write_text(path.read_text()[:-20])

    assert read(made)[1] == [f"{path}:26: not JSON at column 23 (Unterminated string starting)"]
    assert len(made.digest()) == 64


def test_an_input_that_is_null_is_an_empty_one(source, read):
    rows, mistakes = read(source(Instances=[{"input": None, "output": "down"}]))

    assert [row["input"] for *_, row in rows] == [""]
    assert mistakes == []
    assert read(source(Instances=[{"output": "down"}]))[1][0].endswith("instance 1 has no 'input' that is text")
