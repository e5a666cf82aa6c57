"""The tracker that logs to W&B, checked by reading the files it leaves."""

import concurrent.futures
import contextlib
import gc
import io
import json
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
import tracked
from PIL import Image
from pydantic import ValidationError
from tracked import start_in

from selfinstruct.errors import SelfInstructError
from selfinstruct.round import Candidate, Rejection, TrainingStep
from selfinstruct.task import Instance, Task
from selfinstruct.trackers import Tracker
from selfinstruct.trackers.history import History
from selfinstruct.trackers.wandb import Wandb, flat, staged_in

ROOT = Path(__file__).parents[2]
OPTION = {
    "project": "selfinstruct",
    "entity": None,
    "mode": "offline",
    "init_timeout": 1,
    "tables": False,
    "tags": {},
}

TABLES = {"tables": True}

# W&B leaves a temporary folder of each table to the garbage collector, which warns when it removes one.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")]


@pytest.fixture(autouse=True)
def _at_home(tmp_path_factory, monkeypatch):
    """W&B finds no settings and no key of the user, and leaves nothing outside pytest's folder."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("NETRC", str(home / "netrc"))
    monkeypatch.setenv("WANDB_SILENT", "true")


def a_round(number=1, count=2, **changes):
    tasks = tuple(
        Task(f"instructions_{number}_{place}", "instructions", "Übersetze.", instances=(Instance("日本", "Japan"),))
        for place in range(count)
    )
    rejections = (Rejection("similarity", f"too near {number}", candidate=Candidate("Tu es.")),)
    known = {"parsed": count + 1, "kept": count, "tasks": tasks, "rejections": rejections}
    return tracked.a_round(number, **{**known, **changes})


def run(folder, *rounds, error=None, option=None, **changes):
    """Log a run; its summary."""
    folder.mkdir(exist_ok=True)
    start, tracker = start_in(folder, **changes), Wandb(**{**OPTION, **(option or {})})
    summary = tracked.log(tracker, start, rounds, error=error)
    if tracker.tables:
        del tracker
        gc.collect()
    return summary


def payloads(data):
    """The messages of a W&B file: a log in blocks of 32 KiB, each piece with checksum, length and kind."""
    assert data[:6] == b":W&B" + struct.pack("<H", 0xBEE1)
    place, message = 7, b""
    while place < len(data):
        room = 32768 - place % 32768
        if room < 7:
            place += room
            continue
        checksum, length, kind = struct.unpack_from("<IHB", data, place)
        piece = data[place + 7 : place + 7 + length]
        assert checksum == zlib.crc32(bytes([kind]) + piece)
        message += piece
        place += 7 + length
        if kind in (1, 4):
            yield message
            message = b""


def records(folder):
    """The records of the only W&B run in a folder; its last bytes may be written just after it was finished."""
    from wandb.proto.wandb_internal_pb2 import Record

    (path,) = folder.glob("wandb/offline-run-*/*.wandb")
    for _ in range(200):
        with contextlib.suppress(AssertionError, struct.error):
            found = [Record.FromString(payload) for payload in payloads(path.read_bytes())]
            if found and found[-1].WhichOneof("record_type") in ("exit", "final"):
                return found
        time.sleep(0.02)
    raise AssertionError(f"{path} was not finished")


def logged(folder):
    """What the only W&B run in a folder logged: its header, config, history, summary, artifacts and exit code."""

    def plain(items):
        return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}

    found = {"history": [], "summary": {}, "artifacts": {}, "metrics": {}}
    for record in records(folder):
        kind = record.WhichOneof("record_type")
        value = getattr(record, kind)
        if kind == "run":
            found |= {"run": value, "config": plain(value.config.update)}
        elif kind == "history":
            found["history"].append(plain(value.item))
        elif kind == "summary":
            found["summary"] |= plain(value.update)
        elif kind == "metric":
            found["metrics"][value.name or value.glob_name] = value
        elif kind == "artifact":
            found["artifacts"][value.name] = value
        elif kind == "exit":
            found["exit"] = value.exit_code
    return found


def figures(history):
    """A history row without W&B's own keys and without tables."""
    return {key: value for key, value in history.items() if not key.startswith(("_", "tables/", "figures/"))}


def table(folder, name):
    """The rows of all pieces of a table."""
    paths = folder.glob(f"wandb/offline-run-*/files/media/table/tables/{name}_*.table.json")
    pieces = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return [dict(zip(piece["columns"], row, strict=True)) for piece in pieces for row in piece["data"]]


def test_it_is_a_tracker():
    assert isinstance(Wandb(**OPTION), Tracker)


def rows_of(rounds):
    """The rows that a history of these rounds has."""
    history = History()
    return [history.row(round_) for round_ in rounds]


def test_there_is_one_history_row_a_round_with_the_figures_of_its_stage(tmp_path):
    rounds = [a_round(1, cost_usd=0.25), a_round(2, 0, rejections=()), a_round(3, ended="3 kept")]
    run(tmp_path, *rounds, option=TABLES)
    history = logged(tmp_path)["history"]

    assert [figures(row) for row in history] == rows_of(rounds)
    assert [row["_step"] for row in history] == [1, 2, 3]
    assert [row["instructions/kept"] for row in history] == [2, 0, 2]


def test_every_key_of_the_history_except_the_totals_has_its_stage(tmp_path):
    run(tmp_path, a_round(1, cost_usd=0.5))
    (row,) = logged(tmp_path)["history"]

    assert {key for key in figures(row) if "/" not in key} == {
        *("requests", "kept", "pool", "tokens", "cost_usd", "seconds"),
    }


def test_each_stage_is_drawn_against_its_own_rounds_and_the_totals_against_requests(tmp_path):
    run(tmp_path, a_round(1), a_round(1, stage="answers"))
    metrics = logged(tmp_path)["metrics"]
    steps = {name: metric.step_metric for name, metric in metrics.items() if metric.step_metric}

    assert steps["instructions/*"] == "instructions/round"
    assert steps["answers/*"] == "answers/round"
    assert {name: steps[name] for name in ("kept", "tokens", "cost_usd")} == dict.fromkeys(
        ("kept", "tokens", "cost_usd"), "requests"
    )


def test_the_figures_of_single_rounds_stay_out_of_the_summary(tmp_path):
    run(tmp_path, a_round(1), a_round(2))
    summary = logged(tmp_path)["summary"]

    assert [key for key in summary if key.startswith("instructions/")] == []
    assert (summary["kept"], summary["requests"]) == (4, 4)


def test_a_round_has_a_histogram_of_how_near_its_new_instructions_are(tmp_path):
    run(tmp_path, measured(1, 0.12, 0.14, 0.65))
    (row,) = logged(tmp_path)["history"]

    assert row["instructions/novelty/_type"] == "histogram"
    assert row["instructions/novelty/values"] == [0, 0, 2, *[0] * 10, 1, *[0] * 6]
    assert row["instructions/novelty/bins"] == [edge / 20 for edge in range(21)]


def test_a_round_that_measured_nothing_has_no_histogram(tmp_path):
    run(tmp_path, a_round())

    assert not any("novelty" in key for key in logged(tmp_path)["history"][0])


def measured(number, *scores):
    """A round whose new tasks know how near they are."""
    tasks = tuple(
        Task(f"i{place}", "instructions", "Do.", round=number, most_similar=(("seed_1", score),))
        for place, score in enumerate(scores)
    )
    return a_round(number, len(scores), tasks=tasks, rejections=())


@pytest.mark.parametrize(
    ("option", "variables", "project", "files"),
    [
        ({}, {}, "selfinstruct", 1),
        ({}, {"WANDB_PROJECT": "mine"}, "mine", 1),
        ({"project": "typed"}, {"WANDB_PROJECT": "mine"}, "typed", 1),
        ({}, {"WANDB_MODE": "offline"}, "selfinstruct", 1),
        ({}, {"WANDB_MODE": "disabled"}, None, 0),
        ({}, {"WANDB_DISABLED": "true"}, None, 0),
        ({"mode": "offline"}, {"WANDB_MODE": "disabled", "WANDB_DISABLED": "true"}, "selfinstruct", 1),
    ],
)
def test_the_environment_decides_what_the_config_leaves_open(option, variables, project, files, tmp_path, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    run(tmp_path, a_round(), option={"project": None, "mode": None, **option})

    assert len(list(tmp_path.glob("wandb/offline-run-*/*.wandb"))) == files
    if files:
        assert logged(tmp_path)["run"].project == project


def test_a_team_of_the_environment_is_asked_and_one_of_the_config_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_ENTITY", "team")
    run(tmp_path / "a", a_round())
    run(tmp_path / "b", a_round(), option={"entity": "typed"})

    assert [logged(tmp_path / name)["run"].entity for name in ("a", "b")] == ["team", "typed"]


def test_a_mode_of_the_environment_that_wandb_lacks_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "onlin")

    with pytest.raises(SelfInstructError, match=r"WANDB_MODE must be online, offline or disabled \(got 'onlin'\)"):
        Wandb(**OPTION | {"mode": None}).start(start_in(tmp_path))


def test_a_run_that_goes_on_has_one_history_with_each_round_once(tmp_path):
    rounds = [a_round(1), a_round(2), a_round(3)]
    run(tmp_path, *rounds[:2], option=TABLES)  # of which the second, say, was not committed

    tracker = Wandb(**(OPTION | TABLES))
    tracker.start(start_in(tmp_path, logged_rounds=lambda: rounds[:1]))
    for step, round_ in enumerate(rounds[1:], 2):
        tracker.log(round_, step)
    tracker.finish({}, None)

    (only,) = (tmp_path / "wandb").glob("offline-run-*")
    assert only.exists()
    history = logged(tmp_path)["history"]
    assert [row["_step"] for row in history] == [1, 2, 3]
    assert [figures(row) for row in history] == rows_of(rounds)


def test_a_run_that_goes_on_keeps_counting(tmp_path):
    tracker = Wandb(**OPTION)
    tracker.start(start_in(tmp_path))
    tracker.log(a_round(41), 41)
    tracker.finish({}, None)

    assert [row["_step"] for row in logged(tmp_path)["history"]] == [41]


def test_the_header_says_what_ran(tmp_path):
    run(tmp_path, group="sweep", is_offline=True, models=("offline", "m" * 99), option={"tags": {"pilot": True}})
    found = logged(tmp_path)
    header = found["run"]

    assert (header.project, header.display_name) == ("selfinstruct", "self_instruct/now")
    assert (header.run_group, header.job_type) == ("sweep", "generate+export")
    assert list(header.tags) == ["self_instruct", "offline", "m" * 64, "offline-model", "pilot"]


def test_a_tag_can_be_left_out(tmp_path):
    run(tmp_path, option={"tags": {"gpt-x": False}})

    assert list(logged(tmp_path)["run"].tags) == ["self_instruct"]


def test_the_config_is_that_of_the_run(tmp_path):
    run(tmp_path)
    config = logged(tmp_path)["config"]

    assert {key: value for key, value in config.items() if key != "_wandb"} == start_in(tmp_path).config


def test_kept_texts_are_there_once(tmp_path):
    run(tmp_path, *(a_round(number) for number in range(1, 31)), option=TABLES)
    rows = table(tmp_path, "kept")

    assert sorted(row["id"] for row in rows) == sorted(f"instructions_{n}_{i}" for n in range(1, 31) for i in range(2))
    assert len(logged(tmp_path)["history"]) == 30


def test_rejected_texts_are_there_once(tmp_path):
    run(tmp_path, *(a_round(number) for number in range(1, 31)), option=TABLES)
    rows = table(tmp_path, "rejected")

    assert sorted(row["reason"] for row in rows) == sorted(f"too near {number}" for number in range(1, 31))


def test_texts_can_be_left_out(tmp_path):
    run(tmp_path, a_round())
    found = logged(tmp_path)

    assert not any(key.startswith("tables") for key in found["history"][0])
    assert table(tmp_path, "kept") == table(tmp_path, "rejected") == []


def test_columns_of_mixed_answers_are_no_mistake(tmp_path):
    answers = [True, None, False]
    tasks = tuple(Task(f"t{number}", "tasks", "Do.", answer) for number, answer in enumerate(answers))
    run(tmp_path, a_round(1, tasks=tasks), option=TABLES)

    assert [row["is_classification"] for row in table(tmp_path, "kept")] == answers


def test_the_summary_is_the_runs_and_not_the_last_rounds(tmp_path):
    summary = run(tmp_path, *(a_round(number) for number in range(1, 31)), option=TABLES)
    found = logged(tmp_path)["summary"]

    assert found["kept"] == summary["kept"] == 60
    assert found["rejected/similarity"] == 30
    assert found["stages/instructions/kept"] == 60
    assert found["cost_usd"] is None
    assert flat(summary).items() <= found.items()


def test_nested_values_are_joined_by_slashes():
    assert flat({"a": {"b": {"c": 1}, "d": None}, "e": [1]}) == {"a/b/c": 1, "a/d": None, "e": [1]}


@pytest.mark.parametrize("is_offline", [True, False])
def test_the_dataset_is_an_artifact_that_says_who_wrote_it(tmp_path, is_offline):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "alpaca.jsonl").write_text("{}\n", encoding="utf-8")
    run(tmp_path, a_round(), models=("offline" if is_offline else "gpt-x",))
    artifact = logged(tmp_path)["artifacts"]["self_instruct-dataset"]

    assert artifact.type == "dataset"
    assert json.loads(artifact.metadata)["is_offline"] is is_offline
    assert [entry.path for entry in artifact.manifest.contents] == ["alpaca.jsonl"]
    assert artifact.manifest.contents[0].local_path == str(tmp_path / "dataset" / "alpaca.jsonl")


@pytest.mark.parametrize("error", [None, "it broke"])
def test_there_is_no_artifact_without_a_whole_dataset(tmp_path, error):
    if error:
        (tmp_path / "dataset").mkdir()
        (tmp_path / "dataset" / "alpaca.jsonl").write_text("{}\n", encoding="utf-8")
    run(tmp_path, a_round(), error=error)

    assert logged(tmp_path)["artifacts"] == {}


@pytest.mark.parametrize(("error", "code"), [(None, 0), ("model: bad key", 1)])
def test_the_exit_code_says_how_it_ended(tmp_path, error, code):
    run(tmp_path, a_round(), error=error)
    found = logged(tmp_path)

    assert found["exit"] == code
    assert found["summary"].get("error") == error


def test_two_runs_of_one_process_are_separate(tmp_path):
    run(tmp_path / "one", a_round(1), error="it broke")
    run(tmp_path / "two", a_round(2), a_round(3))
    one, two = logged(tmp_path / "one"), logged(tmp_path / "two")

    assert one["run"].run_id != two["run"].run_id
    assert [[row["instructions/round"] for row in found["history"]] for found in (one, two)] == [[1], [2, 3]]
    assert [one["exit"], two["exit"]] == [1, 0]


def test_runs_that_overlap_are_separate(tmp_path):
    trackers = {name: Wandb(**OPTION) for name in ("one", "two")}
    for name, tracker in trackers.items():
        tracker.start(start_in(tmp_path / name))
    for tracker in trackers.values():
        tracker.log(a_round(), 1)
    for tracker in trackers.values():
        tracker.finish({}, None)

    assert [len(logged(tmp_path / name)["history"]) for name in trackers] == [1, 1]


def test_everything_lies_in_the_run_folder(tmp_path):
    run(tmp_path, a_round(), option=TABLES)
    home = Path(os.environ["HOME"])

    assert list((tmp_path / "wandb" / "data").rglob("*"))
    assert not list((home / ".local").rglob("*"))
    assert "WANDB_DATA_DIR" not in os.environ


def test_a_place_that_the_user_chose_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_DATA_DIR", "/chosen")
    with staged_in(tmp_path):
        chosen = os.environ["WANDB_DATA_DIR"]

    assert chosen == os.environ["WANDB_DATA_DIR"] == "/chosen"


def test_machine_and_code_are_not_collected(tmp_path):
    run(tmp_path, a_round(), option=TABLES)

    assert {path.name for path in tmp_path.glob("wandb/offline-run-*/files/*")} == {"media"}


def test_it_prints_nothing(tmp_path, capfd):
    run(tmp_path, a_round(), option=TABLES)

    assert capfd.readouterr() == ("", "")


def test_disabled_leaves_nothing(tmp_path):
    run(tmp_path, a_round(), option={"mode": "disabled"})

    assert not list(tmp_path.rglob("*.wandb"))


def test_without_a_key_it_logs_offline_and_says_so(tmp_path, caplog):
    run(tmp_path, a_round(), option={"mode": "online"})

    assert "there is no key: run `wandb login`" in caplog.text
    assert f"wandb sync {tmp_path}" in caplog.text
    assert len(logged(tmp_path)["history"]) == 1


def test_without_a_network_it_logs_offline_and_says_so(tmp_path):
    code = f"""
import logging, sys
from pathlib import Path
from selfinstruct.trackers.wandb import Wandb
sys.path[:0] = {[str(folder) for folder in Path(__file__).parents[:2]]!r}
from test_wandb import OPTION, a_round, run
logging.basicConfig(level=logging.WARNING)
run(Path({str(tmp_path)!r}), a_round(), option={{"mode": "online", "init_timeout": 0.5}})
"""
    closed = {"WANDB_API_KEY": "x" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **closed}, capture_output=True, text=True, check=True
    )

    assert "W&B logs offline: " in done.stderr
    assert len(logged(tmp_path)["history"]) == 1


def test_what_keeps_it_from_starting_is_raised_with_what_to_do(tmp_path):
    (tmp_path / "taken").touch()

    with pytest.raises(SelfInstructError, match=r"taken.*\. Set trackers\.wandb\.mode=offline"):
        Wandb(**OPTION).start(start_in(tmp_path / "taken"))


def test_the_wandb_run_is_closed_also_when_its_last_figures_cannot_be_logged(tmp_path):
    tracker = Wandb(**OPTION)
    tracker.start(start_in(tmp_path))
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "x.jsonl").touch()

    tracker.log(a_round(1), 1)
    with pytest.raises(KeyError):
        tracker.finish({}, None)  # a summary without its keys

    tracker.finish({}, None)  # nothing is open any more


def test_finish_without_start_is_silent(caplog):
    Wandb(**OPTION).finish({}, "it did not start")

    assert caplog.records == []


@pytest.mark.parametrize(
    "wrong", [{"mode": "dryrun"}, {"init_timeout": 0}, {"tags": {"": True}}, {"tags": {"x" * 65: True}}, {"name": "x"}]
)
def test_wrong_values_are_refused(wrong):
    with pytest.raises(ValidationError):
        Wandb(**{**OPTION, **wrong})


def test_wandb_is_not_needed_to_build_it():
    code = f"import sys, selfinstruct.trackers.wandb as w; w.Wandb(**{OPTION}); sys.exit('wandb' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_run_that_is_only_looked_at_keeps_the_log_that_it_has(tmp_path):
    Wandb(**OPTION).start(start_in(tmp_path, makes_rounds=False))

    assert not (tmp_path / "wandb").exists()


LINES = [
    *({"step": number, "epoch": number / 10, "tokens": 10 * number, "loss": 3 - number / 10} for number in (1, 5, 10)),
    {"step": 10, "epoch": 1.0, "tokens": 100, "validation_loss": 2.5},
]


def picture():
    file = io.BytesIO()
    Image.new("RGB", (4, 3)).save(file, "png")
    return file.getvalue()


def report(folder, *log, lines=(), **option):
    """Log rounds, a training and a report; the finished run."""
    tracker = Wandb(**{**OPTION, **option})
    written = []
    tracker.start(start_in(folder, logged_steps=lambda: tuple(written)))
    for step, round_ in enumerate(log, 1):
        tracker.log(round_, step)
    for line in lines:
        written.append(line)
        tracker.log_step(TrainingStep(row=line, steps=10))
    tracker.log_report({"funnel": picture()}, [["kept", "task_1", "Sum up."]])
    tracker.finish({}, None)
    del tracker
    gc.collect()
    return logged(folder)


@pytest.mark.parametrize("tables", [True, False])
def test_what_the_report_shows_stands_in_the_row_of_the_last_round(tables, tmp_path):
    found = report(tmp_path, a_round(1), a_round(2), tables=tables)

    assert [row["_step"] for row in found["history"]] == [1, 2]
    assert found["history"][1]["figures/funnel/_type"] == "image-file"
    assert table(tmp_path, "samples") == [{"outcome": "kept", "id or reason": "task_1", "text": "Sum up."}]
    assert "figures/funnel/_type" not in found["history"][0]
    assert ("tables/kept/_type" in found["history"][1]) is tables


def test_what_the_report_shows_stands_in_the_summary_of_a_run_that_was_trained_on(tmp_path):
    found = report(tmp_path, a_round(1), lines=LINES)

    assert len(found["history"]) == 1 + len(LINES)
    assert found["summary"]["figures/funnel"]["_type"] == "image-file"


def train(folder, lines, done=0, rounds=(), log=(), option=None, **changes):
    """Log rounds and then the steps of a training of which some were done before."""
    folder.mkdir(exist_ok=True)
    written = list(lines[:done])
    start = start_in(folder, logged_rounds=lambda: rounds, logged_steps=lambda: tuple(written), **changes)
    tracker = Wandb(**{**OPTION, **(option or {})})
    tracker.start(start)
    for step, round_ in enumerate(log, 1 + len(rounds)):
        tracker.log(round_, step)
    for line in lines[done:]:
        written.append(line)
        tracker.log_step(TrainingStep(row=line, steps=10, tokens_per_second=50.0))
    tracker.finish({"training": {"loss": 2.0}}, None)
    del tracker
    gc.collect()


def trained_rows(folder):
    """The rows of the history that are of a training, without the pace."""
    rows = [figures(row) for row in logged(folder)["history"]]
    found = [{key.removeprefix("train/"): value for key, value in row.items()} for row in rows if "train/step" in row]
    return [{key: value for key, value in row.items() if key != "tokens_per_second"} for row in found]


@pytest.mark.parametrize("tables", [True, False])
def test_steps_of_a_training_follow_the_rounds_in_one_run(tmp_path, tables):
    rounds = [a_round(1), a_round(2)]
    train(tmp_path, LINES, log=rounds, option={"tables": tables})
    history = logged(tmp_path)["history"]

    assert [figures(row) for row in history[:2]] == rows_of(rounds)
    assert [row["_step"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert trained_rows(tmp_path) == LINES
    assert any(key.startswith("tables/") for key in history[1]) is tables


def test_steps_of_a_training_are_drawn_against_their_numbers(tmp_path):
    train(tmp_path, LINES)
    found = logged(tmp_path)

    assert found["metrics"]["train/*"].step_metric == "train/step"
    assert found["history"][0]["train/tokens_per_second"] == 50.0
    assert found["summary"]["training/loss"] == 2.0


@pytest.mark.parametrize("done", [0, 2, 4])
def test_a_training_that_is_resumed_has_each_step_once(tmp_path, done):
    rounds = [a_round(1), a_round(2)]
    train(tmp_path, LINES[: max(done, 1)], log=rounds)  # a process that was killed

    train(tmp_path, LINES, done=done, rounds=rounds)

    (only,) = (tmp_path / "wandb").glob("offline-run-*")
    assert only.exists()
    assert trained_rows(tmp_path) == LINES
    assert [figures(row) for row in logged(tmp_path)["history"][:2]] == rows_of(rounds)


def test_a_finished_run_that_is_trained_on_has_its_rounds_and_the_training_in_one_run(tmp_path):
    rounds = [a_round(1), a_round(2)]
    run(tmp_path, *rounds)

    train(tmp_path, LINES, rounds=rounds, makes_rounds=False)

    assert trained_rows(tmp_path) == LINES
    assert [figures(row) for row in logged(tmp_path)["history"][:2]] == rows_of(rounds)


def test_a_finished_run_whose_training_is_finished_is_not_logged_again(tmp_path):
    run(tmp_path, a_round(1))
    before = list((tmp_path / "wandb").glob("offline-run-*"))

    train(tmp_path, LINES, done=len(LINES), rounds=[a_round(1)], makes_rounds=False)

    assert list((tmp_path / "wandb").glob("offline-run-*")) == before


class Sent:
    """A W&B run that is online and has been resumed: it knows how many rows it has."""

    offline = disabled = False
    url = "https://wandb.test"

    def __init__(self, starting_step):
        self.starting_step, self.rows, self.summary = starting_step, [], {}

    def log(self, row, **_):
        self.rows.append(row)

    def define_metric(self, **_): ...

    def log_artifact(self, artifact): ...

    def finish(self, exit_code): ...


@pytest.mark.parametrize(
    ("rounds", "sent", "done", "logged_again"),
    [
        (2, 3, 0, [1, 5, 10, 10]),  # the rounds alone were sent: they count from 1, so that 3 is next
        (2, 4, 0, [5, 10, 10]),  # killed after a step that no checkpoint holds: it is the same again
        (2, 5, 2, [10, 10]),
        (2, 4, 2, [5, 10, 10]),  # killed before a step was sent
        (0, 1, 1, [5, 10, 10]),
        (0, 0, 0, [1, 5, 10, 10]),
    ],
)
def test_online_a_resumed_training_sends_what_was_not_sent(tmp_path, rounds, sent, done, logged_again):
    made = [a_round(number) for number in range(1, rounds + 1)]
    written = LINES[:done]
    start = start_in(tmp_path, logged_rounds=lambda: made, logged_steps=lambda: tuple(written))
    tracker = Wandb(**{**OPTION, "mode": "disabled"})
    tracker.start(start)
    resumed = Sent(sent)
    tracker._opening = concurrent.futures.Future()
    tracker._opening.set_result(resumed)
    for line in LINES[done:]:
        written = [*written, line]
        tracker.log_step(TrainingStep(row=line, steps=10))
    tracker.finish({}, "it broke")

    assert [row["train/step"] for row in resumed.rows] == logged_again
