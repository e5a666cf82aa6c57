"""JSON lines of replies: every bad line is reported by its number."""

import pytest
from pydantic import BaseModel, TypeAdapter, model_validator

from selfinstruct.errors import DataError
from selfinstruct.model.json_lines import read


class Row(BaseModel):
    text: str
    inner: dict[str, int] = {}

    @model_validator(mode="after")
    def _is_not_banned(self):
        if self.text == "banned":
            raise ValueError("this text is banned")
        return self


ROW = TypeAdapter(Row)


def problems(path):
    with pytest.raises(DataError) as error:
        read(path, ROW, "replies")
    return [text.replace(str(path), "", 1) for text in error.value.problems]


def test_lines_are_read_in_order_without_a_byte_order_mark_and_empty_ones(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "one"}\r\n\n  \n{"text": "tw\xc3\xb6\xe2\x80\xa8"}')

    assert read(path, ROW, "replies") == [Row(text="one"), Row(text="twö\u2028")]


def test_every_bad_line_is_reported_by_its_number(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        b'{"text": "fine"}\n\n{"text": 1, "inner": {"a": "b"}}\n{}\noops\n[1]\n{"text": "banned"}\n{"text": "\xe9"}\n'
    )

    assert problems(path) == [
        ":3: 'text': Input should be a valid string.",
        ":3: 'inner.a': Input should be a valid integer, unable to parse string as an integer.",
        ":4: 'text' is missing.",
        ":5: Invalid JSON: expected value at column 1.",
        ":6: Input should be an object.",
        ":7: this text is banned.",
        ":8: Invalid JSON: invalid unicode code point at column 11.",
    ]


def test_a_file_that_cannot_be_read_is_reported_with_what_it_should_hold(tmp_path):
    remedy = "Set model.path=<JSONL file of replies>."

    assert problems(tmp_path / "missing") == [f": cannot be read (No such file or directory). {remedy}"]
    assert problems(tmp_path) == [f": cannot be read (Is a directory). {remedy}"]
