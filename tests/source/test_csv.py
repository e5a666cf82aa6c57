import pytest

from selfinstruct.source.csv import Csv


@pytest.fixture
def source(tmp_path):
    def make(text, delimiter=","):
        path = tmp_path / ("a.tsv" if delimiter == "\t" else "a.csv")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Csv(path=path, delimiter=delimiter)

    return make


def test_a_row_holds_the_columns_of_the_header_and_names_its_line(source, read):
    rows, mistakes = read(source('text,label\r\n"two\nlines",1\n\nplain,2\n'))

    assert rows == [
        ("a", "a.csv:2", {"text": "two\nlines", "label": "1"}),
        ("a", "a.csv:5", {"text": "plain", "label": "2"}),
    ]
    assert mistakes == []


def test_another_delimiter_may_part_the_fields(source, read):
    assert read(source("a;b\n1;2\n", ";"))[0][0][2] == {"a": "1", "b": "2"}
    assert read(source("a\tb\n1\t2\n", "\t"))[0][0][1] == "a.tsv:2"


def test_a_tab_may_be_written_as_a_backslash_and_a_t(tmp_path, read):
    (tmp_path / "a.tsv").write_text("a\tb\n1\t2\n")

    assert read(Csv(path=tmp_path / "a.tsv", delimiter="\\t"))[0][0][2] == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("a,b\n1,2\n1\n3,4\n1,2,3\n", [":3: has 1 fields, the header 2", ":5: has 3 fields, the header 2"]),
        ("a,b\n1,2\n3", [":3: has 1 fields, the header 2; the file ends within this line"]),
        ('a,b\n1,2\n"3,4\n', [":3: is not a row of CSV (unexpected end of data)"]),
        (b"a,b\n1,\xe9\n3,4\n", [":2: byte 0xe9 at column 3 is not UTF-8. Save the file as UTF-8"]),
        (b"a,\xe9\n1,2\n", [":1: byte 0xe9 at column 3 is not UTF-8. Save the file as UTF-8"]),
        ("a,a\n1,2\n", [":1: column 'a' stands twice"]),
        ("a,\n1,2\n", [":1: column 2 has no name"]),
        ("", [": is empty; its first line must name the columns"]),
        ("\n\n", [":1: is empty, but must name the columns"]),
    ],
)
def test_every_mistake_is_reported_with_file_and_line(text, reported, source, read):
    assert [text.partition("a.csv")[2] for text in read(source(text))[1]] == reported


def test_a_file_of_one_line_that_never_ends_is_reported_once(source, read):
    (reported,) = read(source("a,b\r1,2\r"))[1]

    assert "a.csv:1: is not a row of CSV (new-line character" in reported
    assert reported.endswith("the file ends within this line")


def test_a_field_may_be_as_long_as_a_reply_and_a_quote_left_open_ends_somewhere(source, read):
    assert read(source(f"a,b\n{'x' * 200_000},1\n"))[0][0][2]["a"] == "x" * 200_000
    reported = read(source('a,b\n"x,1\n' + ("3," + "x" * 9_996 + "\n") * 1_001))[1]

    assert "a.csv:2: is not a row of CSV (field larger than field limit" in reported[0]


def test_what_looks_like_a_template_or_speaks_to_a_terminal_is_text(source, read):
    text = "{{ 7 * 7 }}{% for x in y %} <b>\x1b[31m \0 \u2028"

    assert read(source(f'a\n"{text}"\n'))[0][0][2] == {"a": text}
