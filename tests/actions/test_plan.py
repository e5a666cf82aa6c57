import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import servers
from pretending import Pretending

from selfinstruct.actions.plan.assumptions import Range, added, exactly
from selfinstruct.actions.plan.earlier import read
from selfinstruct.actions.plan.estimate import pace
from selfinstruct.actions.plan.novelty import Curve, Judged, candidates
from selfinstruct.actions.plan.report import dollars, report, short
from selfinstruct.errors import ConfigError, RunFolderError, SelfInstructError
from selfinstruct.model.offline import Offline

pytestmark = pytest.mark.slow

UNTIL = "recipe.instructions.until"


@contextmanager
def counting():
    """A server that counts what it is asked, and its address."""
    asked = []

    class Counts(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(500)

        do_POST = do_GET  # noqa: N815  (the name that http.server looks for)

        def log_message(self, *words):
            pass

    with servers.Server(("127.0.0.1", 0), Counts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", asked
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """A finished run of 60 tasks."""
    from tests.conftest import built, composed

    folder = tmp_path_factory.mktemp("earlier")
    config = composed(f"{UNTIL}=60", "trackers=[]", "actions=[generate]")
    built(config, folder).execute()
    return folder


@pytest.fixture
def plan(tmp_path, composed, built, capsys):
    """The plan of a config, and what was printed of it."""

    def make(*overrides, folder=tmp_path / "plan"):
        built(composed("actions=[plan]", *overrides), folder).execute()
        return json.loads((folder / "plan.json").read_text(encoding="utf-8")), capsys.readouterr().out

    return make


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir() if path.is_file()}


def expected(plan, stage):
    return plan["stages"][stage]["requests"]["expected"]


def test_nothing_is_asked_and_no_key_is_needed(plan, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with counting() as (address, asked):
        found, reported = plan("model=endpoint", f"model.api_base={address}", "model.key_required=true")

    assert asked == []
    assert "The run would stop: The environment variable OPENAI_API_KEY is not set" in reported
    assert found["total"]["requests"]["expected"] > 200


def test_only_the_plan_is_written(plan, tmp_path):
    plan()

    assert [path.name for path in (tmp_path / "plan").iterdir()] == ["plan.json"]


def test_the_first_prompt_is_the_very_one_that_a_run_asks(plan, composed, built, tmp_path, scripted):
    config = composed(f"{UNTIL}=1", "trackers=[]", "actions=[generate]", "recipe.instructions.saturation.rounds=1")
    run = built(config, tmp_path / "run")
    run.model = scripted(lambda request: "", mode="chat")
    with pytest.raises(Exception, match="kept nothing"):
        run.execute()

    found, reported = plan()

    assert found["stages"]["instructions"]["prompt"]["text"] == run.model.asked[0].text
    assert run.model.asked[0].text in reported


def test_every_stage_shows_a_prompt_and_its_tokens(plan):
    found, reported = plan()

    for name, stage in found["stages"].items():
        assert f"── {name} · offline · first prompt, about {stage['prompt']['tokens']:,} tokens" in reported
        assert 100 < stage["prompt"]["tokens"] < 3000


def test_a_system_message_is_shown(plan):
    found, reported = plan("recipe.instructions.prompt.system='Be [bold]brief[/bold].'")

    assert found["stages"]["instructions"]["prompt"]["system"] == "Be [bold]brief[/bold]."
    assert "[system] Be [bold]brief[/bold]." in reported


def test_an_earlier_run_foretells_itself(plan, earlier):
    found, reported = plan(f"{UNTIL}=60", f"plan.like={earlier}")

    asked = json.loads((earlier / "summary.json").read_text())["stages"]
    assert found["total"]["requests"]["expected"] == pytest.approx(sum(row["asked"] for row in asked.values()), rel=0.1)
    assert expected(found, "classification") == pytest.approx(asked["classification"]["asked"], abs=1)
    assert "The earlier run differs" not in reported


def test_a_larger_run_needs_what_a_smaller_one_foretold(plan, earlier, composed, built, tmp_path):
    found, _ = plan(f"{UNTIL}=200", f"plan.like={earlier}")
    built(composed(f"{UNTIL}=200", "trackers=[]", "actions=[generate]"), tmp_path / "run").execute()

    needed = json.loads((tmp_path / "run/summary.json").read_text())
    assert found["total"]["requests"]["expected"] == pytest.approx(needed["asked"], rel=0.15)
    assert found["total"]["completion_tokens"]["expected"] == pytest.approx(needed["completion_tokens"], rel=0.15)
    assert found["total"]["prompt_tokens"]["expected"] == pytest.approx(needed["prompt_tokens"], rel=0.15)


def test_an_earlier_run_is_left_as_it_was(plan, earlier):
    before = hashes(earlier)
    plan(f"plan.like={earlier}")

    assert hashes(earlier) == before


def test_what_differs_from_the_earlier_run_is_reported_and_chance_is_not(plan, earlier):
    _, reported = plan(f"plan.like={earlier}", "recipe.instructions.sampler.machine=4", "random_seed=7")

    assert "The earlier run differs: recipe.instructions.sampler.machine was 2 and is 4." in reported
    assert "random_seed" not in reported


def test_the_prompt_tokens_of_other_prompts_are_counted_anew(plan, earlier):
    same, _ = plan(f"plan.like={earlier}")
    longer, _ = plan(f"plan.like={earlier}", "recipe.instructions.sampler.human=60")

    tokens = [figures["stages"]["instructions"]["prompt_tokens"]["expected"] for figures in (same, longer)]
    assert tokens[1] > 3 * tokens[0]


def test_the_speed_of_another_model_is_not_taken_over(plan, earlier):
    model = ("model=endpoint", "model.api_base=http://127.0.0.1:9/v1")
    found, reported = plan(f"plan.like={earlier}", *model)

    assert found["stages"]["instructions"]["basis"] == "measured"
    assert "Seconds per request are assumed (plan.assume): instructions" in reported


def test_fewer_attempts_are_reckoned_with(plan, earlier):
    found, _ = plan(f"{UNTIL}=60", f"plan.like={earlier}", "recipe.classification.attempts=1")

    assert expected(found, "classification") == 60


def test_several_answers_to_each_task_are_reckoned_with(plan):
    words = ("recipe=alpaca", "recipe.tasks.until=60", "recipe/stages@recipe=answers", "recipe.answers.attempts=1")
    one, four = (expected(plan(*words, f"recipe.answers.answers={count}")[0], "answers") for count in (1, 4))

    assert (one, four) == (60, 240)


def test_a_stage_that_the_earlier_run_did_not_come_to_is_assumed(plan, composed, built, tmp_path):
    folder = tmp_path / "stopped"
    words = (f"{UNTIL}=60", "trackers=[]", "actions=[generate]", "recipe.classification.requests_per_round=5")
    built(composed(*words, "budget.requests=50"), folder).execute()

    found, _ = plan(f"{UNTIL}=60", f"plan.like={folder}")

    assert found["stages"]["classification"]["basis"] == "measured"
    assert found["stages"]["output_first"]["basis"] == "assumed"
    assert sum(found["stages"][name]["tasks"]["expected"] for name in ("output_first", "input_first")) == 60


def test_without_an_earlier_run_what_is_assumed_can_be_set(plan):
    assume = "plan.assume.kept_per_request={low: 2, expected: 4, high: 5}"
    found, reported = plan(f"{UNTIL}=100", assume, "recipe.instructions.requests_per_round=1")

    assert found["stages"]["instructions"]["requests"] == {"low": 20, "expected": 25, "high": 50}
    assert "Yields are assumed (plan.assume)" in reported


def test_a_reply_of_whole_tasks_is_taken_to_be_longer_and_to_bring_more(plan):
    found, _ = plan("recipe=alpaca", "recipe.tasks.until=110", "recipe.tasks.requests_per_round=1")

    assert found["stages"]["tasks"]["requests"]["expected"] == 10
    assert found["stages"]["tasks"]["completion_tokens"]["expected"] == 22_000


def test_seeds_that_lack_something_are_asked_about_too(composed, built, task, tmp_path):
    class Unfinished:
        def load(self):
            return [task(number, is_classification=None, instances=None) for number in range(9)]

    run = built(composed("actions=[plan]", f"{UNTIL}=10"), tmp_path)
    run.seeds = Unfinished()
    run.execute()

    found = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert found["stages"]["classification"]["tasks"]["expected"] == 19


def test_an_unknown_price_stays_unknown(plan):
    model = ("model=endpoint", "model.api_base=http://127.0.0.1:9/v1")
    unknown, reported = plan(*model)
    known, _ = plan(*model, "model.price={prompt: 1, completion: 2}")

    assert unknown["total"]["cost_usd"] is None
    assert re.search(r"^total .*  –  ", reported, re.M)
    total = known["total"]
    cost = (total["prompt_tokens"]["expected"] + 2 * total["completion_tokens"]["expected"]) / 1e6
    assert total["cost_usd"]["expected"] == pytest.approx(cost)


def test_what_is_free_costs_nothing_and_has_no_limits(plan):
    found, _ = plan()

    assert found["total"]["cost_usd"]["expected"] == 0
    assert found["total"]["seconds"] is None


@pytest.mark.parametrize(
    ("override", "bound_by"),
    [
        ("model.concurrency=1", "concurrency"),
        ("model.requests_per_minute=1", "requests_per_minute"),
        ("model.tokens_per_minute=10", "tokens_per_minute"),
        ("recipe.instructions.rounds_ahead=0", "rounds_ahead"),
    ],
)
def test_the_narrowest_limit_says_how_long_it_takes(plan, override, bound_by):
    found, _ = plan("model=endpoint", "model.api_base=http://127.0.0.1:9/v1", override)

    stage = found["stages"]["instructions"]
    assert stage["bound_by"] == bound_by
    if bound_by == "requests_per_minute":
        assert stage["seconds"]["expected"] == 60 * stage["requests"]["expected"]


def test_a_model_without_limits_has_no_pace():
    model = Offline(mode="chat", repeats=0, truncated=0, bad_format=0, chatty=0, thinking=0)

    assert pace(None, model, None, 1.0) is None


def test_parameters_that_a_provider_does_not_take_are_reported_and_no_error(plan):
    found, reported = plan("model=ollama", "experiment=paper", "model.unsupported=[]")

    wrong = found["stages"]["classification"]["untaken"]
    said = "ollama_chat/llama3.2 does not take presence_penalty=0 (of classification)"
    assert wrong == [f"{said}. Set model.unsupported=[presence_penalty]"]
    assert wrong[0] in reported


def test_an_unknown_provider_and_a_parameter_out_of_place_are_reported(plan):
    found, reported = plan(
        "model=openai",
        "model.name=nobody/x",
        "model.key_required=false",
        "+recipe.instructions.prompt.decoding.extra.n=2",
    )

    assert "LiteLLM knows no such provider" in reported
    assert "recipe.instructions.prompt.decoding.extra.n would bring more than one reply" in reported
    assert found["total"]["cost_usd"] is None


def test_mistakes_of_the_config_are_reported_all_together(plan, tmp_path):
    with pytest.raises(ConfigError) as error:
        plan("recipe.instructions.sampler.human=999", "recipe.input_first.prompt.template='{{ tsk }}'", "plan.like=no")

    assert len(error.value.problems) == 3
    assert "recipe.instructions.sampler wants 999 human tasks" in error.value.problems[0]
    assert "recipe.input_first.prompt.template: the variable 'tsk' is unknown" in error.value.problems[1]
    assert error.value.problems[2] == "plan.like=no cannot be used: no holds no rounds of a run. Name a run's folder."
    assert not (tmp_path / "plan").exists()


def test_bad_seeds_are_reported(plan, tmp_path):
    (tmp_path / "seeds.jsonl").write_text("{\n")

    with pytest.raises(ConfigError, match=r"seeds.jsonl:1"):
        plan(f"seeds.path={tmp_path / 'seeds.jsonl'}")


def test_an_earlier_run_that_cannot_be_read_is_reported(earlier, tmp_path):
    for name in ("config.json", "rounds.jsonl"):
        (tmp_path / name).write_bytes((earlier / name).read_bytes())
    (tmp_path / "pool.jsonl").write_text("[]\n")

    with pytest.raises(RunFolderError, match=r"pool\.jsonl is shorter than rounds\.jsonl:1 says"):
        read(tmp_path)


def test_an_earlier_run_may_be_under_way(earlier, tmp_path):
    for name in ("config.json", "rounds.jsonl", "pool.jsonl"):
        (tmp_path / name).write_bytes((earlier / name).read_bytes())
    with (tmp_path / "rounds.jsonl").open("a") as file:
        file.write('{"stage": "instr')

    found = read(tmp_path)

    assert found.made == 60
    assert found.stages["instructions"].latency is None


def test_a_budget_that_may_not_suffice_is_reported(plan):
    _, reported = plan("budget.requests=100", "budget.tokens=100000000", "budget.usd=1")

    assert "- budget.requests=100 may stop it early." in reported
    assert "budget.tokens" not in reported
    assert "budget.usd" not in reported


def sweeping(run, folder):
    from dataclasses import replace

    run.start = replace(run.start, group=folder.parent.name)
    run.execute()


def test_a_sweep_is_reported_which_of_its_jobs_are_done(composed, built, tmp_path, capsys):
    sweep = tmp_path / "sweep"
    job = ("trackers=[]", f"{UNTIL}=3")
    built(composed(*job, "actions=[generate]", "random_seed=1"), sweep / "0_a").execute()
    (sweep / "broken").mkdir()
    (sweep / "broken/summary.json").write_text("{")
    (sweep / "broken/plan.json").write_text("{")
    for seed in (1, 2):
        folder = sweep / f"{seed}_plan"
        sweeping(built(composed(*job, "actions=[plan]", f"random_seed={seed}"), folder), folder)

    reported = capsys.readouterr().out
    assert reported.count("This run is finished already, in") == 1
    assert json.loads((sweep / "plan/1_plan.json").read_text())["done"] == str(sweep / "0_a")
    left = json.loads((sweep / "plan/2_plan.json").read_text())["total"]["requests"]["expected"]
    assert f"Jobs of the sweep planned so far: 2, finished: 0_a; left: {left:,.0f} requests, cost $0.00." in reported


def test_the_prompts_of_a_finished_run_are_not_shown(composed, built, tmp_path, plan):
    built(composed("trackers=[]", "actions=[generate]", f"{UNTIL}=3"), tmp_path / "job").execute()

    shown = [plan("trackers=[]", f"{UNTIL}={until}", folder=tmp_path / "job")[1] for until in (3, 4)]

    assert ["first prompt" in text for text in shown] == [False, True]
    assert shown[0].lstrip().startswith("Estimates")


def test_a_job_that_is_to_go_further_is_not_done(composed, built, tmp_path, plan):
    folder = tmp_path / "job"
    built(composed("trackers=[]", "actions=[generate]", f"{UNTIL}=3"), folder).execute()

    assert plan("trackers=[]", f"{UNTIL}=3", folder=folder)[0]["done"] == str(folder)
    assert plan("trackers=[]", f"{UNTIL}=4", folder=folder)[0]["done"] is None


def rounds_of(curve, until, size=40):
    """Rounds in which novelty wears off just so."""
    kept, made = 0.0, []
    while kept < until:
        new = size * curve.share(kept)
        made.append(Judged(round(new), size))
        kept += new
    return made


def test_candidates_are_the_integral_of_novelty():
    curve = Curve(0.9, 800.0, 0.7)
    steps = sum(1 / curve.share(kept + 0.5) for kept in range(5000))

    assert curve.candidates(5000) == pytest.approx(steps, rel=1e-4)


@pytest.mark.parametrize("curve", [Curve(0.97, 3000.0, 0.6), Curve(0.95, 10000.0, 1.2), Curve(0.9, 300.0, 0.3)])
def test_the_wear_of_novelty_is_found_from_a_part_of_a_run(curve):
    found = candidates(rounds_of(curve, 2000), 8000)

    assert found.expected == pytest.approx(curve.candidates(8000), rel=0.15)
    assert found.low <= curve.candidates(8000) <= found.high * 1.1


def test_the_farther_ahead_the_less_is_known():
    rounds = rounds_of(Curve(0.97, 3000.0, 0.6), 2000)
    near, far = candidates(rounds, 4000), candidates(rounds, 40000)

    assert far.high / far.low > near.high / near.low


def test_novelty_that_does_not_wear_off_takes_as_many_as_are_wanted():
    assert candidates([Judged(40, 40)] * 50, 4000).expected == pytest.approx(4000, rel=0.1)


def test_a_range_is_in_order():
    with pytest.raises(ValueError, match="low <= expected <= high"):
        Range(low=2, expected=1, high=3)


def test_the_sum_of_what_is_not_known_is_not_known():
    assert added([exactly(1), None]) is None
    assert added([exactly(1), Range(low=1, expected=2, high=3)]) == Range(low=2, expected=3, high=4)


def test_a_yield_of_none_is_refused(plan):
    with pytest.raises(ConfigError, match="kept_per_request must be above 0"):
        plan("plan.assume.kept_per_request.low=0")


def test_large_and_small_figures_are_short():
    assert [short(value) for value in (1, 12_345, 1_234_567, 123_456_789)] == ["0 k", "12 k", "1.2 M", "123.5 M"]
    assert [dollars(value) for value in (0, 0.00123, 12.3)] == ["$0.00", "$0.0012", "$12.30"]


def test_the_report_has_a_line_for_every_stage_and_the_total(plan):
    found, _ = plan()
    reported = report(found)

    assert [line.split()[0] for line in reported.splitlines() if line.startswith((*found["stages"], "total"))] == [
        *found["stages"],
        "total",
    ]


@pytest.fixture
def plan_with(tmp_path, composed, built, capsys):
    """The plan of a config with a trainer, and what was printed of it."""

    def make(trainer, *overrides, folder=tmp_path / "plan"):
        run = built(composed("actions=[plan]", *overrides), folder)
        run.trainer = trainer
        run.execute()
        return json.loads((folder / "plan.json").read_text(encoding="utf-8")), capsys.readouterr().out

    return make


def test_a_plan_with_a_trainer_says_what_the_training_would_be(plan_with):
    found, reported_ = plan_with(Pretending(), "recipe.instructions.until=20")

    assert found["training"]["rows"] == 20  # a row for each task that is expected
    assert found["training"]["dataset"] is None
    assert "Training of some/base on the dataset of the run" in reported_
    assert "memory, at least      2.00 GiB" in reported_
    assert "The dataset is not made yet" in reported_


def test_a_plan_in_the_folder_of_a_run_counts_the_rows_of_its_dataset(plan_with, composed, built, tmp_path):
    built(composed("recipe.instructions.until=5", "trackers=[]"), tmp_path / "run").execute()
    trainer = Pretending()

    found, reported_ = plan_with(trainer, folder=tmp_path / "run")

    assert found["training"]["dataset"] == str(tmp_path / "run" / "dataset" / "chat.jsonl")
    assert trainer.seen[0].dataset == tmp_path / "run" / "dataset" / "chat.jsonl"
    assert "not made yet" not in reported_


def test_a_file_of_rows_is_planned_alone(plan_with, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}\n")

    found, reported_ = plan_with(Pretending(), f"plan.dataset={rows}")

    assert found.keys() == {"recipe", "overrides", "training"}
    assert "first prompt" not in reported_
    assert f"Training of some/base on {rows}" in reported_


def test_what_would_stop_a_training_is_noted_and_the_rest_is_planned(plan_with):
    found, reported_ = plan_with(Pretending(wrong=("Packages lack.",)))

    assert found["stages"]
    assert found["training"]["notes"] == ["The training would stop: Packages lack."]
    assert "- The training would stop: Packages lack." in reported_


def test_a_base_model_that_cannot_be_loaded_is_noted(plan_with):
    class Unknown(Pretending):
        def preview(self, training, rows=None):
            raise SelfInstructError("No such model.")

    assert "The training would stop: No such model." in plan_with(Unknown())[1]


def test_formats_that_the_trainer_cannot_read_are_noted(plan_with):
    assert "Add formats=[prompt_completion]." in plan_with(Pretending(mode="completion"))[1]


def test_a_recipe_that_asks_no_model_can_be_planned_with_a_training(plan_with):
    found, _ = plan_with(Pretending(), "recipe=convert", "source=csv")

    assert found["training"]["steps"] == 2
    assert "stages" not in found


def test_a_file_that_is_not_there_and_a_missing_trainer_are_reported(plan_with):
    with pytest.raises(ConfigError) as caught:
        plan_with(None, "plan.dataset=nothing.jsonl")

    assert caught.value.problems == [
        "plan.dataset needs a trainer. Set trainer=lora, for example.",
        "plan.dataset=nothing.jsonl is not a file.",
    ]


def test_a_stage_in_batches_costs_half_and_its_time_is_unknown(plan, tmp_path):
    words = ("model=endpoint", "model.api_base=http://127.0.0.1:9/v1", "model.price={prompt: 1, completion: 2}")
    alone, _ = plan(*words)
    batched, _ = plan(*words, "model.batch=true", folder=tmp_path / "batched")

    costs = {
        name: stage["cost_usd"]["expected"] / alone["stages"][name]["cost_usd"]["expected"]
        for name, stage in batched["stages"].items()
    }
    assert costs == {"instructions": 1, "classification": 0.5, "output_first": 0.5, "input_first": 0.5}
    assert batched["stages"]["classification"]["seconds"] is None
