import json

import pytest

from selfinstruct.errors import ConfigError

SMALL = ("trackers=[]", "formats=[]", "recipe.instructions.until=5", "actions=[generate,evaluate]")
BENCHMARK = ("benchmarks=[superni]", "benchmarks.superni.seeds.per_task=1")


@pytest.fixture
def execute(composed, built, tmp_path):
    def run(*overrides):
        made = built(composed(*SMALL, *overrides), tmp_path / "run")
        made.execute()
        return made

    return run


def scores(folder):
    return json.loads((folder / "summary.json").read_text())["scores"]


def test_a_run_has_the_scores_of_its_benchmarks_in_its_summary(execute, tmp_path):
    run = execute(*BENCHMARK)
    inner = tmp_path / "run" / "benchmarks" / "superni"

    assert scores(tmp_path / "run") == scores(inner) == run.scores
    assert run.scores["superni"].keys() >= {"rouge_l", "exact_match"}
    assert len((inner / "answers.jsonl").read_text().splitlines()) == 24
    assert any(f"superni: rouge_l {run.scores['superni']['rouge_l']:.4g}" in remark for remark in run.remarks)


def test_what_is_answered_is_not_asked_again(execute, tmp_path):
    execute(*BENCHMARK)
    inner = tmp_path / "run" / "benchmarks" / "superni"
    before = {path.name: path.read_bytes() for path in inner.glob("*.jsonl")}

    run = execute(*BENCHMARK)

    assert {path.name: path.read_bytes() for path in inner.glob("*.jsonl")} == before
    assert scores(tmp_path / "run") == run.scores


def test_a_finished_run_can_be_evaluated_later(execute, tmp_path):
    execute("actions=[generate]")
    before = json.loads((tmp_path / "run" / "summary.json").read_text())

    run = execute(*BENCHMARK, "actions=[evaluate]")
    after = json.loads((tmp_path / "run" / "summary.json").read_text())

    assert after["scores"] == run.scores
    assert {key: value for key, value in after.items() if key not in ("scores", "sha256")} == {
        key: value for key, value in before.items() if key != "sha256"
    }


def test_benchmarks_spend_what_the_run_has_left_of_its_budget(execute, tmp_path):
    run = execute(*BENCHMARK, "actions=[evaluate]", "budget.requests=10")

    assert json.loads((tmp_path / "run/benchmarks/superni/summary.json").read_text())["stopped_by"] == "requests"
    assert "stopped by its budget" in (tmp_path / "run/benchmarks/superni/scores.md").read_text()
    assert run.scores["superni"]["unanswered"] > 0.5


def test_nothing_is_evaluated_with_a_spent_budget(execute):
    run = execute(*BENCHMARK, "budget.requests=1")

    assert run.scores == {}
    assert run.remarks == ["superni was not evaluated: the budget is spent."]


def test_an_evaluation_without_a_benchmark_is_reported_before_anything_is_asked(execute, tmp_path):
    with pytest.raises(ConfigError, match=r"needs a benchmark\. Set benchmarks="):
        execute()

    assert not (tmp_path / "run" / "pool.jsonl").exists()


def test_what_keeps_a_benchmark_from_being_answered_is_reported_with_its_key(execute, tmp_path):
    with pytest.raises(ConfigError) as caught:
        execute(*BENCHMARK, "benchmarks.superni.recipe.answers.prompt.template='{{ nothing }}'")

    assert any(text.startswith("benchmarks.superni.recipe.answers.prompt.template") for text in caught.value.problems)
    assert not (tmp_path / "run" / "pool.jsonl").exists()


def test_a_run_that_is_resumed_may_be_given_a_benchmark(execute, tmp_path):
    execute("actions=[generate]")
    before = (tmp_path / "run" / "pool.jsonl").read_bytes()

    run = execute(*BENCHMARK, "recipe.instructions.until=6")

    assert run.scores.keys() == {"superni"}
    assert (tmp_path / "run" / "pool.jsonl").read_bytes().startswith(before)
