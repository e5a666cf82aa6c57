"""LoRA (Hu et al. 2021): beside each weight matrix, the product of two narrow ones is trained."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from selfinstruct.part import part


@part
class Lora:
    """Trains low-rank matrices beside the frozen ones."""

    rank: Annotated[int, Field(ge=1)]
    """The width of the narrow matrices, r in the paper's section 4.1."""
    alpha: Annotated[float, Field(gt=0)]
    """The product is scaled by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)]
    """The share of the inputs that is dropped while training."""
    target_modules: list[str] | Literal["all-linear"]
    """The layers that get them, by the end of their names; `all-linear` for all linear layers but the last."""
    use_rslora: bool
    """Whether to scale by alpha / √rank instead (Kalajdzievski 2023)."""
    use_dora: bool
    """Whether to train the length of each column apart from its direction (DoRA, Liu et al. 2024)."""
    can_merge: ClassVar[bool] = True
    can_checkpoint_gradients: ClassVar[bool] = True

    @field_validator("target_modules")
    @classmethod
    def _without_head(cls, names: list[str] | str) -> list[str] | str:
        if "lm_head" in names or not names:
            raise ValueError("must name layers, and not lm_head, from whose weights the loss is computed directly")
        return names

    def config(self) -> Any:
        """Return its config, of PEFT."""
        from peft import LoraConfig

        return LoraConfig(
            task_type="CAUSAL_LM",
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=self.target_modules,
            use_rslora=self.use_rslora,
            use_dora=self.use_dora,
        )
