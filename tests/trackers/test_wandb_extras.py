import json
import logging
import time

import pytest

from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.wandb_extras import Findings, log_published, log_sweep

SETTINGS = {"project": "p", "entity": None, "mode": "offline", "init_timeout": 1, "tags": {}, "tables": True}


@pytest.fixture(autouse=True)
def _at_home(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


def test_the_summary_of_a_group_is_one_more_run_of_it(tmp_path):
    log_sweep(SETTINGS, tmp_path, "my sweep", "self_instruct", ["offline"], Findings(summary={"complete": 7}))

    assert missing(tmp_path, b"my sweep/compare", b"offline-model", b"complete") == []


def missing(folder, *wanted):
    """What the only W&B run in a folder does not hold; its last bytes may be written just after it was finished."""
    (path,) = folder.glob("wandb/offline-run-*/*.wandb")
    for _ in range(500):
        if all(text in path.read_bytes() for text in wanted):
            break
        time.sleep(0.02)
    return [text for text in wanted if text not in path.read_bytes()]


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
def test_tables_figures_and_page_of_a_comparison_are_in_its_run(tmp_path):
    (tmp_path / "index.html").write_text("<h1>Compared</h1>")
    (tmp_path / "runs.csv").write_text("run\n1\n")
    findings = Findings(
        summary={},
        tables={"runs": [["run", "made"], ["1", 7], ["2", None]], "overlap": [["run", "other"]]},
        lines={"kept_share/grow": [("1: a", [0.5, None, 0.25]), ("2: b", [None])]},
        bars={"made": [("1", 7.0), ("2", 9.0)], "usd_per_task": []},
        page=tmp_path / "index.html",
    )

    log_sweep(SETTINGS, tmp_path, "s", "self_instruct", ["m"], findings)

    wanted = (b"comparison/runs", b"comparison/kept_share/grow", b"comparison/made", b"comparison/page")
    assert missing(tmp_path, *wanted, b"self_instruct-comparison", b"runs.csv") == []
    (page,) = tmp_path.glob("wandb/offline-run-*/files/media/html/comparison/*.html")
    tables = list(tmp_path.glob("wandb/offline-run-*/files/media/table/comparison/**/*.json"))
    found = {path.name.partition("_0_")[0]: json.loads(path.read_text()) for path in tables}
    assert sorted(found) == ["grow_table", "made_table", "runs"]
    assert found["runs"]["data"] == [["1", 7], ["2", None]]
    assert [row[:3:2] for row in found["grow_table"]["data"]] == [[1, 0.5], [3, 0.25]]
    assert page.read_text() == "<h1>Compared</h1>"


def test_nothing_is_logged_where_the_environment_disables_wandb(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "disabled")
    log_sweep(SETTINGS | {"mode": None}, tmp_path, "g", "r", [], Findings(summary={}))

    assert list(tmp_path.iterdir()) == []


def test_nothing_is_logged_where_wandb_is_disabled(tmp_path):
    log_sweep(SETTINGS | {"mode": "disabled"}, tmp_path, "g", "r", [], Findings(summary={}))

    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_used_are_a_warning(tmp_path, caplog):
    log_sweep(SETTINGS | {"mode": "${nothing}"}, tmp_path, "g", "r", [], Findings(summary={}))
    log_sweep({}, tmp_path, "g", "r", [], Findings(summary={}))

    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


ABOUT = {"name": "r", "group": None, "recipe": "r", "job_type": "push", "config": {}, "declared": {}}


def test_nothing_published_is_logged_where_wandb_is_disabled(tmp_path):
    log_published(SETTINGS | {"mode": "disabled"}, RunInfo(folder=tmp_path, **ABOUT), {}, "here")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_is_a_warning_and_what_was_begun_is_closed(tmp_path, caplog):
    start = RunInfo(folder=tmp_path, **ABOUT)
    log_published(SETTINGS, start, {"dataset": {"x.jsonl": tmp_path / "x.jsonl"}}, "here")

    warned = [record.name for record in caplog.records if record.levelno == logging.WARNING]
    assert warned == ["selfinstruct.trackers.wandb_extras"]
    assert list(tmp_path.glob("push/wandb/offline-run-*/*.wandb"))
