"""The seed tasks against the published ones: those are read as they are, and ours are not copies of them."""

from pathlib import Path

import pytest

from selfinstruct.filters.similarity import Similarity
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.seeds.jsonl import Jsonl

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


def test_the_published_file_is_read_as_it_is():
    tasks = Jsonl(path=DATA / "seed_tasks.jsonl").load()

    assert len(tasks) == 175
    assert sum(task.is_classification for task in tasks) == 26
    assert sum(not task.instances[0].input for task in tasks) == 50
    assert tasks[0].id == "seed_task_0"


def test_none_of_ours_is_above_0_6_with_a_published_one():
    published = Pool(Jsonl(path=DATA / "seed_tasks.jsonl").load())
    part = Similarity(threshold=0.6, tokenizer="rouge", neighbors=1)

    ours = Jsonl(path=ROOT / "conf" / "seeds" / "seed_tasks.jsonl").load()

    assert [part.reject(Candidate(instruction=task.instruction), published) for task in ours] == [None] * 175
