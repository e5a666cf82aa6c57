"""The figures of one run, under dotted names; None is unknown, and never 0.

Figures of the summary are made by the functions that make it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.filters.tokens import unicode
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.diversity import diversity, even, mean
from selfinstruct.storage.summary import known, seconds, tasks, totals

Figures: TypeAlias = dict[str, float | None]

EXPLAINED = {
    "made": "tasks that the run has made, seeds not counted",
    "kept_per_request": "tasks made, per request of the stages that make them",
    "tokens_per_task": "all tokens, prompts and replies of every stage and those no round needed, per task made",
    "usd_per_task": "US dollars for the same, per task made; unknown where a price is",
    "seconds": "time that the rounds took",
    "rejected_share": "candidates of all stages that were rejected",
    "parse_share": "candidates of all stages that could not be read from their reply",
    "classification_share": "classification tasks, of those where the question was answered",
    "instruction_words": "mean length of the instructions made, in words",
    "output_words": "mean length of the outputs made, in words",
    "diversity.distinct_1": "different words over all words; falls with the number of tasks",
    "diversity.distinct_2": "different pairs of words over all pairs; falls with the number of tasks",
    "diversity.distinct_3": "different triples of words over all triples; falls with the number of tasks",
    "diversity.nearest": "mean ROUGE-L of an instruction made with the nearest other one of the pool",
    "diversity.nearest_seed": "mean ROUGE-L of an instruction made with the nearest seed",
    "diversity.self_similarity": "mean ROUGE-L of all pairs in a fixed sample of the instructions made",
    "diversity.verbs": "different root verbs (a heuristic, for English)",
    "diversity.verb_noun_pairs": "different pairs of root verb and noun (a heuristic, for English)",
    "diversity.verb_noun_entropy": "how evenly those pairs are used, in bits (a heuristic, for English)",
    "diversity.verb_noun_share": "instructions in which the heuristic finds such a pair",
}
"""The figures that are shown first, and what they mean."""


def figures(run: Reading) -> Figures:
    """Return the figures of a run."""
    total, pool = totals(run.rounds), tasks(run.pool)
    made = pool["made"]
    growing = {task.origin for task in run.pool if not task.is_human}
    grown = totals([row for row in run.rounds if row["stage"] in growing])
    answered = [task for task in run.pool if not task.is_human and task.is_classification is not None]
    found = {
        "made": made,
        "kept_per_request": share(grown["kept"], grown["asked"]),
        "tokens_per_task": share(spent(run, total, "prompt_tokens", "completion_tokens"), made),
        "usd_per_task": share(spent(run, total, "cost_usd"), made),
        "seconds": seconds(run.timings) if len(run.timings) == len(run.rounds) else None,
        "rejected_share": share(total["candidates"] - total["kept"], total["candidates"]),
        "parse_share": share(total["rejected"].get("parse", 0), total["candidates"]),
        "classification_share": share(pool["classification"], len(answered)),
        **lengths(run),
        **{f"diversity.{name}": value for name, value in diversity(run.pool).items()},
        **dict(leaves(total)),
        **dict(leaves({name: value for name, value in pool.items() if name != "made"}, "tasks")),
        **dict(leaves(run.summary.get("unused") or {}, "unused")),
        **of_stages(run),
    }
    return {name: value for name, value in found.items() if value != {}}  # of a mapping without figures


def share(part: float | None, whole: float) -> float | None:
    """Return a part per whole; None where the part is unknown or the whole is 0."""
    return None if part is None or not whole else round(part / whole, 6)


def spent(run: Reading, total: dict[str, Any], *keys: str) -> float | None:
    """Return what all replies cost, including those that no round needed; None if any part is unknown."""
    unused = run.summary.get("unused") or {}
    return known(part.get(key) for part in (total, unused) for key in keys)


def lengths(run: Reading) -> Figures:
    """Return the lengths of the instructions and outputs that the run has made."""
    made = [task for task in run.pool if not task.is_human]
    return {
        **spread("instruction_words", (task.instruction for task in made)),
        **spread("output_words", (instance.output for task in made for instance in task.instances or ())),
    }


def spread(name: str, texts: Iterable[str]) -> Figures:
    """Return the mean length of some texts in words, and its 10th, 50th and 90th percentile."""
    counts = sorted(len(unicode(text)) for text in texts)
    average = mean(counts)
    at = {tenth: counts[(len(counts) - 1) * tenth // 10] if counts else None for tenth in (1, 5, 9)}
    return {
        name: None if average is None else round(average, 6),
        **{f"{name}.p{tenth}0": value for tenth, value in at.items()},
    }


def of_stages(run: Reading) -> Figures:
    """Return the totals of each stage."""
    found: Figures = {}
    for stage in run.config["recipe"]:
        rows = [row for row in run.rounds if row["stage"] == stage]
        total = totals(rows)
        taken = [row for row in run.timings if row["stage"] == stage]
        found |= dict(leaves(total, f"stages.{stage}"))
        found[f"stages.{stage}.kept_per_request"] = share(total["kept"], total["asked"])
        found[f"stages.{stage}.seconds"] = seconds(taken) if len(taken) == len(rows) else None
    return found


def kept_shares(run: Reading, stage: str) -> list[float | None]:
    """Return the share of candidates that each round of a stage kept."""
    return [share(row["kept"], row["candidates"]) for row in run.rounds if row["stage"] == stage]


def samples(run: Reading, count: int) -> Sequence[str]:
    """Return some of the instructions that the run has made, evenly spread."""
    return even([task.instruction for task in run.pool if not task.is_human], count)
