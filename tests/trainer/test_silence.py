"""What libraries say unasked."""

import pytest

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from huggingface_hub import constants

from selfinstruct.trainer.silence import silenced


def test_nobody_is_told_of_a_training(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)

    with silenced():
        assert constants.HF_HUB_DISABLE_TELEMETRY
