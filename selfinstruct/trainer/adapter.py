"""LLaMA-Adapter (Zhang et al. 2023): trained prompts in the upper layers, let in by gates that start closed.

The bottleneck adapters of Houlsby and Pfeiffer are not here: PEFT has none, and the library that has them needs an
older version of transformers.
"""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from selfinstruct.part import part


@part
class LlamaAdapter:
    """Trains prompts with gates in the upper layers."""

    tokens: Annotated[int, Field(ge=1)]
    """The length of the prompt of each layer."""
    layers: Annotated[int, Field(ge=1)]
    """How many layers get one, counted from the last."""
    can_merge: ClassVar[bool] = False
    can_checkpoint_gradients: ClassVar[bool] = True

    def config(self) -> Any:
        """Return its config, of PEFT."""
        from peft import AdaptionPromptConfig

        return AdaptionPromptConfig(task_type="CAUSAL_LM", adapter_len=self.tokens, adapter_layers=self.layers)
