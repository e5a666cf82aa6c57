"""IA³ (Liu et al. 2022): keys, values and the inner layer of each feed-forward block are scaled by trained vectors."""

from typing import Any, ClassVar

from selfinstruct.part import part


@part
class Ia3:
    """Trains a factor for each dimension of some layers."""

    target_modules: list[str] | None
    """The layers that are scaled, by the end of their names; null for PEFT's choice for the architecture."""
    feedforward_modules: list[str] | None
    """Those of them whose input is scaled, not their output; null as above."""
    can_merge: ClassVar[bool] = True
    can_checkpoint_gradients: ClassVar[bool] = True

    def config(self) -> Any:
        """Return its config, of PEFT."""
        from peft import IA3Config

        return IA3Config(
            task_type="CAUSAL_LM",
            target_modules=self.target_modules,
            feedforward_modules=self.feedforward_modules,
        )
