import os
import zipfile

import pytest

from selfinstruct.errors import DataError
from selfinstruct.seeds import archive
from selfinstruct.seeds.archive import members


def zipped(path, **content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as source:
        for name, text in content.items():
            source.writestr(f"{name}.json", text)
    return path


def test_a_file_is_named_as_a_person_finds_it(tmp_path):
    (member,) = members(zipped(tmp_path / "x.zip", a="{}"))

    assert (member.path, member.stem, member.content) == (tmp_path / "x.zip" / "a.json", "a", b"{}")


def test_nothing_of_a_zip_is_unpacked(tmp_path):
    list(members(zipped(tmp_path / "x.zip", **{"../../evil": "{}", "/etc/evil": "{}"})))

    assert [path.name for path in tmp_path.rglob("*")] == ["x.zip"]


def test_hidden_files_are_nobodys(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.json").write_text("{}")
    (tmp_path / "._b.json").write_text("{}")
    (tmp_path / "c.json").write_text("{}")

    assert [member.stem for member in members(tmp_path)] == ["c"]


def test_a_file_that_is_too_large_is_reported(tmp_path):
    size = archive.LARGEST_FILE + 1
    (tmp_path / "a.json").touch()
    os.truncate(tmp_path / "a.json", size)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as source, source.open("a.json", "w") as file:
        for _ in range(size // (1 << 20) + 1):
            file.write(bytes(1 << 20))

    reported = [member.mistake for path in (tmp_path, tmp_path / "x.zip") for member in members(path)]
    assert reported == ["is larger than 268,435,456 bytes"] * 2


def test_a_damaged_file_of_a_zip_does_not_hide_the_others(tmp_path):
    path = zipped(tmp_path / "x.zip", a="first " * 50, b="second")
    content = path.read_bytes()
    path.write_bytes(content[:40] + b"\xff\xff\xff" + content[43:])

    first, second = members(path)

    assert first.mistake.startswith("cannot be read (")
    assert second.content == b"second"


def test_a_zip_that_is_cut_off_is_a_file_that_is_no_json(tmp_path):
    path = zipped(tmp_path / "x.zip", a="{}")
    path.write_bytes(path.read_bytes()[:30])

    assert [member.path for member in members(path)] == [path]


def test_a_zip_whose_list_of_files_is_damaged_is_reported(tmp_path):
    path = zipped(tmp_path / "x.zip", a="{}")
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PKxx"))

    with pytest.raises(DataError, match="cannot be read"):
        list(members(path))


def test_a_folder_may_hold_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "a.json")

    assert [member.mistake for member in members(tmp_path)] == ["is not a file"]


@pytest.mark.parametrize("name", ["none", "a\0b", "pipe"])
def test_a_place_with_nothing_to_read_is_reported_with_the_key_to_set(name, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match=r"cannot be read \(.*seeds.path=<file> to a folder, a zip or a JSON file"):
        list(members(tmp_path / name))
