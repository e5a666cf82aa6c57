import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from rouge_score import rouge_scorer

from selfinstruct.actions.refilter import changes
from selfinstruct.errors import ConfigError, RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.request import Completion, Failure
from selfinstruct.round import Candidate
from selfinstruct.storage.folder import hashed
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task

pytestmark = pytest.mark.slow

FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl")
SIMILARITY = "recipe.instructions.filters.similarity.threshold"
RUNS = {}


@pytest.fixture
def execute(composed, built):
    def run(folder, *overrides):
        config = composed(*overrides, "trackers=[]", "formats=[self_instruct,chat]")
        run = built(config, folder)
        run.execute()
        return run

    return run


@pytest.fixture
def recorded(execute, tmp_path, tmp_path_factory):
    """A copy of a run's folder; the run is made once."""

    def make(*overrides):
        if overrides not in RUNS:
            RUNS[overrides] = tmp_path_factory.mktemp("recorded") / "run"
            execute(RUNS[overrides], *overrides)
        return shutil.copytree(RUNS[overrides], tmp_path / "old")

    return make


@pytest.fixture
def refilter(execute, tmp_path):
    def run(folder, *overrides):
        execute(tmp_path / "new", "actions=[refilter,export]", f"refilter.run={folder}", *overrides)
        return tmp_path / "new"

    return run


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tasks(folder):
    """The machine-made tasks as they are at the end."""
    found = {row["id"]: row for row in lines(folder / "pool.jsonl")}
    return {name: row for name, row in found.items() if row["origin"] != "human"}


def contents(folder):
    names = [*(folder / name for name in FILES), *sorted((folder / "dataset").glob("*.jsonl"))]
    return {path.name: path.read_bytes() for path in names}


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_the_runs_own_settings_give_back_its_own_bytes(mode, recorded, refilter, capsys):
    own = ("recipe.instructions.until=40", f"model.mode={mode}", "random_seed=5")
    old = recorded(*own)

    new = refilter(old, "recipe.instructions.until=40")

    assert contents(new) == contents(old)
    assert len(contents(new)) == 5
    message = capsys.readouterr().out
    assert "Kept 40 tasks; the run kept 40, and 40 are in both." in message
    assert "Every round shows the tasks that a real run would have shown." in message


def test_a_run_that_was_stopped_by_its_budget_and_went_on_gives_its_own_bytes(execute, refilter, tmp_path):
    for requests in (7, 27, 70, 71, 1000):
        execute(tmp_path / "old", "recipe.instructions.until=40", f"budget.requests={requests}")

    assert contents(refilter(tmp_path / "old", "recipe.instructions.until=40")) == contents(tmp_path / "old")


def test_a_run_that_went_on_with_a_larger_until_gives_its_own_bytes(execute, refilter, tmp_path):
    for until in (10, 40):
        execute(tmp_path / "old", f"recipe.instructions.until={until}")

    assert contents(refilter(tmp_path / "old", "recipe.instructions.until=40")) == contents(tmp_path / "old")


def brute_force(folder, filters, parser, threshold, until):
    """What rouge-score's own numbers make of the recorded candidates, one pair at a time."""
    scorer = rouge_scorer.RougeScorer(["rougeL"])
    texts = [row["instruction"] for row in lines(folder / "pool.jsonl") if row["origin"] == "human"]
    seeds = Pool(Task(id=text, origin="human", instruction=text) for text in texts)
    others = {name: filter_ for name, filter_ in filters.items() if name != "similarity"}
    rounds = sum(row["stage"] == "instructions" for row in lines(folder / "rounds.jsonl"))
    kept = []
    with sqlite3.connect(folder / "completions.sqlite") as connection:
        rows = connection.execute(
            "SELECT request, round, text FROM completions WHERE stage = 'instructions'"
        ).fetchall()
    connection.close()
    for _, round_, reply in sorted(rows, key=lambda row: [int(part) for part in row[0].split("/")[1:]]):
        pieces = parser.parse(Completion(text=reply), {"tasks": [None] * 8, "chat": True}) if round_ <= rounds else []
        for piece in pieces:
            if len(kept) == until or not isinstance(piece, Candidate):
                continue
            if any(filter_.reject(piece, seeds) for filter_ in others.values()):
                continue
            scores = (scorer.score(text, piece.instruction)["rougeL"].fmeasure for text in texts)
            if all(score <= threshold for score in scores):
                kept.append(piece.instruction)
                texts.append(piece.instruction)
    return kept


@pytest.mark.parametrize("threshold", [0.18, 0.45, 0.9])
def test_another_threshold_gives_what_a_brute_force_pass_with_rouge_score_gives(
    threshold, recorded, refilter, composed, built, tmp_path
):
    old = recorded("recipe.instructions.until=40")
    stage = built(composed(), tmp_path).recipe["instructions"]

    new = refilter(old, "recipe.instructions.until=40", f"{SIMILARITY}={threshold}")

    expected = brute_force(old, stage.filters, stage.prompt.parser, threshold, 40)
    assert [row["instruction"] for row in tasks(new).values()] == expected
    assert (threshold < 0.2) == (len(expected) < 40)


def test_tasks_of_both_keep_their_annotations_and_the_rest_is_told(recorded, refilter, capsys):
    old = recorded("recipe.instructions.until=40")

    new = refilter(old, "recipe.instructions.until=40", "~recipe.instructions.filters.keywords", f"{SIMILARITY}=0.45")

    message = capsys.readouterr().out
    before = {row["instruction"]: row for row in tasks(old).values()}
    after = {row["instruction"]: row for row in tasks(new).values()}
    both = before.keys() & after.keys()
    assert both
    for instruction in both:
        for key in ("is_classification", "instances", "parents", "request", "gave_up", "models"):
            assert after[instruction][key] == before[instruction][key]
    new_ones = after.keys() - before.keys()
    assert new_ones
    assert all(after[instruction]["is_classification"] is None for instruction in new_ones)
    assert f"Kept {len(after)} tasks; the run kept 40, and {len(both)} are in both." in message
    assert f"classification: tasks that the run never asked about, and that lack it: {len(new_ones)}." in message
    assert "recipe.instructions.filters.similarity.threshold was 0.7 and is 0.45." in message


def test_the_first_round_that_would_have_shown_other_tasks_is_told(recorded, refilter, capsys):
    old = recorded("recipe.instructions.until=40")

    new = refilter(old, "recipe.instructions.until=40", f"{SIMILARITY}=0.18")

    assert "instructions: from round 2 on, a real run would have sampled different tasks." in capsys.readouterr().out
    rounds = lines(new / "rounds.jsonl")
    of_growth = [row for row in rounds if row["stage"] == "instructions"]
    assert of_growth[-1]["ended"] == "all recorded replies have been used"
    assert all(row["candidates"] == row["kept"] + sum_of_rejected(row) for row in rounds)


def sum_of_rejected(row):
    return sum(count for key, count in row.items() if key.startswith("rejected/"))


def test_a_smaller_until_keeps_the_first_tasks(recorded, refilter):
    old = recorded("recipe.instructions.until=40")

    new = refilter(old, "recipe.instructions.until=7")

    assert list(tasks(new).values()) == list(tasks(old).values())[:7]
    assert lines(new / "rounds.jsonl")[0]["ended"] == "7 kept"


def test_other_filters_for_instances_are_applied_to_the_recorded_replies(recorded, refilter, capsys):
    old = recorded("recipe.instructions.until=40")
    told_off = "+filters@recipe.input_first.filters=length"  # looks at the task's instruction

    new = refilter(old, "recipe.instructions.until=40", told_off, "recipe.input_first.filters.length.min_words=15")

    message = capsys.readouterr().out
    for row in tasks(new).values():
        if row["instances"] and "input_first" in row["models"]:
            assert len(row["instruction"].split()) >= 15
    assert "tasks of which no stored reply passes, so that a run would ask again" in message


def test_the_new_folder_is_whole_and_goes_on_as_a_run(recorded, refilter, execute, capsys):
    old = recorded("recipe.instructions.until=40")
    own = ("recipe.instructions.until=40", "~recipe.instructions.filters.keywords", f"{SIMILARITY}=0.45")
    new = refilter(old, *own)

    summary = json.loads((new / "summary.json").read_text())
    assert summary["completed"] is True
    assert summary["stop_reason"].startswith(f"refiltered from {old}; instructions: ")
    assert [reply.completion for reply in replies(new)] == [reply.completion for reply in replies(old)]
    run = execute(new, *own, "recipe.instructions.until=1")
    assert all(task.is_classification is not None or task.failed_stages for task in run.pool)


def replies(folder):
    with RunReader(folder).replies() as found:
        return sorted(found, key=lambda reply: reply.key)


def test_a_config_that_asks_something_else_is_refused(recorded, refilter, tmp_path):
    old = recorded("recipe.instructions.until=40")

    with pytest.raises(ConfigError) as refused:
        refilter(old, "recipe.instructions.sampler.human=3", "recipe.input_first.instances=2")

    assert [text.split(" ")[0] for text in refused.value.problems] == [
        "recipe.instructions.sampler.human",
        "recipe.input_first.instances",
    ]
    assert not (tmp_path / "new/pool.jsonl").exists()


def test_a_folder_must_be_named_hold_a_run_and_be_another(recorded, refilter, execute, tmp_path):
    old = recorded("recipe.instructions.until=40")

    with pytest.raises(ConfigError, match=r"refilter\.run must be set"):
        refilter("null")
    with pytest.raises(ConfigError, match="holds no rounds of a run"):
        refilter(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="the run's own folder"):
        execute(old, "actions=[refilter]", f"refilter.run={old}")
    refilter(old, "recipe.instructions.until=40")
    with pytest.raises(RunFolderError, match="holds a run already"):
        refilter(old, "recipe.instructions.until=40")


def test_replies_of_which_it_is_not_stored_what_was_drawn_are_refused(recorded, refilter):
    old = recorded("recipe.instructions.until=40")
    with closing(sqlite3.connect(old / "completions.sqlite")) as connection:
        connection.execute("UPDATE replies SET drawn = NULL, hash = NULL WHERE request = 'instructions/1/2'")
        connection.commit()

    with pytest.raises(ConfigError, match=r"0\.1\.0, .* model\.store=.*completions\.sqlite: that pays"):
        refilter(old, "recipe.instructions.until=40")


def test_a_record_with_a_stage_that_the_recipe_lacks_is_refused(recorded, refilter):
    old = recorded("recipe.instructions.until=40")
    config = json.loads((old / "config.json").read_text())
    del config["config"]["recipe"]["input_first"]
    (old / "config.json").write_text(json.dumps(hashed(config)))

    with pytest.raises(RunFolderError, match="'input_first' is not in the recipe"):
        refilter(old, "recipe.instructions.until=40", "~recipe.input_first")


def test_filters_parsers_and_until_may_differ_and_nothing_else():
    old = {"recipe": {"grow": {"until": 1, "filters": {"a": 1}, "prompt": {"template": "x", "parser": {"c": 1}}}}}
    new = {"recipe": {"grow": {"until": 2, "filters": {}, "prompt": {"template": "y", "parser": {"c": 2}}, "model": 1}}}

    message, refused = changes(old, new)

    assert [found.key for found in message] == [
        *("recipe.grow.until", "recipe.grow.filters.a", "recipe.grow.prompt.parser.c", "recipe.grow.filters"),
    ]
    assert [found.key for found in refused] == ["recipe.grow.prompt.template"]


def answers(request):
    """A model that refuses some requests, and one task in all its attempts."""
    if request.id == "instructions/1/2" or (request.stage == "input_first" and "bird 1 " in request.text):
        return Completion(failure=Failure("refused", "I had rather not"))
    if request.stage == "instructions":
        number = request.id.replace("/", "")
        return f" Name bird {number} and say how it sings.\n10. List {number} rivers that flow north without a map."
    return "No" if request.stage == "classification" else "Output: as asked"


def test_requests_that_were_refused_are_refused_again(composed, built, scripted, refilter, tmp_path, capsys):
    run = built(
        composed("recipe.instructions.until=12", "trackers=[]", "formats=[self_instruct,chat]"), tmp_path / "old"
    )
    run.model = scripted(answers, mode="chat")
    run.execute()

    assert contents(refilter(tmp_path / "old", "recipe.instructions.until=12")) == contents(tmp_path / "old")
    explain = composed("recipe.instructions.until=12", "trackers=[]", "actions=[explain]")
    explain["explain"]["id"] = "instructions/1/2:1"
    capsys.readouterr()
    built(explain, tmp_path / "old").execute()
    message = capsys.readouterr().out
    assert "Rejected by `model`: I had rather not." in message
    assert "There is no reply: I had rather not." in message
