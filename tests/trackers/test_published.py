import logging

from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.published import log_published

ABOUT = {"name": "r", "group": None, "recipe": "r", "job_type": "push", "config": {}, "declared": {}}
SETTINGS = {"project": "p", "entity": None, "mode": "offline", "init_timeout": 1, "tags": {}, "tables": True}


def test_nothing_is_logged_where_wandb_is_disabled(tmp_path):
    log_published(SETTINGS | {"mode": "disabled"}, RunInfo(folder=tmp_path, **ABOUT), {}, "here")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_is_a_warning_and_what_was_begun_is_closed(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    start = RunInfo(folder=tmp_path, **ABOUT)
    log_published(SETTINGS, start, {"dataset": {"x.jsonl": tmp_path / "x.jsonl"}}, "here")

    warned = [record.name for record in caplog.records if record.levelno == logging.WARNING]
    assert warned == ["selfinstruct.trackers.published"]
    assert list(tmp_path.glob("push/wandb/offline-run-*/*.wandb"))
