"""Prefix tuning as a part."""

import pytest

from selfinstruct.trainer.prefix import Prefix


@pytest.mark.parametrize(("init", "weights"), [("zero", "zero"), ("random", None)])
def test_its_config_of_peft_has_every_setting(init, weights):
    pytest.importorskip("peft", reason="the extra 'train' is not installed")

    found = Prefix(tokens=7, init=init, projection=True).config()

    assert (found.num_virtual_tokens, found.init_weights, found.prefix_projection) == (7, weights, True)
