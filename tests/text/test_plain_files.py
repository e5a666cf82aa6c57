import os
import socket

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.text.plain_files import check_plain, odd_kind

NAMES = ["pool.jsonl", ".lock", ".hydra", ".hydra/config.yaml", "dataset", "dataset/chat.jsonl", "wandb/id.txt"]


def bound(path):
    """A socket that lies at a path."""
    with socket.socket(socket.AF_UNIX) as made:
        before = os.getcwd()
        os.chdir(path.parent)  # the name of a socket may have a hundred characters
        try:
            made.bind(path.name)
        finally:
            os.chdir(before)


MADE = {"named pipe": os.mkfifo, "symbolic link": lambda path: path.symlink_to("elsewhere"), "socket": bound}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_neither_a_file_nor_a_folder_is_refused(name, kind, tmp_path):
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    MADE[kind](path)

    with pytest.raises(RunFolderError, match=f"{name} is a {kind}, and a run has only files and folders of its own"):
        check_plain(tmp_path / "run")


def test_a_device_is_neither_a_file_nor_a_folder(tmp_path):
    assert odd_kind(tmp_path.__class__(os.devnull)) == "device"


def test_a_folder_that_is_reached_through_a_link_may_be_used(tmp_path):
    (tmp_path / "run/wandb").mkdir(parents=True)
    (tmp_path / "run/wandb/latest-run").symlink_to("offline-run-1")
    (tmp_path / "run/pool.jsonl").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "run")

    check_plain(tmp_path / "link")
    check_plain(tmp_path / "nowhere")
