"""The card of a tuned model: what a reader must know before using it, below the front matter that Hugging Face reads.

It is made from what is recorded of the training and of the data.  Nothing in it is guessed: the license of the base
model is that of its own card where it has one, that of the data is what the card of the dataset states, and else both
are left to the author.  No place on this machine stands in it.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from selfinstruct.actions.card.card import literal
from selfinstruct.actions.card.usage import HUB_NAME, usage
from selfinstruct.storage.folder import replace_text
from selfinstruct.task import stand_ins
from selfinstruct.text.escaping import markdown, markdown_table
from selfinstruct.trainer import MERGED, MODEL

if TYPE_CHECKING:
    from selfinstruct.run import Run

CARD = "README.md"
FRONT = re.compile(r"\A---\r?\n(.*?)\n---\r?\n", re.DOTALL)
MOST = 100_000
"""Characters of a card of others that are read."""
NOTE = (
    "**The data of this model was written by `{name}`, which stands in for a model so that the program can be tried and"
    " taught without one. It has learned nothing of use. Do not use it.**"
)
"""What a card says first of a model that was tuned on text by a stand-in for a model."""
LIMITS = """- It has the errors and the biases of its base model, and of the data that it was tuned on.
- It was tuned to {aim}, and to nothing else: not for safety, and not for facts.
- License of the base model, which holds for this one, too: {base}.
- License of the data: {data}. The terms of its sources may limit it."""
NOT_STATED = "not stated here"
METHODS = {
    "full": "all weights",
    "Lora": "LoRA",
    "Ia3": "IA³",
    "Prefix": "prefix tuning",
    "PromptTuning": "prompt tuning",
    "LlamaAdapter": "LLaMA-Adapter",
}
NOT_SETTINGS = ("base_model", "method", "objective", "chat_template", "threads", "log_steps", "checkpoint_steps")
"""Settings that the card names in another line, or that shape nothing."""


def write_cards(run: "Run") -> None:
    """Write the card of `model/`, and of `merged/` where there is one, with the scores that the run has by now."""
    for folder in filter(Path.is_dir, (run.start.folder / MODEL, run.start.folder / MERGED)):
        replace_text(folder / CARD, model_card(run, folder.name))


def model_card(run: "Run", kind: str) -> str:
    """Return the card of `model/` or `merged/`."""
    training = run.training
    base, dataset = training["base_model"], training["dataset"]
    writers = dataset.get("models", ())
    data = license_in(run.start.folder / "dataset") if dataset["is_of_run"] else None
    is_of_pairs = "objective" in training
    rows_ = "preferences" if is_of_pairs else "instructions"
    aim = "prefer some answers to others" if is_of_pairs else "follow instructions"
    of_run = f", tuned on {literal(run.start.recipe)} data" if dataset["is_of_run"] else f", tuned on {rows_}"
    licenses = {"base": stated(license_in(Path(base))), "data": stated(data)}
    parts = [
        f"---\n{front_matter(training, kind)}---",
        f"# {literal(name_of(base))}{of_run}",
        *(NOTE.format(name=one) for one in stand_ins(writers)),
        f"{literal(name_of(base))} was tuned by {method_of(training)} on {rows_of(training['rows'], dataset)}.",
        *([] if stand_ins(writers) else [f"## Use\n\n{usage(training, name_of(base), is_whole(training, kind))}"]),
        f"## Training\n\n{markdown_table([('', 'value'), *rows(training)])}",
        *([f"## Scores\n\n{scores(run.scores)}"] if run.scores else []),
        f"## Limits and licenses\n\n{LIMITS.format(aim=aim, **licenses)}",
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def rows_of(rows: Mapping[str, int], dataset: Mapping[str, Any]) -> str:
    """Return which rows a model was tuned on, and who wrote them, as far as that is known."""
    writers = dataset.get("models", ())
    by = f", written by {' and '.join(map(literal, writers))}" if writers else ""
    return f"{counted(rows['trained_on'], 'row')} of {literal(dataset['name'])}{by}"


def counted(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def is_on_hub(base: str) -> bool:
    """Return whether a base model is a name on the hub, and not a place on this machine."""
    return HUB_NAME.fullmatch(base) is not None and not base.startswith(".") and not Path(base).is_dir()


def name_of(base: str) -> str:
    """Return the name of a base model: that on the hub, or that of its folder."""
    return base if is_on_hub(base) else re.split(r"[/\\]", base.rstrip("/\\"))[-1]


def method_of(training: Mapping[str, Any]) -> str:
    """Return how a model was tuned, in words."""
    method = METHODS.get(training["method"]) or literal(training["method"])
    return f"direct preference optimization ({method})" if "objective" in training else method


def is_whole(training: Mapping[str, Any], kind: str) -> bool:
    """Return whether `model/` or `merged/` holds all weights, and not an adapter."""
    return training["method"] == "full" or kind == MERGED


def front_matter(training: Mapping[str, Any], kind: str) -> str:
    """Return what the hub reads, as YAML."""
    base, is_adapter = training["base_model"], not is_whole(training, kind)
    writers = stand_ins(training["dataset"].get("models", ()))
    marks = [*(f"made-by-{name}" for name in writers), *(["not-for-use"] if writers else [])]
    known = {
        "base_model": base if is_on_hub(base) else None,
        "base_model_relation": ("adapter" if is_adapter else "finetune") if is_on_hub(base) else None,
        "license": license_in(Path(base)),
        "library_name": "peft" if is_adapter else "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["dpo" if "objective" in training else "instruction-tuning", "selfinstruct", *marks],
    }
    return str(yaml.safe_dump({key: value for key, value in known.items() if value}, sort_keys=False))


def license_in(folder: Path) -> str | None:
    """Return the license that the card in a folder states; None where it is not known here."""
    try:
        with (folder / CARD).open(encoding="utf-8") as file:
            found = FRONT.match(file.read(MOST))
        found_license = yaml.safe_load(found[1])["license"] if found else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, yaml.YAMLError):
        return None
    return found_license if isinstance(found_license, str) else None


def stated(found: str | None) -> str:
    """Return a license as a card shows it."""
    return literal(found) if found else NOT_STATED


def rows(training: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a reader wants to know of a training."""
    counts, losses = training["rows"], (training["first_loss"], training["loss"])
    shown = {
        "rows": ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items()),
        "epochs, steps": f"{training['epochs']:g}, {training['steps']:,}",
        "tokens": f"{training['tokens']:,}",
        "loss": " to ".join("unknown" if loss is None else f"{loss:.3f}" for loss in losses),
        "validation loss": "none" if training["validation_loss"] is None else f"{training['validation_loss']:.3f}",
        **{key.replace("_", " "): f"{value:.3f}" for key, value in training.items() if "reward_" in key},
        "trainable parameters": f"{training['trainable_parameters']:,} of {training['parameters']:,}",
        "computed in": ", ".join(computed(training)),
        "settings": ", ".join(settings(training["settings"])),
        "software": ", ".join(f"{name} {number}" for name, number in training["versions"].items()),
    }
    return [(name, markdown(value)) for name, value in shown.items()]


def computed(training: Mapping[str, Any]) -> Iterator[str]:
    """Yield in what numbers and where a model was tuned."""
    yield f"{training['precision']} on {training['device']}"
    yield counted(training["threads"], "thread")
    if training["processes"] > 1:
        yield f"{training['processes']} processes"


def settings(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield each setting that shaped the model, those of its method and objective first."""
    first = {**(found.get("method") or {}), **(found.get("objective") or {})}
    yield from (f"{key} {value}" for key, value in first.items() if key != "name")
    yield from (f"{key} {value}" for key, value in found.items() if key not in NOT_SETTINGS and value is not None)


def scores(found: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the scores of the run as a table."""
    cells = [
        (markdown(benchmark), markdown(figure), f"{value:.4g}")
        for benchmark, figures in found.items()
        for figure, value in figures.items()
        if value is not None
    ]
    return markdown_table([("benchmark", "figure", "value"), *cells])
