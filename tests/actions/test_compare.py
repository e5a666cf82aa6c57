import csv
import json
import shutil
import subprocess
import time
from types import SimpleNamespace

import pytest

from selfinstruct.actions.compare import Compare, compare_sweep

WRITTEN = {"index.html", "runs.csv", "groups.csv", "overlap.csv", "table.txt", "table.md", "table.tex", "figures"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = "<script>console.error('ran')</script>Write <b>this</b> & that."


def run_in(folder):
    return SimpleNamespace(start=SimpleNamespace(folder=folder, spacy_model=None))


def names(folder):
    return {path.name for path in folder.iterdir()}


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_runs_are_compared_in_every_form_and_none_is_changed(make_run, tmp_path, capsys):
    make_run(tmp_path / "runs/a")
    make_run(tmp_path / "runs/b", random_seed=2)
    before = contents(tmp_path / "runs")
    action = Compare(runs=[str(tmp_path / "runs/*")])

    assert action.problems(run_in(tmp_path)) == []
    action(run_in(tmp_path / "out"))

    assert names(tmp_path / "out/comparison") == WRITTEN
    assert contents(tmp_path / "runs") == before
    reported = capsys.readouterr().out
    assert "Means over random seeds" in reported
    assert "comparison/index.html" in reported


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
@pytest.mark.parametrize("is_training", [False, True])
def test_a_sweep_whose_runs_are_logged_to_wandb_is_logged_there_too(
    make_run, make_training, tmp_path, monkeypatch, is_training
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    settings = {"project": "p", "entity": None, "mode": "offline", "init_timeout": 1, "tags": {}, "tables": True}
    for seed in (1, 2):
        folder, trackers = tmp_path / f"sweep/{seed}_x", {"wandb": settings}
        if is_training:
            make_training(folder, random_seed=seed, trackers=trackers)
        else:
            make_run(folder, random_seed=seed, model="offline", trackers=trackers)

    compare_sweep(tmp_path / "sweep")

    (path,) = (tmp_path / "sweep/comparison/wandb").glob("offline-run-*/*.wandb")
    wanted = (b"warnings", b"comparison/runs", b"comparison/groups", b"comparison/page", b"runs.csv")
    wanted += () if is_training else (b"offline-model",)
    for _ in range(500):  # its last bytes may be written just after it was finished
        if all(text in path.read_bytes() for text in wanted):
            break
        time.sleep(0.02)
    assert [text for text in wanted if text not in path.read_bytes()] == []


def test_it_asks_nothing_and_stands_apart():
    action = Compare(runs=[])

    assert not action.asks
    assert action.is_apart


def test_folders_that_are_not_there_are_reported_before_anything_is_done(tmp_path):
    (reported,) = Compare(runs=[str(tmp_path / "nothing*")]).problems(run_in(tmp_path))
    assert "nothing*" in reported

    (reported,) = Compare(runs=[]).problems(run_in(tmp_path))
    assert "compare.runs must name" in reported


def test_a_sweep_stands_for_its_runs_in_the_order_of_their_numbers(make_run, tmp_path):
    for number in (10, 9):
        make_run(tmp_path / f"sweep/{number}_x", random_seed=number)
    (tmp_path / "sweep/11_y/.hydra").mkdir(parents=True)

    compare_sweep(tmp_path / "sweep")
    Compare(runs=[str(tmp_path / "sweep")])(run_in(tmp_path / "out"))

    for folder in (tmp_path / "sweep", tmp_path / "out"):
        with (folder / "comparison/runs.csv").open(newline="") as file:
            found = [(row["run"], row["status"]) for row in csv.DictReader(file)]
        assert found == [("9", "complete"), ("10", "complete"), ("11", "no run has started here")]


def test_the_same_runs_give_the_same_bytes(make_run, tmp_path):
    make_run(tmp_path / "sweep/0_x")
    make_run(tmp_path / "sweep/1_x", random_seed=2)
    compare_sweep(tmp_path / "sweep")
    first = contents(tmp_path / "sweep/comparison")

    compare_sweep(tmp_path / "sweep")

    assert contents(tmp_path / "sweep/comparison") == first


def test_a_sweep_is_compared_by_the_model_that_found_the_verbs_of_its_runs(make_run, tmp_path):
    tiny_parser = pytest.importorskip("tiny_parser", reason="needs the extra spacy")
    model = tiny_parser.save(tmp_path / "model")
    for seed in (1, 2):
        make_run(tmp_path / f"sweep/{seed}_x", random_seed=seed, spacy_model=model)

    compare_sweep(tmp_path / "sweep")

    page = (tmp_path / "sweep/comparison/index.html").read_text(encoding="utf-8")
    assert "Verbs and nouns were found by en_pipeline 0.0.0, spaCy 3." in page


def test_runs_whose_model_is_not_here_are_compared_by_the_rule_with_a_warning(make_run, tmp_path, capsys):
    make_run(tmp_path / "run", spacy_model="not_here")

    Compare(runs=[str(tmp_path / "run")])(run_in(tmp_path))

    page = (tmp_path / "comparison/index.html").read_text(encoding="utf-8")
    assert "spacy_model=not_here is neither an installed model nor a folder of one." in page
    assert "Verbs and nouns were found by a rule for English." in page


def test_a_sweep_without_runs_gets_no_comparison(tmp_path):
    (tmp_path / "0_plan/.hydra").mkdir(parents=True)

    compare_sweep(tmp_path)

    assert names(tmp_path) == {"0_plan"}


def test_a_comparison_that_fails_is_a_warning(make_run, tmp_path, caplog):
    make_run(tmp_path / "0_x")
    (tmp_path / "comparison").write_text("a file stands in its place")

    compare_sweep(tmp_path)
    compare_sweep(tmp_path / "nowhere")

    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_the_figures_of_a_real_run_are_those_of_its_summary(tmp_path, composed, built):
    for seed in (1, 2):
        changes = ("recipe.instructions.until=50", f"random_seed={seed}", "trackers=[]")
        built(composed(*changes), tmp_path / f"{seed}_x").execute()

    compare_sweep(tmp_path)

    with (tmp_path / "comparison/runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        summary = json.loads((tmp_path / f"{row['run'].split()[0]}_x/summary.json").read_text())
        assert row["run"].endswith(" offline")
        assert row["offline"] == "true"
        assert float(row["figures.made"]) == summary["tasks"]["made"] == 50
        for key in ("asked", "kept", "candidates", "prompt_tokens", "cost_usd", "seconds"):
            assert float(row[f"figures.{key}"]) == summary[key]
            for stage, total in summary["stages"].items():
                assert float(row[f"figures.stages.{stage}.{key}"]) == total[key]
        for name, count in summary["rejected"].items():
            assert float(row[f"figures.rejected.{name}"]) == count
        tokens = sum(
            part[key] for part in (summary, summary["unused"]) for key in ("prompt_tokens", "completion_tokens")
        )
        assert float(row["figures.tokens_per_task"]) == pytest.approx(tokens / 50)
    page = (tmp_path / "comparison/index.html").read_text()
    assert "Kept share by round, instructions" in page


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_the_page_opens_in_a_browser_without_a_word_on_the_console(make_run, tmp_path):
    make_run(tmp_path / "0_x", instructions=(HOSTILE, "Sort the words."))
    make_run(tmp_path / "1_x", instructions=(HOSTILE,), random_seed=2)
    compare_sweep(tmp_path)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'user'}"]

    done = subprocess.run(
        [CHROMIUM, *flags, "--enable-logging=stderr", "--dump-dom", (tmp_path / "comparison/index.html").as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert "CONSOLE" not in done.stderr
    assert "<script" not in done.stdout
    assert "&lt;script&gt;console.error('ran')&lt;/script&gt;Write &lt;b&gt;" in done.stdout
