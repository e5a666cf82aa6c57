"""The dataset card: what a reader must know before using the data, below the front matter that Hugging Face reads.

It stands in `dataset/` of every run and in its capsule; only the last section differs.  The front matter lists each
file as a configuration, named as its format is, so that `datasets.load_dataset` reads the folder.  Its description
holds the hash of the file: `datasets` caches by the name of the folder, which is `dataset` in every run, and by these
lines, and would return the rows of another run.

Nothing in it is guessed: what only the author knows (license, authors) is left out where it was not stated.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml  # type: ignore[import-untyped]

from selfinstruct.actions.card.facts import Facts
from selfinstruct.actions.card.methods import paragraph
from selfinstruct.storage.filter_settings import filters_of
from selfinstruct.storage.provenance import CONVERTED, STAND_IN, cautions
from selfinstruct.task import stand_ins
from selfinstruct.text.escaping import inert, markdown, markdown_table
from selfinstruct.text.terminal import printable

SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
LARGEST = "1M<n<10M"
LOAD = """## Load it

```python
from datasets import load_dataset

rows = load_dataset("<this folder>", split="train")          # {name}
rows = load_dataset("<this folder>", "{name}", split="train")
```

## Where it comes from

`../config.json` has every setting of the run, `../summary.json` its figures, versions and hashes, and
`../rejected.jsonl` every candidate that was rejected, with the reason."""

PAIRS = (
    "In `preference.jsonl`, `source` says what made an answer the chosen one: `answers`, its score among several to the"
    " task; `verdicts`, a judge that saw it in both orders with that of another system; `parents`, no judge: the answer"
    " to an evolved task stands beside that to its parent. `models` are those that wrote the answers."
)
"""What a reader of pairs must know."""


def dataset_card(facts: Facts) -> str:
    """Return the card that stands beside the dataset in a run folder."""
    return card(facts, LOAD.format(name=default(facts) or "chat"))


def card(facts: Facts, end: str) -> str:
    """Return a card with this text as its last section."""
    files = [("file", "rows"), *((f"`{name}`", f"{count:,}") for name, count in facts.dataset.items())]
    parts = [
        f"---\n{front_matter(facts)}---",
        f"# {literal(facts.title)}",
        *(f"**{STAND_IN.format(name=f'`{name}`')}**" for name in stand_ins(facts.models)),
        *([] if facts.models else [f"**{CONVERTED}**"]),
        literal(paragraph(facts) if facts.models else conversion(facts)),
        f"## Files\n\n{markdown_table(files)}",
        *topics(facts),
        f"## Filters\n\n{filters(facts)}",
        f"## Limits and licenses\n\n{limits(facts)}",
        end,
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def literal(name: str) -> str:
    """Return a name that Markdown shows as it is, on one line."""
    return markdown(" ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", name).split()))


def conversion(facts: Facts) -> str:
    """Return how a dataset was made that no model wrote."""
    return (
        f"The recipe {facts.recipe} of selfinstruct {facts.version} read {facts.figures['candidates']:,} annotated rows"
        f" and put {facts.figures['kept']:,} of them into words: {facts.tasks['made']:,} tasks with"
        f" {facts.tasks['instances']:,} instances. The random seed was {facts.random_seed}."
    )


def default(facts: Facts) -> str | None:
    """Return the name of the configuration that is read where none is named: of the first file that has rows."""
    return next((PurePosixPath(file).stem for file, rows in facts.dataset.items() if rows), None)


def front_matter(facts: Facts) -> str:
    """Return what the hub reads, as YAML."""
    made = facts.tasks["made"]
    marks = [
        *(f"made-by-{name}" for name in stand_ins(facts.models)),
        *(["not-for-training"] if facts.is_offline else []),
    ]
    kind = "synthetic" if facts.models else "converted"
    values = {
        "pretty_name": inert(printable(facts.title)),
        "language": facts.stated.languages,
        "license": facts.stated.license,
        "size_categories": [next((name for limit, name in SIZES.items() if made < limit), LARGEST)],
        "task_categories": ["text-generation"],
        "tags": [kind, "instruction-tuning", "selfinstruct", facts.recipe.replace("_", "-"), *marks],
        "configs": list(configurations(facts)),
    }
    known = {key: value for key, value in values.items() if value}
    return str(yaml.safe_dump(known, sort_keys=False, allow_unicode=True))


def configurations(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield each file that has rows as a configuration; a file without rows cannot be read as one."""
    first = default(facts)
    for file, rows in facts.dataset.items():
        if rows:
            name = PurePosixPath(file).stem
            found = {"config_name": name, "description": f"rows: {rows:,}, SHA-256 {facts.hashes[file]}"}
            yield {**found, "data_files": file, **({"default": True} if name == first else {})}


def topics(facts: Facts) -> Iterator[str]:
    """Yield how many tasks of each topic were wanted and kept, where topics have quotas."""
    rows = [(topic, one) for topics in facts.coverage.values() for topic, one in topics.items()]
    cells = [(literal(topic), f"{one['wanted']:,}", f"{one['kept']:,}") for topic, one in rows]
    if rows:
        yield f"## Topics\n\n{markdown_table([('topic asked for', 'tasks wanted', 'tasks kept'), *cells])}"


def filters(facts: Facts) -> str:
    """Return what was rejected, and how much of it."""
    rejected = facts.figures["rejected"]
    rows = [
        (f"`{name}`", f"`{filter_}`", f"{facts.stages[name]['rejected'].get(filter_, 0):,}", settings or "-")
        for name, stage in facts.resolved["recipe"].items()
        for filter_, settings in filters_of(stage)
    ]
    cells = [tuple(cell.replace("|", r"\|") for cell in row) for row in rows]
    text = markdown_table([("stage", "filter", "rejected", "settings"), *cells]) if rows else "None.\n"
    others = ", ".join(f"{name} {rejected[name]:,}" for name in ("parse", "model", "surplus") if name in rejected)
    return f"{text}\nRejected for other reasons: {others or 'nothing'}."


def checked(facts: Facts) -> Iterator[str]:
    """Yield what `actions=[check]` has found before this card was written."""
    if facts.overlap is not None:
        yield f"A check found that {facts.overlap:.2%} of its rows overlap with benchmarks."


def limits(facts: Facts) -> str:
    """Return what a user of the data must not expect of it, and its licenses."""
    seeds = f"{facts.seeds_license} ({literal(facts.seeds_origin)})" if facts.models else None
    points = [
        *cautions(facts.tasks, facts.stated.license, seeds),
        *checked(facts),
        *([PAIRS] if "preference.jsonl" in facts.dataset else []),
    ]
    return "\n".join(f"- {point}" for point in points)
