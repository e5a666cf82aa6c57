"""How the prompts of a stage begin: a store holds once what thousands have in common, and a provider caches it."""

from collections import deque

SHORTEST_HEAD = 200
"""Characters; a shorter beginning is not worth a part of its own."""
HEADS = 8
"""Beginnings tried for a stage's prompts; they rarely have more than one."""


class PromptPrefixes:
    """How the prompts of a stage begin: in one way, or in a few where a question is put otherwise the second time."""

    def __init__(self) -> None:
        self._known: deque[str] = deque(maxlen=HEADS)
        self._unlike: deque[str] = deque(maxlen=HEADS)

    def of(self, text: str) -> str:
        """Return the longest beginning that the text shares with others; empty where it shares none."""
        head = max((head for head in self._known if text.startswith(head)), key=len, default="")
        if len(text) - len(head) < SHORTEST_HEAD:
            return head
        longer = max((shared(other, text) for other in self._unlike), key=len, default="")
        self._unlike.append(text)
        if len(longer) - len(head) < SHORTEST_HEAD:
            return head
        self._known.append(longer)
        return longer


def shared(one: str, other: str) -> str:
    """Return the beginning that two texts have in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return one[:low]
