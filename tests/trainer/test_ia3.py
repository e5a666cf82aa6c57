"""IA³ as a part."""

import pytest

from selfinstruct.trainer.ia3 import Ia3


def test_its_config_of_peft_has_every_setting():
    pytest.importorskip("peft", reason="the extra 'train' is not installed")

    found = Ia3(target_modules=["k_proj", "down_proj"], feedforward_modules=["down_proj"]).config()

    assert found.target_modules == {"k_proj", "down_proj"}
    assert found.feedforward_modules == {"down_proj"}
