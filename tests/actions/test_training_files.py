"""Which file a model is tuned on, and who wrote it."""

import json
from types import SimpleNamespace

import pytest
from pretending import Pretending

from selfinstruct.actions.training_files import training_of, writers
from selfinstruct.pool import Pool


@pytest.fixture
def run(tmp_path):
    """A run with these files in its dataset."""

    def make(*names, mode="chat"):
        (tmp_path / "dataset").mkdir(exist_ok=True)
        for name in names:
            (tmp_path / "dataset" / f"{name}.jsonl").touch()
        return SimpleNamespace(
            start=SimpleNamespace(folder=tmp_path),
            trainer=Pretending(mode=mode, learns_pairs=mode == "preference"),
            random_seed=1,
            log_step=print,
            stopping=False,
            pool=Pool(),
        )

    return make


@pytest.mark.parametrize(
    ("names", "mode", "exported", "found"),
    [
        (("alpaca", "chat"), "chat", (), "chat"),
        (("alpaca", "self_instruct"), "chat", (), "self_instruct"),
        (("alpaca", "prompt_completion"), "completion", (), "prompt_completion"),
        ((), "chat", (), "chat"),
        ((), "chat", ("superni", "alpaca"), "alpaca"),  # what will be written
        (("chat", "preference"), "preference", (), "preference"),
        (("chat",), "chat", ("alpaca",), "alpaca"),  # an old file of another format does not count
    ],
)
def test_the_file_that_suits_the_trainer_best_is_taken(run, tmp_path, names, mode, exported, found):
    training = training_of(run(*names, mode=mode), None, exported)

    assert training.dataset == tmp_path / "dataset" / f"{found}.jsonl"
    assert training.folder == tmp_path


def test_a_file_of_the_users_is_taken_as_it_is(run, tmp_path):
    assert training_of(run("chat"), tmp_path / "rows.jsonl").dataset == tmp_path / "rows.jsonl"


def test_a_training_is_asked_to_stop_as_the_run_is(run):
    made = run()
    training = training_of(made, None)
    made.stopping = True

    assert training.is_stopping()


def test_the_writers_of_the_data_are_those_of_the_pool_or_of_the_rows(run, task, tmp_path):
    made, rows = run(), tmp_path / "rows.jsonl"
    made.pool = Pool([task(1, origin="grow", models={"grow": "gpt-x"})])
    rows.write_text("".join(json.dumps(row) + "\n" for row in ({"models": ["a", "b"]}, {"models": ["b"]}, {})))

    assert writers(made, rows, {"is_of_run": True}) == ["gpt-x"]
    assert writers(made, rows, {"is_of_run": False}) == ["a", "b"]
    made.trainer = Pretending(learns_pairs=True)
    assert writers(made, rows, {"is_of_run": True}) == ["gpt-x", "a", "b"]
