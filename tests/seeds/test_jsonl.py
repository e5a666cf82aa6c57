import json
import os

import pytest

from selfinstruct.errors import DataError
from selfinstruct.seeds.jsonl import Jsonl
from selfinstruct.task import Instance

GOOD = {"id": "a", "instruction": "Do it.", "instances": [{"input": "", "output": "Done."}], "is_classification": False}


def problems_of(path):
    with pytest.raises(DataError) as error:
        Jsonl(path=path).load()
    return error.value.problems


def write(path, *rows):
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_reads_the_published_keys_and_ignores_others(tmp_path):
    path = write(tmp_path / "seeds.jsonl", GOOD | {"name": "x", "motivation": "y"}, "", GOOD | {"id": "b"})

    first, second = Jsonl(path=path).load()

    assert (first.id, second.id) == ("a", "b")
    assert first.instruction == "Do it."
    assert first.instances[0].output == "Done."
    assert first.is_classification is False
    assert first.is_human


@pytest.mark.parametrize("known", [{}, {"is_classification": None}])
def test_whether_a_task_is_classification_may_be_unknown(known, tmp_path):
    row = {"instruction": "Say which is larger.", "instances": [{"input": "a cat, a cow", "output": "the cow"}]} | known

    (task,) = Jsonl(path=write(tmp_path / "s", row)).load()

    assert task.is_classification is None
    assert task.instances == (Instance("a cat, a cow", "the cow"),)


def test_an_input_that_only_says_there_is_none_is_empty(tmp_path):
    row = GOOD | {"instances": [{"input": "<No input>", "output": "Done."}, {"input": "N/A, they said", "output": "x"}]}

    (task,) = Jsonl(path=write(tmp_path / "s", row)).load()

    assert [instance.input for instance in task.instances] == ["", "N/A, they said"]


def test_an_input_that_is_null_is_empty(tmp_path):
    (task,) = Jsonl(path=write(tmp_path / "s", GOOD | {"instances": [{"input": None, "output": "it"}]})).load()

    assert task.instances == (Instance("", "it"),)


def test_a_missing_id_is_given(tmp_path):
    row = {key: value for key, value in GOOD.items() if key != "id"}

    assert [task.id for task in Jsonl(path=write(tmp_path / "s", row, row)).load()] == ["seed_task_0", "seed_task_1"]


def test_a_given_id_does_not_take_one_that_stands_in_the_file(tmp_path):
    bare = {key: value for key, value in GOOD.items() if key != "id"}
    path = write(tmp_path / "s", bare, GOOD | {"id": "seed_task_0"})

    assert [task.id for task in Jsonl(path=path).load()] == ["seed_task_1", "seed_task_0"]


def test_half_a_surrogate_pair_is_reported(tmp_path):
    path = write(tmp_path / "s", GOOD | {"instruction": "a\ud83d"})

    assert problems_of(path) == [f"{path}:1: holds half of a surrogate pair, which no file can keep."]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())

    assert len(Jsonl(path=path).load()) == 1


def test_a_line_may_hold_any_separator_but_the_line_feed(tmp_path):
    path = tmp_path / "seeds.jsonl"
    path.write_text(json.dumps(GOOD | {"instruction": "One\u2028two\x85three"}, ensure_ascii=False), encoding="utf-8")

    assert Jsonl(path=path).load()[0].instruction == "One\u2028two\x85three"


def test_all_bad_lines_are_reported_at_once_by_file_and_line(tmp_path):
    path = write(
        tmp_path / "seeds.jsonl",
        GOOD,
        {"id": "b", "instruction": "x", "is_classification": True},
        "{not json",
        "[1]",
        GOOD,
        GOOD | {"id": ["c"], "instruction": " ", "is_classification": "no", "instances": []},
        GOOD | {"id": "d", "instances": ["x", {"input": 3}]},
    )

    reported = problems_of(path)

    assert reported[0] == f"{path}:2: 'instances' is missing."
    assert reported[1].startswith(f"{path}:3: not JSON at column 2 (")
    assert reported[2] == f"{path}:4: must be an object, not [1]."
    assert reported[3] == f"{path}:5: 'id' \"a\" stands in {path}:1 already."
    assert [text.split(": ", 1)[1] for text in reported[4:8]] == [
        "'id' must be text of 1 to 200 characters (got [\"c\"]).",
        "'instruction' must be text that is not empty (got \" \").",
        "'is_classification' must be true, false or null (got \"no\").",
        "'instances' must be a list that is not empty (got []).",
    ]
    assert [text.split(": ", 1)[1] for text in reported[8:]] == [
        "instance 1 must be an object with 'input' and 'output' (got \"x\").",
        "instance 2: 'input' must be text (got 3).",
        "instance 2: 'output' must be text (got null).",
    ]


def test_a_missing_file_is_reported_with_the_key_to_set(tmp_path):
    assert "seeds.path=<file>" in problems_of(tmp_path / "none.jsonl")[0]


def test_an_empty_file_holds_no_tasks(tmp_path):
    assert problems_of(write(tmp_path / "seeds.jsonl", ""))[0].endswith("holds no tasks.")


def test_a_byte_that_is_not_utf_8_is_reported_by_line(tmp_path):
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b"\ncaf\xc3\xa9 \xff\n[1]\n")

    assert problems_of(path) == [
        f"{path}:2: byte 0xff at column 6 is not UTF-8. Save the file as UTF-8.",
        f"{path}:3: must be an object, not [1].",
    ]


def test_a_file_in_utf_16_is_reported_once(tmp_path):
    path = tmp_path / "seeds.jsonl"
    path.write_bytes("\n".join([json.dumps(GOOD)] * 3).encode("utf-16"))

    assert problems_of(path) == [f"{path}:1: is UTF-16, not UTF-8. Save the file as UTF-8."]


@pytest.mark.parametrize("line", ['{"id": ' + "1" * 5000 + "}", "[" * 100_000])
def test_json_that_python_cannot_read_is_reported(line, tmp_path):
    path = write(tmp_path / "s", line, GOOD)

    assert problems_of(path)[0].startswith(f"{path}:1: ")
    assert "not JSON that can be read (" in problems_of(path)[0]


def test_a_file_that_was_cut_off_is_reported_so(tmp_path):
    path = tmp_path / "s"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD)[:40], encoding="utf-8")

    (problem,) = problems_of(path)
    assert problem.startswith(f"{path}:2: not JSON at column ")
    assert problem.endswith("; the file ends within this line.")


def test_a_key_that_stands_twice_is_reported(tmp_path):
    path = write(tmp_path / "s", '{"id": "a", "id": "b", ' + json.dumps(GOOD)[1:])

    assert problems_of(path) == [f'{path}:1: "id" stands twice in one object.']


@pytest.mark.parametrize("name", ["", True, "x" * 201, 10**201, 1.5])
def test_what_cannot_be_an_id_is_reported(name, tmp_path):
    assert "'id' must be text of 1 to 200 characters" in problems_of(write(tmp_path / "s", GOOD | {"id": name}))[0]


def test_a_line_of_two_megabytes_is_reported_in_a_few_words(tmp_path):
    path = write(tmp_path / "s", GOOD | {"instruction": "x" * 2_000_000})

    (problem,) = problems_of(path)
    assert problem == f"{path}:1: has 2,000,107 characters, more than 1,000,000."


def test_lines_may_end_as_on_windows(tmp_path):
    path = tmp_path / "s"
    path.write_bytes(json.dumps(GOOD).encode() + b"\r\n\r\n" + json.dumps(GOOD | {"id": "b"}).encode() + b"\r\n")

    assert [task.id for task in Jsonl(path=path).load()] == ["a", "b"]


def test_nul_and_other_controls_survive_where_json_escapes_them(tmp_path):
    text = "a\0b\x1b[31mc\r"
    path = write(tmp_path / "s", GOOD | {"instances": [{"input": text, "output": text}]})

    assert Jsonl(path=path).load()[0].instances[0].input == text


@pytest.mark.parametrize("raw", ["\0", "\x1b"])
def test_a_control_character_that_is_not_escaped_is_reported(raw, tmp_path):
    path = write(tmp_path / "s", json.dumps(GOOD).replace("Do it", f"Do{raw}it"), GOOD)

    assert problems_of(path)[0] == f"{path}:1: not JSON at column 31 (Invalid control character)."


@pytest.mark.parametrize("place", ["folder", "a\0b", "pipe"])
def test_a_path_that_is_no_file_is_reported(place, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    (problem,) = problems_of(tmp_path / place)
    assert "cannot be read (" in problem
    assert "seeds.path=<file>" in problem


def test_a_long_value_is_shortened_in_the_message(tmp_path):
    path = write(tmp_path / "seeds.jsonl", GOOD | {"is_classification": "x" * 1000})

    assert len(problems_of(path)[0].removeprefix(str(path))) < 150
