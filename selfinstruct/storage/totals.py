"""The figures of some rounds, added up; what is unknown of one of them is unknown of all, and never 0."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from selfinstruct.round import CACHED, IGNORED

COUNTED = ("asked", "failed", "candidates", "parsed", "kept")
SPENT = ("prompt_tokens", "completion_tokens", "cost_usd")

Row = Mapping[str, Any]


def totals(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of some rounds, added up."""
    rejected: Counter[str] = Counter()
    for row in rows:
        rejected.update({key[9:]: count for key, count in row.items() if key.startswith("rejected/")})
    return {
        **{key: sum(row[key] for row in rows) for key in COUNTED},
        **{key: known(row[key] for row in rows) for key in SPENT},
        **{key: count for key in (CACHED, IGNORED) if (count := sum(row.get(key, 0) for row in rows))},
        "rejected": dict(sorted(rejected.items())),
    }


def is_outdated(summary: Row, rounds: Sequence[Row]) -> bool:
    """Return whether rounds were committed after a summary was written."""
    counted = totals(rounds)
    return any(summary.get(key) != counted[key] for key in (*COUNTED, *SPENT, "rejected"))


def known(values: Iterable[float | None]) -> float | None:
    """Return the sum; None as soon as one value is not known."""
    found = list(values)
    return None if None in found else sum(value for value in found if value is not None)


def seconds(timings: Sequence[Row]) -> float:
    """Return how long some rounds took."""
    return float(round(sum(row["seconds"] for row in timings), 3))
