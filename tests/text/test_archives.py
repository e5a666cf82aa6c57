import zipfile

import pytest

from selfinstruct.text.archives import UNREADABLE, is_hidden


def test_what_a_system_puts_beside_files_is_hidden():
    names = ["a.json", "tasks/a.json", ".a.json", "__MACOSX/a.json", "tasks/._a.json", "__init__.json"]

    assert [name for name in names if not is_hidden(name)] == ["a.json", "tasks/a.json", "__init__.json"]


@pytest.mark.parametrize("place", range(40, 80, 5))
def test_a_zip_that_is_damaged_anywhere_raises_nothing_else(place, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "".join(f"{number},{number}\n" for number in range(1000)))
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(UNREADABLE), zipfile.ZipFile(path) as archive:
        archive.read("a.csv")
