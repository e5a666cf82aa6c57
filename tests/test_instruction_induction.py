"""Instruction Induction whole: what the recipe brings along, what is shown and executed, and that no stop shows."""

import csv
import json
import zipfile
from collections import Counter

import pytest
from interrupting import is_stopped_after

from selfinstruct.errors import ConfigError

FAMILIES = "[antonyms,diff,rhymes,sentiment]"
FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "scores.csv", "scores.md")
SMALL = (
    "recipe=instruction_induction",
    f"seeds.only={FAMILIES}",
    "recipe.induction.sampler.prompts=7",
    "recipe.induction.requests_per_round=3",
    "recipe.execution.sampler.inputs=5",
    "recipe.execution.requests_per_round=3",  # less than the inputs of a task: several rounds are about it
    "model.bad_format=0.4",
    "trackers=[]",
    "formats=[]",
    "actions=[generate,score]",
)


@pytest.fixture
def make(composed, built):
    """A run of the recipe in a folder."""
    return lambda folder, *overrides: built(composed(*SMALL, *overrides), folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, composed, built):
    """The folder of a run that was never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    built(composed(*SMALL), folder).execute()
    return folder


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pool_of(folder):
    return {row["id"]: row for row in lines(folder / "pool.jsonl")}


def contents(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def test_the_recipe_brings_its_seeds_and_actions_and_the_user_may_choose_others(composed):
    config = composed("recipe=instruction_induction")
    other = composed("recipe=instruction_induction", "seeds=jsonl", "actions=[generate]")

    assert config["seeds"]["_target_"].endswith("Families")
    assert list(config["actions"]) == ["generate", "score", "export", "report"]
    assert other["seeds"]["_target_"].endswith("Jsonl")
    assert list(other["actions"]) == ["generate"]
    assert composed()["seeds"]["_target_"].endswith("Jsonl")


def test_other_seeds_are_refused_with_the_key_to_set(composed, built, tmp_path):
    with pytest.raises(ConfigError) as error:
        built(composed("recipe=instruction_induction", "seeds=jsonl"), tmp_path).execute()

    assert error.value.problems == [
        f"recipe.{stage}.sampler wants seeds that are task families. Set seeds=families."
        for stage in ("induction", "execution")
    ]


def test_every_distinct_instruction_meets_every_input_and_the_equal_ones_none(whole):
    made = [row for row in pool_of(whole).values() if row["origin"] == "induction"]
    met: Counter[tuple[str, str]] = Counter()
    for row in made:
        unanswered = row["attributes"].get("unanswered", {})
        met[row["attributes"]["family"], row["instruction"]] += len(row["instances"] or ()) + len(unanswered)

    assert set(met.values()) == {5}
    assert len(met) < len(made)
    assert any(row["attributes"].get("unanswered") for row in made)


def test_no_held_out_input_is_shown(whole):
    pool = pool_of(whole)
    inputs = {name: {pair["input"] for pair in row["instances"] or ()} for name, row in pool.items()}

    for name, row in pool.items():
        if row["origin"] == "induction":
            family = row["attributes"]["family"]
            assert inputs[name] <= inputs[f"{family}.execute"]
            assert inputs[name].isdisjoint(inputs[family])


def test_the_account_holds(whole):
    summary = json.loads((whole / "summary.json").read_text(encoding="utf-8"))
    pool = pool_of(whole)
    made = [row for row in pool.values() if row["origin"] == "induction"]

    assert summary["stages"]["induction"]["kept"] == len(made)
    assert summary["stages"]["execution"]["kept"] == sum(len(row["instances"] or ()) for row in made)
    assert summary["tasks"]["unanswered"] == sum(len(row["attributes"].get("unanswered", ())) for row in made)
    assert set(summary["scores"]["instruction_induction"]) == {"paper", "strict"}


@pytest.mark.parametrize("stops", [(1, 2, 1), (4, 5, 6), (7, 1, 9)])
def test_a_run_that_was_stopped_anywhere_ends_with_the_same_bytes(stops, make, whole, tmp_path):
    for rounds in stops:
        assert is_stopped_after(make(tmp_path), rounds)
    make(tmp_path).execute()

    assert contents(tmp_path) == contents(whole)


def test_a_budget_ends_it_and_with_a_larger_one_it_goes_on_to_the_end(make, tmp_path):
    make(tmp_path, "budget.requests=40").execute()
    first = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    make(tmp_path, "budget.requests=null").execute()
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert 0 < first["asked"] <= 40
    assert first["stopped_by"] == "requests"
    assert all(row["executed"] == row["instructions"] for row in rows)


def test_published_prompts_are_sent_as_they_are(make, tmp_path):
    prompt = "Some pairs.\n\nInput: 3 4\nOutput: 7\n\nThe instruction was"
    files = {
        "raw/induce": {"1": {"input": "3 4", "output": "7"}},
        "raw/execute": {"1": {"input": "5 6", "output": "11"}},
        "induction_input": {"1": {"input": prompt}},
    }
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for name, rows in files.items():
            archive.writestr(f"data/{name}/sum.json", json.dumps({"examples": rows}))
        archive.writestr("data/annotations/sum.json", json.dumps({"annotations": ["Add."]}))
    published = (f"seeds.path={tmp_path / 'data.zip'}", "seeds.only=null", "recipe.induction.sampler.published=true")
    run = make(tmp_path / "run", *published, "model.mode=completion", "model.bad_format=0")
    sample = run.recipe["induction"].sampler.sample(run_pool(run), None, 1, "induction")[0]

    assert run.recipe["induction"].prompt.render(sample, False, "induction", 1, 1).text == prompt
    run.execute()
    (made,) = [row for row in pool_of(tmp_path / "run").values() if row["origin"] == "induction"]
    assert made["attributes"]["prompts"] == 1


def run_pool(run):
    from selfinstruct.pool import Pool

    return Pool(run.seeds.load())


@pytest.mark.parametrize("of", ["induction_1", "execution/1/1"])
def test_the_story_of_an_instruction_tells_every_input(of, make, whole, composed, built, capsys, tmp_path):
    overrides = [text for text in SMALL if not text.startswith("actions")]
    built(composed(*overrides, "actions=[explain]", f"explain.id={of}"), whole).execute()
    message = capsys.readouterr().out

    assert message.count("\n### execution/") >= (5 if of == "induction_1" else 1)
    assert "not known" not in message


@pytest.mark.parametrize("like", [False, True])
def test_a_plan_counts_every_input_of_an_instruction(like, make, whole, tmp_path):
    override = [f"plan.like={whole}"] if like else []
    make(tmp_path, "actions=[plan]", *override).execute()
    stages = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))["stages"]
    asked = sum(row["asked"] for row in lines(whole / "rounds.jsonl") if row["stage"] == "execution")
    expected = stages["execution"]["requests"]["expected"]

    assert stages["induction"]["requests"]["expected"] == 28
    assert abs(expected - asked) < 0.2 * asked if like else expected >= 28 * 5
