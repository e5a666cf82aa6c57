"""The overview of a run, as values for its template: `report.html` and the first page of a run in the browser show it.

The same run gives the same values: nothing in them says when or where the page was made, and what is shown of many
texts is drawn evenly and always the same.  A report is sent to others, so that nothing in it names a key, a server, a
folder or a user (`selfinstruct.text.places`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from selfinstruct.formats.rows import finished
from selfinstruct.pages.figures.scores import meanings
from selfinstruct.pages.listing import cut, fields_of, shown_rejections, shown_tasks, text_of, with_judged
from selfinstruct.pages.settings import command, made_with, settings
from selfinstruct.round import IGNORED, Rejection
from selfinstruct.storage.diversity import even
from selfinstruct.storage.exported import rows_of_files
from selfinstruct.storage.filter_settings import filters_of, mapping
from selfinstruct.storage.folder import stored_values
from selfinstruct.storage.history import rejection_of
from selfinstruct.storage.pool_counts import authors, tasks
from selfinstruct.storage.provenance import CONVERTED, STAND_IN, cautions, license_of, origin_of, seed_writers
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.state import condition_of
from selfinstruct.storage.totals import seconds, totals
from selfinstruct.task import Task, stand_ins
from selfinstruct.text.places import public, without_places

KEPT, REJECTED = 5, 3
"""The samples that are shown: of what was kept, and of what each filter rejected."""
UNKNOWN = "unknown"


def overview(run: RunReader, figures: Sequence[Mapping[str, Any]] = (), rows: int = 0) -> dict[str, Any]:
    """Return the values of the page: with these figures, and lists of at most so many tasks and rejections."""
    made = [task for task in run.pool if not task.is_human]
    passed = [task for task in made if not task.is_rejected]
    refused = [rejection_of(b"", row) for row in run.rejected()]
    models = [without_places(name) for name in authors(run.pool) or run.summary.get("models", [])]
    name = str(run.summary.get("recipe") or ", ".join(run.config.get("recipe", {})))
    return {
        "title": f"{name} by {', '.join(models)}" if models else name,
        "state": (condition := condition_of(run)).state,
        "reason": cut(without_places(condition.reason)),
        "numbers": list(numbers(run, made)),
        "models": models,
        "stand_ins": {one.upper(): STAND_IN.format(name=one) for one in stand_ins(models)},
        "cautions": list(cautions_of(run, models)) if made else [],
        "figures": figures,
        "stages": stages(run),
        "dataset": dataset(run),
        "filters": filters(run),
        "rejected": rejected(run, refused),
        "samples": [{"id": task.id, "fields": fields_of(task)} for task in even(passed, KEPT)],
        "scores": scores(run),
        "training": training(run),
        "settings": settings(run),
        "command": command(run.folder),
        "made_with": made_with(run.summary),
        "tasks": shown_tasks(made, rows),
        "rejections": shown_rejections(refused, rows),
    }


def numbers(run: RunReader, made: Sequence[Task]) -> Iterator[tuple[str, str]]:
    """Yield the figures of the head line, each with what it counts."""
    total = totals(run.rows)
    grown = totals([row for row in run.rows if row["stage"] in {task.origin for task in made}])
    target = sum(targets(run))
    tokens, usd = spent(total)
    if made:
        yield f"{len(made):,}" + (f" of {target:,}" if target else ""), "tasks kept"
        if (inside := sum(1 for _ in finished(run.pool, False))) < len(made):
            yield f"{inside:,}", "of them in the dataset"
        yield share(grown["kept"], grown["candidates"]), "of the candidates for tasks"
    else:
        yield f"{total['kept']:,} of {total['candidates']:,}", "candidates kept"
    yield tokens, "tokens"
    yield usd, "paid" if total["cost_usd"] is not None else "paid: set model.price"
    yield f"{total['asked'] - total['failed']:,}", "replies"


def targets(run: RunReader) -> Iterator[int]:
    """Yield how many tasks each stage is to keep, where the config says so; it may be a stranger's."""
    recipe = (stored_values(run.folder) or run.config).get("recipe") or {}
    for stage in recipe.values():
        until = stage.get("until") if isinstance(stage, dict) else None
        if isinstance(until, int) and not isinstance(until, bool):
            yield until


def cautions_of(run: RunReader, models: Sequence[str]) -> Iterator[str]:
    """Yield what the dataset's card says to its users."""
    actions, seeds = run.config.get("actions"), run.config.get("seeds") or {}
    export = (actions.get("export") if isinstance(actions, dict) else None) or {}
    origin = f"{license_of(seeds, export.get('seeds_license'))} ({origin_of(seeds, seed_writers(run.pool))})"
    if not models:
        yield CONVERTED
    yield from asked_how(run)
    if ignored := totals(run.rows).get(IGNORED):
        yield f"The server ignored the JSON schema in {ignored:,} of its replies; they were read as text."
    yield from cautions(tasks(run.pool), export.get("license"), origin if models else None)


def asked_how(run: RunReader) -> Iterator[str]:
    """Yield which stages were held to JSON schemas, and which were asked in batches, as the config says."""
    config = declared(run)
    recipe: Mapping[str, Any] = config["recipe"]
    prompts = {name: mapping(stage.get("prompt")) for name, stage in recipe.items()}
    if held := [name for name in recipe if mapping(prompts[name].get("structured")).get("enabled") is True]:
        yield f"Replies were held to a JSON schema in: {', '.join(held)}."
    models = {name: mapping(stage.get("model") or config.get("model")) for name, stage in recipe.items()}
    if batched := [name for name in recipe if models[name].get("batch") is True and "until" not in recipe[name]]:
        yield f"Requests were sent in batches, mostly at half the price, in: {', '.join(batched)}."


def declared(run: RunReader) -> dict[str, Any]:
    """Return the config of a run, its interpolations resolved where the folder has it so, without what is private."""
    return {"recipe": {}, **public(stored_values(run.folder) or run.config)}


def filters(run: RunReader) -> dict[str, Any]:
    """Return a row for each filter of a stage that was asked, also where it has rejected nothing."""
    rows = []
    for stage, values in declared(run)["recipe"].items():
        if own := [row for row in run.rows if row["stage"] == stage]:
            counts = totals(own)["rejected"]
            rows += [[stage, name, f"{counts.get(name, 0):,}", text] for name, text in filters_of(mapping(values))]
    note = "In the order in which they judge; the first that rejects a candidate counts."
    return {"title": "Filters", "headers": ["stage", "filter", "rejected", "settings"], "rows": rows, "note": note}


def stages(run: RunReader) -> dict[str, Any]:
    """Return a row for each stage."""
    rows = []
    for stage in dict.fromkeys(row["stage"] for row in run.rows):
        own = [row for row in run.rows if row["stage"] == stage]
        taken = seconds([row for row in run.timings if row["stage"] == stage])
        total = totals(own)
        counts = [len(own), total["asked"], total["failed"], total["candidates"], total["kept"]]
        made = [*(f"{count:,}" for count in counts), share(total["kept"], total["candidates"]), *spent(total)]
        rows.append([stage, *made, f"{taken:,.1f}", str(own[-1].get("ended") or "")])
    head = ["stage", "rounds", "requests", "failed", "candidates", "kept", "share", "tokens", "cost", "seconds", "end"]
    return {"title": "Stages", "headers": head, "rows": rows, "note": ""}


def dataset(run: RunReader) -> dict[str, Any] | None:
    """Return a row for each file of the dataset; None where nothing was exported."""
    rows = [[name, f"{count:,}"] for name, count in rows_of_files(run.folder).items()]
    return {"title": "Dataset", "headers": ["file", "rows"], "rows": rows, "note": ""} if rows else None


def share(part: float, whole: float) -> str:
    """Return a part in percent of the whole."""
    return f"{100 * part / whole:.0f} %" if whole else UNKNOWN


def spent(total: Mapping[str, Any]) -> tuple[str, str]:
    """Return tokens and dollars; a word where they are unknown, which is not the same as 0."""
    prompt, completion, usd = total["prompt_tokens"], total["completion_tokens"], total["cost_usd"]
    tokens = UNKNOWN if prompt is None or completion is None else f"{prompt + completion:,}"
    return tokens, UNKNOWN if usd is None else f"${usd:,.2f}" if usd == 0 or usd >= 1 else f"${usd:,.4f}"


def rejected(run: RunReader, refused: Sequence[Rejection]) -> list[dict[str, Any]]:
    """Return what each filter rejected, the most first, with some of it."""
    by_filter: dict[str, list[Rejection]] = {}
    for item in refused:
        by_filter.setdefault(item.filter, []).append(item)
    return [
        {"filter": name, "count": len(items), "examples": [example(run, item) for item in even(items, REJECTED)]}
        for name, items in sorted(by_filter.items(), key=lambda pair: -len(pair[1]))
    ]


def example(run: RunReader, item: Rejection) -> dict[str, Any]:
    """Return a rejection, beside the task that is nearest to it where one was."""
    name = item.nearest[0] if item.nearest else None
    nearest = run.pool[name].instruction if name is not None and name in run.pool else None
    beside = None if nearest is None else {"id": name, "score": item.nearness, "text": cut(nearest)}
    about = run.pool[item.task] if item.task is not None and item.task in run.pool else None
    return {"text": text_of(with_judged(item, about)), "reason": cut(without_places(item.reason)), "nearest": beside}


def scores(run: RunReader) -> dict[str, Any] | None:
    """Return the figures of each benchmark that the run was scored on; None where it was not."""
    found: Mapping[str, Any] = run.summary.get("scores") or {}
    known = meanings(run)
    rows = [
        [name, key, number(value), known.get(key, "")]
        for name, figures in found.items()
        for key, value in figures.items()
    ]
    head = ["benchmark", "figure", "value", "meaning"]
    return {"title": "Scores", "headers": head, "rows": rows, "note": ""} if rows else None


def training(run: RunReader) -> dict[str, Any] | None:
    """Return what the training in the folder came to; None where there is none."""
    found: Mapping[str, Any] = public(run.summary.get("training") or {})
    rows = [[key.replace("_", " "), number(value)] for key, value in found.items() if not isinstance(value, Mapping)]
    return {"title": "Training", "headers": ["figure", "value"], "rows": rows, "note": ""} if rows else None


def number(value: Any) -> str:
    """Return a value for a reader."""
    if value is None:
        return UNKNOWN
    return f"{value:.4g}" if isinstance(value, float) else str(value)
