"""The base model of a training."""

import pytest
import tiny_model

from selfinstruct.errors import SelfInstructError
from selfinstruct.trainer.loading import model_of, outline_of, tokenizer_of
from selfinstruct.trainer.silence import silenced

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow

TRAINERS = ("full", "lora", "ia3", "prefix", "prompt_tuning", "adapter")


@pytest.mark.parametrize("name", TRAINERS)
def test_the_outline_of_a_model_needs_no_memory_for_weights(name, trainer, base):
    with silenced():
        found = outline_of(trainer(name, base))

    is_trained = [one for one in found.parameters() if one.requires_grad]
    assert is_trained
    assert all(one.is_meta for one in found.get_input_embeddings().parameters())


@pytest.mark.parametrize("act", [tokenizer_of, model_of, outline_of])
def test_a_folder_without_a_model_is_one_sentence(act, trainer, tmp_path):
    with pytest.raises(SelfInstructError, match=r"^trainer\.base_model=.* cannot be loaded: .*HF_TOKEN\)\.$"):
        act(trainer("lora", tmp_path))


def test_a_pickle_is_not_read(trainer, base, tmp_path):
    import torch

    folder = tiny_model.write_model(tmp_path / "base")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")

    with pytest.raises(SelfInstructError, match="cannot be loaded"):
        model_of(trainer("lora", folder))


def test_a_damaged_file_of_weights_is_one_sentence(trainer, tmp_path):
    folder = tiny_model.write_model(tmp_path / "base")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    with pytest.raises(SelfInstructError, match="cannot be loaded"):
        model_of(trainer("lora", folder))


def test_a_chat_template_from_a_file_takes_the_place_of_the_models_own(trainer, tmp_path):
    folder = tiny_model.write_model(tmp_path / "base", chat_template=None)
    (tmp_path / "chat.jinja").write_text(tiny_model.PLAIN)

    found = tokenizer_of(trainer("lora", folder, chat_template=str(tmp_path / "chat.jinja")))

    assert found.chat_template == tiny_model.PLAIN
    with pytest.raises(SelfInstructError, match="has no chat template"):
        tokenizer_of(trainer("lora", folder))
