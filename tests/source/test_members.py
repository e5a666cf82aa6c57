import json

import pytest

from selfinstruct.source.members import Malformed, members
from selfinstruct.text.files import Line


def lines(text):
    return (Line(number, line, None, True) for number, line in enumerate(text.splitlines(keepends=True), 1))


def test_a_list_is_taken_apart_and_all_else_comes_whole():
    found = members(lines('{"a": {"b": [1]},\n "list": [\n  1.5,\n  "x"\n], "c": 12, "empty": []}'), "list")

    assert list(found) == [("a", {"b": [1]}, 1), ("list", 1.5, 3), ("list", "x", 4), ("c", 12, 5), ("empty", [], 5)]


def test_values_longer_than_what_is_read_at_once_come_whole():
    value = {"a": "x" * 300_000, "list": [{"n": number, "text": "y" * 999} for number in range(500)]}
    found = list(members(lines(json.dumps(value, indent=1)), "list"))

    assert found[0].value == value["a"]
    assert [one.value for one in found[1:]] == value["list"]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("[]", 1, "'{' should stand here"),
        ("", 1, "the file ends within the object"),
        ('{"a":\n1', 2, "the file ends within the object"),
        ('{"a": 1,\n"list": [1,\n2', 3, "the file ends within the object"),
        ('{"list": [1,\nx]}', 2, "not JSON"),
        ('{"list": [1,\n]}', 2, "a comma stands before the end"),
        ('{"a": 1 "b": 2}', 1, "',' should stand here"),
        ('{"a": 1}\n{"b": 2}', 2, "more follows after the object"),
        ('{"a": 1}\n' + " \n" * 99_999 + "x", 100_001, "more follows after the object"),
        ('{"a": ' + "[" * 100_000 + "}", 1, "not JSON that can be read"),
    ],
)
def test_what_is_no_object_is_reported_with_its_line(text, line, why):
    with pytest.raises(Malformed, match=why) as reported:
        list(members(lines(text), "list"))

    assert reported.value.line == line


def test_a_line_that_cannot_be_read_is_reported():
    with pytest.raises(Malformed, match="is not UTF-8"):
        list(members(iter([Line(1, "{", None, True), Line(2, "", "is not UTF-8", True)]), "list"))
