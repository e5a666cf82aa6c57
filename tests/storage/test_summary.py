import json
from dataclasses import replace

import pytest
from tracked import UNUSED

from selfinstruct.pool import Pool
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.summary import summarise


def row(stage, number, **changes):
    return {
        "stage": stage,
        "round": number,
        "asked": 2,
        "failed": 0,
        "candidates": 10,
        "parsed": 8,
        "kept": 5,
        "rejected/parse": 2,
        "rejected/length": 3,
        "pool": 20,
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "cost_usd": 0.5,
    } | changes


@pytest.fixture
def start(tmp_path):
    return RunInfo(
        folder=tmp_path,
        name="x",
        group=None,
        recipe="self_instruct",
        job_type="generate",
        config={},
        declared={"recipe": {"a": {"prompt": {"template": "x"}}, "b": {}, "c": {}}},
        models=("offline",),
    )


def test_adds_up_the_rounds_by_stage_and_in_all(start, pool):
    rounds = [row("a", 1), row("a", 2, ended="10 kept"), row("b", 1, **{"rejected/length": 0})]
    timings = [{"stage": row["stage"], "round": row["round"], "seconds": 1.25} for row in rounds]

    summary = summarise(start, pool, rounds, None, timings=timings, unused=UNUSED)

    assert summary["kept"] == 15
    assert summary["rejected"] == {"length": 6, "parse": 6}
    assert summary["cost_usd"] == 1.5
    assert (summary["seconds"], summary["stages"]["a"]["seconds"]) == (3.75, 2.5)
    assert summary["stages"]["a"]["kept"] == 10
    assert summary["stages"]["a"]["ended"] == "10 kept"
    assert summary["stages"]["c"]["rounds"] == 0
    assert summary["stop_reason"] == "a: 10 kept"
    assert summary["completed"] is True
    assert summary["offline"] is True
    json.dumps(summary)


def test_a_summary_says_what_found_the_verbs_and_nouns(start, pool, task, tmp_path):
    tiny_parser = pytest.importorskip("tiny_parser", reason="needs the extra spacy")
    pool.add(task(10, origin="a", instruction="Somebody wrote words"))
    by_model = replace(start, spacy_model=tiny_parser.save(tmp_path / "model"))

    summaries = [summarise(one, pool, [], None, timings=[], unused=UNUSED) for one in (start, by_model)]

    assert [one["diversity"]["verb_noun_share"] for one in summaries] == [1, 1]
    assert summaries[0]["verbs_found_by"] == "a rule for English"
    assert summaries[1]["verbs_found_by"].startswith("en_pipeline 0.0.0, spaCy 3.")


def test_the_models_are_those_that_the_tasks_record(start, pool, task):
    pool.add(task(10, origin="a", models={"a": "openai/m", "b": "openai/n"}))

    summary = summarise(start, pool, [], None, timings=[], unused=UNUSED)

    assert summary["models"] == ["openai/m", "openai/n"]
    assert summary["offline"] is False


def test_a_failure_is_the_reason_it_ended(start, pool):
    summary = summarise(start, pool, [], "no key", timings=[], unused=UNUSED)

    assert summary["completed"] is False
    assert summary["stop_reason"] == "no key"


def test_a_training_alone_says_that_it_trained_and_describes_no_tasks(start):
    summary = summarise(start, Pool(), [], None, timings=[], unused=UNUSED, training={"loss": 2.0})

    assert summary["stop_reason"] == "trained"
    assert not {"diversity", "verbs_found_by", "seeds_written_by"} & summary.keys()
    assert summarise(start, Pool(), [], None, timings=[], unused=UNUSED)["stop_reason"] == "nothing was generated"


def test_hashes_config_seeds_prompts_and_every_dataset_file(start):
    (start.folder / "dataset").mkdir()
    (start.folder / "dataset" / "x.jsonl").write_bytes(b"abc")

    hashes = summarise(start, Pool(), [], None, timings=[], unused=UNUSED)["sha256"]

    assert hashes["dataset/x.jsonl"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert set(hashes) == {"config", "seeds", "prompts", "dataset/x.jsonl"}


def test_seeds_are_counted_by_who_wrote_them_and_a_grammars_seed_makes_the_run_offline(start, pool, task):
    pool.add(task(10, models={"seeds": "openai/m", "seeds/2": "offline"}))
    pool.add(task(11, models={"seeds": "unknown", "a": "openai/n"}))

    summary = summarise(start, pool, [], None, timings=[], unused=UNUSED)

    assert summary["seeds_written_by"] == {"human": 10, "openai/m and offline": 1, "unknown": 1}
    assert summary["models"] == ["openai/m", "offline", "openai/n"]
    assert summary["offline"] is True


def test_topics_are_named_where_they_have_quotas(start, pool, task):
    pool.add(task(10, origin="a", attributes={"topic": "brakes"}))
    sampler = {"topics": {"brakes": 1, "gears": 1}, "total": 2}
    planned = replace(start, config={"recipe": {"a": {"sampler": sampler}}})

    summary = summarise(planned, pool, [], None, timings=[], unused=UNUSED)

    assert summary["topics"] == {"a": {"brakes": {"wanted": 1, "kept": 1}, "gears": {"wanted": 1, "kept": 0}}}
    assert "topics" not in summarise(start, pool, [], None, timings=[], unused=UNUSED)
