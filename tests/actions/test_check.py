"""A dataset that is checked for what overlaps with benchmarks."""

import json

import pytest

from selfinstruct.actions import Action
from selfinstruct.actions.check import Check
from selfinstruct.actions.comparison.figures import figures
from selfinstruct.actions.comparison.reading import read
from selfinstruct.errors import ConfigError
from selfinstruct.filters.contamination import Contamination
from selfinstruct.source.jsonl import Jsonl

LONG = "the old clock in the hall strikes nine whenever a stranger walks up to our door"
SHAPES = {
    "alpaca": {"instruction": "Go on.", "input": LONG, "output": "x"},
    "self_instruct": {"instruction": "Go on.", "instances": [{"input": "a", "output": "b"}, {"input": LONG}]},
    "chat": {"messages": [{"role": "user", "content": LONG}, {"role": "assistant", "content": "x"}]},
    "sharegpt": {"conversations": [{"from": "human", "value": "Go."}, {"from": "gpt", "value": LONG}]},
    "preference": {"prompt": "Go on.", "chosen": "x", "rejected": LONG},
    "prompt_completion": {"prompt": f"Task: {LONG}\nOutput:", "completion": " x<|endoftext|>"},
}


@pytest.fixture
def benchmark(tmp_path):
    """A file of two items."""
    path = tmp_path / "test.jsonl"
    rows = ({"question": LONG}, {"question": "Write a poem about rain."})
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def check(composed, built, benchmark, tmp_path, capsys):
    """Check a dataset against the benchmark; the rows of the file, and what was printed."""

    def do(*overrides, dataset=None, folder=tmp_path / "checked"):
        run = built(composed("actions=[check]", "trackers=[]", *overrides), folder)
        part = Contamination(benchmarks={"mine": Jsonl(path=benchmark)}, threshold=0.7)
        run.actions["check"] = Check(dataset=dataset, contamination=part)
        run.execute()
        lines = (folder / "contamination.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines], capsys.readouterr().out

    return do


def test_a_check_of_a_file_stands_apart_from_a_run_and_one_of_the_run_does_not(composed, built, tmp_path):
    run = built(composed("actions=[check]"), tmp_path)
    part = run.actions["check"]

    assert isinstance(part, Action)
    assert not part.asks
    assert not part.is_apart
    assert Check(dataset=tmp_path, contamination=part.contamination).is_apart


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_of_every_shape_are_read(shape, check, tmp_path):
    path = tmp_path / "rows.jsonl"
    fine = {"instruction": "Sort the words by length.", "input": "", "output": "x"}
    path.write_text(f"{json.dumps(fine)}\n{json.dumps(SHAPES[shape])}\n", encoding="utf-8")

    [found], printed = check(dataset=path)

    assert (found["row"], found["benchmark"], found["item"]) == ("rows.jsonl:2", "mine", "test.jsonl:1")
    assert found["words"] == " ".join(LONG.split()[:13])
    assert "1 of " in printed
    assert "mine       2      1                  1                  0" in printed
    assert sorted(path.name for path in (tmp_path / "checked").iterdir()) == ["contamination.jsonl"]


def test_a_json_list_and_parquet_are_read(check, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    (tmp_path / "rows.json").write_text(json.dumps([SHAPES["alpaca"]]), encoding="utf-8")
    parquet.write_table(pyarrow.Table.from_pylist([SHAPES["alpaca"]]), tmp_path / "rows.parquet")

    assert [found["item"] for found in check(dataset=tmp_path / "rows.json")[0]] == ["test.jsonl:1"]
    assert [found["row"] for found in check(dataset=tmp_path / "rows.parquet")[0]] == ["rows.parquet#1"]


def test_the_tasks_of_a_run_folder_are_checked(check, make_run, tmp_path):
    run = make_run(tmp_path / "run")

    [found], printed = check(dataset=run)

    assert found == {
        "row": "grow_1-0",
        "benchmark": "mine",
        "item": "test.jsonl:2",
        "words": "write a poem about rain",
        "rouge_l": 1.0,
        "instruction": "Write a poem about rain.",
    }
    assert "1 of 2 rows overlap with a benchmark" in printed


def test_a_check_of_the_run_itself_stands_in_its_summary_and_in_comparisons(check, composed, built, tmp_path):
    folder = tmp_path / "run"
    built(composed("recipe.instructions.until=5", "actions=[generate]", "trackers=[]"), folder).execute()
    before = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert figures(read(folder))["contaminated_share"] is None

    check(folder=folder)

    after = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert after.pop("scores") == {"contamination": {"overlap": 0.0}}
    assert after == before
    assert figures(read(folder))["contaminated_share"] == 0.0


def test_checking_twice_writes_the_same_bytes(check, make_run, tmp_path):
    run = make_run(tmp_path / "run")
    check(dataset=run)
    first = (tmp_path / "checked" / "contamination.jsonl").read_bytes()
    check(dataset=run)

    assert (tmp_path / "checked" / "contamination.jsonl").read_bytes() == first


def test_rows_that_cannot_be_read_are_reported_with_their_lines(check, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"instruction": "Go."}\n{"text": "x"}\n' + 12 * "nonsense\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        check(dataset=path)

    assert caught.value.problems[0].startswith("rows.jsonl:2: has none of the columns")
    assert caught.value.problems[-1] == f"{path}: 3 more mistakes like these."
    assert not (tmp_path / "checked").exists()


def test_a_file_without_rows_is_refused(check, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"rows\.jsonl has no rows to check"):
        check(dataset=path)

    assert not (tmp_path / "checked").exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "holds no run. Name the folder of one"),
        (("check.dataset=nowhere.jsonl",), "check.dataset=nowhere.jsonl does not exist."),
        (("check.dataset=.", "check.contamination.benchmarks.superni.path=nowhere"), "nowhere: cannot be read"),
    ],
)
def test_what_is_missing_is_reported(words, text, composed, built, tmp_path):
    with pytest.raises(ConfigError) as caught:
        built(composed("actions=[check]", "trackers=[]", *words), tmp_path / "run").execute()

    assert text in str(caught.value)
