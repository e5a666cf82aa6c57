import csv
import json
import sys

import pytest

from selfinstruct.actions.bertscore import is_installed
from selfinstruct.actions.score import as_csv, as_markdown
from selfinstruct.errors import ConfigError

SMALL = (
    "recipe=instruction_induction",
    "seeds.only=[antonyms,rhymes,sum]",
    "recipe.induction.sampler.prompts=3",
    "recipe.execution.sampler.inputs=3",
    "trackers=[]",
    "formats=[]",
)


@pytest.fixture
def execute(composed, built, tmp_path):
    def run(*overrides):
        made = built(composed(*SMALL, *overrides), tmp_path)
        made.execute()
        return made

    return run


def read(folder):
    with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_family_and_all_of_them_have_a_line(execute, tmp_path):
    execute("actions=[generate,score]", "model.bad_format=0")
    rows = read(tmp_path)

    assert [row["family"] for row in rows] == ["antonyms", "rhymes", "sum", "all"]
    assert {row["prompts"] for row in rows[:3]} == {"3"}
    assert rows[-1]["prompts"] == "9"
    for row in rows[:3]:
        assert 0 <= float(row["strict"]) <= 1
        assert int(row["answers"]) + int(row["unanswered"]) == 3 * int(row["executed"])
    mean = sum(float(row["strict"]) for row in rows[:3]) / 3
    assert float(rows[-1]["strict"]) == pytest.approx(mean, abs=1e-5)


def test_the_scores_are_those_of_the_metric_and_of_the_summary(execute, tmp_path):
    execute("actions=[generate,score]")
    last = json.loads((tmp_path / "rounds.jsonl").read_text().splitlines()[-1])
    summary = json.loads((tmp_path / "summary.json").read_text())
    rows = {row["family"]: float(row["strict"]) for row in read(tmp_path)}

    assert {name: last[f"score/{name}"] for name in rows if name != "all"} | {"all": last["score"]} == rows
    assert summary["scores"] == rows


def test_the_table_says_what_made_it(execute, tmp_path):
    execute("actions=[generate,score]")
    text = (tmp_path / "scores.md").read_text()

    assert "By offline.\n\n**The answers are those of the offline grammar" in text
    assert text.count("\n| ") == 6
    assert "| family | metric | prompts | predictions | instructions | unanswered | paper | strict | best |" in text


def test_a_finished_run_is_scored_again_to_the_same_bytes(execute, tmp_path):
    execute("actions=[generate,score]")
    before = (tmp_path / "scores.csv").read_bytes()
    (tmp_path / "scores.csv").unlink()

    execute("actions=[score]")

    assert (tmp_path / "scores.csv").read_bytes() == before


def test_a_folder_without_a_run_has_no_scores(execute):
    with pytest.raises(ConfigError, match="holds no run"):
        execute("actions=[score]")


@pytest.mark.skipif(is_installed(), reason="the package is installed")
def test_bertscore_without_its_package_is_reported_before_anything_is_asked(execute):
    with pytest.raises(ConfigError, match="needs the package bert-score"):
        execute("actions=[generate,score]", "score.bertscore=true")


def test_bertscore_is_the_mean_over_the_predictions_of_a_family(execute, tmp_path, tmp_path_factory, monkeypatch):
    place = tmp_path_factory.mktemp("package")
    text = "def score(cands, refs, **_):\n    return 0, 0, [float('sum' in text) for text in cands]\n"
    (place / "bert_score").mkdir()
    (place / "bert_score/__init__.py").write_text(text)
    (place / "bert_score/utils.py").write_text("model2layers = {'mine': 6}")
    monkeypatch.syspath_prepend(str(place))
    try:
        words = ("score.bertscore=true", "score.bertscore_model=/models/mine")
        run = execute("actions=[generate,score]", *words)
    finally:
        for name in ("bert_score", "bert_score.utils"):
            sys.modules.pop(name, None)
    made = [task for task in run.pool if task.attributes.get("family") == "sum" and not task.is_human]
    near = {row["family"]: row["bertscore"] for row in read(tmp_path)}

    assert float(near["sum"]) == pytest.approx(sum("sum" in task.instruction for task in made) / len(made), abs=1e-5)
    assert float(near["antonyms"]) == 0
    assert float(near["all"]) == pytest.approx(float(near["sum"]) / 3, abs=1e-5)
    reported = (tmp_path / "scores.md").read_text()
    assert "| bertscore |" in reported
    assert "`bertscore` is raw, for no baseline of /models/mine is known" in reported


HOSTILE = '=HYPERLINK("http://x.example") www.x.example [a](b)'


def test_what_a_model_wrote_is_neither_a_formula_nor_a_link():
    row = {"family": HOSTILE, "paper": 0.5, "strict": None, "best": "@x"}

    assert as_csv([row]).splitlines()[1] == '"\'=HYPERLINK(""http://x.example"") www.x.example [a](b)",0.5,,\'@x'
    assert '| =HYPERLINK("http\\://x.example") www\\.x.example \\[a\\](b) | 50.0 |  | \\@x |\n' in as_markdown(
        [row], ["<script>", "http://x.example"]
    )
    assert "By \\<script\\>, http\\://x.example.\n" in as_markdown([row], ["<script>", "http://x.example"])
