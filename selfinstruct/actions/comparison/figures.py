"""The figures of one run, under dotted names, and how much two runs overlap; None is unknown, and never 0."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.filters.lcs_threshold import LcsThreshold
from selfinstruct.filters.rouge import RougeIndex
from selfinstruct.filters.tokens import unicode
from selfinstruct.formats.rows import finished
from selfinstruct.round import CACHED
from selfinstruct.storage.coverage import coverage, gap
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.diversity import diversity, even, mean
from selfinstruct.storage.exported import rows_of_files
from selfinstruct.storage.folder import stored_values
from selfinstruct.storage.pool_counts import tasks
from selfinstruct.storage.totals import known, seconds, totals

CONTAMINATION, OVERLAP = "contamination", "overlap"
"""Where the share of rows that overlap with benchmarks stands among the scores of a run that was checked."""
THRESHOLD = 0.7
"""ROUGE-L above which instructions are near (section 2.2 of Self-Instruct)."""
SAMPLE = 1000
"""The most instructions of a run that are compared with another run."""
MOST = 40
"""The most runs that are compared with each other."""

LEARNED = ("steps", "epochs", "tokens", "loss", "seconds", "tokens_per_second", "trainable_parameters")
"""What the summary of a training alone has to compare, besides what was held out."""

Figures: TypeAlias = dict[str, float | None]

EXPLAINED = {
    "made": "tasks that the run has made, seeds not counted",
    "in_dataset": "of these, those that have an instance and were not rejected by a judge's verdict",
    "kept_per_request": "tasks made, per request of the stages that make them",
    "tokens_per_task": "all tokens, prompts and replies of every stage and those no round needed, per task made",
    "usd_per_task": "US dollars for all tokens of every stage, per task made; unknown where a price is",
    "cached_share": "tokens of prompts that came from the provider's cache; unknown unless it names some",
    "seconds": "time that the rounds took, or a training alone",
    "rejected_share": "candidates of all stages that were rejected",
    "parse_share": "candidates of all stages that could not be read from their reply",
    "contaminated_share": "rows that overlap with a benchmark; unknown unless actions=[check] has looked",
    "classification_share": "classification tasks, of those where the question was answered",
    "steps": "steps of a training alone",
    "loss": "loss of a training alone at its last logged step, on the rows that it learned from",
    "validation_loss": "loss of a training on the rows that were held out; unknown without actions=[train]",
    "reward_accuracy": "held-out pairs whose chosen answer gained more than the other, by trainer=dpo",
    "instruction_words": "mean length of the instructions made, in words",
    "output_words": "mean length of the outputs made, in words",
    "quota_gap": "the largest share by which the tasks of a topic differ from its quota; 0 where all are met",
    "diversity.distinct_1": "different words over all words; falls with the number of tasks",
    "diversity.distinct_2": "different pairs of words over all pairs; falls with the number of tasks",
    "diversity.distinct_3": "different triples of words over all triples; falls with the number of tasks",
    "diversity.distinct_1_of_500": "different words over all words, in 500 of the instructions; of fewer unknown",
    "diversity.distinct_2_of_500": "different pairs of words over all pairs, in 500 of the instructions",
    "diversity.distinct_3_of_500": "different triples of words over all triples, in 500 of the instructions",
    "diversity.compression_ratio": "how many times zlib makes the instructions made smaller; higher is more repetition",
    "diversity.nearest": "mean ROUGE-L of an instruction made with the nearest other one of the pool",
    "diversity.nearest_seed": "mean ROUGE-L of an instruction made with the nearest seed",
    "diversity.self_similarity": "mean ROUGE-L of all pairs in a fixed sample of the instructions made",
    "diversity.verbs": "different root verbs, by a rule for English, or spacy_model",
    "diversity.verb_noun_pairs": "different pairs of root verb and noun, by the same",
    "diversity.verb_noun_entropy": "how evenly those pairs are used, in bits",
    "diversity.verb_noun_share": "instructions in which such a pair was found",
}
"""The figures that are shown first, and what they mean."""
FILE = "dataset."
FILE_ROWS = "rows of this file of the dataset; shown where the files of a run differ in them"


def figures(run: Reading, spacy_model: str | None = None) -> Figures:
    """Return the figures of a run; those of the summary are made by the functions that make it."""
    if "recipe" not in run.config:
        return of_training(run.summary.get("training") or {})
    total, made, unused = totals(run.rounds), run.made, run.summary.get("unused") or {}
    pool = tasks(run.pool)
    growing = {task.origin for task in made}
    grown = totals([row for row in run.rounds if row["stage"] in growing])
    answered = [task for task in made if task.is_classification is not None]
    outputs = (instance.output for task in made for instance in task.instances or ())
    tokens = known(part.get(key) for part in (total, unused) for key in ("prompt_tokens", "completion_tokens"))
    topics, training = coverage(stored_values(run.folder), run.pool), run.summary.get("training") or {}
    found = {
        "made": pool.pop("made"),
        "in_dataset": sum(1 for _ in finished(run.pool, False)),
        "dataset": rows_of_files(run.folder),
        "kept_per_request": share(grown["kept"], grown["asked"]),
        "tokens_per_task": share(tokens, len(made)),
        "usd_per_task": share(known(part.get("cost_usd") for part in (total, unused)), len(made)),
        "cached_share": share(total.get(CACHED), total["prompt_tokens"] or 0),
        "seconds": seconds(run.timings) if len(run.timings) == len(run.rounds) else None,
        "rejected_share": share(total["candidates"] - total["kept"], total["candidates"]),
        "parse_share": share(total["rejected"].get("parse", 0), total["candidates"]),
        "contaminated_share": ((run.summary.get("scores") or {}).get(CONTAMINATION) or {}).get(OVERLAP),
        **of_held_out(training),
        "classification_share": share(pool["classification"], len(answered)),
        "instruction_words": words(task.instruction for task in made),
        "output_words": words(outputs),
        **({"quota_gap": gap(topics), "topics": topics} if topics else {}),
        "diversity": diversity(run.pool, spacy_model),
        **total,
        "tasks": pool,
        "unused": unused,
        "embedded": run.summary.get("embedded") or {},
        "stages": {stage: of_stage(run, stage) for stage in run.config["recipe"]},
    }
    return {name: value for name, value in leaves(found) if value != {}}  # of a mapping without figures


def of_training(found: Mapping[str, Any]) -> Figures:
    """Return the figures of a training alone."""
    return {name: found.get(name) for name in LEARNED} | of_held_out(found)


def of_held_out(found: Mapping[str, Any]) -> Figures:
    """Return how a training did on the rows that were held out."""
    return {
        "validation_loss": found.get("validation_loss"),
        "reward_accuracy": found.get("validation_reward_accuracy"),
    }


def share(part: float | None, whole: float) -> float | None:
    """Return a part per whole; None where the part is unknown or the whole is 0."""
    return None if part is None or not whole else round(part / whole, 6)


def words(texts: Iterable[str]) -> float | None:
    """Return the mean length of some texts in words."""
    average = mean([len(unicode(text)) for text in texts])
    return None if average is None else round(average, 6)


def of_stage(run: Reading, stage: str) -> dict[str, Any]:
    """Return the totals of a stage."""
    rows = [row for row in run.rounds if row["stage"] == stage]
    taken = [row for row in run.timings if row["stage"] == stage]
    total = totals(rows)
    per_request = share(total["kept"], total["asked"])
    return {**total, "kept_per_request": per_request, "seconds": seconds(taken) if len(taken) == len(rows) else None}


def kept_shares(run: Reading, stage: str) -> list[float | None]:
    """Return the share of candidates that each round of a stage kept."""
    return [share(row["kept"], row["candidates"]) for row in run.rounds if row["stage"] == stage]


class Overlap(NamedTuple):
    """What share of one run's instructions another run has."""

    near: float
    identical: float


def overlaps(runs: Sequence[Reading]) -> dict[tuple[str, str], Overlap]:
    """Return how much of the first run is in the second, by the labels of both."""
    made = {run.label: tasks for run in runs if (tasks := run.made)}
    labels = list(made)[:MOST]
    threshold = LcsThreshold(THRESHOLD)
    found: dict[tuple[str, str], Overlap] = {}
    for second in labels:
        index = RougeIndex(unicode)
        for task in made[second]:
            index.add(task)
        known = {task.instruction for task in made[second]}
        for first in labels:
            if first != second:
                texts = [task.instruction for task in even(made[first], SAMPLE)]
                same = [text in known for text in texts]
                near = [text in known or index.above(text, threshold) is not None for text in texts]
                shares = (round(sum(one) / len(texts), 6) for one in (near, same))
                found[first, second] = Overlap(*shares)
    return found
