import json
from dataclasses import replace

import pytest

from selfinstruct.actions.export import Export
from selfinstruct.actions.generate import Generate, unbatched
from selfinstruct.budget import UNLIMITED, Budget, Stop
from selfinstruct.errors import ConfigError, DataError, ModelError, SelfInstructError
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.recipe.grow import Grow, Saturation
from selfinstruct.request import Completion, Failure
from selfinstruct.round import Candidate
from selfinstruct.run import Run
from selfinstruct.run_info import RunInfo
from selfinstruct.sampler.missing import Missing
from selfinstruct.sampler.mixed import Mixed

DECLARED = {"random_seed": 1, "seeds": {}, "recipe": {"grow": {"prompt": {"template": "x"}}}}

EXPORT = Export(title=None, languages=["en"], license=None, seeds_license=None)


class Whole:
    reply_format = "whole"

    def parse(self, completion, shown):
        return [Candidate(instruction=completion.text)]


class Seeds:
    def __init__(self, tasks):
        self.tasks = tasks

    def load(self):
        if isinstance(self.tasks, Exception):
            raise self.tasks
        return self.tasks


class Ledger:
    """A tracker that remembers what it was reported."""

    def __init__(self, broken=False):
        self.broken = broken
        self.reported = []

    def start(self, start):
        self.reported.append("start")

    def log(self, round_, step):
        self.reported.append((step, round_.stage, round_.row()["pool"]))

    def finish(self, summary, error):
        self.reported.append(("finish", summary["completed"], error))
        if self.broken:
            raise RuntimeError("the tracker is broken")


@pytest.fixture
def run(tmp_path, task, scripted):
    """A run of one stage, with parts that can be exchanged."""

    def make(**changes):
        prompt = Prompt(
            template=changes.pop("template", "{{ tasks | length }}"),
            system=None,
            values={},
            few_shot={},
            decoding={},
            retry_temperature=None,
            parser=Whole(),
        )
        stage = Grow(
            until=changes.pop("until", 3),
            generations=None,
            requests_per_round=1,
            rounds_ahead=0,
            saturation=changes.pop("saturation", None),
            sampler=Mixed(human=changes.pop("human", 2), machine=1),
            prompt=prompt,
            filters={},
            model=None,
        )
        start = RunInfo(
            folder=tmp_path / "run",
            name="x",
            group=None,
            recipe="self_instruct",
            job_type="generate",
            config={"recipe": {"grow": {"prompt": {"template": "x"}}}},
            declared=DECLARED,
        )
        start = replace(start, **changes.pop("start_changes", {}))
        values = {
            "random_seed": 1,
            "recipe": {"grow": stage},
            "seeds": Seeds([task(number) for number in range(10)]),
            "model": scripted(lambda r: f"Do {r.id}"),
            "trackers": {"ledger": Ledger()},
            "formats": {},
            "budget": UNLIMITED,
            "actions": {"generate": Generate()},
            "start": start,
        }
        return Run(**(values | changes))

    return make


def test_runs_every_stage_and_logs_what_is_committed_with_the_trackers(run):
    made = run()
    made.execute()

    reported = made.trackers["ledger"].reported
    assert [entry[0] for entry in reported] == ["start"[0], 1, 2, 3, "finish"] or reported[0] == "start"
    assert reported[-1] == ("finish", True, None)
    assert reported[3][2] == 13
    assert len(made.pool) == 13


def test_goes_on_where_the_folder_ends_and_asks_nothing_twice(run, scripted):
    first = run(until=2)
    first.execute()

    second = run(until=4, model=scripted(lambda r: f"Do {r.id}"))
    second.execute()

    assert [request.id for request in second.model.asked] == ["grow/3/1", "grow/4/1"]
    assert len(second.pool) == 14


def test_a_config_that_would_change_finished_rounds_is_refused(run, scripted):
    run(until=2).execute()
    changed = run(until=4, start_changes={"declared": DECLARED | {"random_seed": 2}})

    with pytest.raises(ConfigError, match="random_seed was 1 and is 2; it cannot change when a run is resumed"):
        changed.execute()

    assert changed.model.asked == []


def test_a_stage_that_keeps_nothing_is_a_failure_that_says_why(run, scripted):
    def refuse(request):
        return Completion(failure=Failure("refused", "too long"))

    made = run(model=scripted(refuse), saturation=Saturation(rounds=2, kept_share=0.0))

    with pytest.raises(SelfInstructError, match=r"grow kept nothing. Most candidates were rejected by 'model' \(2\)"):
        made.execute()


def test_a_stage_that_found_nothing_to_do_is_named(run, caplog):
    made = run(template="{{ attempt }}")
    made.recipe["judge"] = Annotate(
        requests_per_round=1,
        attempts=1,
        retry_on_filter=False,
        instances=None,
        sampler=Missing(field="quality", where={"is_classification": True}),
        prompt=made.recipe["grow"].prompt,
        model=None,
    )

    made.execute()

    assert "recipe.judge asked nothing: recipe.judge.sampler found no task for it." in caplog.text
    assert "recipe.grow asked nothing" not in caplog.text


def test_a_run_that_only_exports_names_the_models_that_wrote_its_tasks(run, scripted):
    run(until=2).execute()

    class Look:
        asks = is_apart = False

        def problems(self, run):
            return []

        def __call__(self, run):
            self.models = run.start.models

    look = Look()
    run(model=scripted(str, name="another"), actions={"look": look}).execute()

    assert look.models == ("scripted",)


def test_an_action_that_asks_nothing_keeps_the_seed_and_the_end_of_the_run(run, tmp_path):
    run(until=2).execute()

    again = run(random_seed=9, actions={"export": EXPORT}, formats={"none": Nothing()})
    again.execute()

    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert again.random_seed == 1
    assert (summary["completed"], summary["stop_reason"]) == (True, "grow: 2 kept")


def test_the_end_of_a_run_that_could_not_say_is_not_known(run, tmp_path):
    run(until=2).execute()
    (tmp_path / "run/summary.json").unlink()

    run(actions={"export": EXPORT}, formats={"none": Nothing()}).execute()

    assert json.loads((tmp_path / "run/summary.json").read_text())["completed"] is False


class Nothing:
    """A format without files."""

    def files(self, pool, random_seed):
        yield from ()


def test_a_model_that_fails_ends_the_run_and_what_was_made_stays(run, tmp_path, scripted):
    def answer(request):
        return Completion(failure=Failure("unavailable", "503")) if request.round == 3 else f"Do {request.id}"

    made = run(until=9, model=scripted(answer))

    with pytest.raises(ModelError, match="scripted: 503"):
        made.execute()

    assert made.trackers["ledger"].reported[-1] == ("finish", False, "scripted: 503")
    assert '"made": 2' in (tmp_path / "run/summary.json").read_text()

    again = run(until=4, model=scripted(lambda r: f"Do {r.id}"))
    again.execute()
    assert [request.round for request in again.model.asked] == [3, 4]


def test_a_tracker_that_does_not_finish_breaks_nothing(run, caplog):
    made = run(trackers={"broken": Ledger(broken=True), "ledger": Ledger()})
    made.execute()

    assert made.trackers["ledger"].reported[-1] == ("finish", True, None)
    assert "trackers.broken cannot finish" in caplog.text


def test_a_crash_of_an_action_is_in_the_summary(run):
    class Crash:
        asks = is_apart = False

        def problems(self, run):
            return []

        def __call__(self, run):
            raise ZeroDivisionError("by chance")

    made = run(actions={"crash": Crash()})

    with pytest.raises(ZeroDivisionError):
        made.execute()

    assert "by chance" in made.trackers["ledger"].reported[-1][2]


def test_everything_that_would_stop_a_run_is_reported_before_anything_is_done(run, tmp_path, scripted):
    class Keyless(scripted):
        def problems(self):
            return ["The environment variable KEY is not set."]

    made = run(human=11, model=Keyless(lambda r: "x"), actions={"generate": Generate(), "export": EXPORT}, formats={})

    with pytest.raises(ConfigError) as error:
        made.execute()

    assert error.value.problems[0].startswith("recipe.grow.sampler wants 11 human tasks, but seeds has 10.")
    assert error.value.problems[1] == "The environment variable KEY is not set."
    assert error.value.problems[2].startswith("formats: export has nothing to write")
    assert not (tmp_path / "run").exists()
    assert made.trackers["ledger"].reported == []
    assert made.model.asked == []


def test_a_template_with_an_unknown_variable_is_reported_by_its_key(run):
    with pytest.raises(ConfigError, match=r"recipe\.grow\.prompt\.template: the variable 'taks' is unknown"):
        run(template="{{ taks }}").execute()


def test_a_prompt_without_a_structured_variant_is_reported_where_one_is_asked_for(run):
    with pytest.raises(ConfigError, match=r"recipe\.grow\.prompt has no JSON schema.*structured=false"):
        run(start_changes={"declared": {**DECLARED, "structured": True}}).execute()


def test_bad_seeds_are_reported_all_together(run):
    with pytest.raises(SelfInstructError) as error:
        run(seeds=Seeds(DataError(["a.jsonl:1: not JSON.", "a.jsonl:2: not JSON."]))).execute()

    assert str(error.value) == "a.jsonl:1: not JSON.\na.jsonl:2: not JSON."


def budget(**limits):
    return Budget(**({"requests": None, "tokens": None, "usd": None, "minutes": None} | limits))


def test_a_budget_ends_the_run_and_the_summary_says_so(run, tmp_path):
    made = run(until=9, budget=budget(requests=4))
    made.execute()

    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert len(made.model.asked) == summary["asked"] == 4
    reported = "budget: 4 of 4 requests spent; grow needs budget.requests=5 to continue"
    assert (summary["stop_reason"], summary["stopped_by"]) == (reported, "requests")
    assert made.stopped == Stop("requests", reported, "5")
    assert b"budget" not in (tmp_path / "run/rounds.jsonl").read_bytes()


def test_with_a_larger_budget_it_goes_on_and_what_was_spent_counts(run, tmp_path):
    run(until=9, budget=budget(requests=4)).execute()
    again = run(until=9, budget=budget(requests=6))
    again.execute()

    assert len(again.model.asked) == 2
    assert json.loads((tmp_path / "run/summary.json").read_text())["asked"] == 6


def test_a_budget_in_dollars_is_kept(run, tmp_path):
    made = run(until=9, budget=budget(usd=1.1))
    made.execute()

    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert (summary["asked"], summary["cost_usd"]) == (5, 1.25)  # a reply has no limit here, so the last may pass it


def test_a_budget_in_dollars_needs_a_price(run, tmp_path, scripted):
    class Unpriced(scripted):
        def pricing(self):
            return None

    with pytest.raises(ConfigError, match=r"budget.usd needs the price of scripted, .* Set model.price.prompt"):
        run(budget=budget(usd=5.0), model=Unpriced(str)).execute()


def test_a_run_that_is_asked_to_stop_ends_with_the_round_under_way(run, tmp_path):
    made = run(until=9)

    class Stops(Ledger):
        def log(self, round_, step):
            made.stopping = step == 3

    made.trackers["stops"] = Stops()
    with pytest.raises(KeyboardInterrupt):
        made.execute()

    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert (summary["kept"], summary["stop_reason"]) == (3, "interrupted")


def test_actions_that_are_apart_make_no_folder_of_a_run(run, tmp_path):
    class Looks:
        asks, is_apart = False, True

        def problems(self, run):
            return []

        def __call__(self, run):
            seen.append(run.start.folder.exists())

    seen = []
    made = run(actions={"looks": Looks()})
    made.execute()

    assert seen == [False]
    assert not made.start.folder.exists()
    assert made.trackers["ledger"].reported == []


def test_stages_that_grow_are_named_once_where_batches_are_wanted(composed, built, tmp_path):
    run = built(composed("model=endpoint", "model.api_base=http://127.0.0.1:9/v1", "model.batch=true"), tmp_path)

    assert unbatched(run) == ["instructions"]
