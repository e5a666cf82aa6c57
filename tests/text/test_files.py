import os
import zipfile
from pathlib import Path

import pytest

from selfinstruct.errors import DataError
from selfinstruct.text.files import LARGEST_FILE, LONGEST_LINE, Files

REMEDY = "Set the path."


@pytest.fixture
def archive(tmp_path):
    """Write a zip archive of some files."""

    def archive(**files):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, text in files.items():
                made.writestr(name.replace("__", "/").replace("_DOT_", "."), text)
        return path

    return archive


def test_files_are_taken_in_the_order_of_their_names_and_hidden_ones_are_not(tmp_path):
    for name in ("b.csv", "a.csv", ".c.csv", "d.txt", "__MACOSX/e.csv", "sub/f.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")

    assert Files(tmp_path, ".csv", REMEDY).names() == ["a.csv", "b.csv", "sub/f.csv"]


def test_an_archive_is_read_where_it_lies(archive):
    found = Files(archive(tasks__a_DOT_csv="x\n1\n", tasks__b_DOT_txt="y"), ".csv", REMEDY)

    assert found.names() == ["tasks/a.csv"]
    assert [line.text for line in found.lines("tasks/a.csv")] == ["x\n", "1\n"]
    assert found.place("tasks/a.csv").endswith("archive.zip/tasks/a.csv")


def test_a_path_that_holds_nothing_is_reported_with_what_to_set(tmp_path):
    (tmp_path / "broken.zip").write_text("no archive")
    (tmp_path / "other.json").write_text("{}")
    for path, word in [
        (tmp_path / "absent.csv", "No such file"),
        (tmp_path / "broken.zip", "not a zip file"),
        (tmp_path / "other.json", "holds no .csv file. Set the path."),
        (Path("/dev/null"), "not a file that can be read twice"),
        (Path("a\0b"), "null"),
    ]:
        with pytest.raises(DataError, match=word):
            Files(path, ".csv", REMEDY).names()


def test_a_file_that_is_gone_when_it_is_read_is_reported(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    found = Files(tmp_path, ".csv", REMEDY)
    (tmp_path / "a.csv").unlink()

    with pytest.raises(DataError, match=r"a\.csv: cannot be read"):
        list(found.lines("a.csv"))


def test_a_line_of_another_encoding_hides_nothing_in_the_others(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfone\ncaf\xe9\nlast")

    lines = list(Files(path, ".csv", REMEDY).lines("a.csv"))

    assert [(line.text, line.is_whole) for line in lines[::2]] == [("one\n", True), ("last", False)]
    assert lines[1].mistake == "byte 0xe9 at column 4 is not UTF-8. Save the file as UTF-8"


def test_utf_16_is_reported_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("one\ntwo\n", encoding="utf-16")

    (line,) = Files(path, ".csv", REMEDY).lines("a.csv")

    assert "UTF-16" in line.mistake


def test_a_line_without_end_ends_the_reading(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("short\n" + "x" * LONGEST_LINE)

    *_, last = Files(path, ".csv", REMEDY).lines("a.csv")

    assert last.mistake == "has 10,000,000 bytes and more"


def test_the_digest_is_of_names_and_content(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    first = Files(tmp_path, ".csv", REMEDY).digest()
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    second = Files(tmp_path, ".csv", REMEDY).digest()
    (tmp_path / "b.csv").write_text("y")

    assert (
        len(
            {
                first,
                second,
                Files(tmp_path, ".csv", REMEDY).digest(),
                Files(tmp_path / "b.csv", ".csv", REMEDY).digest(),
            }
        )
        == 4
    )


def test_a_line_without_end_ends_the_reading_of_an_archive_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a.csv", b"short\n" + b" " * 3 * LONGEST_LINE)

    _, last = Files(tmp_path / "a.zip", ".csv", REMEDY).lines("a.csv")

    assert last.mistake == "has 10,000,000 bytes and more"


@pytest.mark.parametrize("place", range(38, 60))
def test_an_archive_that_is_damaged_is_reported_wherever_it_is(place, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "".join(f"{number**3}\n" for number in range(99)))
    content = bytearray(path.read_bytes())
    content[place : place + 20] = b"\xff" * 20
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"a\.csv: cannot be read"):
        list(Files(path, ".csv", REMEDY).lines("a.csv"))


def test_a_file_that_is_too_large_to_be_read_whole_is_reported(tmp_path):
    (tmp_path / "a.json").touch()
    os.truncate(tmp_path / "a.json", LARGEST_FILE + 1)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("a.json", bytes(LARGEST_FILE + 1))

    for path in (tmp_path, tmp_path / "x.zip"):
        with pytest.raises(DataError, match=r"a\.json: is larger than 100,000,000 bytes"):
            Files(path, ".json", REMEDY).content("a.json")


def test_nothing_of_an_archive_is_unpacked(tmp_path, archive):
    found = Files(archive(**{"../../evil.json": "{}", "/etc/evil.json": "{}"}), ".json", REMEDY)

    assert [found.content(name) for name in found.names()] == [b"{}"]
    assert [path.name for path in tmp_path.rglob("*")] == ["archive.zip"]


def test_an_archive_may_have_any_name(archive):
    path = archive(a_DOT_json="{}")

    assert Files(path.rename(path.with_suffix(".data")), ".json", REMEDY).names() == ["a.json"]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="not a file that can be read twice"):
        Files(tmp_path / "pipe", "", REMEDY).content("pipe")
