import os
import zipfile

from selfinstruct.storage.exported import CHUNK, rows_of_files


def test_the_rows_of_every_file_are_counted(tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/alpaca.jsonl").write_bytes(b"{}\n" * CHUNK)
    (tmp_path / "dataset/empty.jsonl").touch()
    (tmp_path / "dataset/README.md").write_text("# A card\n")
    with zipfile.ZipFile(tmp_path / "dataset/superni.zip", "w") as archive:
        archive.writestr("tasks/task000001.json", "{}\n{}\n")

    assert rows_of_files(tmp_path) == {"alpaca.jsonl": CHUNK, "empty.jsonl": 0, "superni.zip": 1}


def test_what_cannot_be_read_is_left_out(tmp_path):
    assert rows_of_files(tmp_path) == {}
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/broken.zip").write_bytes(b"not a zip")
    (tmp_path / "dataset/folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "dataset/pipe.jsonl")
    (tmp_path / "dataset/link.jsonl").symlink_to(__file__)

    assert rows_of_files(tmp_path) == {}
