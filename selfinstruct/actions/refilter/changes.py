"""How the config differs from that of the run whose replies are judged again.

What shapes a prompt must be as it was, or the stored replies would be answers to something else.  Filters, parsers and
targets may differ.
"""

import re
from collections.abc import Mapping
from typing import Any

from selfinstruct.storage.differences import ABSENT, Difference, compared, is_off

FREE = re.compile(
    r"recipe\.\w+\.(filters(\..*)?|until|generations|metrics(\..*)?|saturation(\..*)?|prompt\.parser(\..*)?)"
)
"""The keys that may differ; `model` is not compared, since no model is asked."""
IGNORED = re.compile(r"recipe\.\w+\.model(\..*)?")


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[Difference], list[Difference]]:
    """Return what differs in the recipe and may, and what differs and may not."""
    found = [
        one
        for one in compared({"recipe": old.get("recipe", {})}, {"recipe": new.get("recipe", {})})
        if not IGNORED.fullmatch(one.key)
    ]
    allowed = [one for one in found if FREE.fullmatch(one.key)]
    refused = [one for one in found if not FREE.fullmatch(one.key)]
    return allowed, [one for one in refused if one.old is not ABSENT or not is_off(one.new)]  # new versions add keys
