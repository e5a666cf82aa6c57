"""What is left where no run was started."""

import logging

import pytest

from selfinstruct.traces import closed_log, removed_unless_used, shelf, subdir


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def begin(folder):
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra/config.yaml").write_text("a: 1")


def test_a_new_folder_in_which_no_run_was_started_is_removed_with_those_above_it_that_were_made_for_it(tmp_path):
    (tmp_path / "outputs").mkdir()
    folder = tmp_path / "outputs/self_instruct/now"

    with removed_unless_used(folder):
        begin(folder)

    assert files(tmp_path) == ["outputs"]


def test_the_report_in_a_new_folder_stays_without_hydras_files(tmp_path):
    with removed_unless_used(tmp_path / "plan"):
        begin(tmp_path / "plan")
        (tmp_path / "plan/plan.json").write_text("{}")

    assert files(tmp_path) == ["plan", "plan/plan.json"]


@pytest.mark.parametrize("name", ["config.json", ".lock"])
def test_a_folder_in_which_a_run_was_started_stays_as_it_is(name, tmp_path):
    with removed_unless_used(tmp_path / "run"):
        begin(tmp_path / "run")
        (tmp_path / "run" / name).write_text("{}")

    assert (tmp_path / "run/.hydra/config.yaml").exists()


def test_a_folder_that_held_something_before_stays_as_it_is(tmp_path):
    begin(tmp_path)

    with removed_unless_used(tmp_path):
        pass

    assert files(tmp_path) == [".hydra", ".hydra/config.yaml"]


def test_an_empty_folder_of_the_users_stays_empty(tmp_path):
    with removed_unless_used(tmp_path):
        begin(tmp_path)

    assert files(tmp_path) == []
    assert tmp_path.exists()


def test_hydra_writes_its_files_until_a_run_has_its_own(tmp_path):
    assert subdir(str(tmp_path)) == ".hydra"
    (tmp_path / "config.json").write_text("{}")
    assert subdir(str(tmp_path)) is None


def test_reports_do_not_lie_among_the_runs():
    assert shelf({"generate": {}, "export": {}}, "alpaca") == "alpaca"
    assert shelf({"refilter": {}, "export": {}}, "alpaca") == "alpaca"
    assert shelf({"compare": {}}, "alpaca") == "compare"
    assert shelf({"plan": {}}, "multirun") == "plan"
    assert shelf(None, "alpaca") == "alpaca"


def test_a_log_is_not_opened_before_the_run_is(tmp_path):
    path = tmp_path / "run.log"
    handler = logging.FileHandler(path, delay=True)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        log = closed_log()
        root.warning("a report")
        assert not path.exists()

        log.open()
        root.warning("a run")
        assert path.read_text() == "a run\n"
    finally:
        root.removeHandler(handler)
        handler.close()
