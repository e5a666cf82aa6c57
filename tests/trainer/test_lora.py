"""LoRA as a part."""

import pytest
from pydantic import ValidationError

from selfinstruct.trainer.lora import Lora

VALUES = {"rank": 8, "alpha": 16, "dropout": 0.1, "target_modules": ["q_proj"], "use_rslora": True, "use_dora": False}


def test_its_config_of_peft_has_every_setting():
    pytest.importorskip("peft", reason="the extra 'train' is not installed")

    found = Lora(**VALUES).config()

    assert (found.r, found.lora_alpha, found.lora_dropout) == (8, 16, 0.1)
    assert (found.target_modules, found.use_rslora, found.use_dora) == ({"q_proj"}, True, False)


@pytest.mark.parametrize("names", [["q_proj", "lm_head"], []])
def test_the_last_layer_and_no_layer_are_refused(names):
    with pytest.raises(ValidationError, match="must name layers, and not lm_head"):
        Lora(**VALUES | {"target_modules": names})
