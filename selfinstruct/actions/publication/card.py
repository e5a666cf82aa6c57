"""The dataset card: what somebody must know before using the data, below the front matter that Hugging Face reads.

It stands in `dataset/` of every run and in its capsule; only what lies beside it differs.  The front matter lists each
file as a configuration, named as its format is, so that `datasets.load_dataset` reads the folder as it lies.  The
description of a configuration holds the hash of its file, because `datasets` caches by the name of the folder, which is
`dataset` in every run, and by these lines, not by the content: without the hash it returns the rows of another run.

Nothing in it is guessed.  What only the author knows (licence, authors) is left out where it was not told, and what the
grammar wrote is never called a model's.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from selfinstruct.actions.publication.authorship import CONVERTED, NOTES, literal
from selfinstruct.actions.publication.facts import NOT_STATED, Facts
from selfinstruct.actions.publication.methods import filters_of, paragraph
from selfinstruct.actions.publication.portable import NOTHING, command, is_needed, named
from selfinstruct.task import OFFLINE, SCRIPTED, stand_ins
from selfinstruct.text.terminal import printable

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGEST = "1M<n<10M"
REPLAY = """## Re-run it

Every reply of the model is in `capsule.zip`. {first}, without key and network:

```console
{command}
{command} <key>=<another value>
```

The first ends with "identical", or says where the first difference is; the second says which requests have no reply.
`manifest.json` in it has the SHA-256 of every file, `provenance.json` what the dataset was made of, `config.json`
every setting."""


ORIGIN = """## Where it comes from

`../config.json` has every setting of the run, `../summary.json` its figures, versions and hashes, and
`../rejected.jsonl` every candidate that was rejected, with the reason."""


def card(facts: Facts, needs: Mapping[str, Any] = NOTHING) -> str:
    """Return the card of a capsule; `needs` is what it takes to replay it besides the program."""
    first = "With `selfinstruct` installed"
    if is_needed(needs):
        first = f"Besides, it takes {named(needs)} of its authors. With that and `selfinstruct` installed"
    return written(facts, REPLAY.format(first=first, command=command(needs, "selfinstruct", "capsule.zip")))


def dataset_card(facts: Facts) -> str:
    """Return the card that stands beside the dataset in a run folder."""
    return written(facts, f"{LOAD.format(name=default(facts) or 'chat')}\n\n{ORIGIN}")


LOAD = """## Load it

```python
from datasets import load_dataset

rows = load_dataset("<this folder>", split="train")          # {name}
rows = load_dataset("<this folder>", "{name}", split="train")
```"""


def written(facts: Facts, end: str) -> str:
    """Return the whole card."""
    files = table(("file", "rows"), ((f"`{name}`", f"{count:,}") for name, count in facts.dataset.items()))
    parts = [
        front_matter(facts),
        f"# {literal(facts.title)}",
        *(NOTES[name] for name in stand_ins(facts.models)),
        *([] if facts.models else [CONVERTED]),
        literal(paragraph(facts) if facts.models else conversion(facts)),
        f"## Files\n\n{files}",
        f"## Filters\n\n{filters(facts)}",
        f"## Limits\n\n{limits(facts)}",
        f"## Licenses\n\n{licences(facts)}",
        end,
    ]
    return "\n\n".join(parts) + "\n"


def conversion(facts: Facts) -> str:
    """Return how a dataset was made that no model wrote."""
    version = facts.software["versions"].get("selfinstruct")
    return (
        f"The recipe {facts.recipe} of selfinstruct {version} read {facts.figures['candidates']:,} annotated rows and"
        f" put {facts.figures['kept']:,} of them into words: {facts.tasks['made']:,} tasks with"
        f" {facts.tasks['instances']:,} instances. The random seed was {facts.random_seed}."
    )


def default(facts: Facts) -> str | None:
    """Return the name of the configuration that is read where none is named: of the first file that has rows."""
    return next((PurePosixPath(file).stem for file, rows in facts.dataset.items() if rows), None)


def front_matter(facts: Facts) -> str:
    """Return what the hub reads, as YAML."""
    lines = [
        "---",
        f"pretty_name: {quoted(facts.title)}",
        *listed("language", facts.told.languages),
        *([f"license: {quoted(facts.told.licence)}"] if facts.told.licence else []),
        *listed("size_categories", [size(facts.tasks["made"])]),
        *listed("task_categories", ["text-generation"]),
        *listed("tags", tags(facts)),
        *configurations(facts),
        "---",
    ]
    return "\n".join(lines)


def configurations(facts: Facts) -> Iterator[str]:
    """Yield each file that has rows as a configuration; a file without rows cannot be read as one."""
    first = default(facts)
    if first is not None:
        yield "configs:"
    for file, rows in facts.dataset.items():
        if rows:
            name = PurePosixPath(file).stem
            mark = "\n  default: true" if name == first else ""
            content = f"{rows:,} {'row' if rows == 1 else 'rows'}, SHA-256 {facts.hashes[file]}"
            yield f"- config_name: {json.dumps(name)}\n  description: {json.dumps(content)}"
            yield f"  data_files: {json.dumps(file)}{mark}"


def quoted(text: str) -> str:
    """Return a text as YAML in quotes, without anything that a page or a terminal would obey."""
    return re.sub(r"<(?=[A-Za-z/!?])", r"\\u003c", json.dumps(printable(text), ensure_ascii=False))


def listed(key: str, values: Iterable[str]) -> Iterator[str]:
    """A list in YAML; nothing where it is empty."""
    items = [f"- {quoted(value)}" for value in values]
    return iter([f"{key}:", *items] if items else [])


def tags(facts: Facts) -> list[str]:
    """What the dataset is found by."""
    marks = {OFFLINE: "made-by-an-offline-grammar", SCRIPTED: "made-by-a-script"}
    made_by = [*(marks[name] for name in stand_ins(facts.models)), *(["not-for-training"] if facts.is_offline else [])]
    kind = "synthetic" if facts.models else "converted"
    return [kind, "instruction-tuning", "selfinstruct", facts.recipe.replace("_", "-"), *made_by]


def size(count: int) -> str:
    """The hub's word for a number of rows."""
    return next((name for limit, name in SIZES if count < limit), LARGEST)


def filters(facts: Facts) -> str:
    """What was rejected, and how much of it."""
    rows = [
        (f"`{name}`", f"`{filter_}`", f"{facts.stages[name]['rejected'].get(filter_, 0):,}", settings or "-")
        for name, stage in facts.resolved["recipe"].items()
        for filter_, settings in filters_of(stage)
    ]
    rejected = facts.figures["rejected"]
    others = ", ".join(f"{name} {rejected[name]:,}" for name in ("parse", "model", "surplus") if name in rejected)
    text = table(("stage", "filter", "rejected", "settings"), rows) if rows else "None."
    return f"{text}\n\nRejected for other reasons: {others or 'nothing'}."


def limits(facts: Facts) -> str:
    """What the data is not."""
    points = [
        "No person has checked it: filters reject forms and repetitions, not errors of fact.",
        "It has the leanings of the model that wrote it, of the seed tasks and of the prompts."
        if facts.models
        else "It has the errors and the leanings of the annotated data, and phrasings that repeat.",
        f"{facts.tasks['made'] - facts.tasks['with_instances']:,} of {facts.tasks['made']:,} tasks have no instance.",
    ]
    if facts.is_offline:
        writer = "an offline grammar" if OFFLINE in facts.models else "a script"
        points.insert(0, f"It was made by {writer}, not by a language model: it is no data to train on.")
    elif facts.told.licence is None:
        whose = "model that wrote it" if facts.models else "annotated data"
        points.append(f"Its license is not stated. The terms of the {whose} may limit its use.")
    return "\n".join(f"- {point}" for point in points)


def licences(facts: Facts) -> str:
    """Of the dataset, the seeds and the prompts."""
    if not facts.models:
        return f"- dataset: {facts.told.licence or NOT_STATED}; that of the annotated data holds"
    return (
        f"- dataset: {facts.told.licence or NOT_STATED}\n"
        f"- seeds: {facts.seeds_licence} ({literal(facts.seeds_origin)})"
        + ("" if facts.replies is None else "\n- prompts: see `provenance.json`")
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    first = list(head)
    lines = [first, ["---"] * len(first), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines)
