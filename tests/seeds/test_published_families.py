"""The published layout, in small; the published data itself is read in tests/shared."""

import json
import zipfile

import pytest

from selfinstruct.errors import DataError
from selfinstruct.seeds.families import Families
from selfinstruct.task import Instance


def examples(*rows):
    return {"metadata": {"num_examples": len(rows)}, "examples": {str(k): row for k, row in enumerate(rows, 1)}}


def write(folder, name, shown, held, prompts=()):
    files = {
        "raw/induce": examples(*shown),
        "raw/execute": examples(*held),
        "annotations": {"annotations": ["Do it", " "]},
    }
    if prompts:
        files["induction_input"] = examples(*({"input": text} for text in prompts))
    for place, content in files.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / f"{name}.json").write_text(json.dumps(content))


def load(path):
    return Families(path=path, only=None).load()


def test_a_plain_family_is_read_with_its_prompts(tmp_path):
    row = {"input": "a", "output": "b"}
    write(tmp_path / "data", "sum", [row], [row], ["Input: a\nOutput: b\n\nIt was"])

    shown, held = load(tmp_path)

    assert shown.instances == held.instances == (Instance("a", "b"),)
    assert shown.attributes["prompts"] == ["Input: a\nOutput: b\n\nIt was"]
    assert shown.attributes["instructions"] == ["Do it"]
    assert "prompts" not in held.attributes
    assert held.attributes["metric"] == "exact_match"


@pytest.mark.parametrize("key", ["possible_translations", "possible_outputs", "other_rhymes"])
def test_further_outputs_are_accepted_and_not_shown(key, tmp_path):
    row = {"input": "a", "output": "c", key: ["b", "c"]}
    write(tmp_path / "data", "rhymes", [row], [row])

    shown, held = load(tmp_path)

    assert shown.instances == (Instance("a", "c"),)
    assert held.instances == (Instance("a", "c"), Instance("a", "b"))
    assert held.attributes["may_echo"] is False


def test_cause_and_effect_are_asked_in_both_orders_and_shown_in_turn(tmp_path):
    rows = [{"cause": f"C{k}.", "effect": f"E{k}."} for k in (1, 2)]
    write(tmp_path / "data", "cause_and_effect", rows, rows[:1])

    shown, held = load(tmp_path)

    assert [pair.input for pair in held.instances] == [
        "Sentence 1: C1. Sentence 2: E1.",
        "Sentence 1: E1. Sentence 2: C1.",
    ]
    assert [pair.input for pair in shown.instances] == [
        "Sentence 1: C1. Sentence 2: E1.",
        "Sentence 1: E2. Sentence 2: C2.",
    ]
    assert {pair.output for pair in held.instances} == {"C1."}


def test_a_common_concept_is_asked_of_its_items_and_once(tmp_path):
    row = {"concept": "are x.", "items": ["a", "b"], "all_common_concepts": ["are x.", "are y."]}
    write(tmp_path / "data", "common_concept", [row], [row, row])

    _, held = load(tmp_path)

    assert held.instances == (Instance("a, b", "are x."), Instance("a, b", "are y."))
    assert held.attributes["metric"] == "token_f1"


def test_an_archive_of_the_repository_is_read_as_it_is(tmp_path):
    row = {"input": "a", "output": "b"}
    write(tmp_path / "top" / "data", "sum", [row], [row])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in (tmp_path / "top").rglob("*.json"):
            archive.write(path, path.relative_to(tmp_path).as_posix())

    assert len(load(tmp_path / "a.zip")) == 2


def test_what_is_not_as_published_is_reported_by_file(tmp_path):
    row = {"input": "a", "output": "b"}
    write(tmp_path / "data", "sum", [row], [row])
    write(tmp_path / "data", "diff", [{"input": "a"}], [row])
    (tmp_path / "data" / "annotations" / "sum.json").unlink()
    (tmp_path / "data" / "raw" / "induce" / "sum.json").write_text("{}")

    with pytest.raises(DataError) as error:
        load(tmp_path)

    assert error.value.problems[0] == f"{tmp_path}/data: diff is not as it was published (KeyError: 'output')."
    assert error.value.problems[1].startswith(f"{tmp_path}/data/annotations/sum.json: cannot be read (")
    assert error.value.problems[2] == f"{tmp_path}/data/raw/induce/sum.json: holds no examples."


@pytest.mark.parametrize(
    ("file", "content", "reported"),
    [
        ("annotations", {"annotations": []}, "it has no instructions"),
        ("annotations", {"annotations": [" "]}, "it has no instructions"),
        ("annotations", {"annotations": "Add."}, "TypeError: annotations must be a list"),
        ("annotations", {"annotations": [3]}, "AttributeError"),
        ("raw/execute", {"examples": {"1": {"input": 1, "output": 2}}}, "not all of it is text"),
        ("raw/execute", {"examples": {"1": {"input": "1", "output": None}}}, "not all of it is text"),
        ("raw/execute", {"examples": {"1": 3}}, "TypeError"),
        ("raw/induce", {"examples": [{"input": "1", "output": "2"}]}, "holds no examples"),
    ],
)
def test_any_other_json_than_published_is_reported(file, content, reported, tmp_path):
    row = {"input": "a", "output": "b"}
    write(tmp_path / "data", "sum", [row], [row])
    (tmp_path / "data" / file / "sum.json").write_text(json.dumps(content))

    with pytest.raises(DataError) as error:
        load(tmp_path)

    assert len(error.value.problems) == 1
    assert reported in error.value.problems[0]
