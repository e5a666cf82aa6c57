import json
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from selfinstruct.actions.explain import safe
from selfinstruct.actions.explain.pieces import fenced, neighbors
from selfinstruct.cli.hints import CONF
from selfinstruct.errors import RunFolderError, SelfInstructError
from selfinstruct.pages.pieces import one_line
from selfinstruct.storage.folder import held

pytestmark = pytest.mark.slow

RUN = {}
UNTIL = "recipe.instructions.until=60"


@pytest.fixture
def folder(composed, built, tmp_path, tmp_path_factory):
    """A copy of a small run's folder; the run is made once."""
    if not RUN:
        RUN["folder"] = tmp_path_factory.mktemp("explained") / "run"
        built(composed(UNTIL, "trackers=[]", "actions=[generate]"), RUN["folder"]).execute()
    return shutil.copytree(RUN["folder"], tmp_path / "run")


@pytest.fixture
def explain(composed, built, folder, capsys):
    def run(name=None, *overrides, of=folder):
        config = composed(UNTIL, "trackers=[]", "actions=[explain]", *overrides)
        config["explain"]["id"] = name
        built(config, of).execute()
        return capsys.readouterr().out

    return run


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rejected(folder, filter_, stage):
    """The first rejection by a filter, with its number among those of its request."""
    rows = lines(folder / "rejected.jsonl")
    found = next(row for row in rows if (row["filter"], row["stage"]) == (filter_, stage))
    of_request = [row for row in rows if row["request"] == found["request"]]
    return found, of_request.index(found) + 1


def test_a_kept_tasks_story_is_told_from_its_parents_to_its_descendants(explain, folder):
    tasks = {row["id"]: row for row in lines(folder / "pool.jsonl")}
    task = next(row for row in tasks.values() if row["origin"] != "human" and row["instances"])
    message = explain(task["id"])

    for parent in task["parents"]:
        assert f"- {parent}: {one_line(tasks[parent]['instruction'])}" in message
    assert f"kept as {task['id']}: {one_line(task['instruction'])}" in message
    for near, score in task["most_similar"]:
        assert f"- {score:.4f} {near}: " in message
    assert f"(mean of all: {task['average_similarity']:.4f})" in message
    assert "- similarity: passes" in message
    assert "## Later: classification, round 1" in message
    assert "Is it classification?" in message
    assert task["instances"][0]["output"] in message
    children = [row["id"] for row in tasks.values() if task["id"] in row["parents"]]
    assert f"{len(children)} children" in message
    assert all(f"- {child}: " in message for child in children[:50])


def test_every_task_can_be_told_with_its_prompt_and_all_its_later_stages(explain, folder):
    tasks = {row["id"]: row for row in lines(folder / "pool.jsonl")}
    for task in [row for row in tasks.values() if row["origin"] != "human"][::7]:
        message = explain(task["id"])

        assert "is not stored" not in message
        assert "is unknown" not in message
        assert message.count("The prompt as sent") >= 1 + len(task["models"].keys() - {"instructions"})
        assert all(f"## Later: {stage}, round" in message for stage in task["models"] if stage != "instructions")


def test_a_seed_has_only_offspring(explain, folder):
    message = explain("seed_task_3")

    assert "A seed, written by a person." in message
    assert "The prompt as sent" not in message
    assert "## What used it as an example" in message


@pytest.mark.parametrize("mark", ["#", ":"])
def test_a_candidate_that_similarity_turned_away_is_told_with_its_nearest_and_its_score(mark, explain, folder):
    row, number = rejected(folder, "similarity", "instructions")
    message = explain(f"{row['request']}{mark}{number}")

    assert f"Rejected by `similarity`: {row['reason']}." in message
    assert f"- similarity: {row['reason']}" in message
    assert f"- {row['nearest'][1]:.4f} {row['nearest'][0]}: " in message
    assert f"rejected as {row['request']}:{number} by `similarity`" in message
    assert "## Parents shown" in message


def test_an_instance_that_was_turned_away_is_told_with_the_task_it_was_about(explain, folder):
    row, number = rejected(folder, "parse", "input_first")
    message = explain(f"{row['request']}#{number}")

    assert f"It was about the task {row['task']}." in message
    assert f"rejected as {row['request']}:{number} by `parse` ({row['reason']})" in message


def test_a_request_is_told_with_all_that_came_of_it(explain, folder):
    message = explain("instructions/2/1")

    pool, turned_away = lines(folder / "pool.jsonl"), lines(folder / "rejected.jsonl")
    made = {row["id"] for row in pool if row["request"] == "instructions/2/1"}
    count = sum(row["request"] == "instructions/2/1" for row in turned_away)
    assert set(re.findall(r"^\d+\. kept as (\S+):", message, re.M)) == made
    assert len(re.findall(r"^\d+\. rejected as instructions/2/1:", message, re.M)) == count
    assert message.count("before the filters, on the pool of") == len(made) + sum(
        row["request"] == "instructions/2/1" and "instruction" in row for row in turned_away
    )


def test_an_id_that_the_run_does_not_have_is_reported(explain):
    for name in (
        "instructions_9x",
        "instructions/1/1:99",
        "instructions/1/99",
        "instructions/99/1",
        "instructions/1",
        "instructions/1/1#99",
        "\x1b[31m",
        7,
    ):
        with pytest.raises(SelfInstructError, match="no task, request or rejection") as error:
            explain(name)
        assert "\x1b" not in str(error.value)


def test_without_an_id_the_lineage_is_told_with_its_definitions(explain, folder):
    message = explain()

    pool = {row["id"]: row for row in lines(folder / "pool.jsonl")}
    assert "60 tasks made from 175 seeds" in message
    assert "A use is one request that showed a task" in message
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (\d+) \| ([\d.]+) \| (\d+) \| ([\d.]+)% \|$", message, re.M)
    shown = [int(row[1]) for row in rows]
    assert shown == sorted(shown, reverse=True)
    name, uses_, children, each, descendants_, share = rows[0]
    assert int(children) == sum(name in row["parents"] for row in pool.values())
    assert each == f"{int(children) / int(uses_):.2f}"
    assert int(descendants_) == len(below(pool, name))
    assert share == f"{100 * int(descendants_) / 60:.1f}"


def below(pool, ancestor):
    """The descendants of a task, by the plainest way."""
    found = {ancestor}
    for row in pool.values():
        if found & set(row["parents"]):
            found.add(row["id"])
    return found - {ancestor}


def test_what_is_told_is_written_down_and_nothing_else_is_changed(explain, folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    message = explain("instructions_3")
    explain("instructions/1/1")

    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    written = (folder / "explain/instructions_3.md").read_text(encoding="utf-8")
    assert message.replace("\\", "").startswith(
        written.replace("\\", "")
    )  # it has more of them, before what may be markup
    assert len(list((folder / "explain").iterdir())) == 2


def test_a_run_that_is_under_way_can_be_told_of(explain, folder):
    with (folder / "pool.jsonl").open("a") as file:
        file.write('{"id": "half')
    with (folder / "rounds.jsonl").open("a") as file:
        file.write('{"stage": "inst')
    with held(folder):
        assert "# instructions_3" in explain("instructions_3")
    assert (folder / "rounds.jsonl").read_text().endswith('{"stage": "inst')


def test_other_settings_than_the_runs_own_are_told(explain, folder):
    message = explain("instructions_3", "recipe.instructions.filters.length.min_words=40")

    assert "- length: too short" in message
    assert re.search(r"length\.min_words was \d+ and is 40\.", message)


def test_a_request_is_explained_by_what_was_stored_whatever_the_sampler_is_now(explain, folder):
    message = explain("instructions/1/1")

    assert explain("instructions/1/1", "recipe.instructions.sampler.human=3").startswith(
        message.partition("Written")[0]
    )


def test_what_version_0_1_0_did_not_store_is_reported(explain, folder):
    as_of_0_1_0(folder)

    message = explain("instructions/2/1")

    assert "What its prompt showed is not stored, since version 0.1.0 stored its reply." in message
    assert "## The reply as received" in message


def as_of_0_1_0(folder):
    """Remove what was drawn from a store."""
    with closing(sqlite3.connect(folder / "completions.sqlite")) as connection:
        connection.execute("UPDATE replies SET drawn = NULL, hash = NULL")
        connection.commit()


def test_a_folder_without_a_run_is_refused(explain, tmp_path):
    with pytest.raises(RunFolderError, match="holds no rounds of a run"):
        explain(of=tmp_path / "empty")


def test_a_models_words_close_no_fence():
    assert fenced("a\n```\nb").startswith("````text\n")


def test_a_file_name_is_safe_and_of_one_id_only():
    assert safe("instructions_3") == "instructions_3"
    names = {safe(name) for name in ("../../etc", "a/b", "a_b", "a b", "", "\ud800", "x" * 300, "x" * 301, "ä")}
    assert len(names) == 9
    assert all(re.fullmatch(r"[\w-]{1,80}", name, re.ASCII) for name in names)


def test_neighbors_need_a_filter_that_measures(pool):
    assert neighbors("Explain it.", {}, pool, None) is None


def test_a_task_that_came_with_its_instance_is_told_with_both(composed, built, tmp_path, capsys):
    small = ("recipe=alpaca", "recipe.tasks.until=30", "trackers=[]")
    built(composed(*small, "actions=[generate]"), tmp_path).execute()
    config = composed(*small, "actions=[explain]")
    row, number = rejected(tmp_path, "surplus", "tasks")

    message = {}
    for name in ("tasks_3", f"{row['request']}#{number}"):
        config["explain"]["id"] = name
        built(config, tmp_path).execute()
        message[name] = capsys.readouterr().out

    task = next(row for row in lines(tmp_path / "pool.jsonl") if row["id"] == "tasks_3")
    assert f"kept as tasks_3: {one_line(task['instruction'])} input: " in message["tasks_3"]
    assert (
        f"{row['instruction']}\ninput: {row['input']}\noutput: {row['output']}" in message[f"{row['request']}#{number}"]
    )


def test_what_others_wrote_is_text_in_the_file_and_as_it_is_on_the_terminal(explain, composed, built, tmp_path):
    evil = "<img src=x onerror=alert(1)> [a](b)"
    seeds = [row | {"instruction": f"{evil} {row['instruction']}"} for row in lines(CONF / "seeds/seed_tasks.jsonl")]
    (tmp_path / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in seeds), encoding="utf-8")
    words = (f"seeds.path={tmp_path}/seeds.jsonl", "recipe.instructions.until=1")
    built(composed(*words, "trackers=[]", "actions=[generate]"), tmp_path / "evil").execute()

    message = explain("instructions_1", *words, of=tmp_path / "evil")

    written = (tmp_path / "evil/explain/instructions_1.md").read_text(encoding="utf-8")
    assert f": {evil} " in message
    assert r": \<img src=x onerror=alert(1)> \[a](b) " in written
    assert not re.search(rf"^- .*: {re.escape(evil)}", written, re.M)
