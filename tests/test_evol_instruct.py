"""Evol-Instruct whole: its generations, its lineages, its four rules of elimination, and that no stop shows."""

import json
from collections import Counter
from functools import cache

import pytest
from interrupting import is_stopped_after

from selfinstruct.actions.publication.history import overrides_of, unrepeatable
from selfinstruct.errors import ConfigError, SelfInstructError
from selfinstruct.storage.reader import RunReader

pytestmark = pytest.mark.slow

SEEDS = 11
OPERATIONS = {"add_constraints", "deepen", "concretize", "reason", "complicate_input", "breadth"}
ROUNDS = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """A few tasks, some with an input."""
    path = tmp_path_factory.mktemp("seeds") / "tasks.jsonl"
    tasks = [
        {
            "instruction": f"Sort the {SEEDS + number} words by their last letter.",
            "is_classification": False,
            "instances": [{"input": "pear, fig, plum" if number % 2 else "", "output": "fig, plum, pear"}],
        }
        for number in range(SEEDS)
    ]
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def make(composed, built, seeds):
    """A run of the recipe in a folder."""

    @cache
    def config(*overrides):
        words = ("recipe=evol_instruct", f"seeds.path={seeds}", "trackers=[]", "formats=[]", "actions=[generate]")
        small = (f"recipe.{stage}.requests_per_round=6" for stage in ("evolution", "equality", "answers"))
        return composed(*words, *small, *overrides)

    return lambda folder, *overrides: built(config(*overrides), folder)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pool_of(folder):
    return {row["id"]: row for row in lines(folder / "pool.jsonl")}


def contents(folder):
    return {name: (folder / name).read_bytes() for name in ROUNDS}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, make):
    """The folder of a run that was never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    make(folder).execute()
    return folder


def test_every_task_is_evolved_once_in_each_of_four_generations(whole):
    rows = lines(whole / "rounds.jsonl")
    asked = Counter()
    for row in rows:
        if row["stage"] == "evolution":
            asked[row["generation"]] += row["asked"]

    assert asked == {1: SEEDS, 2: SEEDS, 3: SEEDS, 4: SEEDS}
    assert [row["ended"] for row in rows if row["stage"] == "evolution" and "ended" in row] == [
        f"generation {number} is finished" for number in (1, 2, 3, 4)
    ]


def test_every_task_knows_its_parent_its_operation_and_its_generation(whole):
    pool = pool_of(whole)
    made = [row for row in pool.values() if row["origin"] == "evolution"]

    assert made
    for row in made:
        (parent,) = (pool[known] for known in row["parents"])
        assert row["attributes"]["operation"] in OPERATIONS
        assert parent["instances"]
        assert parent.get("attributes", {}).get("generation", 0) < row["attributes"]["generation"]


def test_what_failed_returns_unchanged_and_what_survived_takes_its_place(whole):
    pool = pool_of(whole)
    survived = {row["parents"][0] for row in pool.values() if row["origin"] == "evolution" and row["instances"]}
    children = Counter(known for row in pool.values() if row["origin"] == "evolution" for known in row["parents"])

    for row in pool.values():
        if row["origin"] == "evolution" and not row["instances"]:
            assert row["gave_up"]
            assert row["id"] not in children
    successful = Counter(
        row["parents"][0] for row in pool.values() if row["origin"] == "evolution" and row["instances"]
    )
    assert successful.keys() == survived
    assert set(successful.values()) == {1}


def test_the_funnel_of_each_operation_and_generation_adds_up(whole):
    total = Counter()
    for row in lines(whole / "rounds.jsonl"):
        for key, count in row.items():
            if key.startswith("operations/"):
                _, generation, operation, what = key.split("/", 3)
                assert operation in OPERATIONS
                total[row["stage"], int(generation), what] += count
    for generation in (1, 2, 3, 4):
        made = total["evolution", generation, "kept"]
        found = {key[2]: count for key, count in total.items() if key[:2] == ("evolution", generation)}
        turned_away = sum(count for what, count in found.items() if what.startswith("rejected"))
        assert total["evolution", generation, "asked"] == SEEDS == made + turned_away
        assert total["equality", generation, "kept"] >= total["answers", generation, "kept"]


def test_a_run_stopped_after_every_round_ends_with_the_same_bytes(whole, make, tmp_path):
    stops = 0
    while is_stopped_after(make(tmp_path)):
        stops += 1

    assert stops == len(lines(whole / "rounds.jsonl"))
    assert contents(tmp_path) == contents(whole)


def test_a_run_stopped_before_its_judge_is_done_lets_it_finish_before_the_next_generation(make, tmp_path):
    judged = ("recipe/judge@recipe=difficulty", "recipe.difficulty.requests_per_round=5")
    make(tmp_path / "whole", *judged).execute()
    stops = 0
    while is_stopped_after(make(tmp_path / "stopped", *judged)):
        stops += 1

    assert stops == len(lines(tmp_path / "whole" / "rounds.jsonl"))
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_more_generations_of_a_judged_run_go_on_from_fewer_to_the_same_bytes(make, tmp_path):
    make(tmp_path / "whole", "recipe/judge@recipe=difficulty", "recipe.evolution.generations=3").execute()
    make(tmp_path / "more", "recipe/judge@recipe=difficulty", "recipe.evolution.generations=1").execute()
    make(tmp_path / "more", "recipe/judge@recipe=difficulty", "recipe.evolution.generations=3").execute()

    assert contents(tmp_path / "more") == contents(tmp_path / "whole")


def test_more_generations_go_on_from_fewer_to_the_same_bytes(whole, make, tmp_path):
    make(tmp_path, "recipe.evolution.generations=2").execute()
    make(tmp_path).execute()

    assert contents(tmp_path) == contents(whole)


def test_a_budget_stops_it_and_a_larger_one_lets_it_continue_to_the_same_bytes(whole, make, tmp_path):
    run = make(tmp_path, "budget.requests=30")
    run.execute()
    rows = lines(tmp_path / "rounds.jsonl")
    make(tmp_path, "budget.requests=null").execute()

    assert run.stopped
    assert 0 < sum(row["asked"] for row in rows) <= 30
    assert contents(tmp_path) == contents(whole)
    assert json.loads((tmp_path / "summary.json").read_text())["completed"]


def replies(request):
    """A model whose evolutions and answers are of all the kinds that are eliminated, and of one that is not."""
    number = int(request.id.rsplit("/", 1)[1]) % 4
    if request.stage == "evolution":
        return [f"Name {request.id}.", f"Do as the given prompt says: {request.id}.", "Equal it is.", "Sing."][number]
    if request.stage == "equality":
        return "Equal" if "Equal it is." in request.text else "Not Equal"
    return "I'm sorry, I cannot sing." if request.text == "Sing." else "It is this."


def test_each_rule_of_elimination_is_a_rejection_with_its_reason(make, scripted, tmp_path):
    run = make(tmp_path, "recipe.evolution.generations=1")
    run.model = scripted(replies, mode="chat")
    run.execute()
    found = {(row["stage"], row["filter"], row["reason"]) for row in lines(tmp_path / "rejected.jsonl")}

    assert found == {
        ("evolution", "prompt_words", "contains 'given prompt'"),
        ("equality", "information_gain", "judged 'equal'"),
        ("answers", "refusal", "says 'sorry' in 5 words"),
        ("answers", "stop_words", "only punctuation and stop words"),
    }
    first = next(row for row in lines(tmp_path / "rejected.jsonl") if row["filter"] == "prompt_words")
    assert first["attributes"].keys() == {"operation", "generation"}


def test_a_verdict_stands_and_what_cannot_be_read_is_asked_again(make, scripted, tmp_path):
    run = make(tmp_path, "recipe.evolution.generations=1")

    def said(request):
        if request.stage == "evolution":
            return f"Name {request.id}."
        return ("?" if "evolution/1/1" in request.text else "Equal") if request.stage == "equality" else "Well."

    run.model = scripted(said, mode="chat")
    run.execute()
    gave_up = Counter(row["gave_up"]["equality"].split(":")[0] for row in pool_of(tmp_path).values() if row["gave_up"])

    assert gave_up == {"information_gain": SEEDS - 1, "parse": 1}
    assert sum(row["asked"] for row in lines(tmp_path / "rounds.jsonl") if row["stage"] == "equality") == SEEDS + 2


def test_a_run_in_which_no_task_was_made_says_by_what(make, scripted, tmp_path):
    run = make(tmp_path)
    run.model = scripted(lambda request: "Mind the given prompt.", mode="chat")

    with pytest.raises(SelfInstructError, match=r"evolution kept nothing.*'prompt_words' \(44\)"):
        run.execute()


def test_difficulty_is_a_stage_that_may_be_added(make, tmp_path):
    run = make(tmp_path, "recipe/judge@recipe=difficulty", "recipe.evolution.generations=1")
    run.execute()
    rated = [row for row in pool_of(tmp_path).values() if "difficulty" in row.get("attributes", {})]

    assert list(run.recipe) == ["evolution", "equality", "answers", "difficulty"]
    assert {row["origin"] for row in rated} == {"human", "evolution"}
    assert all(row["instances"] and 1 <= row["attributes"]["difficulty"] <= 10 for row in rated)


def test_a_rating_may_be_added_to_any_recipe(composed):
    assert list(composed("recipe/judge@recipe=difficulty")["recipe"]) == [
        *("instructions", "classification", "output_first", "input_first", "difficulty"),
    ]


def test_an_operation_without_a_method_is_told_before_anything_is_paid(make, tmp_path):
    run = make(tmp_path, "+recipe.evolution.sampler.operations.joke=1")

    with pytest.raises(ConfigError, match=r"recipe\.evolution\.prompt\.template cannot be filled: .*'joke'"):
        run.execute()


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_the_prompt_of_an_answer_is_the_instruction_and_nothing_else(make, scripted, tmp_path, mode):
    run = make(tmp_path, "recipe.evolution.generations=1", f"model.mode={mode}")
    run.model = scripted(replies, mode=mode)
    run.execute()
    asked = {request.text for request in run.model.asked if request.stage == "answers"}

    assert asked <= {"Sing.", *(f"Name evolution/{r}/{n}." for r in range(9) for n in range(9))}


def test_what_is_stored_of_every_request_of_a_generation_renders_its_prompt(whole, make):
    record, recipe = RunReader(whole), make(whole).recipe
    for place, round_ in enumerate(record.rounds):
        prompt = recipe[round_.stage].prompt
        asked = record.asked(round_, record.pool_before(place), prompt)

        assert len(asked) == round_.asked
        for one in asked:
            chat = record.chat(round_.stage)
            assert prompt.render(one.sample, chat, "x", 1, 1, one.attempt).text == one.reply.prompt


def test_a_plan_counts_every_generation(make, whole, tmp_path, capsys, composed, built, seeds):
    words = ("recipe=evol_instruct", f"seeds.path={seeds}", "trackers=[]", "formats=[]", "actions=[plan]")
    built(composed(*words), tmp_path / "assumed").execute()
    built(composed(*words, f"plan.like={whole}"), tmp_path / "measured").execute()
    assumed, measured = (
        json.loads((tmp_path / name / "plan.json").read_text())["stages"] for name in ("assumed", "measured")
    )
    rows = lines(whole / "rounds.jsonl")
    asked = {stage: sum(row["asked"] for row in rows if row["stage"] == stage) for stage in measured}

    assert assumed["evolution"]["requests"]["expected"] == assumed["equality"]["tasks"]["expected"] == 4 * SEEDS
    assert measured["evolution"]["requests"]["expected"] == 4 * SEEDS
    for stage in ("equality", "answers"):
        assert measured[stage]["requests"]["expected"] == pytest.approx(asked[stage], abs=1)


def test_other_filters_are_refused_where_generations_depend_on_them(make, whole, tmp_path, composed, built, seeds):
    words = ("recipe=evol_instruct", f"seeds.path={seeds}", "trackers=[]", "actions=[refilter]")
    run = built(composed(*words, f"refilter.run={whole}"), tmp_path)

    with pytest.raises(ConfigError, match=r"recipe\.evolution has generations"):
        run.execute()


def test_what_one_command_repeats_may_become_a_capsule(make, tmp_path):
    make(tmp_path, "recipe.evolution.generations=2").execute()
    run = make(tmp_path, "recipe.evolution.generations=2")
    run.execute()
    stopped = make(tmp_path / "stopped", "recipe.evolution.generations=2")
    assert is_stopped_after(stopped)
    longer = make(tmp_path, "recipe.evolution.generations=3")
    longer.journal = run.journal
    longer.pool = run.pool

    assert unrepeatable(run) is None
    assert overrides_of(run) == []
    assert unrepeatable(stopped).startswith("evolution has not ended")
    assert overrides_of(longer) == ["recipe.evolution.generations=2"]
    assert unrepeatable(longer).startswith("evolution has not ended")


def test_what_was_resumed_after_a_budget_stop_can_be_a_capsule(make, tmp_path):
    make(tmp_path, "budget.requests=8", "recipe.evolution.generations=1").execute()
    run = make(tmp_path, "recipe.evolution.generations=1")
    run.execute()

    assert unrepeatable(run) is None
    assert overrides_of(run) == []
