"""A model whose replies are written beforehand: matched by stage and order, resumable, and never taken for a model."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from selfinstruct.errors import ConfigError, ModelError
from selfinstruct.model import Model
from selfinstruct.model.scripted import Scripted

pytestmark = pytest.mark.slow

STEPS = ("instructions", "classification", "input_first", "output_first")
SMALL = (
    "trackers=[]",
    "formats=[alpaca]",
    "recipe.instructions.until=9",
    "recipe.instructions.requests_per_round=1",
    "recipe.instructions.rounds_ahead=0",
    "recipe.instructions.filters.length.min_words=1",
    "recipe.instructions.filters.similarity.threshold=1",
    *(f"recipe.{stage}.requests_per_round=2" for stage in STEPS[1:]),
)
FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/alpaca.jsonl")


def script(count):
    """Replies for so many requests of each stage; a third of the tasks are classification."""
    for number in range(count):
        yield {"stage": "instructions", "text": f"9. Name bird {number}.\n10. Describe tree {number}."}
        yield {"stage": "classification", "text": "No" if number % 3 else "Yes"}
        yield {"stage": "input_first", "text": f"Output: This is answer {number}."}
        yield {"stage": "output_first", "text": f"Class label: kind {number}\nThing {number}"}


def written(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def make(composed, built):
    """A run with a script, in a folder."""
    return lambda folder, path, *more: built(composed(*SMALL, "model=scripted", f"model.path={path}", *more), folder)


def ask(model, requests):
    with model.session() as line:
        return [future.result() for future in line.submit(requests)]


def test_each_stage_gets_its_own_replies_in_order(asking):
    model = Scripted(
        mode="chat",
        path=None,
        replies=[
            {"stage": "a", "text": "one"},
            {"stage": "b", "text": "two"},
            {"stage": "a", "text": "three", "finish_reason": "length"},
        ],
    )
    said = ask(model, [replace(asking("x").request, stage=stage) for stage in "aab"])

    assert isinstance(model, Model)
    assert [reply.text for reply in said] == ["one", "three", "two"]
    assert [reply.is_cut_off for reply in said] == [False, True, False]


def test_where_replies_run_out_the_run_stops_with_their_number_and_continues_with_more(make, tmp_path):
    path = written(tmp_path / "replies.jsonl", script(3))

    with pytest.raises(ModelError) as error:
        make(tmp_path / "run", path).execute()
    assert str(error.value) == (
        f"scripted: {path} has no reply number 4 for stage instructions. Add replies to it, or ask for fewer tasks."
    )
    written(path, script(20))
    make(tmp_path / "run", path).execute()
    make(tmp_path / "whole", path).execute()
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def contents(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("stops", [(1, 2, 1), (3, 4, 1), (4, 6)])
def test_a_run_that_was_stopped_anywhere_ends_with_the_same_bytes(stops, make, tmp_path):
    path = written(tmp_path / "replies.jsonl", script(20))
    make(tmp_path / "whole", path).execute()

    for rounds in stops:
        stop_after(make(tmp_path / "run", path), rounds)
    make(tmp_path / "run", path).execute()

    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def stop_after(run, rounds):
    """Execute a run until so many rounds are committed."""
    left = iter(range(rounds - 1))
    run.trackers["stopper"] = Stopper(left)
    with pytest.raises(KeyboardInterrupt):
        run.execute()


class Stopper:
    """A tracker that interrupts the run."""

    def __init__(self, left):
        self.left = left

    def start(self, start):
        pass

    def log(self, round_, step):
        if next(self.left, None) is None:
            raise KeyboardInterrupt

    def finish(self, summary, error=None):
        pass


def test_every_bad_line_is_reported_by_file_and_line(make, tmp_path):
    path = tmp_path / "replies.jsonl"
    path.write_text('{"stage": "a"}\n\nnot JSON\n{"stage": "a", "text": 3, "x": 1}\n[1]\n', encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        make(tmp_path / "run", path).execute()

    assert error.value.problems == [
        f"{path}:1: 'text' is missing.",
        f"{path}:3: Invalid JSON: expected ident at column 2.",
        f"{path}:4: 'text': Input should be a valid string.",
        f"{path}:4: 'x': Unexpected keyword argument.",
        f"{path}:5: Input should be an object.",
    ]


def test_a_file_that_cannot_be_read_is_reported_with_the_key(tmp_path):
    path = tmp_path / "none.jsonl"

    assert Scripted(mode="chat", path=path, replies=None).problems() == [
        f"{path}: cannot be read (No such file or directory). Set model.path=<JSONL file of replies>."
    ]


@pytest.mark.parametrize("given", [{"path": None, "replies": None}, {"path": "x", "replies": []}])
def test_replies_come_from_one_place(given):
    with pytest.raises(ValidationError, match="one of path and replies"):
        Scripted(mode="chat", **given)


def test_what_is_made_of_it_is_never_called_a_models(make, tmp_path):
    run = make(tmp_path / "run", written(tmp_path / "replies.jsonl", script(20)))
    run.execute()

    summary = json.loads((tmp_path / "run/summary.json").read_text(encoding="utf-8"))
    card = (tmp_path / "run/dataset/README.md").read_text(encoding="utf-8")
    assert (summary["models"], summary["offline"]) == (["scripted"], True)
    assert "**This text was written by `scripted`, which stands in for a model" in card
    assert "- made-by-scripted\n- not-for-training" in card
    assert "written by scripted, which stands in for a language model" in card
