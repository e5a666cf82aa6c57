"""LLaMA-Adapter as a part."""

import pytest

from selfinstruct.trainer.adapter import LlamaAdapter


def test_its_config_of_peft_has_every_setting():
    pytest.importorskip("peft", reason="the extra 'train' is not installed")

    found = LlamaAdapter(tokens=7, layers=2).config()

    assert (found.adapter_len, found.adapter_layers) == (7, 2)
