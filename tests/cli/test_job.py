import json

import pytest

from selfinstruct.cli.job import figure, is_done, note_failure
from selfinstruct.errors import SelfInstructError
from selfinstruct.storage.folder import store_config

DECLARED = {"random_seed": 1, "recipe": {}}


@pytest.fixture
def folder(tmp_path):
    store_config(tmp_path, DECLARED, [])
    summary = {"completed": True, "kept": 5, "offline": True, "diversity": {"distinct_2": 0.5}, "cost_usd": None}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    return tmp_path


def test_a_job_is_done_that_ended_with_this_very_config(folder):
    assert is_done(folder, DECLARED)
    assert is_done(folder, DECLARED | {"objective": "kept"})
    assert not is_done(folder, DECLARED | {"random_seed": 2})


@pytest.mark.parametrize("text", ['{"completed": false}', "{}", "[]", "{"])
def test_a_job_that_did_not_end_well_is_not_done(folder, text):
    (folder / "summary.json").write_text(text)

    assert not is_done(folder, DECLARED)


def test_a_new_folder_is_not_done(tmp_path):
    assert not is_done(tmp_path, DECLARED)


def test_the_figure_to_optimise_is_a_key_of_the_summary(folder):
    assert figure(folder, "kept") == 5.0
    assert figure(folder, "diversity.distinct_2") == 0.5
    assert figure(folder, None) is None


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("nothing", "summary.json has no 'nothing' there; it has: completed, kept"),
        ("diversity.distinct_9", "no 'distinct_9' there; it has: distinct_2"),
        ("kept.more", "no 'more' there; it has: none"),
        ("offline", "is not a number"),
        ("cost_usd", "is not a number in summary.json .got None"),
    ],
)
def test_a_figure_that_is_none_is_reported(folder, key, message):
    with pytest.raises(SelfInstructError, match=message):
        figure(folder, key)


def test_a_failure_leaves_word_in_its_folder(tmp_path):
    note_failure(tmp_path / "3_x" / "failure.json", ["a=1"], ValueError("first\nsecond"))

    assert json.loads((tmp_path / "3_x" / "failure.json").read_text()) == {"overrides": ["a=1"], "error": "first"}
