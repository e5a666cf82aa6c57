import logging
import time

import pytest

from selfinstruct.trackers.sweep import log_sweep

SETTINGS = {"project": "p", "entity": None, "mode": "offline", "init_timeout": 1, "tags": {}, "tables": True}


@pytest.fixture(autouse=True)
def _at_home(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


def test_the_summary_of_a_group_is_one_more_run_of_it(tmp_path):
    log_sweep(SETTINGS, tmp_path, "my sweep", "self_instruct", ["offline"], {"runs": {"1": {"made": 7}}})

    (path,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    wanted = (b"my sweep/compare", b"offline-model", b"runs/1/made")
    for _ in range(500):  # its last bytes may be written just after it was finished
        if all(text in path.read_bytes() for text in wanted):
            break
        time.sleep(0.02)
    assert [text for text in wanted if text not in path.read_bytes()] == []


def test_nothing_is_logged_where_wandb_is_disabled(tmp_path):
    log_sweep(SETTINGS | {"mode": "disabled"}, tmp_path, "g", "r", [], {})

    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_used_are_a_warning(tmp_path, caplog):
    log_sweep(SETTINGS | {"mode": "${nothing}"}, tmp_path, "g", "r", [], {})
    log_sweep({}, tmp_path, "g", "r", [], {})

    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
