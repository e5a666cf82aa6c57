import json
from typing import ClassVar

from commands import run

from selfinstruct.actions.preflight import NOTABLE_SHARE, endless, rejected_seeds, undrawn
from selfinstruct.budget import UNLIMITED, Budget
from selfinstruct.filters.length import Length
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Task

CHINESE = ["写一首关于秋天的短诗", "列出三种常见的水果", "给孩子讲一个睡前故事"]


def seeds(*instructions):
    return Pool(Task(id=f"s{number}", origin=HUMAN, instruction=text) for number, text in enumerate(instructions))


def recipe(composed, built, tmp_path, *overrides):
    return built(composed(*overrides), tmp_path).recipe


def test_a_stage_that_nothing_ends_is_named_with_its_keys(composed, built, tmp_path):
    stages = recipe(composed, built, tmp_path, "recipe.instructions.saturation=null")

    (sentence,) = endless(stages, UNLIMITED)

    assert sentence.startswith("recipe.instructions would never end")
    assert "recipe.instructions.saturation" in sentence
    assert "budget.requests" in sentence


def test_a_budget_ends_a_stage_without_saturation(composed, built, tmp_path):
    stages = recipe(composed, built, tmp_path, "recipe.instructions.saturation=null")

    assert endless(stages, Budget(requests=10, tokens=None, usd=None, minutes=None)) == []


def test_saturation_and_generations_end_a_stage(composed, built, tmp_path):
    assert endless(recipe(composed, built, tmp_path), UNLIMITED) == []
    assert endless(recipe(composed, built, tmp_path, "recipe=evol_instruct"), UNLIMITED) == []


def test_our_own_seeds_raise_no_warning_in_their_recipes(composed, built, tmp_path):
    for name in ("self_instruct", "alpaca", "evol_instruct"):
        made = built(composed(f"recipe={name}"), tmp_path)

        assert rejected_seeds(made.recipe, Pool(made.seeds.load()), NOTABLE_SHARE) == []


def test_a_filter_that_rejects_seeds_is_named_with_the_first_of_them(composed, built, tmp_path):
    stages = recipe(composed, built, tmp_path, "recipe.instructions.filters.length.min_words=10")

    (sentence,) = rejected_seeds(stages, seeds("Tell a joke about cats.", *CHINESE))

    assert "recipe.instructions.filters.length would reject 2 of the 4 seeds" in sentence
    assert "(s0: too short: 5 of at least 10 words)" in sentence
    assert "'~recipe.instructions.filters.length'" in sentence


def test_a_few_odd_seeds_are_no_reason_to_warn_when_a_run_starts(composed, built, tmp_path):
    stages = recipe(composed, built, tmp_path)
    pool = seeds("Smile.", *(f"Explain the number {number} to a child." for number in range(20)))

    assert len(rejected_seeds(stages, pool)) == 1
    assert rejected_seeds(stages, pool, 0.1) == []


def test_filters_of_stages_that_complete_tasks_are_not_asked_about_seeds():
    class Annotating:
        filters: ClassVar = {"length": Length(min_words=9, max_words=10)}

    assert rejected_seeds({"answers": Annotating()}, seeds("Tell a joke.")) == []


def test_a_run_warns_before_it_asks_and_goes_through(tmp_path):
    path = tmp_path / "seeds.jsonl"
    rows = [
        {"instruction": text, "instances": [{"input": "", "output": "好"}], "is_classification": False}
        for text in CHINESE * 3
    ]
    path.write_text("".join(json.dumps({**row, "id": f"s{number}"}) + "\n" for number, row in enumerate(rows)))
    words = [f"seeds.path={path}", "recipe.instructions.filters.script.allowed={han: false}", "trackers=[]"]

    ended = run(*words, "budget.requests=1", f"hydra.run.dir={tmp_path / 'run'}")

    assert "WARNING: recipe.instructions.filters.script would reject 9 of the 9 seeds" in ended.stderr


def test_seeds_of_another_script_need_no_key(tmp_path, composed, built):
    stages = recipe(composed, built, tmp_path)

    assert rejected_seeds(stages, seeds(*CHINESE)) == []


def test_texts_about_topics_and_personas_that_no_prompt_is_drawn_for_are_named(composed, built, tmp_path):
    values = "recipe.instructions.prompt.values"
    stages = recipe(composed, built, tmp_path, "experiment=domain", f"+{values}.topics.break=x")

    (sentence,) = undrawn(stages)

    assert sentence.startswith(f"{values}.topics.break is never shown: recipe.instructions.sampler.topics has no")
    assert "brakes" in sentence
    assert undrawn(recipe(composed, built, tmp_path, "experiment=domain")) == []
