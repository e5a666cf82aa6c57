"""The rows of a dataset, as they are trained and validated on; `actions=[plan]` counts the very same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import DataError
from selfinstruct.trainer import Training
from selfinstruct.trainer.rows import examples_in
from selfinstruct.trainer.tokens import Encoded, Fitting, fitting, nothing_left
from selfinstruct.trainer.validation import divided

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows as tokens."""

    fitting: Fitting
    """All rows that fit, and the names of those that do not."""
    train: list[Encoded]
    held_out: list[Encoded]

    def counts(self) -> dict[str, int]:
        """Return how many rows became what."""
        return {
            "trained_on": len(self.train),
            "validated_on": len(self.held_out),
            "dropped": len(self.fitting.dropped) + len(self.fitting.empty),
            "cut": len(self.fitting.cut),
        }


def prepared(trainer: "Supervised", training: Training, tokenizer: Any) -> Prepared:
    """Return the rows of the dataset; raises DataError where none is left to train on."""
    examples = examples_in(training.dataset, trainer.mode, pairs=trainer.objective is not None)
    cut = trainer.too_long == "cut"
    found = fitting(examples, tokenizer, trainer.max_length, cut=cut, loss_on_prompt=trainer.loss_on_prompt)
    if not found.rows:
        raise DataError([nothing_left(found, training.dataset, trainer.max_length)])
    fit = [examples[row.place] for row in found.rows]
    train, held_out = divided(fit, trainer.validation_share, training.random_seed)
    return Prepared(found, [found.rows[place] for place in train], [found.rows[place] for place in held_out])


def columns(rows: Sequence[Encoded]) -> list[dict[str, list[int]]]:
    """Return rows as TRL reads them."""
    return [{"input_ids": row.input_ids, "labels": row.labels} for row in rows]


def pair_columns(rows: Sequence[Encoded]) -> list[dict[str, list[int]]]:
    """Return pairs as TRL reads them: what both answers follow, and both answers."""
    found = []
    for one, other in ((row, row.rejected) for row in rows if row.rejected is not None):
        shown, chosen, rejected = min(one.shown, other.shown), one.input_ids, other.input_ids
        found.append({"prompt_ids": chosen[:shown], "chosen_ids": chosen[shown:], "rejected_ids": rejected[shown:]})
    return found


def sequences_of(trainer: "Supervised", rows: Sequence[Encoded]) -> int:
    """Return how many sequences the rows make: one for each, or fewer where they are packed."""
    if not trainer.packing:
        return len(rows)
    from datasets import Dataset
    from trl import pack_dataset

    return len(pack_dataset(Dataset.from_list(columns(rows)), trainer.max_length, "bfd"))
