import os

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.pages.library import MOST, Library, free_key, runs_below
from selfinstruct.pages.server import PageError
from selfinstruct.storage.folder import store_config

CONFIG = {"recipe": {"grow": {}}, "random_seed": 1}


def make(folder):
    folder.mkdir(parents=True)
    store_config(folder, CONFIG, [])
    return folder


def keys(library):
    return [run.key for run in library.runs()]


def test_runs_and_sweeps_below_a_folder_are_found(tmp_path):
    for name in ("self_instruct/one", "multirun/sweep/0_a=1", "multirun/sweep/1_a=2", "self_instruct/one/inner"):
        make(tmp_path / name)

    assert keys(Library([tmp_path])) == ["multirun~sweep~0_a=1", "multirun~sweep~1_a=2", "self_instruct~one"]


def test_a_run_that_starts_later_is_found(tmp_path):
    library = Library([tmp_path])
    assert keys(library) == []
    make(tmp_path / "one")

    assert keys(library) == ["one"]
    assert library.run("one") is library.run("one")


def test_the_folder_of_a_run_is_that_run(tmp_path):
    assert keys(Library([make(tmp_path / "one")])) == ["one"]


def test_no_link_is_followed(tmp_path):
    make(tmp_path / "elsewhere" / "one")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere")

    assert list(runs_below(tmp_path / "here")) == []


def test_every_run_has_a_key_of_its_own_that_is_no_other_page(tmp_path):
    places = [make(tmp_path / name / "one") for name in ("a", "b")]

    assert keys(Library([*places, *places])) == ["one", "one~2"]
    assert free_key("static", set()) == "static~2"
    assert free_key("..", set()) == "..~2"


def test_a_run_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(PageError, match=r"^There is no run one"):
        Library([tmp_path]).run("one")


def test_a_reader_is_made_anew_when_something_was_committed_and_only_then(growing, made):
    run = Library([growing.folder]).run("one")
    first = run.reader
    assert run.reader is first
    run.kept("x", lambda: 1)
    growing.commit(made("a", "One."))

    assert run.reader is not first
    assert run.kept("x", lambda: 2) == 2


def test_its_tables_hold_what_is_committed(growing, made):
    growing.commit(made("a", "One."))
    run = Library([growing.folder]).run("one")
    index, share = run.index()

    assert share == 1
    assert index.tasks(["a"])
    growing.commit(made("b", "Two."))
    assert run.index()[0].tasks(["b"])


def test_a_damaged_file_is_reported_and_read_again_when_it_is_repaired(growing, made):
    growing.commit(made("a", "One."))
    path = growing.folder / "pool.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"One.", b'O"e.'))
    run = Library([growing.folder]).run("one")

    with pytest.raises(RunFolderError, match="not JSON"):
        run.index()
    path.write_bytes(whole)
    assert run.index()[0].tasks(["a"])


def test_the_runs_looked_at_last_keep_their_tables(tmp_path):
    for number in range(MOST + 1):
        make(tmp_path / str(number))
    library = Library([tmp_path])
    tables = {number: library.run(str(number)).index()[0] for number in range(MOST)}
    library.run(str(MOST))

    assert library.run("1").index()[0] is tables[1]
    assert library.run("0").index()[0] is not tables[0]


def test_what_takes_the_place_of_a_file_while_its_run_is_shown_is_not_followed(growing, made):
    growing.commit(made("a", "One."))
    run = Library([growing.folder]).run("one")
    assert run.reader.rows
    (growing.folder / "pool.jsonl").unlink()
    os.mkfifo(growing.folder / "pool.jsonl")

    with pytest.raises(RunFolderError, match="named pipe"):
        run.index()
