"""Prompt tuning (Lester et al. 2021): trained embeddings stand before those of the text."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from selfinstruct.part import part


@part
class PromptTuning:
    """Trains the embeddings of some tokens before the prompt."""

    tokens: Annotated[int, Field(ge=1)]
    """How many there are."""
    can_merge: ClassVar[bool] = False
    can_checkpoint_gradients: ClassVar[bool] = False

    def config(self) -> Any:
        """Return its config, of PEFT; they start as embeddings of words, drawn from the vocabulary."""
        from peft import PromptTuningConfig, PromptTuningInit

        return PromptTuningConfig(
            task_type="CAUSAL_LM",
            num_virtual_tokens=self.tokens,
            prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB,
        )
