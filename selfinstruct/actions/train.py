"""Tune a model on the dataset of the run, or on any file of rows.

The trainer leaves `model/` in the run folder, and `merged/` where it was asked for and can be; here its card is added,
made from that of the dataset, and what it came to stands in `summary.json` below `training`.

A run that its budget has stopped is not trained on: resumed, it would have another dataset.
"""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from selfinstruct.actions.card.model_card import write_cards
from selfinstruct.actions.effects import gives_pairs
from selfinstruct.actions.serving import served
from selfinstruct.actions.training_files import readable, training_of, writers
from selfinstruct.errors import DataError, RunFolderError
from selfinstruct.formats.preference import Preference
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.recipe import asking
from selfinstruct.storage.journal import has_rounds
from selfinstruct.trainer import Training
from selfinstruct.trainer.record import is_same_training
from selfinstruct.trainer.rows import examples_in

if TYPE_CHECKING:
    from selfinstruct.run import Run
    from selfinstruct.trainer import Trainer

NO_TRAINER = "actions=[train] needs a trainer. Set trainer=lora, for example, and trainer.base_model=<folder or name>."
NO_FILE = "train.dataset={file} is not a file."
NO_FORMAT = "{reader} reads none of the formats of this run. Add formats=[{format}]."
NOT_EXPORTED = "The dataset is not exported before the training. Set actions=[{actions}]."
NO_PAIRS = (
    "trainer=dpo learns from pairs, and no stage of this recipe draws several answers, compares two, or evolves tasks"
    " more than once. Set answers=4 in the stage that answers (recipe=self_instruct and alpaca:"
    " recipe/stages@recipe=answers), use recipe=evol_instruct or pairwise, or name a file: train.dataset=<file>."
)
NO_DATASET = "{folder} holds no dataset that {reader} reads. Write one: actions=[export,train] formats=[{format}]."
NO_RUN = (
    "{folder} holds no run to train on. Name the folder of one, hydra.run.dir=<folder>, or a file of rows,"
    " train.dataset=<file>."
)
STOPPED = "No model was tuned: the run was stopped by its {reason}."


@part
class Train:
    """Tunes a model."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = False

    dataset: Path | None
    """A JSONL file of rows; null for the dataset of the run."""

    def problems(self, run: "Run") -> list[str]:
        """Report a run without a trainer or a dataset, what would keep the trainer from its work, and rows of a file
        that cannot be read."""
        if run.trainer is None:
            return [NO_TRAINER]
        lacking = self._lacking(run, reader(run.trainer))
        found = [*run.trainer.problems(self.training(run)), *([] if lacking is None else [lacking])]
        return found or self._mistakes(run.trainer)

    def __call__(self, run: "Run") -> None:
        """Train, write the card, and say how to use the model; raises RunFolderError where there is no dataset."""
        from selfinstruct.trainer.processes import announced

        if run.stopped is not None:
            run.remarks.append(STOPPED.format(reason=run.stopped.reason))
            return
        training, trainer = self.training(run), run.trainer
        if trainer is None or not training.dataset.is_file():
            raise RunFolderError(f"{training.dataset} does not exist, so there is nothing to train on.")
        run.start.begin()  # the log of a run that was finished before is written on
        found = announced(trainer, training, run.start.config.get("trainer", {}))
        if not is_same_training(found, run.training):
            run.scores = {}  # those of another model
        dataset = {**found["dataset"], "models": writers(run, training.dataset, found["dataset"])}
        run.training = {**found, "dataset": dataset}
        write_cards(run)
        run.remarks.append(served(run))

    def training(self, run: "Run") -> Training:
        """Return what is trained on, and where the result goes."""
        return training_of(run, self.dataset, run.formats if "export" in self._before(run) else ())

    def _mistakes(self, trainer: "Trainer") -> list[str]:
        """Return what is wrong with the rows of a file; those of the run are written by it."""
        try:
            if self.dataset is not None:
                examples_in(self.dataset, trainer.mode, pairs=trainer.learns_from == "preference")
        except DataError as error:
            return error.problems
        return []

    def _lacking(self, run: "Run", reader: str) -> str | None:
        """Return why there will be no dataset to train on; None where there will."""
        if self.dataset is not None:
            return None if self.dataset.is_file() else NO_FILE.format(file=self.dataset)
        folder, best, before = run.start.folder, readable(run)[0], self._before(run)
        if "export" in before:
            if not set(readable(run)) & set(run.formats):
                return NO_FORMAT.format(reader=reader, format=best)
            return NO_PAIRS if "generate" in before and self._lacks_pairs(run) else None
        if "generate" in before:
            return NOT_EXPORTED.format(actions=",".join([*before, "export", *list(run.actions)[len(before) :]]))
        if not has_rounds(folder):
            return NO_RUN.format(folder=folder)
        if self.training(run).dataset.is_file():
            return None
        return NO_DATASET.format(folder=folder, reader=reader, format=best)

    def _lacks_pairs(self, run: "Run") -> bool:
        """Return whether it would learn from pairs that the recipe cannot give."""
        format_ = run.formats.get("preference")
        is_pairs = run.trainer is not None and run.trainer.learns_from == "preference"
        if not is_pairs or not isinstance(format_, Preference):
            return False
        try:
            return not gives_pairs(run.recipe, format_, Pool(run.seeds.load() if asking(run.recipe) else ()))
        except DataError:  # reported by what generates
            return False

    def _before(self, run: "Run") -> list[str]:
        """Return the actions that come before it."""
        values = list(run.actions.values())
        return list(run.actions)[: values.index(self)] if self in values else []


def reader(trainer: "Trainer") -> str:
    """Return what a message calls the trainer when it is about the rows that it reads."""
    return "trainer=dpo" if trainer.learns_from == "preference" else f"trainer.mode={trainer.mode}"
