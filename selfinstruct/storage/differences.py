"""How two configs differ, and whether a run may be resumed with the difference.

What shapes no round may change: how far to go, how fast to ask, where to log, what to export.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from selfinstruct.storage.effective import effective

FREE = re.compile(
    r"(actions|trackers|formats|budget|benchmarks|trainer|protocol|spacy_model)(\..*)?"
    r"|recipe\.\w+\.(until|generations|saturation(\..*)?|metrics(\..*)?)"
    r"|((recipe\.\w+\.)?model|recipe\.\w+\.filters\.\w+\.embedder)\.(concurrency|requests_per_minute"
    r"|tokens_per_minute|timeout_seconds|deadline_seconds|attempts|key_env|key_required|max_reply_bytes|store"
    r"|batch|batch_seconds|price(\..*)?)"
)
"""The keys that may change when a run is resumed."""
OUTSIDE = re.compile(r"\$\{(?:oc\.env|published):")
"""An interpolation that reads the environment, or a published text."""
ABSENT = object()
"""The value of a key that a config does not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key with two values."""

    key: str
    old: Any
    new: Any
    """Either value is `ABSENT` where its config does not have the key."""
    source: str = ""
    """The interpolation that reads the value, where it comes from outside and has changed there."""

    @property
    def is_free(self) -> bool:
        """Return whether the key shapes no round, so that it may change when a run is resumed."""
        return FREE.fullmatch(self.key) is not None

    @property
    def text(self) -> str:
        """Return both values, without a full stop."""
        return f"{self.key} was {shown(self.old)} and is {shown(self.new)}"

    @property
    def sentence(self) -> str:
        """Return both values, and what to do about them where they keep a run from being resumed."""
        if self.source:
            return f"{self.text}: {self.source} has changed since the run started. Restore its value."
        end = "." if self.is_free else "; it cannot change when a run is resumed. Restore it, or start a new run."
        return f"{self.text}{end}"


def compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield every key whose values differ, the keys of the old config first."""
    before, now = dict(leaves(old)), dict(leaves(new))
    for key in {**before, **now}:
        was, is_ = before.get(key, ABSENT), now.get(key, ABSENT)
        if was != is_:
            yield Difference(key, was, is_)


def differences(stored: Mapping[str, Any] | None, declared: Mapping[str, Any]) -> list[Difference]:
    """Return what differs from a run's stored config in a way that keeps it from being resumed.

    Values that are not sent do not count, nor does a key that a newer program adds and that is off.
    """
    return [
        found
        for found in compared(effective(stored or declared), effective(declared))
        if not found.is_free and not (found.old is ABSENT and (is_off(found.new) or is_unused(found, declared)))
    ]


def changed_outside(
    stored: Mapping[str, Any], declared: Mapping[str, Any], resolved: Mapping[str, Any]
) -> list[Difference]:
    """Return every key that reads the environment or a published text and has another value than `stored`."""
    old, new = dict(leaves(stored)), dict(leaves(resolved))
    return [
        Difference(key, old[key], new[key], text)
        for key, text in leaves(declared)
        if isinstance(text, str) and OUTSIDE.search(text) and not FREE.fullmatch(key)
        if key in old and key in new and old[key] != new[key]
    ]


def is_off(value: Any) -> bool:
    """Return whether a value changes nothing where its key did not exist yet."""
    return value is None or value is False or value == {} or value == []


def is_unused(found: Difference, config: Mapping[str, Any]) -> bool:
    """Return whether a key belongs to a structured variant of a prompt that is not asked for."""
    return ".prompt.structured." in found.key and found.new is not True and not config.get("structured")


def shown(value: Any) -> str:
    """Return a value, short enough for a message."""
    text = "absent" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def leaves(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every dotted key of a config that holds a value, with it."""
    if isinstance(node, Mapping) and node:
        for name, value in node.items():
            yield from leaves(value, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, node
