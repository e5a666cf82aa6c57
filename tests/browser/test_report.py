"""The report and the figures of a run, opened from disk."""

import shutil

import commands


def reported(folder, *words):
    ended = commands.run("actions=[report]", f"hydra.run.dir='{folder}'", *words)
    assert ended.returncode == 0, ended.stderr
    return folder / "report.html"


def test_the_report_of_a_hostile_run(tab, hostile):
    tab.open(reported(hostile))

    assert tab.problems("report-hostile") == []
    assert "<script>window.pwned = 1</script>" in tab.text()


def test_the_report_of_a_default_run(tab, tmp_path):
    words = ("recipe.instructions.until=60", "trackers=[]", f"hydra.run.dir={tmp_path}/run")
    assert commands.run(*words, draws=True).returncode == 0

    assert tab.open(tmp_path / "run" / "report.html").problems("report") == []


def test_the_report_of_a_run_that_has_only_started(tab, hostile, tmp_path):
    folder = shutil.copytree(hostile, tmp_path / "run")
    rounds = (folder / "rounds.jsonl").read_text().splitlines(keepends=True)
    (folder / "rounds.jsonl").write_text(rounds[0])
    (folder / "summary.json").unlink()

    assert tab.open(reported(folder)).problems("report-started") == []
