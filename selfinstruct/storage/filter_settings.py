"""The filters of a stage as its config declares them, with what a reader must know of each."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.task import OFFLINE
from selfinstruct.text.places import file_name

SCALAR = (bool, int, float, str)


def filters_of(stage: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the filters of a stage with their numbers, switches and names of parts; word lists are in the config."""
    for name, filter_ in mapping(stage.get("filters")).items():
        values = mapping(filter_)
        plain: dict[str, Any] = {
            key: value for key, value in values.items() if key != "_target_" and isinstance(value, SCALAR)
        }
        if "attribute" in values:  # a judge's verdicts, few enough to name
            plain["values"] = [verdict for verdict, is_rejected in mapping(values.get("values")).items() if is_rejected]
        if embedder := mapping(values.get("embedder")):
            plain["embedder"] = embedder.get("name") or file_name(embedder.get("base_model") or OFFLINE)
        parts = {key: value for key, value in values.items() if isinstance(value, Mapping) and has_parts(value)}
        shown = [f"{key} {' and '.join(value)}" for key, value in parts.items()]
        yield name, ", ".join([*(f"{key} {json.dumps(value)}" for key, value in plain.items()), *shown])


def mapping(value: object) -> Mapping[str, Any]:
    """Return a value that is a mapping; an empty one for anything else that a stranger's config may hold."""
    return value if isinstance(value, Mapping) else {}


def has_parts(value: Mapping[str, Any]) -> bool:
    """Return whether a value is a mapping of names to parts."""
    return any(isinstance(one, Mapping) and "_target_" in one for one in value.values())
