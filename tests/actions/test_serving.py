"""The commands that use a tuned model."""

import pytest

from selfinstruct.actions.serving import vllm, weights, words

LORA = {"base_model": "some/base", "method": "Lora", "settings": {"method": {"rank": 16}}}


def test_all_weights_are_a_model_and_others_an_adapter_of_its_base(tmp_path):
    folder = tmp_path / "model"

    assert weights(tmp_path, {"method": "full", "base_model": "some/base"}) == {"model.base_model": str(folder)}
    assert weights(tmp_path, LORA) == {"model.base_model": "some/base", "model.adapter": str(folder)}


def test_a_base_model_in_a_folder_is_named_so_that_it_is_found_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)

    assert weights(tmp_path, LORA | {"base_model": "base"})["model.base_model"] == str(tmp_path / "base")


def test_a_server_loads_what_is_merged_and_lora_as_an_adapter(tmp_path):
    (as_adapter,) = vllm(tmp_path, LORA)
    assert as_adapter.startswith("vllm serve some/base --enable-lora --lora-modules")
    assert "--max-lora-rank" not in as_adapter
    assert next(vllm(tmp_path, LORA | {"settings": {"method": {"rank": 64}}})).endswith("--max-lora-rank 64")
    assert list(vllm(tmp_path, LORA | {"method": "Ia3"})) == []

    (tmp_path / "merged").mkdir()
    merged = f"vllm serve {tmp_path}/merged --served-model-name tuned"
    assert list(vllm(tmp_path, LORA | {"method": "Ia3"})) == [merged]
    assert list(vllm(tmp_path, LORA)) == [merged, as_adapter]


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("plain/name", "a=plain/name"),
        ("a b", "'a=\"a b\"'"),
        ("it's", "'a=\"it'\"'\"'s\"'"),
        ("${x}", "'a=\"\\${x}\"'"),
    ],
)
def test_words_are_quoted_for_hydra_and_then_for_the_shell(value, typed):
    assert words({"a": value}) == typed
