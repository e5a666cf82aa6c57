"""Instruction Induction against its published data: read as it is, and scored as its evaluation scores it."""

import json
import math
import re
import string
import zipfile
from pathlib import Path
from random import Random

import pytest

from selfinstruct.seeds.families import EXECUTE, Families
from selfinstruct.text.scoring import score

DATA = Path(__file__).parents[3] / "shared" / "data"
ARCHIVE = DATA / "instruction_induction.zip"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")

HELD_OUT = {"cause_and_effect": 50, "common_concept": 15, "informal_to_formal": 15}
"""Inputs, where they are not 100; cause and effect in both orders, and one common concept stands twice."""


@pytest.fixture(scope="module")
def tasks():
    return {task.id: task for task in Families(path=ARCHIVE, only=None).load()}


@pytest.fixture(scope="module")
def names(tasks):
    return [name for name in tasks if not name.endswith(EXECUTE)]


def test_all_families_are_read(tasks, names):
    assert len(names) == 24
    for name in names:
        inputs = {pair.input for pair in tasks[name + EXECUTE].instances}
        assert len(inputs) == HELD_OUT.get(name, 100), name
        assert len(tasks[name].attributes["prompts"]) == 100
        assert all(prompt.count("\nInput: ") == 5 for prompt in tasks[name].attributes["prompts"])
    assert sum(len(tasks[name].attributes["instructions"]) for name in names) == 186


def test_ours_are_no_copies(tasks, names):
    conf = Path(__file__).parents[2] / "conf"
    ours = {task.id: task for task in Families(path=conf / "seeds" / "instruction_induction", only=None).load()}

    assert sorted(ours) == sorted(tasks)
    said = {text.lower() for name in names for text in tasks[name].attributes["instructions"]}
    assert not {text.lower() for name in names for text in ours[name].attributes["instructions"]} & said
    sentences = {pair.input for task in tasks.values() for pair in task.instances if pair.input.count(" ") > 2}
    assert not {pair.input for task in ours.values() for pair in task.instances} & sentences


# The rules of the published evaluation, in words of our own, on its own rows.


def reference_normal(text):
    for old, new in ((" and ", " "), ("Sentence 1:", ""), ("Sentence 2:", "")):
        text = text.replace(old, new)
    text = text.strip().split("\n")[0].split(".")[0].lower()
    return "".join(
        " " if letter == "-" else letter for letter in text if letter == "-" or letter not in string.punctuation
    )


def reference_score(name, said, row):
    said = reference_normal(said)
    if name in ("common_concept", "informal_to_formal"):
        return max(reference_f1(said, text) for text in row.get("all_common_concepts") or [row["output"]])
    if name in ("taxonomy_animal", "orthography_starts_with"):
        return float(set(said.split()) == set(reference_normal(row["output"]).split()))
    if name == "synonyms":
        return float(re.search(rf"\b({reference_normal(row['output'])})\b", said) is not None)
    several = row.get("possible_translations") or row.get("possible_outputs") or row.get("other_rhymes")
    return float(said in [reference_normal(text) for text in several or [row.get("output") or row["cause"]]])


def reference_f1(said, gold):
    one, other = said.split(), reference_normal(gold).split()
    left, shared = list(other), 0
    for word in one:
        if word in left:
            left.remove(word)
            shared += 1
    if not shared:
        return 0.0
    precision, recall = shared / len(one), shared / len(other)
    return 2 * precision * recall / (precision + recall)


def predictions(golds, given, rng):
    """Right answers, nearly right ones, and wrong ones."""
    gold = rng.choice(golds)
    words = gold.split() or [""]
    yield from golds
    yield given
    yield gold.upper() + "."
    yield f"{gold}\nAnd so on."
    yield f" {gold}. That is all"
    yield gold.replace(" ", " and ", 1)
    yield gold.replace(" ", "-")
    yield " ".join(rng.sample(words, len(words)))
    yield " ".join(words[1:])
    yield " ".join([*words, rng.choice(words)])
    yield f"The answer is {gold}"
    yield f"-{gold}"
    yield f"{gold}.5"
    yield "".join(rng.choice("ab .-\n,12") for _ in range(8))
    yield ""


def published(name):
    with zipfile.ZipFile(ARCHIVE) as archive:
        return list(json.loads(archive.read(f"data/raw/execute/{name}.json"))["examples"].values())


def asked(row):
    if "cause" in row:
        return f"Sentence 1: {row['cause']} Sentence 2: {row['effect']}"
    return row["input"] if "input" in row else ", ".join(row["items"])


def test_paper_scoring_gives_the_scores_of_the_published_evaluation(tasks, names):
    rng, compared = Random(1), 0
    for name in names:
        held = tasks[name + EXECUTE]
        accepted = {}
        for pair in held.instances:
            accepted.setdefault(pair.input, []).append(pair.output)
        for row in published(name):
            golds = accepted[asked(row)]
            for said in predictions(golds, asked(row), rng):
                expected = reference_score(name, said, row)
                assert math.isclose(score(said, golds, held.attributes["metric"], "paper"), expected), (
                    name,
                    said,
                    golds,
                )
                compared += 1

    assert compared > 30_000


@pytest.mark.parametrize("scoring", ["paper", "strict"])
def test_what_is_accepted_is_right_in_every_family(scoring, tasks, names):
    for name in names:
        held = tasks[name + EXECUTE]
        for pair in held.instances:
            echo = None if held.attributes.get("may_echo", True) else pair.input
            right = score(pair.output, [pair.output], held.attributes["metric"], scoring, echo)
            assert right == (0 if echo == pair.output and scoring == "strict" else 1), (name, pair)
