import json
import zipfile
from pathlib import Path

import pytest

from selfinstruct.cli.hints import CONF
from selfinstruct.errors import DataError
from selfinstruct.seeds.families import Families
from selfinstruct.task import HUMAN, Instance

GOOD = {
    "metric": "exact_match",
    "is_classification": False,
    "instructions": ["Say the opposite.", "Turn it round."],
    "induce": [["hot", "cold"], ["big", "small", "little"]],
    "execute": [["wet", "dry"]],
}


def write(folder, **families):
    folder.mkdir(exist_ok=True)
    for name, content in families.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


def problems_of(path, only=None):
    with pytest.raises(DataError) as error:
        Families(path=path, only=only).load()
    return error.value.problems


def test_a_family_becomes_a_task_to_show_and_one_that_is_held_out(tmp_path):
    shown, held = Families(path=write(tmp_path, opposites=GOOD), only=None).load()

    assert (shown.id, held.id) == ("opposites", "opposites.execute")
    assert shown.origin == held.origin == HUMAN
    assert shown.instruction == held.instruction == "Say the opposite."
    assert held.instances == (Instance("wet", "dry"),)
    known = {"family": "opposites", "metric": "exact_match", "instructions": GOOD["instructions"]}
    assert shown.attributes == known | {"set": "induce"}
    assert held.attributes == known | {"set": "execute"}


def test_every_accepted_output_is_an_instance_and_the_one_to_show_is_first(tmp_path):
    shown, _ = Families(path=write(tmp_path, a=GOOD), only=None).load()

    assert shown.instances == (Instance("hot", "cold"), Instance("big", "small"), Instance("big", "little"))


def test_the_families_that_are_shipped_are_read():
    tasks = Families(path=CONF / "seeds" / "instruction_induction", only=None).load()

    assert len(tasks) == 48
    assert [task.attributes["set"] for task in tasks[:2]] == ["induce", "execute"]
    assert sum(task.is_classification for task in tasks) == 6


def test_only_the_families_asked_for_are_read(tmp_path):
    folder = write(tmp_path, a=GOOD, b=GOOD, c="{not read")

    assert [task.id for task in Families(path=folder, only=["b"]).load()] == ["b", "b.execute"]
    assert problems_of(folder, ["b", "d"]) == [f"{folder}: has no family 'd'; there are: a, b, c."]


def test_an_archive_is_read_as_its_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(GOOD))

    assert len(Families(path=tmp_path / "a.zip", only=None).load()) == 2


def test_all_mistakes_of_all_files_are_reported_at_once(tmp_path):
    folder = write(
        tmp_path / "families",
        a="{not json",
        b="[1]",
        c={key: value for key, value in GOOD.items() if key != "metric"} | {"colour": 1},
        d=GOOD | {"metric": "bleu", "is_classification": 1, "instructions": [], "induce": [["x"]], "execute": []},
        e=GOOD,
    )

    reported = [text.removeprefix(f"{folder}/") for text in problems_of(folder)]

    assert reported[0].startswith("a.json:1: not JSON at column 2 (Expecting property name")
    assert reported[1:] == [
        "b.json: must be an object, not [1].",
        "c.json: 'metric' is missing.",
        "c.json: 'colour' is not a key of a family.",
        "d.json: 'metric' must be one of exact_match, exact_set, contains, token_f1 (got 'bleu').",
        "d.json: 'is_classification' must be true or false (got 1).",
        "d.json: 'instructions' must be a list of texts that are not empty, one at least.",
        "d.json: 'induce' must be a list of [input, output, …], all of them texts that are not empty.",
        "d.json: 'execute' must be a list of [input, output, …], all of them texts that are not empty.",
    ]


@pytest.mark.parametrize("kind", ["missing", "file", "damaged", "nul"])
def test_a_path_that_holds_no_families_is_reported_with_the_key_to_set(kind, tmp_path):
    path = tmp_path / kind if kind != "nul" else Path("a\0b")
    if kind == "file":
        path.write_text("{}")
    if kind == "damaged":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.json", "{}" * 1000)
        path.write_bytes(path.read_bytes().replace(b"a.json", b"a.jsom", 1))

    assert str(path) in problems_of(path)[0]


def test_an_empty_folder_holds_no_families(tmp_path):
    assert "seeds.path=<folder or zip archive" in problems_of(tmp_path)[0]


TEXT = json.dumps(GOOD)
GARBAGE = {
    "UTF-16": (TEXT.encode("utf-16"), ":1: is UTF-16, not UTF-8"),
    "Latin-1": (TEXT.replace("hot", "\xe4").encode("latin-1"), ":1: byte 0xe4 at column"),
    "a key twice": (TEXT[:-1] + ', "metric": "token_f1"}', ': "metric" stands twice'),
    "half a pair": (TEXT.replace("hot", "\\ud800"), ": holds half of a surrogate pair"),
    "half a file": (TEXT[:-30], ":1: not JSON at column"),
    "brackets": ("[" * 100_000, ": not JSON that can be read"),
    "digits": (TEXT.replace('"hot"', "9" * 5000), ": not JSON that can be read"),
    "a metric that is a list": (TEXT.replace('"exact_match"', "[1]"), ": 'metric' must be one of"),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_is_reported_with_its_file_and_line(what, tmp_path):
    content, reported = GARBAGE[what]
    (tmp_path / "a.json").write_bytes(content.encode() if isinstance(content, str) else content)

    (problem,) = problems_of(tmp_path)

    assert problem.startswith(f"{tmp_path}/a.json{reported}")


def test_a_mark_before_the_text_and_hidden_files_are_passed_over(tmp_path):
    (tmp_path / "a.json").write_text(TEXT, encoding="utf-8-sig")
    (tmp_path / "._a.json").write_bytes(b"\0\5")

    assert len(Families(path=tmp_path, only=None).load()) == 2


REMEDY = "Set seeds.only, or set seeds.path=<folder or zip archive of task families>."


def test_names_that_the_pool_could_not_tell_apart_are_refused(tmp_path):
    folder = write(tmp_path, **{"a": GOOD, "a.execute": GOOD, "x" * 201: GOOD})

    assert problems_of(folder) == [
        f"{folder}: 'a.execute' is called as held-out pairs are; rename the file.",
        f"{folder}: a family's name must have 1 to 200 characters.",
    ]
    assert problems_of(folder, []) == [f"{folder}: no family is chosen; there are: a, a.execute, {'x' * 201}. {REMEDY}"]


def test_a_file_that_stands_twice_in_an_archive_is_read_once(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.json", TEXT)
        archive.writestr("b.json", TEXT)
    path = tmp_path / "a.zip"
    path.write_bytes(path.read_bytes().replace(b"b.json", b"a.json"))

    assert len(Families(path=path, only=None).load()) == 2


@pytest.mark.parametrize("place", range(36, 80, 3))
def test_a_damaged_archive_is_reported(place, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", TEXT)
    content = bytearray(path.read_bytes())
    content[place : place + 20] = b"\xff" * 20
    path.write_bytes(content)

    assert "cannot be read" in problems_of(path)[0]


@pytest.mark.parametrize(("bit", "reported"), [(6, "encrypted"), (8, "compression method")])
def test_an_archive_that_is_locked_or_packed_otherwise_is_reported(bit, reported, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", TEXT)
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\1\2")
    content[bit] = content[directory + bit + 2] = 1 if bit == 6 else 99
    path.write_bytes(content)

    assert reported in problems_of(path)[0]
