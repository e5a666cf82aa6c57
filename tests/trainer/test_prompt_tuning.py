"""Prompt tuning as a part."""

import pytest

from selfinstruct.trainer.prompt_tuning import PromptTuning


def test_its_config_of_peft_starts_with_words_of_the_vocabulary():
    pytest.importorskip("peft", reason="the extra 'train' is not installed")

    found = PromptTuning(tokens=7).config()

    assert (found.num_virtual_tokens, found.prompt_tuning_init.value) == (7, "SAMPLE_VOCAB")
