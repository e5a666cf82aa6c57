import json
import logging
import time

import pytest

from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.wandb_extras import log_sweep

SETTINGS = {"project": "p", "entity": None, "mode": "offline", "init_timeout": 1, "tags": {}, "tables": True}


@pytest.fixture(autouse=True)
def _at_home(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


ABOUT = {"name": "r", "group": "s", "recipe": "r", "job_type": "push", "config": {}, "declared": {}}


def sweep_in(folder, **changes):
    """Log a small comparison."""
    (folder / "index.html").write_text("<h1>Compared</h1>")
    (folder / "runs.csv").write_text("run\n1\n")
    start = RunInfo(folder=folder, **ABOUT, models=("offline",), is_offline=True)
    tables = {"runs": [["run", "made"], ["1", 7], ["2", None]], "overlap": [["run", "other"]]}
    log_sweep(SETTINGS | changes, start, {"complete": 7}, tables, folder / "index.html")


def missing(folder, *wanted):
    """What the only W&B run in a folder does not hold; its last bytes may be written just after it was finished."""
    (path,) = folder.glob("wandb/offline-run-*/*.wandb")
    for _ in range(500):
        if all(text in path.read_bytes() for text in wanted):
            break
        time.sleep(0.02)
    return [text for text in wanted if text not in path.read_bytes()]


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
def test_the_summary_the_tables_and_the_page_of_a_comparison_are_one_more_run(tmp_path):
    sweep_in(tmp_path)

    wanted = (b"complete", b"offline-model", b"comparison/runs", b"comparison/page", b"r-comparison", b"runs.csv")
    assert missing(tmp_path, *wanted) == []
    (page,) = tmp_path.glob("wandb/offline-run-*/files/media/html/comparison/*.html")
    (table,) = tmp_path.glob("wandb/offline-run-*/files/media/table/comparison/**/*.json")
    assert json.loads(table.read_text())["data"] == [["1", 7], ["2", None]]
    assert page.read_text() == "<h1>Compared</h1>"


@pytest.mark.parametrize(("mode", "environment"), [("disabled", "online"), (None, "disabled")])
def test_nothing_is_logged_where_wandb_is_disabled(mode, environment, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", environment)
    sweep_in(tmp_path, mode=mode)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "runs.csv"]


def test_settings_that_cannot_be_used_are_a_warning(tmp_path, caplog):
    sweep_in(tmp_path, mode="${nothing}")

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
