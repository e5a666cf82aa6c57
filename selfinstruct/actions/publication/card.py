"""The dataset card: what somebody must know before using the data, below the front matter that Hugging Face reads.

Nothing in it is guessed.  What only the author knows (licence, authors) is left out where it was not told, and what the
grammar wrote is never called a model's.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from selfinstruct.actions.export import NOTE, literal
from selfinstruct.actions.publication.facts import NOT_STATED, Facts
from selfinstruct.actions.publication.methods import filters_of, paragraph

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGEST = "1M<n<10M"
REPLAY = """## Re-run it

Every reply of the model is in `capsule.zip`. With `selfinstruct` installed, without key and network:

```console
selfinstruct replay=capsule.zip
selfinstruct replay=capsule.zip <key>=<another value>
```

The first ends with "identical", or says where the first difference is; the second says which requests have no reply.
`manifest.json` in it has the SHA-256 of every file, `provenance.json` what the dataset was made of, `config.json`
every setting."""


def card(facts: Facts) -> str:
    """The whole card."""
    files = table(("file", "rows"), ((f"`{name}`", f"{count:,}") for name, count in facts.dataset.items()))
    files = table(("file", "rows"), ((f"`{name}`", f"{count:,}") for name, count in facts.dataset.items()))
    parts = [
        front_matter(facts),
        f"# {literal(facts.title)}",
        *([NOTE] if facts.is_offline else []),
        paragraph(facts),
        f"## Files\n\n{files}",
        f"## Filters\n\n{filters(facts)}",
        f"## Limits\n\n{limits(facts)}",
        f"## Licences\n\n{licences(facts)}",
        REPLAY,
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(facts: Facts) -> str:
    """What the hub reads, as YAML; strings are written as JSON, which YAML holds."""
    names = [PurePosixPath(name).stem for name in facts.dataset]
    lines = [
        "---",
        f"pretty_name: {json.dumps(facts.title, ensure_ascii=False)}",
        *listed("language", facts.told.languages),
        *([f"license: {json.dumps(facts.told.licence)}"] if facts.told.licence else []),
        *listed("size_categories", [size(facts.tasks["made"])]),
        *listed("task_categories", ["text-generation"]),
        *listed("tags", tags(facts)),
        *(["configs:"] if names else []),
        *(
            f"- config_name: {json.dumps(name)}\n  data_files: {json.dumps(file)}"
            for name, file in zip(names, facts.dataset, strict=True)
        ),
        "---",
    ]
    return "\n".join(lines)


def listed(key: str, values: Iterable[str]) -> Iterator[str]:
    """A list in YAML; nothing where it is empty."""
    items = [f"- {json.dumps(value, ensure_ascii=False)}" for value in values]
    return iter([f"{key}:", *items] if items else [])


def tags(facts: Facts) -> list[str]:
    """What the dataset is found by."""
    made_by = ["made-by-an-offline-grammar", "not-for-training"] if facts.is_offline else []
    return ["synthetic", "instruction-tuning", "selfinstruct", facts.recipe.replace("_", "-"), *made_by]


def size(count: int) -> str:
    """The hub's word for a number of rows."""
    return next((name for limit, name in SIZES if count < limit), LARGEST)


def filters(facts: Facts) -> str:
    """What was turned away, and how much of it."""
    rows = [
        (f"`{name}`", f"`{filter_}`", f"{facts.stages[name]['rejected'].get(filter_, 0):,}", settings or "-")
        for name, stage in facts.resolved["recipe"].items()
        for filter_, settings in filters_of(stage)
    ]
    rejected = facts.figures["rejected"]
    others = ", ".join(f"{name} {rejected[name]:,}" for name in ("parse", "model", "surplus") if name in rejected)
    text = table(("stage", "filter", "rejected", "settings"), rows) if rows else "None."
    return f"{text}\n\nBeside them were turned away: {others or 'nothing'}."


def limits(facts: Facts) -> str:
    """What the data is not."""
    points = [
        "No person has checked it: filters turn away forms and repetitions, not errors of fact.",
        "It has the leanings of the model that wrote it, of the seed tasks and of the prompts.",
        f"{facts.tasks['made'] - facts.tasks['with_instances']:,} of {facts.tasks['made']:,} tasks have no instance.",
    ]
    if facts.is_offline:
        points.insert(0, "It was made by an offline grammar, not by a language model: it is no data to train on.")
    elif facts.told.licence is None:
        points.append("Its licence is not stated. The terms of the model that wrote it may limit its use.")
    return "\n".join(f"- {point}" for point in points)


def licences(facts: Facts) -> str:
    """Of the dataset, the seeds and the prompts."""
    return (
        f"- dataset: {facts.told.licence or NOT_STATED}\n"
        f"- seeds: {facts.seeds_licence} ({facts.seeds_origin})\n"
        "- prompts: see `provenance.json`"
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    first = list(head)
    lines = [first, ["---"] * len(first), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines)
