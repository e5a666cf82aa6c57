"""What keeps a model from being loaded, as one sentence with the key; and that nothing foreign is run or printed."""

import json
import pickle
import shutil
from pathlib import Path

import pytest
import tiny_model

from selfinstruct.errors import ModelError
from selfinstruct.model.loading import in_one_line, loaded

pytestmark = [pytest.mark.train, pytest.mark.slow]  # of what it imports
torch = pytest.importorskip("torch", reason="loading needs the extra `train`")
peft = pytest.importorskip("peft", reason="loading an adapter needs the extra `train`")


def why_not(model):
    """Why a model cannot be loaded, which is one line."""
    with pytest.raises(ModelError) as raised:
        loaded(model)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def adapter(folder, base, **changes):
    """Write an adapter for a tiny model into a folder."""
    from transformers import AutoModelForCausalLM

    config = peft.LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj"], init_lora_weights=False, **changes)
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder


def changed(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


@pytest.fixture
def copy(tiny, tmp_path):
    """A copy of the tiny model, to be spoiled."""
    return Path(shutil.copytree(tiny, tmp_path / "copy"))


def test_a_model_without_a_chat_template_names_the_key(in_process, tmp_path):
    folder = tiny_model.write_model(tmp_path, chat_template=None)

    assert "has no chat template. Set model.mode=completion" in why_not(in_process(folder))
    assert loaded(in_process(folder, mode="completion"))


def test_weights_that_are_damaged_are_reported(copy, in_process):
    (copy / "model.safetensors").write_bytes(b"no weights")

    assert why_not(in_process(copy)).startswith(f"model.base_model={copy} cannot be loaded: ")


def test_a_model_without_a_tokenizer_is_reported(copy, in_process):
    for path in copy.glob("tokenizer*"):
        path.unlink()

    assert why_not(in_process(copy)).startswith(f"model.base_model={copy} cannot be loaded: ")


def test_code_that_comes_with_a_model_is_not_run(copy, in_process, tmp_path):
    trace = tmp_path / "ran"
    (copy / "evil.py").write_text(f"open({str(trace)!r}, 'w')\n", encoding="utf-8")
    names = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model", "AutoTokenizer": ["evil.T", "evil.T"]}
    changed(copy / "config.json", auto_map=names, model_type="evil")
    changed(copy / "tokenizer_config.json", auto_map=names, tokenizer_class="Evil")

    why_not(in_process(copy))

    assert not trace.exists()


class Evil:
    """Leaves a trace when it is read from a pickle."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return open, (str(self.trace), "w")


def test_a_pickle_is_not_read_though_it_could_be(copy, in_process):
    from safetensors.torch import load_file

    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()

    why_not(in_process(copy))


def test_a_pickle_runs_no_code(copy, in_process, tmp_path):
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(tmp_path / "ran")))

    why_not(in_process(copy))

    assert not (tmp_path / "ran").exists()


def test_an_adapter_in_a_pickle_is_not_read_though_it_could_be(tiny, in_process, tmp_path):
    from safetensors.torch import load_file

    folder = adapter(tmp_path / "adapter", tiny)
    torch.save(load_file(folder / "adapter_model.safetensors"), folder / "adapter_model.bin")
    (folder / "adapter_model.safetensors").unlink()

    assert "adapter_model.safetensors" in why_not(in_process(tiny, adapter=folder))


def test_an_adapter_in_a_pickle_runs_no_code(tiny, in_process, tmp_path):
    folder = adapter(tmp_path / "adapter", tiny)
    (folder / "adapter_model.safetensors").unlink()
    (folder / "adapter_model.bin").write_bytes(pickle.dumps(Evil(tmp_path / "ran")))

    why_not(in_process(tiny, adapter=folder))

    assert not (tmp_path / "ran").exists()


def test_no_attention_kernel_is_fetched_that_the_model_names(copy, in_process):
    changed(copy / "config.json", attn_implementation="someone/kernel", _attn_implementation="someone/kernel")

    assert loaded(in_process(copy))._weights.config._attn_implementation == "sdpa"


def test_a_base_model_with_an_adapter_beside_it_is_not_another_model(copy, tiny, in_process):
    adapter(copy, tiny)

    assert "has an adapter. Set model.base_model" in why_not(in_process(copy))


def test_the_adapter_and_not_the_model_that_it_names_is_loaded(tiny, copy, in_process, tmp_path):
    folder = adapter(tmp_path / "adapter", tiny)
    changed(folder / "adapter_config.json", base_model_name_or_path="/nowhere/at/all")

    assert loaded(in_process(copy, adapter=folder))


@pytest.mark.parametrize("other", [{"units": 32}, {"layers": 1}, {"layers": 3}])
def test_an_adapter_made_for_another_model_is_refused(tiny, in_process, tmp_path, other):
    folder = adapter(tmp_path / "adapter", tiny_model.write_model(tmp_path / "other", **other))

    text = why_not(in_process(tiny, adapter=folder))

    assert text.startswith(f"model.adapter={folder} cannot be used with model.base_model={tiny}: ")


def test_an_adapter_for_parts_that_the_model_lacks_is_refused(tiny, in_process, tmp_path):
    folder = adapter(tmp_path / "adapter", tiny)
    changed(folder / "adapter_config.json", target_modules=["c_attn"])

    assert "cannot be used with model.base_model" in why_not(in_process(tiny, adapter=folder))


def test_an_adapter_does_not_choose_a_module_to_import(tiny, in_process, tmp_path):
    folder = adapter(tmp_path / "adapter", tiny)
    changed(folder / "adapter_config.json", megatron_config={}, megatron_core="antigravity")

    assert "could run code" in why_not(in_process(tiny, adapter=folder))


def test_an_adapter_brings_its_tokenizer_with_its_chat_template(in_process, tmp_path):
    base = tiny_model.write_model(tmp_path / "base", chat_template=None)
    folder = adapter(tmp_path / "adapter", base)
    assert "has no chat template" in why_not(in_process(base, adapter=folder))

    tiny_model.write_tokenizer(folder, chat_template="marked")

    assert loaded(in_process(base, adapter=folder))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:9", "mps", "tpu9", "meta"])
def test_a_device_that_cannot_be_used_is_named(tiny, in_process, device):
    text = why_not(in_process(tiny, device=device))

    assert text.startswith(f"model.device={device} cannot be used with model.precision=float32: ")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_model_and_its_adapter_are_loaded_in_its_precision(tiny, in_process, tmp_path, precision):
    folder = adapter(tmp_path / "adapter", tiny)

    weights = loaded(in_process(tiny, adapter=folder, precision=precision))._weights

    assert {str(one.dtype) for one in weights.parameters()} == {f"torch.{precision}"}


def test_nothing_is_printed(tiny, in_process, complete, requests, capfd):
    complete(in_process(tiny), [*requests(2), *requests(1, "word " * 600)])

    assert capfd.readouterr() == ("", "")


def test_an_error_is_one_line_and_says_what_was_wrong():
    assert in_one_line(ValueError("First  line.\nSecond.")) == "First line."
    assert (
        in_one_line(ValueError("Error(s) in loading:\n\tsize mismatch\n\tmore")) == "Error(s) in loading: size mismatch"
    )
    assert in_one_line(KeyError()) == "KeyError"
