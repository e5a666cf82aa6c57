"""Which tasks were used as examples, and what came of it.

A task's parents are the tasks that its prompt showed; its children are the tasks that have it among their parents, and
its descendants are its children, theirs, and so on, each counted once.  A prompt shows several tasks, so that a task
descends from many seeds, and the shares of all seeds add up to far more than one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from selfinstruct.pool import Pool
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task
from selfinstruct.text.command import pasted

MOST = 20
BAR = 40
DEFINITIONS = (
    "Parents of a task are the tasks that its prompt showed; it is their child.",
    "A use is one request that showed a task, of those from which anything was kept.",
    "Children per use is the number of children, divided by the uses.",
    "Depth is 0 for a seed, else 1 more than that of the deepest parent.",
    "A seed's descendants are its children, their children and so on, each once; its share is of all tasks made.",
)


def children(pool: Iterable[Task]) -> dict[str, list[str]]:
    """Return the children of every task that has some."""
    found: dict[str, list[str]] = {}
    for task in pool:
        for parent in dict.fromkeys(task.parents):
            found.setdefault(parent, []).append(task.id)
    return found


def descendants(id: str, of: Mapping[str, list[str]]) -> set[str]:
    """Return all that descend from a task."""
    found: set[str] = set()
    left = [id]
    while left:
        new = [child for child in of.get(left.pop(), ()) if child not in found]
        found.update(new)
        left += new
    return found


def uses(pool: Iterable[Task]) -> Counter[str]:
    """Return in how many requests that gave something each task was shown."""
    requests = {task.request: task.parents for task in pool if task.request}
    return Counter(parent for parents in requests.values() for parent in dict.fromkeys(parents))


def depths(pool: Iterable[Task]) -> dict[str, int]:
    """Return how many generations each task is away from the seeds; parents stand before their children."""
    found: dict[str, int] = {}
    for task in pool:
        found[task.id] = 0 if task.is_human else 1 + max((found.get(parent, 0) for parent in task.parents), default=0)
    return found


def lineage(record: RunReader) -> list[str]:
    """Return which examples gave most, how deep the generations go, and what each seed's share is."""
    pool = record.pool
    made = [task for task in pool if not task.is_human]
    of = children(pool)
    return [
        "# Lineage",
        "",
        f"{len(made):,} tasks made from {len(record.seeds):,} seeds, in {len(record.rounds):,} rounds.",
        "",
        *(f"- {text}" for text in DEFINITIONS),
        *best_examples(record, of),
        *best_rounds(record),
        *depth_histogram(pool),
        *shares(record, of, len(made)),
    ]


def best_examples(record: RunReader, of: Mapping[str, list[str]]) -> list[str]:
    """Return the seeds with the most children per use."""
    shown = uses(record.pool)
    found = [(len(of.get(seed.id, ())) / shown[seed.id], seed) for seed in record.seeds if shown[seed.id]]
    found.sort(key=lambda pair: -pair[0])
    rows = [
        f"| {pasted(seed.id)} | {share:.2f} | {len(of[seed.id])} | {shown[seed.id]} |" for share, seed in found[:MOST]
    ]
    head = ["| seed | children per use | children | uses |", "|---|---|---|---|"]
    return ["", "## Seeds that gave most as examples", "", *head, *rows]


def best_rounds(record: RunReader) -> list[str]:
    """Return the rounds of the stages that make tasks, by what they kept per request."""
    growing = {task.origin for task in record.pool if not task.is_human}
    rounds = [round_ for round_ in record.rounds if round_.stage in growing and round_.asked]
    rounds.sort(key=lambda round_: -round_.kept / round_.asked)
    rows = [
        f"| {round_.stage} {round_.number} | {round_.kept / round_.asked:.2f} | {round_.kept} | {round_.asked} |"
        for round_ in rounds[:MOST]
    ]
    head = ["| round | per request | kept | requests |", "|---|---|---|---|"]
    return ["", "## Rounds that kept most per request", "", *head, *rows]


def depth_histogram(pool: Pool) -> list[str]:
    """Return how many tasks there are of each generation."""
    known = depths(pool)
    counts = Counter(known[task.id] for task in pool if not task.is_human)
    most = max(counts.values(), default=1)
    rows = [f"| {depth} | {counts[depth]:,} | {'#' * -(-BAR * counts[depth] // most)} |" for depth in sorted(counts)]
    return ["", "## Depth", "", "| depth | tasks | |", "|---|---|---|", *rows]


def shares(record: RunReader, of: Mapping[str, list[str]], made: int) -> list[str]:
    """Return the seeds with the most descendants."""
    counts = [(len(descendants(seed.id, of)), seed) for seed in record.seeds]
    counts.sort(key=lambda pair: -pair[0])
    rows = [f"| {pasted(seed.id)} | {count / max(made, 1):.1%} | {count:,} |" for count, seed in counts[:MOST]]
    return ["", "## Share of each seed's descendants", "", "| seed | share | descendants |", "|---|---|---|", *rows]
