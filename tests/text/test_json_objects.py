import pytest

from selfinstruct.text.json_objects import parsed


def test_an_object_is_read_with_nothing_to_report():
    assert parsed('{"a": "\\u00e9"}', 99) == ({"a": "é"}, [], None)


@pytest.mark.parametrize(
    ("text", "mistake", "broken"),
    [
        ('{"a": 1,\n "b" 2}', "not JSON at column 6 (Expecting ':' delimiter)", 2),
        ("[" * 100_000, "not JSON that can be read (", None),
        ('{"a": ' + "1" * 5000 + "}", "not JSON that can be read (", None),
        ("[1]", "must be an object, not [1]", None),
        ('{"a": {"b": 1, "b": 2}}', '"b" stands twice in one object', None),
        ('{"a": "\\ud83d"}', "holds half of a surrogate pair, which no file can keep", None),
        ('{"a": "' + "x" * 200_000 + '"}', "has 200,009 characters, more than 100,001", None),
    ],
)
def test_what_is_wrong_is_reported_with_the_line_where_json_breaks_off(text, mistake, broken):
    _, mistakes, line = parsed(text, 100_001)

    assert mistakes[0].startswith(mistake)
    assert line == broken
