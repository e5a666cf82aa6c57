"""Changes: how the config differs from that of the run whose replies are judged again.

What shapes a question must be as it was, or the recorded replies would be answers to something else.  Free are the
filters, the parsers, and how far to go.
"""

import re
from collections.abc import Mapping
from typing import Any

from selfinstruct.storage.folder import ABSENT, is_off, leaves, shown

FREE = re.compile(
    r"recipe\.\w+\.(filters(\..*)?|until|generations|metrics(\..*)?|saturation(\..*)?|prompt\.parser(\..*)?)"
)
"""The keys that may be others; `model` is not looked at, since nobody is asked."""
IGNORED = re.compile(r"recipe\.\w+\.model(\..*)?")


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What of the recipe differs and may, and what differs and may not, each in one line."""
    before = dict(leaves({"recipe": old.get("recipe", {})}))
    after = dict(leaves({"recipe": new.get("recipe", {})}))
    told, refused = [], []
    for key in {**before, **after}:
        was, is_ = before.get(key, ABSENT), after.get(key, ABSENT)
        if was == is_ or IGNORED.fullmatch(key):
            continue
        if FREE.fullmatch(key):
            told.append(f"{key} was {shown(was)} and is {shown(is_)}")
        elif was is not ABSENT or not is_off(is_):  # a newer program has more keys
            refused.append(
                f"{key} was {shown(was)} in the run and is {shown(is_)}; it shapes what is asked, and refilter asks"
                " nothing."
            )
    return told, refused
