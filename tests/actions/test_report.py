import json
import re
import resource
import signal
import subprocess
import sys

import commands
import pytest

from selfinstruct.actions import perform_apart
from selfinstruct.actions.report import Report
from selfinstruct.errors import RunFolderError, UnwritableError
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.folder import store_config

pytestmark = pytest.mark.slow

REPORT = Report(rows=10, style=None)
SMALL = ("recipe.instructions.until=4", "hydra.run.dir=run", "formats=[alpaca]")


class Looking:
    """Stands for a run that does nothing but write its report."""

    def __init__(self, folder):
        self.start = RunInfo(folder=folder, name="x", group=None, recipe="r", job_type="report", config={}, declared={})
        self.actions, self.remarks, self.logged = {"report": REPORT}, [], []

    def log_report(self, figures, samples):
        self.logged.append((figures(), samples))


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_is_the_same_bytes_each_time_and_changes_nothing_else(make_run, tmp_path):
    folder = make_run(tmp_path / "run")
    before = contents(folder)

    REPORT(Looking(folder))
    first = contents(folder)
    REPORT(Looking(folder))

    assert contents(folder) == first
    assert {path: first[path] for path in before} == before
    assert {path.parts[0] for path in first.keys() - before.keys()} == {"report.html", "figures"}
    assert {path.suffix for path in first if path.parts[0] == "figures"} == {".svg", ".pdf", ".csv"}


def test_trackers_get_the_figures_as_pictures_and_the_samples_as_rows(make_run, tmp_path):
    run = Looking(make_run(tmp_path / "run"))

    REPORT(run)

    ((figures, samples),) = run.logged
    assert all(picture.startswith(b"\x89PNG") for picture in figures.values())
    assert "funnel" in figures
    assert ["kept", "grow_1", "Write a poem about rain.\n\none two"] in samples
    assert ["similarity", "near", "Name three fruits!"] in samples


def test_a_style_that_does_not_exist_is_reported_before_anything_is_spent(make_run, tmp_path):
    run = Looking(make_run(tmp_path / "run"))

    (problem,) = Report(rows=10, style="no such style").problems(run)

    assert problem.startswith("report.style: 'no such style' cannot be used")
    assert Report(rows=10, style="ggplot").problems(run) == []
    assert "is an address" in Report(rows=10, style="http://x/y.mplstyle").problems(run)[0]


def test_a_folder_without_a_run_has_no_report(tmp_path):
    run = Looking(tmp_path)
    run.actions = {"report": REPORT}

    assert REPORT.problems(run) == [f"{tmp_path} holds no run. Name the folder of one: hydra.run.dir=<folder>."]


def test_a_run_that_failed_in_its_first_round_is_to_be_resumed_first(tmp_path):
    store_config(tmp_path, {}, [])
    run = Looking(tmp_path)
    run.actions = {"report": REPORT}

    (problem,) = REPORT.problems(run)
    assert re.fullmatch(rf"The run in {tmp_path} has finished no round yet. To resume it: .*={tmp_path}", problem)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a small run, and what it printed."""
    folder = tmp_path_factory.mktemp("place")
    done = commands.run(*SMALL, "trackers=[console]", folder=folder, draws=True)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_main_job_ends_with_the_report_of_the_finished_run(place):
    folder, printed = place

    assert printed.splitlines()[-1] == "The report: run/report.html"
    text = (folder / "run/report.html").read_text()
    assert '<b class="done">done</b>' in text
    assert "4 of 4" in text
    assert (folder / "run/report.html").stat().st_size < 2_000_000


def test_a_report_on_its_own_writes_nothing_else_and_the_same_bytes(place):
    folder, _ = place
    before = contents(folder)

    done = commands.run("actions=[report]", "hydra.run.dir=run", folder=folder)

    assert (done.returncode, done.stdout) == (0, "The report: run/report.html\n")
    assert contents(folder) == before


def test_a_run_that_its_budget_stops_has_a_report_that_says_so(tmp_path):
    commands.run(*SMALL, "trackers=[]", "budget.requests=5", folder=tmp_path, draws=True)

    assert '<b class="stopped">stopped</b>' in (tmp_path / "run/report.html").read_text()


def test_a_report_that_cannot_be_written_fails_no_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/figures").write_text("a file stands in its place")

    done = commands.run(*SMALL, "trackers=[]", folder=tmp_path, draws=True)

    assert done.returncode == 0
    warning = [line for line in done.stderr.splitlines() if line.startswith("WARNING")]
    assert len(warning) == 1
    assert "run/figures cannot be written: " in warning[0]
    assert json.loads((tmp_path / "run/summary.json").read_text())["completed"]


def test_a_disk_that_is_full_is_named(make_run, tmp_path):
    folder = make_run(tmp_path / "run")
    command = [sys.executable, commands.RUN, "actions=[report]", f"hydra.run.dir={folder}"]

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = subprocess.run(command, cwd=tmp_path, preexec_fn=small_files, capture_output=True, text=True, timeout=120)

    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Raise the limit on the size of a file" in done.stderr
    assert "To resume" not in done.stderr
    assert not (folder / "report.html").exists()


def test_what_stands_in_the_place_of_a_report_is_named_and_nothing_is_to_be_resumed(make_run, tmp_path):
    run = Looking(make_run(tmp_path / "run"))
    (tmp_path / "run/report.html").mkdir()

    with pytest.raises(RunFolderError, match=r"report.html cannot be written: .* Move away") as failure:
        perform_apart(run)

    assert not isinstance(failure.value, UnwritableError)


@pytest.mark.parametrize("words", [["--help"], ["--cfg", "job"], ["actions=[plan]", "hydra.run.dir=plan"]])
def test_a_command_without_a_report_does_not_load_the_library_that_draws(words, tmp_path):
    code = f"""
import sys
sys.argv = {["run.py", *words]!r}
from selfinstruct.cli.main import main
try:
    main()
finally:
    print("drawing" if "matplotlib" in sys.modules else "light", file=sys.stderr)
"""

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)

    assert done.stderr.splitlines()[-1] == "light"
