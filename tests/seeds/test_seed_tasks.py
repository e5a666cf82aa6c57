"""The seed tasks that are shipped: their numbers, their variety, and that they are our own."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.seeds.jsonl import Jsonl

PATH = Path(__file__).parents[2] / "conf" / "seeds" / "seed_tasks.jsonl"


@pytest.fixture(scope="module")
def seeds():
    return Jsonl(path=PATH).load()


def test_there_are_175_of_which_25_are_classification(seeds):
    assert len(seeds) == 175
    assert sum(task.is_classification for task in seeds) == 25
    assert all(task.instances for task in seeds)


def test_about_three_in_ten_need_no_input(seeds):
    without = sum(not task.instances[0].input for task in seeds)

    assert 0.25 <= without / len(seeds) <= 0.35


def test_names_and_instructions_are_unique(seeds):
    names = [json.loads(line)["name"] for line in PATH.read_text(encoding="utf-8").splitlines()]

    assert len(set(names)) == len({task.instruction for task in seeds}) == 175


def test_they_begin_with_many_different_words(seeds):
    first = Counter(task.instruction.split()[0] for task in seeds)

    assert len(first) >= 60
    assert max(first.values()) <= 8


def test_no_two_are_alike(seeds):
    scorer = RougeScorer(["rougeL"])
    texts = [task.instruction for task in seeds]
    words = [set(text.lower().split()) for text in texts]
    # a ROUGE-L above 0.6 needs shared words; pairs that share fewer than two cannot reach it at these lengths
    near = [(a, b) for a, b in combinations(range(len(texts)), 2) if len(words[a] & words[b]) >= 2]

    assert max(scorer.score(texts[a], texts[b])["rougeL"].fmeasure for a, b in near) <= 0.6
