import zipfile

import pytest

from selfinstruct.source import Mistake, Row


@pytest.fixture
def read():
    """The rows of all tasks of a source, as task and values, and its mistakes, as place and text."""

    def read(source):
        found = [item for task in source.tasks() for item in source.rows(task)]
        rows = [(row.task, row.name, dict(row.values)) for row in found if isinstance(row, Row)]
        return rows, [f"{item.place}: {item.text}" for item in found if isinstance(item, Mistake)]

    return read


@pytest.fixture
def archive(tmp_path):
    """A zip archive of some files."""

    def make(**files):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
        return path

    return make
