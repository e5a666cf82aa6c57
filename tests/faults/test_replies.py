"""Replies of every kind of harm to the recipes whose stages show a model its own words: they are data, to the end.

What a reply holds comes back in later prompts: an evolved instruction is judged, answered and evolved again, an induced
one is carried out.  So what looks like a template, a mark of our own prompts or a terminal's escape is followed through
the whole run: it is never evaluated, survives pool and dataset, and ends nothing.
"""

import json

import pytest

from selfinstruct.errors import RunFolderError

SEEDS = (
    "{{ 7 * 7 }} {% for x in range(9) %}z{% endfor %} {{ task.id }}",
    "Given prompt: <b>\x1b[31mName a bird.",
    "Sing.",
)
WORDS = {
    "evol_instruct": ("recipe/judge@recipe=difficulty", "recipe.evolution.generations=2"),
    "instruction_induction": (
        *("seeds.only=[antonyms,sum]", "recipe.induction.sampler.prompts=2"),
        "recipe.execution.sampler.inputs=2",
    ),
}
HARM = {
    "a template": "Describe rivers {{ 7 * 7 }} {% for x in range(9) %}z{% endfor %} {{ task.id }}",
    "NUL": "Describe \0 rivers well",
    "half a pair": "Describe \ud800 rivers well",
    "escapes": "Describe rivers \x1b]0;it\x07 <script>it</script> \u202e",
    "long": "Describe rivers " + "deep " * 1_000,
}
SAID = {"equality": "Not Equal", "difficulty": "7"}


@pytest.fixture
def execute(composed, built, scripted, tmp_path):
    """Run a recipe with a model that says this; what it was asked, and the pool."""

    def run(recipe, say):
        path = tmp_path / "seeds.jsonl"
        rows = (
            {"instruction": text, "is_classification": False, "instances": [{"input": "", "output": text}]}
            for text in SEEDS
        )
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        own = [f"seeds.path={path}"] if recipe == "evol_instruct" else []
        words = (f"recipe={recipe}", *own, *WORDS[recipe], "trackers=[]", "formats=[self_instruct,chat,superni]")
        made = built(composed(*words), tmp_path / "run")
        made.model = scripted(say, mode="chat")
        made.execute()
        lines = (tmp_path / "run" / "pool.jsonl").read_text(encoding="utf-8").splitlines()
        return made.model.asked, {row["id"]: row for row in map(json.loads, lines)}

    return run


@pytest.mark.parametrize("recipe", WORDS)
@pytest.mark.parametrize("what", HARM)
def test_whatever_a_reply_holds_is_shown_as_it_is_and_survives(recipe, what, execute):
    asked, pool = execute(recipe, lambda request: SAID.get(request.stage) or HARM[what])
    made = [row for row in pool.values() if row["origin"] != "human"]
    words = HARM[what].replace("\ud800", "\ufffd").split()

    assert made
    assert any(row["instances"] for row in made)
    assert all(row["instruction"].split()[:2] == words[:2] for row in made)
    assert not any("rivers 49" in request.text or "zzz" in request.text for request in asked)
    if recipe == "evol_instruct":
        assert any(SEEDS[0] in request.text for request in asked)


@pytest.mark.parametrize("verdict", ["☃", "Equal or Not Equal?", ""])
def test_a_judge_that_makes_no_sense_is_asked_as_often_as_is_allowed_and_no_more(verdict, execute):
    asked, pool = execute(
        "evol_instruct", lambda request: verdict if request.stage == "equality" else f"Do {request.id}."
    )
    judged = [request for request in asked if request.stage == "equality"]
    made = [row for row in pool.values() if row["origin"] == "evolution"]

    assert len(made) == 2 * len(SEEDS)
    assert len(judged) == 3 * len(made)
    assert all(row["gave_up"].keys() == {"equality"} and row["instances"] is None for row in made)


def test_a_budget_that_no_request_fits_is_told_where_there_is_nothing_to_export(composed, built, tmp_path):
    with pytest.raises(
        RunFolderError, match=r"no tasks to export\. The run was stopped by its budget: 0 of 100 tokens"
    ):
        built(composed("recipe=alpaca", "budget.tokens=100", "trackers=[]"), tmp_path).execute()
