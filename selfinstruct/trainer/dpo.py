"""Direct preference optimization (DPO, Rafailov et al. 2023): of two answers, the better one is made more likely.

The reference model of the paper's equation 7 is the base model: with a method of PEFT, the same weights with the method
turned off; where all weights are trained, a second copy in memory.  TRL is given tokens, not texts, so that a training
has the very rows that `actions=[plan]` counts; and the base model with the config of the method, not the model that the
method was added to, beside whose weights TRL would train none but keep a copy.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.trainer.failures import not_adapted
from selfinstruct.trainer.loading import UNFIT, model_of

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised


@part
class Dpo:
    """Learns from pairs of a chosen and a rejected answer."""

    beta: Annotated[float, Field(gt=0)]
    """How strongly the model is held to the base model, β in the paper's equation 7; rewards are in its unit."""

    def tuner(self, trainer: "Supervised", **known: Any) -> Any:
        """Return TRL's trainer, with the model loaded; raises SelfInstructError for a method that does not fit it."""
        from trl import DPOTrainer

        class Tokenized(DPOTrainer):  # type: ignore[misc]
            def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
                return dataset

        model, method = model_of(trainer), trainer.method
        if method is None:
            return Tokenized(model=model, ref_model=model_of(trainer), **known)
        try:
            return Tokenized(model=model, peft_config=method.config(), **known)
        except UNFIT as error:
            raise not_adapted(trainer.base_model, error) from None
