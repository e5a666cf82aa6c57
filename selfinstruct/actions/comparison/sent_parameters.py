"""The parameters that the config requests of each stage, those that were sent, and the model that answered.

Requested parameters come from `config.json`, sent ones from each stored request: they show a retry with another
temperature, and a stop string with its number filled in.  The model as served is the one that the provider named in
its reply.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.errors import RunFolderError
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.schema import reading
from selfinstruct.text.plain_files import odd_kind

STORE = "completions.sqlite"
QUERY = "SELECT stage, decoding, identity, model, COUNT(*) FROM completions GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC"
SERVED = "model as served"
NOT_SENT = "not sent"
OURS = ("_target_", "concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds", "attempts", "key_env",
        "key_required", "store", "price", "unsupported", "deadline_seconds", "max_reply_bytes")  # fmt: skip
"""The keys of a model that are never sent."""


class Parameter(NamedTuple):
    """One parameter of a stage, as requested and as sent."""

    requested: tuple[str, ...]
    """As JSON; a second value is that of retries.  Empty where the config has no such key."""
    sent: Mapping[str, int]
    """Every value sent, as JSON, with how many replies came to it."""

    @property
    def differs(self) -> bool:
        """Whether anything else was sent than requested; a template that was filled in does not count."""
        is_template = any("{{" in text for text in self.requested)
        return bool(self.requested) and not is_template and not set(self.sent) <= set(self.requested)


def parameters(run: Reading) -> dict[tuple[str, str], Parameter]:
    """Return every requested or sent parameter, and the model as served, by stage and name."""
    requested = {
        (stage, name): values
        for stage, part in run.config.get("recipe", {}).items()
        if isinstance(part, Mapping)
        for name, values in asked(part, run.config.get("model") or {}).items()
    }
    sent: dict[tuple[str, str], Counter[str]] = {key: Counter() for key in requested}
    total: Counter[str] = Counter()
    for stage, values, count in replies(run.folder / STORE):
        total[stage] += count
        for name, value in values.items():
            sent.setdefault((stage, name), Counter())[written(value)] += count
    for (stage, name), known in sent.items():
        missing = total[stage] - known.total()
        if missing and requested.get((stage, name)) and not name.startswith("model."):
            known[NOT_SENT] += missing
    return {key: Parameter(requested.get(key, ()), dict(known)) for key, known in sent.items()}


def asked(stage: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the parameters that a config requests of a stage and that its model accepts."""
    prompt = stage.get("prompt") or {}
    own = stage.get("model") or model
    unsupported = own.get("unsupported") or ()
    found = flat({key: value for key, value in own.items() if key not in OURS}, "model")
    found |= flat({key: value for key, value in (prompt.get("decoding") or {}).items() if key not in unsupported})
    values: dict[str, tuple[str, ...]] = {name: (written(value),) for name, value in found.items()}
    if "temperature" in values and (retried := prompt.get("retry_temperature")) is not None:
        values["temperature"] = tuple(dict.fromkeys([*values["temperature"], written(retried)]))
    return values


def replies(path: Path) -> list[tuple[str, dict[str, Any], int]]:
    """Return what was sent, by stage, with the number of replies; empty where the store is missing or broken."""
    if odd_kind(path) is not None or not path.is_file():
        return []
    try:
        with reading(path) as connection:
            rows = connection.execute(QUERY).fetchall()
        return [
            (stage, {**flat(json.loads(identity), "model"), **flat(json.loads(decoding)), SERVED: model}, count)
            for stage, decoding, identity, model, count in rows
        ]
    except (RunFolderError, ValueError):
        return []


def flat(values: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested parameters under dotted names, without those that have no value."""
    return {key: value for key, value in leaves(values, prefix) if value not in (None, [], {})}


def written(value: Any) -> str:
    """Return a value as JSON; a text that stands alone without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
