import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from selfinstruct.source import Mistake, Row

ROOT = Path(__file__).parents[2]


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


@pytest.fixture
def without(tmp_path):
    """Run some lines where a library is not installed; what they say."""

    def run(library, *lines):
        (tmp_path / f"{library}.py").write_text("raise ImportError('not installed')\n")
        environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
        command = [sys.executable, "-c", "\n".join(["from pathlib import Path", *lines])]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60).stderr

    return run
