"""Prefix tuning (Li and Liang 2021): trained keys and values stand before those of the text, in every layer.

A prefix of random values ruins the first answers of a tuned model, and needs many steps to make up for it: the loss of
a model of 135 M parameters begins at 10.9 instead of 2.3.  So values start at zero here.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from selfinstruct.part import part


@part
class Prefix:
    """Trains keys and values that every layer attends to."""

    tokens: Annotated[int, Field(ge=1)]
    """The length of the prefix."""
    init: Literal["zero", "random"]
    """How the prefix starts."""
    projection: bool
    """Whether a small network makes the prefix while training, as in the paper's section 4.3."""
    can_merge: ClassVar[bool] = False
    can_checkpoint_gradients: ClassVar[bool] = False

    def config(self) -> Any:
        """Return its config, of PEFT."""
        from peft import PrefixTuningConfig

        return PrefixTuningConfig(
            task_type="CAUSAL_LM",
            num_virtual_tokens=self.tokens,
            prefix_projection=self.projection,
            init_weights="zero" if self.init == "zero" else None,
        )
