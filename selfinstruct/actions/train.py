"""Tune a model on the dataset of the run, or on any file of rows.

The trainer leaves `model/` in the run folder, and `merged/` where it was asked for and can be; here its card is added,
made from that of the dataset, and what it came to stands in `summary.json` below `training`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from selfinstruct.actions.card.model_card import write_cards
from selfinstruct.errors import RunFolderError
from selfinstruct.part import part
from selfinstruct.storage.reader import no_run
from selfinstruct.trainer import MERGED, MODEL, Training

if TYPE_CHECKING:
    from selfinstruct.run import Run

FILES = {"chat": ("chat", "sharegpt", "self_instruct", "alpaca"), "completion": ("prompt_completion",)}
"""The formats that each mode of a trainer reads, the best first."""
NO_TRAINER = "actions=[train] needs a trainer. Set trainer=lora, for example, and trainer.base_model=<folder or name>."
NO_FORMAT = "trainer.mode={mode} reads none of the formats of this run. Add formats=[{format}]."
NO_DATASET = (
    "{folder} holds no dataset that trainer.mode={mode} reads. Write one: actions=[export,train] formats=[{format}]."
)
SERVED = """The tuned model is in {folder}. To use it:
  in this process: {program} recipe=superni model=transformers model.base_model={base}{adapter} model.mode={mode}
  vLLM:            {vllm}
  transformers:    transformers serve {whole} --host 127.0.0.1
  then:            {program} model=endpoint model.api_base=http://127.0.0.1:8000/v1 model.name={served}"""


@part
class Train:
    """Tunes a model."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = False

    dataset: Path | None
    """A JSONL file of rows; null for the dataset of the run."""

    def problems(self, run: "Run") -> list[str]:
        """Report a run without a trainer or a dataset, and what would keep the trainer from its work."""
        if run.trainer is None:
            return [NO_TRAINER]
        problems = run.trainer.problems(self.training(run))
        if self.dataset is not None:
            return problems if self.dataset.is_file() else [*problems, f"train.dataset={self.dataset} is not a file."]
        problems += no_run(run, self)
        names = FILES[run.trainer.mode]
        said = {"mode": run.trainer.mode, "format": names[0], "folder": run.start.folder}
        if self._is_exported(run):
            return problems if set(names) & set(run.formats) else [*problems, NO_FORMAT.format(**said)]
        return problems if self.training(run).dataset.is_file() else [*problems, NO_DATASET.format(**said)]

    def __call__(self, run: "Run") -> None:
        """Train, write the card, and say how to use the model; raises RunFolderError where there is no dataset."""
        from selfinstruct.trainer.processes import announced

        training, trainer = self.training(run), run.trainer
        if trainer is None or not training.dataset.is_file():
            why = "" if run.stopped is None else f" The run was stopped by its {run.stopped.reason}."
            raise RunFolderError(f"{training.dataset} does not exist, so there is nothing to train on.{why}")
        run.training = announced(trainer, training, run.start.config.get("trainer", {}))
        write_cards(run)
        run.remarks.append(served(run))

    def training(self, run: "Run") -> Training:
        """Return what is trained on, and where the result goes."""
        folder = run.start.folder
        names = FILES["chat" if run.trainer is None else run.trainer.mode]
        if self._is_exported(run):
            names = tuple(name for name in names if name in run.formats) or names
        files = [folder / "dataset" / f"{name}.jsonl" for name in names]
        found = self.dataset or next((path for path in files if path.is_file()), files[0])
        return Training(
            dataset=found,
            folder=folder,
            random_seed=run.random_seed,
            log=run.log_step,
            is_stopping=lambda: run.stopping,
        )

    def _is_exported(self, run: "Run") -> bool:
        """Return whether the run exports its dataset before it trains."""
        before = list(run.actions)[: list(run.actions.values()).index(self)] if self in run.actions.values() else []
        return "export" in before


def served(run: "Run") -> str:
    """Return the commands that use the tuned model."""
    from selfinstruct.text.command import program

    folder, found = run.start.folder, run.training
    is_full = found["method"] == "full"
    whole = folder / MODEL if is_full else folder / MERGED
    base = str(folder / MODEL) if is_full else found["base_model"]
    lora = f"vllm serve {base} --enable-lora --lora-modules tuned={folder / MODEL}"
    return SERVED.format(
        folder=folder / MODEL,
        program=program(),
        base=base,
        adapter="" if is_full else f" model.adapter={folder / MODEL}",
        mode=found["mode"],
        vllm=f"vllm serve {whole}" if whole.is_dir() else lora,
        whole=whole if whole.is_dir() else "(only a merged model; set trainer.merge=true, where the method can)",
        served=whole if whole.is_dir() else "tuned",
    )
