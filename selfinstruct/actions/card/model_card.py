"""The card of a tuned model: what a reader must know before using it, below the front matter that Hugging Face reads.

It is made from what is recorded of the training and of the data.  Nothing in it is guessed: the license of the base
model is that of its own card where it has one, and else left to the author.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from selfinstruct.actions.card.card import NOTE, literal
from selfinstruct.storage.folder import replace_text
from selfinstruct.storage.summary import authors
from selfinstruct.task import stand_ins
from selfinstruct.text.escaping import markdown, markdown_table
from selfinstruct.trainer import MERGED, MODEL

if TYPE_CHECKING:
    from selfinstruct.run import Run

CARD = "README.md"
FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
LIMITS = """- It has the errors and the biases of its base model, and of the data that it was tuned on.
- It was tuned to follow instructions, and to nothing else: not for safety, and not for facts.
- The license of the base model holds for it{license}, and so may the terms of whoever made the data."""
METHODS = {
    "full": "all weights",
    "Lora": "LoRA",
    "Ia3": "IA³",
    "Prefix": "prefix tuning",
    "PromptTuning": "prompt tuning",
    "LlamaAdapter": "LLaMA-Adapter",
}


def write_cards(run: "Run") -> None:
    """Write the card of `model/`, and of `merged/` where there is one, with the scores that the run has by now."""
    for folder in filter(Path.is_dir, (run.start.folder / MODEL, run.start.folder / MERGED)):
        replace_text(folder / CARD, model_card(run, folder.name))


def model_card(run: "Run", kind: str) -> str:
    """Return the card of `model/` or `merged/`."""
    training = run.training
    base = training["base_model"]
    name = Path(base).name if Path(base).is_dir() else base
    writers = authors(run.pool) if training["dataset"]["is_of_run"] else []
    parts = [
        f"---\n{front_matter(training, kind)}---",
        f"# {literal(name)}, tuned by {literal(run.start.recipe)} data",
        *(NOTE.format(name=one).replace("This text", "The data of this model") for one in stand_ins(writers)),
        f"{literal(name)} was tuned with {METHODS.get(training['method'], training['method'])} on"
        f" {training['rows']['trained_on']:,} rows of `{literal(training['dataset']['name'])}`"
        f"{', which ' + ', '.join(map(literal, writers)) + ' wrote' if writers else ''}.",
        f"## Training\n\n{markdown_table([('', 'value'), *rows(training)])}",
        *([f"## Scores\n\n{scores(run.scores)}"] if run.scores else []),
        f"## Limits and licenses\n\n{LIMITS.format(license=stated(license_of(base)))}",
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def front_matter(training: Mapping[str, Any], kind: str) -> str:
    """Return what the hub reads, as YAML."""
    base, is_adapter = training["base_model"], training["method"] != "full" and kind != MERGED
    known = {
        "base_model": None if Path(base).is_dir() else base,
        "base_model_relation": None if Path(base).is_dir() else "adapter" if is_adapter else "finetune",
        "license": license_of(base),
        "library_name": "peft" if is_adapter else "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["instruction-tuning", "selfinstruct"],
    }
    return str(yaml.safe_dump({key: value for key, value in known.items() if value}, sort_keys=False))


def license_of(base: str) -> str | None:
    """Return the license that the card of a base model in a folder states; None where it is not known here."""
    try:
        found = FRONT.match((Path(base) / CARD).read_text(encoding="utf-8"))
        license = yaml.safe_load(found[1])["license"] if found else None
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return None
    return license if isinstance(license, str) else None


def stated(license: str | None) -> str:
    """Return a license in brackets."""
    return f" ({literal(license)})" if license else " (it is not stated here)"


def rows(training: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a reader wants to know of a training."""
    counts, losses = training["rows"], (training["first_loss"], training["loss"])
    settings = training["settings"]
    shown = {
        "rows": ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items()),
        "epochs, steps": f"{training['epochs']:g}, {training['steps']:,}",
        "tokens": f"{training['tokens']:,}",
        "loss": " to ".join("unknown" if loss is None else f"{loss:.3f}" for loss in losses),
        "validation loss": "none" if training["validation_loss"] is None else f"{training['validation_loss']:.3f}",
        "trainable parameters": f"{training['trainable_parameters']:,} of {training['parameters']:,}",
        "batch": f"{settings['batch_size']} rows × {settings['accumulate']} × {training['processes']} processes",
        "learning rate": f"{settings['learning_rate']:g}, {settings['schedule']}, warm-up {settings['warmup']:g}",
        "computed in": f"{training['precision']} on {training['device']}, {training['threads']} threads",
        "software": ", ".join(f"{name} {number}" for name, number in training["versions"].items()),
    }
    return [(name, markdown(value)) for name, value in shown.items()]


def scores(found: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the scores of the run as a table."""
    cells = [
        (markdown(benchmark), markdown(figure), f"{value:.4g}")
        for benchmark, figures in found.items()
        for figure, value in figures.items()
        if value is not None
    ]
    return markdown_table([("benchmark", "figure", "value"), *cells])
