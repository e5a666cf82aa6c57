"""Candidates that overlap with a benchmark, in the stages of recipes and alone."""

import json
import time
from pathlib import Path

import commands
import pytest

from selfinstruct.errors import ConfigError
from selfinstruct.filters import ExplainingFilter, Filter, ReadingFilter
from selfinstruct.filters.contamination import Contamination
from selfinstruct.pool import Pool
from selfinstruct.recipe.round_builder import RoundBuilder, judge
from selfinstruct.round import Candidate, Sample
from selfinstruct.source.jsonl import Jsonl
from selfinstruct.task import Instance

LONG = "the old clock in the hall strikes nine whenever a stranger walks up to our door"
ADD = "+filters@recipe.instructions.filters=contamination"
KEY = "recipe.instructions.filters.contamination"


@pytest.fixture
def contamination(tmp_path):
    """Makes the filter for a benchmark of some texts."""

    def make(*texts, threshold=0.7, name="test.jsonl"):
        path = tmp_path / name
        path.write_text("".join(f"{json.dumps({'question': text})}\n" for text in texts), encoding="utf-8")
        return Contamination(benchmarks={"mine": Jsonl(path=path)}, threshold=threshold)

    return make


def test_it_is_a_filter_that_reads_and_explains(contamination):
    part = contamination(LONG)

    assert isinstance(part, Filter)
    assert isinstance(part, ReadingFilter)
    assert isinstance(part, ExplainingFilter)


def test_the_reason_names_the_benchmark_the_item_and_the_words(contamination):
    part, words = contamination("Something else.", LONG), " ".join(LONG.split()[:13])

    reason = part.reject(Candidate(instruction=f"Continue: {LONG}"), Pool())

    assert reason == f"13 words in a row with mine test.jsonl:2: '{words}'"


def test_a_rejection_records_the_same_as_values(contamination):
    part = contamination("Name three rivers of Spain.")
    rejection = judge(Candidate(instruction="Name four rivers of Spain"), {"contamination": part}, Pool())
    builder = RoundBuilder("grow", 1)
    builder.reject(rejection, "grow/1/1", Sample({}, attributes={"operation": "deepen"}))
    row = builder.rejections[0].row("grow", 1)

    assert row["filter"] == "contamination"
    assert row["attributes"] == {
        "operation": "deepen",
        "overlap": {
            "benchmark": "mine",
            "item": "test.jsonl:1",
            "words": "name three rivers of spain",
            "rouge_l": 0.8,
        },
    }


def test_what_overlaps_with_nothing_passes(contamination):
    assert contamination(LONG).reject(Candidate(instruction="Write a poem about rain."), Pool()) is None


def test_only_the_instance_that_is_judged_counts(contamination):
    part, instances = contamination(LONG), (Instance("rain", "It falls."), Instance(LONG, "Hm."))
    verdicts = [
        part.reject(Candidate(instruction="Go on.", instances=instances, position=position), Pool())
        for position in range(2)
    ]

    assert verdicts[0] is None
    assert verdicts[1] is not None


def test_an_output_is_looked_into(contamination):
    candidate = Candidate(instruction="Go on.", instances=(Instance("", f"So {LONG}."),))

    assert contamination(LONG).reject(candidate, Pool()) is not None


def test_a_higher_threshold_lets_less_similar_ones_pass(contamination):
    candidate = Candidate(instruction="Name four rivers of Spain")
    verdicts = [
        contamination("Name three rivers of Spain.", threshold=threshold).reject(candidate, Pool())
        for threshold in (0.7, 0.8, 0.9)
    ]

    assert [verdict is None for verdict in verdicts] == [False, False, True]


def test_filters_of_the_same_benchmarks_share_one_index(composed, built, tmp_path):
    jobs = [built(composed(ADD, f"{KEY}.threshold={value}"), tmp_path) for value in (0.6, 0.8)]
    one, other = (job.recipe["instructions"].filters["contamination"] for job in jobs)

    assert one.threshold != other.threshold
    assert one.index is other.index
    assert one.index.items == {"superni": 480, "user_oriented": 72}


def test_another_benchmark_has_an_index_of_its_own(contamination):
    one, other = contamination(LONG), contamination("Tell a joke to the king.", name="other.jsonl")

    assert one.reject(Candidate(instruction=LONG), Pool()) is not None
    assert other.reject(Candidate(instruction=LONG), Pool()) is None


@pytest.mark.parametrize("stage", ["instructions", "input_first"])
def test_it_stands_in_stages_that_grow_and_in_those_that_annotate(stage, composed, built, tmp_path):
    words = f"+filters@recipe.{stage}.filters=contamination"
    low = f"recipe.{stage}.filters.contamination.threshold=0.3"
    run = built(composed(words, low, "recipe.instructions.until=10", "actions=[generate]", "trackers=[]"), tmp_path)

    run.execute()

    rows = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [row for row in rows if row["filter"] == "contamination"]
    assert found
    assert {row["stage"] for row in found} == {stage}
    assert all(row["attributes"]["overlap"]["item"] for row in found)


def test_a_benchmark_that_is_missing_is_reported_before_anything_is_asked(composed, built, tmp_path):
    words = f"{KEY}.benchmarks.user_oriented.path=nowhere.jsonl"
    run = built(composed(ADD, words, "actions=[generate]", "trackers=[]"), tmp_path / "run")

    with pytest.raises(ConfigError) as caught:
        run.execute()

    assert "nowhere.jsonl: cannot be read" in caught.value.problems[0]
    assert not (tmp_path / "run").exists()


def test_a_run_that_is_killed_is_resumed_to_the_same_bytes(tmp_path):
    words = (
        *(ADD, f"{KEY}.threshold=0.3", "trackers=[]", "actions=[generate]", "recipe.instructions.until=60"),
        *("recipe.instructions.requests_per_round=1", "recipe.instructions.rounds_ahead=2"),
    )
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert commands.run(*words, f"hydra.run.dir={whole}").returncode == 0
    process = commands.begin(*words, f"hydra.run.dir={killed}")
    while process.poll() is None and not size(killed / "rejected.jsonl"):
        time.sleep(0.001)
    process.kill()
    process.communicate()

    assert commands.run(*words, f"hydra.run.dir={killed}").returncode == 0
    for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert b'"overlap"' in (whole / "rejected.jsonl").read_bytes()


def test_benchmarks_are_read_once_and_each_filter_keeps_its_own(contamination, tmp_path):
    one, other = contamination(LONG), contamination("Tell a joke to the king.", name="other.jsonl")
    digests = [part.digest() for part in (one, other)]
    for path in tmp_path.glob("*.jsonl"):
        path.unlink()

    assert one.reject(Candidate(instruction=LONG), Pool()) is not None
    assert other.reject(Candidate(instruction=LONG), Pool()) is None
    assert [part.digest() for part in (one, other)] == digests
    assert digests[0] != digests[1]


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
