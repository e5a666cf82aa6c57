import json
from dataclasses import replace

import pytest
from commands import run as command

from selfinstruct.cli.objective import check_summary, missing
from selfinstruct.errors import ConfigError


@pytest.fixture
def start(composed, built, tmp_path):
    return built(composed("trackers=[]"), tmp_path).start


@pytest.mark.parametrize(
    "objective",
    [
        *(None, "kept", "cost_usd", "seconds", "diversity.distinct_2", "tasks.with_instances"),
        *(
            "tasks.gave_up.input_first",
            "stages.instructions.kept",
            "stages.input_first.rejected.similarity",
            "rejected.similarity",
            "scores.all",
        ),
        *("tasks.unanswered", "unused.requests", "scores.superni_gain.rouge_l", "training.validation_loss"),
    ],
)
def test_a_figure_that_a_summary_may_have_is_no_problem(objective, start):
    check_summary(objective, start)


@pytest.mark.parametrize(
    ("objective", "problem"),
    [
        ("nothing", "summary.json has no 'nothing' there; it has: recipe, models, offline, "),
        ("diversity.distinct", "summary.json has no 'distinct' there; it has: distinct_1, distinct_2, "),
        ("stages.induction.kept", "summary.json has no 'induction' there; it has: instructions, classification, "),
        ("kept.kept", "summary.json has no 'kept' there; it has: none."),
        ("stop_reason", "it is not a number in summary.json."),
        ("completed", "it is not a number in summary.json."),
        ("diversity", "it is not a number in summary.json."),
    ],
)
def test_every_other_is_reported_with_the_keys_that_there_are(objective, problem, start):
    with pytest.raises(ConfigError) as reported:
        check_summary(objective, start)

    (said,) = reported.value.problems
    assert said.startswith(f"objective={objective}: {problem}")


def test_a_model_of_spacy_that_is_not_installed_is_reported_before_anything_is_spent(start, tmp_path):
    with pytest.raises(ConfigError, match="no_such_model is neither an installed model"):
        check_summary(None, replace(start, spacy_model="no_such_model"))

    done = command("spacy_model=no_such_model", f"hydra.run.dir={tmp_path / 'run'}", folder=tmp_path)

    assert "Install a model of spaCy" in done.stderr
    assert done.returncode != 0
    assert not (tmp_path / "run" / "completions.sqlite").exists()


def test_the_summary_of_a_finished_run_has_every_key_that_is_not_refused(composed, built, tmp_path):
    run = built(composed("trackers=[]", "recipe.instructions.until=3"), tmp_path)
    run.execute()
    summary = json.loads((tmp_path / "summary.json").read_text())

    for key, value in summary.items():
        inside = value.items() if isinstance(value, dict) else ()
        inner = [f"{key}.{name}" for name, found in inside if type(found) in (int, float)]
        for objective in [*inner, *([key] if type(value) in (int, float) else [])]:
            check_summary(objective, run.start)
            assert missing(objective, summary) is None
