"""What is left where no run was started."""

import logging
import warnings
from functools import partial

import pytest

from selfinstruct.cli.traces import clean_logs, clear, closed_log, removed_unless_used, shelf, subdir


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


def test_hydra_writes_no_file_of_a_run_that_is_only_looked_at(tmp_path):
    assert subdir(str(tmp_path), {"view": {}}) is None
    assert subdir(str(tmp_path), {"view": {}, "export": {}}) == ".hydra"


def test_the_folder_made_for_a_look_is_removed_at_once(tmp_path):
    folder = tmp_path / "outputs" / "view"
    with removed_unless_used(folder):
        folder.mkdir(parents=True)
        clear(folder / "failure.json", {"view": {}})

        assert files(tmp_path) == []
        assert not (tmp_path / "outputs").exists()


def test_the_note_of_a_failure_goes_when_a_run_is_resumed_and_stays_when_it_is_looked_at(tmp_path):
    note = tmp_path / "failure.json"
    note.touch()
    clear(note, {"view": {}})
    assert note.exists()
    clear(note, {"generate": {}})

    assert not note.exists()


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


@pytest.fixture
def written(tmp_path):
    """What a handler of the root logger writes, once the logs are clean."""
    path = tmp_path / "run.log"
    handler = logging.FileHandler(path)
    logging.getLogger().addHandler(handler)
    clean_logs(lambda text: text.replace("secret", "[key]"))
    yield path.read_text
    logging.captureWarnings(False)
    logging.getLogger().removeHandler(handler)
    handler.close()
    for other in logging.getLogger().handlers:
        for added in [added for added in other.filters if isinstance(added, partial)]:
            other.removeFilter(added)


@pytest.mark.parametrize("name", ["LiteLLM", "httpx", "openai", "aiohttp.client", "asyncio", "of.any.library"])
def test_no_logger_writes_a_secret_or_what_steers_a_terminal(name, written):
    logging.getLogger(name).error("said %s and %r", "secret \x1b[2J", {"a": "secret"})

    assert written() == "said [key] \\x1b[2J and {'a': '[key]'}\n"


def test_a_traceback_is_cleaned_too(written):
    try:
        raise ValueError("secret \x1b]0;title\x07")
    except ValueError:
        logging.getLogger("asyncio").exception("failed", stack_info=True)

    assert "ValueError: [key] \\x1b]0;title\\x07\n" in written()
    assert "\x1b" not in written()
    assert 'raise ValueError("[key]' in written()


def test_a_warning_of_python_is_a_clean_line(written):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("the secret \x9b31m", UserWarning, stacklevel=1)
        logging.captureWarnings(False)

    assert "UserWarning: the [key] \\x9b31m" in written()


def test_a_line_whose_arguments_do_not_fit_is_written_without_them(written):
    logging.getLogger("LiteLLM").error("two %s %s", "secret")

    assert written() == "two %s %s\n"


def test_what_a_config_calls_its_actions_names_one_folder():
    assert shelf({"../../plan": None, "compare": None}, "recipe") == "-plan+compare"
