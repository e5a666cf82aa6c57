from dataclasses import replace

import pytest
from commands import run

from selfinstruct.actions.effects import gives_pairs, idle, ineffective
from selfinstruct.actions.generate import Generate
from selfinstruct.formats.preference import Preference
from selfinstruct.pool import Pool

PAIRWISE = (
    "recipe=pairwise",
    "seeds.first=conf/seeds/pairwise/long.jsonl",
    "seeds.second=conf/seeds/pairwise/short.jsonl",
)
PREFERENCE = Preference(include_seeds=False, messages=True, operations={"deepen": True, "breadth": False})


def found(composed, built, tmp_path, *overrides):
    made = built(composed(*overrides), tmp_path)
    return ineffective(made.recipe, Pool(made.seeds.load()))


@pytest.mark.parametrize(
    ("overrides", "writer"),
    [
        (["+filters@recipe.input_first.filters=quality"], ""),
        (["+filters@recipe.instructions.filters=incorrect_output"], ""),
        (
            ["+filters@recipe.input_first.filters=quality", "recipe/judge@recipe=quality"],
            ", or have it in recipe.quality, whose replies do",
        ),
    ],
)
def test_a_filter_of_verdicts_in_a_stage_that_gives_none_is_refused(composed, built, tmp_path, overrides, writer):
    (sentence,) = found(composed, built, tmp_path, *overrides)

    key = overrides[0].removeprefix("+filters@").replace("=", ".")
    assert sentence.startswith(f"{key} would reject nothing: the replies of {key.partition('.filters')[0]} do not say")
    assert sentence.endswith(f"Leave it out: '~{key}'{writer}.")


@pytest.mark.parametrize(
    "overrides",
    [
        ["recipe/judge@recipe=quality", "filters@recipe.quality.filters=[quality,invalid_instruction]"],
        ["recipe=evol_instruct", "recipe/judge@recipe=quality"],
        ["recipe=evol_instruct", "recipe.answers.answers=4", "recipe/judge@recipe=choice"],
        ["recipe/stages@recipe=answers", "recipe.answers.answers=1", "recipe/judge@recipe=choice"],
        ["recipe=user_oriented", "recipe/judge@recipe=rating"],
        ["recipe=superni", "recipe/judge@recipe=difficulty"],
        ["recipe=convert"],
        ["experiment=domain", "recipe/judge@recipe=quality"],
        [*PAIRWISE],
    ],
)
def test_settings_that_have_an_effect_pass(composed, built, tmp_path, overrides):
    assert found(composed, built, tmp_path, *overrides) == []


def test_a_filter_of_what_the_sampler_draws_passes(composed, built, tmp_path):
    drawn = (
        "+recipe.evolution.filters.operation={_target_: selfinstruct.filters.verdict.Verdict, values: {deepen: true}"
    )

    assert found(composed, built, tmp_path, "recipe=evol_instruct", f"{drawn}, attribute: operation}}") == []
    assert len(found(composed, built, tmp_path, "recipe=evol_instruct", f"{drawn}, attribute: topic}}")) == 1


@pytest.mark.parametrize(
    ("overrides", "why"),
    [
        (
            ["recipe=superni", "recipe/judge@recipe=quality"],
            "takes none of the tasks of this recipe, whose origin is human",
        ),
        (["recipe=user_oriented", "recipe/judge@recipe=quality"], "whose origin is human"),
        (
            [*PAIRWISE, "+recipe/judge@recipe=difficulty"],
            "takes tasks with answers, which no stage of this recipe writes",
        ),
        (["recipe/judge@recipe=choice"], "no stage of this recipe draws them"),
        (["recipe=evol_instruct", "recipe.answers.answers=1", "recipe/judge@recipe=choice"], "draws them"),
        (
            ["recipe=evol_instruct", "recipe.equality.sampler.where.origin=evolutions"],
            "whose origin is evolution, human",
        ),
    ],
)
def test_a_stage_that_no_task_can_be_for_is_refused(composed, built, tmp_path, overrides, why):
    (sentence,) = found(composed, built, tmp_path, *overrides)

    assert why in sentence
    assert "would ask nothing" in sentence


def test_a_judge_chooses_among_answers_that_an_earlier_run_has_drawn(composed, built, tmp_path):
    words = ("recipe=alpaca", "recipe.tasks.until=5", "trackers=[]", "actions=[generate]")
    built(composed(*words, "recipe/stages@recipe=answers", "recipe.answers.answers=2"), tmp_path / "drawn").execute()
    judging = ("recipe/judge@recipe=choice", "seeds=run", f"seeds.path={tmp_path / 'drawn'}")

    assert found(composed, built, tmp_path / "judged", *words, *judging) == []


def test_nothing_is_asked_or_left_where_a_setting_has_no_effect(tmp_path):
    ended = run("recipe=superni", "recipe/judge@recipe=quality", f"hydra.run.dir={tmp_path / 'run'}")

    assert ended.returncode == 1
    assert ended.stderr.startswith("recipe.quality would ask nothing")
    assert not (tmp_path / "run").exists()


def test_a_run_that_has_rounds_is_resumed_whatever_its_filters_do(composed, built, tmp_path):
    words = ("recipe.instructions.until=5", "trackers=[]", "actions=[generate]")
    idle_filter = "+filters@recipe.input_first.filters=quality"
    started = built(composed(*words), tmp_path)
    started.execute()

    assert not any(
        "reject nothing" in text for text in Generate().problems(built(composed(*words, idle_filter), tmp_path))
    )


def test_a_stage_that_shares_its_tasks_with_another_is_not_named_where_it_has_none(composed, built, tmp_path):
    recipe = built(composed("recipe/judge@recipe=quality"), tmp_path).recipe

    sentences = idle(recipe, {"instructions": [1], "classification": [1], "input_first": [1]}.get)

    assert sentences == ["recipe.quality asked nothing: recipe.quality.sampler found no task for it."]


def test_a_small_default_run_says_nothing_of_a_stage_without_tasks(tmp_path):
    ended = run("recipe.instructions.until=1", "trackers=[]", f"hydra.run.dir={tmp_path / 'run'}")

    assert ended.returncode == 0
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], False),
        (["recipe/judge@recipe=quality"], False),
        (["recipe/stages@recipe=answers"], True),
        (["recipe=evol_instruct"], True),
        (["recipe=evol_instruct", "recipe.evolution.generations=1"], False),  # pairs with seeds are left out
        (["recipe=evol_instruct", "recipe.evolution.sampler.operations.deepen=0"], False),
        (["recipe=evol_instruct", "recipe.answers.answers=4", "recipe.evolution.generations=1"], True),
        ([*PAIRWISE], True),
        (["recipe=convert"], False),
    ],
)
def test_which_recipes_can_give_pairs(composed, built, tmp_path, overrides, expected):
    assert gives_pairs(built(composed(*overrides), tmp_path).recipe, PREFERENCE, Pool()) is expected


@pytest.mark.parametrize("include_seeds", [True, False])
def test_pairs_of_what_a_run_starts_from_count_where_seeds_take_part(composed, built, task, tmp_path, include_seeds):
    alternatives = [{"output": "Six", "score": 1, "chosen": True}, {"output": "Seven", "score": 1, "chosen": False}]
    drawn = replace(task(0), attributes={"alternatives": alternatives})
    preference = Preference(include_seeds=include_seeds, messages=True, operations={})

    assert gives_pairs(built(composed(), tmp_path).recipe, preference, Pool([drawn])) is include_seeds


def test_pairs_of_verdicts_that_a_run_starts_from_count(composed, built, tmp_path):
    words = (*PAIRWISE, "trackers=[]", "actions=[generate]")
    built(composed(*words), tmp_path / "judged").execute()
    seeds = built(composed("seeds=run", f"seeds.path={tmp_path / 'judged'}"), tmp_path / "new").seeds

    assert gives_pairs({}, PREFERENCE, Pool(seeds.load()))
