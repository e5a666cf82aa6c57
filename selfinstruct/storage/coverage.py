"""What a run was to cover, and what it covers: its tasks by topic, where its sampler has topics with quotas."""

from collections import Counter
from collections.abc import Mapping
from math import isfinite
from typing import Any

from selfinstruct.pool import TOPIC, Pool, quotas

Coverage = dict[str, dict[str, dict[str, int]]]


def coverage(config: Mapping[str, Any], pool: Pool) -> Coverage:
    """Return for each stage with quotas how many tasks of each topic were `wanted`, and how many were `kept`.

    The config is one with its interpolations resolved; it may be a stranger's.  A folder stores the one that its run
    began with: of a run that was resumed with a larger `until`, the tasks that it has made are divided.
    """
    found: Coverage = {}
    recipe = config.get("recipe")
    for stage, values in recipe.items() if isinstance(recipe, dict) else ():
        made = pool.of(stage)
        if wanted := quotas_in(values.get("sampler") if isinstance(values, dict) else None, len(made)):
            kept = Counter(pool[name].attributes.get(TOPIC) for name in made)
            found[stage] = {topic: {"wanted": quota, "kept": kept[topic]} for topic, quota in wanted.items()}
    return found


def quotas_in(sampler: Any, made: int) -> dict[str, int]:
    """Return the quotas of a sampler, for as many tasks as were made at least; empty where it has none."""
    values = sampler if isinstance(sampler, dict) else {}
    topics, total = values.get("topics"), values.get("total")
    if not isinstance(topics, dict) or type(total) is not int or not 0 < total < 10**9:
        return {}
    are_weights = all(type(one) in (int, float) and isfinite(one) and one >= 0 for one in topics.values())
    return quotas(topics, max(total, made)) if are_weights and any(topics.values()) else {}


def gap(found: Coverage) -> float | None:
    """Return the largest share by which the kept tasks of a topic differ from its quota; None without quotas."""
    counts = [one for topics in found.values() for one in topics.values() if one["wanted"]]
    return max((abs(one["kept"] - one["wanted"]) / one["wanted"] for one in counts), default=None)
