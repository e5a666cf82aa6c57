"""The files of a tuned model."""

import pytest

from selfinstruct.trainer.saving import clear, fingerprint, hashes, part_of, put


@pytest.fixture
def beside(tmp_path):
    """A folder that is whole, beside its place."""
    folder = tmp_path / "model.part"
    folder.mkdir()
    (folder / "model.safetensors").write_text("new")
    return folder


def test_a_folder_that_is_whole_takes_the_place_of_another(beside, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old.safetensors").write_text("old")

    put(beside, tmp_path / "model")

    assert [path.name for path in tmp_path.rglob("*")] == ["model", "model.safetensors"]


def test_pickles_and_empty_forms_of_the_libraries_are_left_out(beside, tmp_path):
    for name in ("training_args.bin", "README.md"):
        (beside / name).write_text("x")

    put(beside, tmp_path / "model")

    assert [path.name for path in (tmp_path / "model").iterdir()] == ["model.safetensors"]


def test_what_a_killed_process_has_not_finished_is_removed(beside, tmp_path):
    part_of(tmp_path / "merged").mkdir()
    (tmp_path / "model").mkdir()

    clear(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_weights_are_hashed_by_name(beside):
    (beside / "config.json").write_text("{}")

    assert list(hashes(beside)) == ["model.safetensors"]
    assert hashes(beside / "missing") == {}


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja"])
def test_the_fingerprint_of_a_base_model_changes_with_what_shapes_the_result(name, beside):
    before = fingerprint(beside)
    (beside / name).write_text("another")

    assert fingerprint(beside) != before


def test_the_fingerprint_of_a_base_model_does_not_change_with_its_card(beside):
    before = fingerprint(beside)
    (beside / "README.md").write_text("A card.")

    assert fingerprint(beside) == before
