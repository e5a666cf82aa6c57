"""Folders with models and adapters: what is missing, and what stands for their content.  Nothing here needs torch."""

import json

import pytest

from selfinstruct.model.model_folder import adapter_problem, content_of, folder_name, model_problem


def written(folder, **files):
    """A folder with these files; `__` stands for a point."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def model(tmp_path):
    return written(tmp_path / "model", config__json="{}", model__safetensors="w", tokenizer__json="{}")


@pytest.fixture
def adapter(tmp_path):
    return written(tmp_path / "adapter", adapter_config__json="{}", adapter_model__safetensors="w")


def test_a_folder_with_weights_and_config_is_a_model(model):
    assert model_problem(model) is None


def test_weights_may_be_in_several_files(tmp_path):
    folder = written(tmp_path / "x", config__json="{}", model__safetensors__index__json="{}")

    assert model_problem(folder) is None


def test_a_folder_with_weights_and_config_of_an_adapter_is_an_adapter(adapter):
    assert adapter_problem(adapter) is None


@pytest.mark.parametrize("problem", [model_problem, adapter_problem])
def test_a_folder_that_is_missing_is_named(tmp_path, problem):
    assert problem(tmp_path / "x").endswith(f"={tmp_path / 'x'} does not exist, or is not a folder.")


def test_an_adapter_is_no_base_model(adapter):
    assert f"Set model.adapter={adapter}, and model.base_model" in model_problem(adapter)


def test_a_whole_model_is_no_adapter(model):
    assert f"Set model.base_model={model} and model.adapter=null" in adapter_problem(model)


def test_weights_in_pickles_are_said_not_to_be_read(tmp_path):
    folder = written(tmp_path / "x", config__json="{}", pytorch_model__bin="w")
    other = written(tmp_path / "y", adapter_config__json="{}", adapter_model__bin="w")

    assert "holds no model in safetensors. Its pickles are not read" in model_problem(folder)
    assert "holds no adapter of PEFT in safetensors. Its pickles are not read" in adapter_problem(other)


def test_an_empty_folder_has_no_pickles(tmp_path):
    assert model_problem(tmp_path) == f"model.base_model={tmp_path} holds no model in safetensors."


def test_a_folder_is_known_by_its_files_and_not_by_its_place(model, tmp_path):
    before = content_of(model)

    assert content_of(model.rename(tmp_path / "moved")) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model.safetensors", "other"),
        ("tokenizer.json", '{"other": 1}'),
        ("chat_template.jinja", "x"),
        ("config.json", '{"rope_theta": 1}'),
    ],
)
def test_other_weights_tokenizers_templates_and_settings_are_another_model(model, name, text):
    before = content_of(model)
    (model / name).write_text(text, encoding="utf-8")

    assert content_of(model) != before


def test_what_shapes_no_reply_changes_nothing(model, adapter):
    before = content_of(model), content_of(adapter)
    (model / "README.md").write_text("A card.", encoding="utf-8")
    (model / "config.json").write_text(json.dumps({"transformers_version": "5.24.0"}), encoding="utf-8")
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "/a/b"}', encoding="utf-8")

    assert (content_of(model), content_of(adapter)) == before


def test_the_order_of_names_in_an_adapter_changes_nothing(adapter):
    found = set()
    for names in (["q_proj", "k_proj"], ["k_proj", "q_proj"]):
        (adapter / "adapter_config.json").write_text(json.dumps({"target_modules": names}), encoding="utf-8")
        found.add(content_of(adapter))

    assert len(found) == 1


@pytest.mark.parametrize("text", ["no JSON", "[1]", '"x"'])
def test_settings_that_cannot_be_read_are_taken_as_they_are(model, text):
    before = content_of(model)
    (model / "config.json").write_text(text, encoding="utf-8")

    assert content_of(model) != before


def test_the_name_of_a_folder_says_nothing_of_where_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert folder_name("/home/someone/models/tuned/") == "tuned"
    assert folder_name(".") == tmp_path.name
