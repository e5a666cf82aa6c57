"""The names of classes, as Hugging Face `datasets` records them beside columns that hold their numbers.

A `ClassLabel` column holds 0, 1, …, and -1 for a row that nobody has labelled.  The names stand in the features of a
dataset, and as JSON in the metadata of a Parquet file that `datasets` wrote.
"""

import json
from collections.abc import Mapping
from typing import Any

METADATA = b"huggingface"
"""The key of the features in the metadata of a Parquet file."""


def labels_of(features: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Return column to names, for the columns of classes among some features: of `datasets` or as JSON."""
    found = {column: names_of(feature) for column, feature in (features or {}).items()}
    return {column: names for column, names in found.items() if names}


def names_of(feature: Any) -> list[str]:
    """Return the names of a feature that is a class, or a list of classes; nothing of any other."""
    if isinstance(feature, Mapping):
        names, inner = feature.get("names"), feature.get("feature")
    else:
        names, inner = getattr(feature, "names", None), getattr(feature, "feature", None)
    if isinstance(names, list):
        return [str(name) for name in names]
    return [] if inner is None else names_of(inner)


def labels_in(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """Return the same from the metadata of a Parquet file; nothing where it has none that can be read."""
    try:
        features = json.loads((metadata or {})[METADATA])["info"]["features"]
        return labels_of(features if isinstance(features, dict) else None)
    except (KeyError, TypeError, ValueError):
        return {}
