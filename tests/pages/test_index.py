import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.pages.index import Index, searchable
from selfinstruct.pages.library import Folder
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


def filled(run):
    index = Index(Folder(run.folder))
    index.follow(run.rows)
    return index


def names(index):
    return [name for (name,) in index.select("SELECT id FROM tasks ORDER BY place")]


def test_it_holds_what_is_committed_and_nothing_else(growing, made):
    growing.commit(made("a", "One."))
    with (growing.folder / "pool.jsonl").open("ab") as file:
        file.write(b'{"id": "not committed"')

    assert names(filled(growing)) == ["seed_0", "seed_1", "a"]


def test_before_the_first_round_it_is_empty(growing):
    assert names(filled(growing)) == []


def test_it_follows_a_growing_run_by_what_was_added(growing, made):
    growing.commit(made("a", "One."))
    index = filled(growing)
    first = growing.rows
    growing.commit(made("b", "Two.", "a"), rejections=[Rejection("parse", "no", text="x", request="grow/2/1")])
    read = []
    folder, lines = Folder(growing.folder), index._lines

    class Watched:
        def open(self, name):
            file = folder.open(name)
            read.append((name, file))
            return file

    index._lines = Watched()
    assert index.share_read(growing.rows) < 1
    assert not index.is_at(growing.rows)
    index.follow(growing.rows)
    index._lines = lines

    assert names(index) == ["seed_0", "seed_1", "a", "b"]
    assert index.select("SELECT filter FROM rejected") == [("parse",)]
    assert index.is_at(growing.rows)
    assert first != growing.rows


def test_a_task_that_was_completed_is_shown_as_it_is_now(growing, made):
    growing.commit(made("a", "One.")).commit(made("a", "One.", instances=(Instance("in", "out"),)), stage="answer")
    index = filled(growing)

    assert index.tasks(["a"])[0].instances == (Instance("in", "out"),)
    assert index.select("SELECT place FROM task_texts WHERE text LIKE '%out%'") == [(2,)]
    assert index.select("SELECT task, round FROM changes WHERE task = 2") == [(2, 0), (2, 1)]


def test_depth_is_one_more_than_that_of_the_deepest_parent(growing, made):
    growing.commit(made("a", "One.", "seed_0"), made("b", "Two.", "seed_1", "a"))

    assert filled(growing).select("SELECT id, depth FROM tasks ORDER BY place") == [
        ("seed_0", 0),
        ("seed_1", 0),
        ("a", 1),
        ("b", 2),
    ]


def test_another_run_in_the_same_folder_takes_the_place_of_the_first(growing, made, tmp_path):
    growing.commit(made("a", "One.")).commit(made("b", "Two."))
    index = filled(growing)
    for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl"):
        (growing.folder / name).write_bytes(b"")
    growing.journal.rounds.clear()
    growing.journal._hashes = type(growing.journal)(growing.folder)._hashes
    growing.commit(made("c", "Three."))
    index.follow(growing.rows)

    assert names(index) == ["c"]


def test_a_damaged_line_is_named(growing, made):
    growing.commit(made("a", "One."))
    path = growing.folder / "pool.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"One."', b'"One."'[:-1] + b"x"))

    with pytest.raises(RunFolderError, match=r"pool.jsonl:3: not JSON"):
        filled(growing)


def test_a_rejection_is_found_by_its_nearest_task(growing, made):
    rejection = Rejection(
        "similarity", "near", candidate=Candidate(instruction="Twin"), nearest=("a", 0.9), request="grow/1/1"
    )
    growing.commit(made("a", "One."), rejections=[rejection])
    index = filled(growing)
    ((start, score),) = index.select("SELECT start, score FROM rejected WHERE nearest = 'a'")

    assert score == 0.9
    assert index.rejections_at([start]) == [("grow", 1, rejection)]


def test_half_a_surrogate_pair_is_searched_as_its_escape(growing, made):
    growing.commit(made("a\ud800", "One \ud800."))

    assert names(filled(growing))[-1] == "a\\ud800"


def test_case_and_the_way_a_letter_is_written_do_not_matter():
    assert searchable("ÉCOLE Straße ЁЖ") == searchable("e\u0301cole STRASSE ёж")
