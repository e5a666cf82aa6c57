import json

import pytest

from selfinstruct.errors import DataError
from selfinstruct.seeds.reading import lines_or_items


def found(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return [(item.place.removeprefix(str(path)), item.row, item.mistakes) for item in lines_or_items(path)]


def test_lines_begin_with_an_object_and_a_list_with_a_bracket(tmp_path):
    assert found(tmp_path / "x", '{"a": 1}\n\n{"a": 2}\n') == [(":1", {"a": 1}, []), (":3", {"a": 2}, [])]
    assert found(tmp_path / "x", '\n[{"a": 1},\n\n {\n"a": 2}]\n') == [
        (":2: item 1", {"a": 1}, []),
        (":4: item 2", {"a": 2}, []),
    ]


def test_an_empty_list_has_no_objects(tmp_path):
    assert found(tmp_path / "x", "[ ]") == []


@pytest.mark.parametrize(
    ("text", "place", "mistake"),
    [
        ('[{"a": 1},\n {"a" 2}]', ":2: item 2", "not JSON at column 7 (Expecting ':' delimiter)"),
        ('[{"a": 1},\n]', ":2: item 2", "not JSON at column 1 (Expecting value)"),
        ('[{"a": 1}\n {"a": 2}]', ":2", "not JSON: a comma or the end of the list is missing"),
        ('[{"a": 1}\n', ":2", "not JSON: a comma or the end of the list is missing"),
        ('[{"a": 1}]\n {"a": 2}', ":1", "not JSON: more follows after the list"),
        ("[", ":1: item 1", "not JSON at column 2 (Expecting value)"),
        ("[\n" + "[" * 100_000, ":2: item 1", "not JSON that can be read ("),
        ('[{"a": ' + "1" * 5000 + "}]", ":1: item 1", "not JSON that can be read ("),
        ('[{"a": 1, "a": 2}]', ":1: item 1", '"a" stands twice in one object'),
        ('[\n{"a": "\\ud83d"}]', ":2: item 1", "holds half of a surrogate pair, which no file can keep"),
        ("[\n\n3]", ":3: item 1", "must be an object, not 3"),
    ],
)
def test_what_is_wrong_in_a_list_is_reported_by_line_and_item(text, place, mistake, tmp_path):
    *_, (where, _, (reported,)) = found(tmp_path / "x", text)

    assert where == place
    assert reported.startswith(mistake)


def test_a_bad_item_does_not_hide_the_next(tmp_path):
    reported = [bool(mistakes) for _, _, mistakes in found(tmp_path / "x", '[1, {"a": 1}, {"b": 1, "b": 1}, {"b": 1}]')]

    assert reported == [True, False, True, False]


def test_an_item_may_be_as_long_as_a_line_may(tmp_path):
    (_, _, mistakes), (_, row, _) = found(tmp_path / "x", json.dumps([{"a": "x" * 1_000_000}, {"a": 1}]))

    assert mistakes == ["has 1,000,009 characters, more than 1,000,000"]
    assert row == {"a": 1}


def test_bytes_of_a_list_that_are_not_utf_8_are_all_told(tmp_path):
    reported = found(tmp_path / "x", b'[{"a": "\xff"},\n{},\n{"a": "\xfe"}]')

    assert [place for place, _, _ in reported] == [":1", ":3"]


def test_a_byte_order_mark_is_no_part_of_a_list(tmp_path):
    assert found(tmp_path / "x", b'\xef\xbb\xbf[{"a": 1}]') == [(":1: item 1", {"a": 1}, [])]


def test_a_file_in_utf_16_is_reported_once(tmp_path):
    assert len(found(tmp_path / "x", '[{"a": 1}]'.encode("utf-16"))) == 1


def test_a_missing_file_is_reported_with_the_key_to_set(tmp_path):
    with pytest.raises(DataError, match=r"Set seeds.path=<file> to a JSON"):
        list(lines_or_items(tmp_path / "none"))
