"""Every recipe against its golden run by the offline model, and the paper's numbers against the composed config.

A golden run is what was asked and what came of it, reviewed like code: a changed prompt, parser or filter shows as a
readable difference.  `GOLDEN=write python -m pytest tests/test_recipes.py` writes it anew.
"""

import json
import os
import re
import sqlite3
from pathlib import Path
from random import Random

import pytest

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def execute(composed, built):
    """Run a recipe with the offline model."""

    def run(folder, *overrides):
        built(composed(*overrides, "trackers=[]", "formats=[]", "actions=[generate]"), folder).execute()

    return run


def asked(folder):
    connection = sqlite3.connect(folder / "completions.sqlite")
    try:
        rows = connection.execute("SELECT request, prompt, text FROM completions ORDER BY request").fetchall()
    finally:
        connection.close()
    return [{"request": request, "text": prompt, "reply": text} for request, prompt, text in rows]


def check(folder, golden):
    """What a run asked and made is what its golden run did."""
    made = {
        "requests.jsonl": asked(folder),
        "pool.jsonl": [
            row
            for row in map(json.loads, (folder / "pool.jsonl").read_text(encoding="utf-8").splitlines())
            if row["origin"] != "human"
        ],
        "rejected.jsonl": list(map(json.loads, (folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines())),
    }

    for name, rows in made.items():
        path = GOLDEN / golden / name
        if os.environ.get("GOLDEN") == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        assert rows == [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()], name


SMALL = {
    "self_instruct": ("experiment=smoke", "recipe.instructions.until=4"),
    "alpaca": (
        "recipe=alpaca",
        "recipe.tasks.until=20",
        "recipe.tasks.requests_per_round=3",
        "recipe.tasks.rounds_ahead=0",
    ),
    "evol_instruct": (
        *("recipe=evol_instruct", f"seeds.path={GOLDEN}/evol_instruct_seeds.jsonl", "recipe.evolution.generations=2"),
        "recipe/judge@recipe=difficulty",
    ),
}
"""Recipe to what makes a small run of it."""


@pytest.mark.parametrize("mode", ["chat", "completion"])
@pytest.mark.parametrize("recipe", SMALL)
def test_a_recipe_asks_and_makes_what_it_did(recipe, mode, tmp_path, execute):
    execute(tmp_path, *SMALL[recipe], f"model.mode={mode}")

    check(tmp_path, f"{recipe}_{mode}")


def test_convert_makes_what_it_did(tmp_path, execute):
    execute(tmp_path, "recipe=convert")
    path = GOLDEN / "convert" / "pool.jsonl"
    made = (tmp_path / "pool.jsonl").read_text(encoding="utf-8")
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")

    assert made == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_instruction_induction_asks_and_makes_what_it_did(mode, tmp_path, execute):
    small = ("recipe.induction.sampler.prompts=2", "recipe.execution.sampler.inputs=2")
    execute(tmp_path, "recipe=instruction_induction", "seeds.only=[antonyms,rhymes,sum]", *small, f"model.mode={mode}")
    check(tmp_path, f"instruction_induction_{mode}")


def test_the_numbers_of_instruction_induction(composed):
    config = composed("experiment=induction_paper")
    induction, execution = config["recipe"]["induction"], config["recipe"]["execution"]

    assert config["seeds"]["_target_"].endswith("Families")
    assert (induction["sampler"]["shown"], induction["sampler"]["prompts"]) == (5, 100)
    assert execution["sampler"]["inputs"] is None
    for stage, most in ((induction, 50), (execution, 30)):
        decoding = stage["prompt"]["decoding"]
        assert (decoding["temperature"], decoding["top_p"], decoding["max_tokens"]) == (1, 0, most)
    assert induction["prompt"]["parser"]["rules"] == "paper"
    assert execution["attempts"] == 1
    assert execution["metrics"]["execution_accuracy"]["scoring"] == "paper"


def test_a_completion_prompt_ends_where_the_model_goes_on_and_a_chat_prompt_asks(tmp_path, execute):
    for mode, end in [("completion", "\n9."), ("chat", "and nothing else.")]:
        execute(tmp_path / mode, "experiment=smoke", "recipe.instructions.until=1", f"model.mode={mode}")
        requests = {row["request"].split("/")[0]: row["text"] for row in asked(tmp_path / mode)}

        assert requests["instructions"].endswith(end)
        assert requests["classification"].endswith("\nIs it classification?")


def test_the_numbers_of_the_paper(composed):
    recipe = composed("experiment=paper")["recipe"]
    instructions, classification = recipe["instructions"], recipe["classification"]

    assert instructions["until"] == 52000
    assert instructions["requests_per_round"] == 5
    assert (instructions["sampler"]["human"], instructions["sampler"]["machine"]) == (6, 2)
    decoding = instructions["prompt"]["decoding"]
    assert (decoding["temperature"], decoding["top_p"], decoding["max_tokens"]) == (0.7, 0.5, 1024)
    assert (decoding["frequency_penalty"], decoding["presence_penalty"]) == (0, 2)
    assert decoding["stop"] == ["\n\n", "\n16", "16.", "16 ."]
    assert instructions["prompt"]["values"]["new"] == 7
    assert instructions["prompt"]["parser"]["casing"] == "capitalize"
    assert instructions["prompt"]["parser"]["cut_off"] == "discard_reply"
    filters = instructions["filters"]
    assert (filters["length"]["min_words"], filters["length"]["max_words"]) == (4, 150)
    assert (filters["similarity"]["threshold"], filters["similarity"]["tokenizer"]) == (0.7, "rouge")
    assert [word for word, used in filters["keywords"]["words"].items() if used] == [
        *("image", "images", "graph", "graphs", "picture", "pictures"),
        *("file", "files", "map", "maps", "draw", "plot", "go to"),
    ]
    decoding = classification["prompt"]["decoding"]
    assert (decoding["temperature"], decoding["top_p"], decoding["max_tokens"]) == (0, 0, 3)
    assert decoding["stop"] == ["\n", "Task:"]
    assert len(classification["prompt"]["few_shot"]) == 31
    for stage in ("output_first", "input_first"):
        decoding = recipe[stage]["prompt"]["decoding"]
        assert (decoding["temperature"], decoding["top_p"], decoding["max_tokens"]) == (0, 0, 300)
        assert decoding["presence_penalty"] == 1.5
        assert recipe[stage]["instances"] == 5
        assert recipe[stage]["filters"]["contradiction"]["scope"] == "task"


def test_the_stop_strings_of_the_paper_are_sent_as_they_are(composed, built, tmp_path, pool):
    run = built(composed("experiment=paper"), tmp_path)
    sent = {
        name: stage.prompt.render(stage.preview(pool, Random(0)), False, name, 1, 1).decoding.stop
        for name, stage in run.recipe.items()
    }

    assert sent == {
        "instructions": ["\n\n", "\n16", "16.", "16 ."],
        "classification": ["\n", "Task:"],
        "output_first": ["Example 6", "Task:"],
        "input_first": ["Example 6", "Task:"],
    }


def test_the_settings_of_wizardlm(composed):
    recipe = composed("experiment=wizardlm")["recipe"]

    assert recipe["evolution"]["generations"] == 4
    assert set(recipe["evolution"]["sampler"]["operations"].values()) == {1.0}
    assert len(recipe["evolution"]["sampler"]["operations"]) == 6
    assert len(recipe["evolution"]["prompt"]["few_shot"]) == 5
    for stage in ("evolution", "equality", "answers"):
        decoding = recipe[stage]["prompt"]["decoding"]
        assert (decoding["temperature"], decoding["top_p"], decoding["max_tokens"]) == (1.0, 0.9, 2048)
        assert decoding["frequency_penalty"] == 0
    assert recipe["answers"]["filters"]["refusal"]["below_words"] == 80
    rules = [list(recipe[stage]["filters"]) for stage in ("evolution", "equality", "answers")]
    assert rules == [["truncated", "prompt_words"], ["information_gain"], ["truncated", "refusal", "stop_words"]]


def test_the_published_numbers_of_alpaca(composed):
    tasks = composed("experiment=alpaca_52k")["recipe"]["tasks"]

    assert tasks["until"] == 52000
    assert (tasks["requests_per_round"], tasks["rounds_ahead"]) == (5, 0)
    assert (tasks["sampler"]["human"], tasks["sampler"]["machine"]) == (3, 0)
    assert tasks["prompt"]["values"]["total"] == 20
    decoding = tasks["prompt"]["decoding"]
    assert (decoding["temperature"], decoding["top_p"], decoding["max_tokens"]) == (1, 1, 3072)
    assert decoding["extra"] == {"logit_bias": {"50256": -100}}
    filters = tasks["filters"]
    assert list(filters) == ["truncated", "length", "keywords", "banned_prefixes", "script", "similarity"]
    assert (filters["length"]["min_words"], filters["length"]["max_words"]) == (4, 150)
    assert (filters["similarity"]["threshold"], filters["similarity"]["tokenizer"]) == (0.7, "rouge")
    assert filters["script"]["ascii_only"]
    assert [word for word, used in filters["keywords"]["words"].items() if used] == [
        *("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps"),
        *("draw", "plot", "go to", "video", "audio", "music", "flowchart", "diagram"),
    ]


def test_a_prompt_of_alpaca_shows_three_tasks_and_ends_where_the_model_goes_on(composed, built, tmp_path, pool):
    tasks = built(composed("experiment=alpaca_52k"), tmp_path).recipe["tasks"]
    sample = tasks.preview(pool, Random(0))
    completion, chat = (tasks.prompt.render(sample, mode, "tasks", 1, 1) for mode in (False, True))

    assert completion.text.endswith("\n###\n4. Instruction:")
    assert completion.text.count("\n###\n") == 4
    assert "\n3. Input:\n<noinput>\n3. Output:\nIt is a thing.\n###\n" in completion.text
    assert re.findall(r"^(\d)\. (?!Instruction|Input|Output)", completion.text, re.M) == list("123456789")
    assert completion.decoding.stop == ["\n20", "20."]
    assert chat.text.endswith("and nothing else.")
