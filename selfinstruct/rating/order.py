"""In which order a rater sees the items, and on which sides the answers of a pair.

Both follow from the hash of the sheet and the rater's name, so that nothing needs to be stored, a page that is opened
again shows the same, and `rate.js` draws the same in a browser that no server has spoken to.
"""

from selfinstruct.rating.sheet import Item, Sheet, digest


def order(sheet: Sheet, rater: str) -> list[Item]:
    """Return the items to practice on, then all others shuffled; those of one task together where the sheet says so."""

    def place(item: Item) -> tuple[str, str]:
        own = digest(f"{sheet.sha256}/{rater}/{item.id}")
        return (digest(f"{sheet.sha256}/{rater}/{item.task}") if sheet.together else "", own)

    return [*sheet.practice.values(), *sorted(sheet.items, key=place)]


def is_swapped(sheet: Sheet, rater: str, item: Item) -> bool:
    """Return whether the second answer of a pair is shown on the left; an item to practice on stays as it is."""
    if len(item.answers) < 2 or item.id in sheet.practice:
        return False
    return int(digest(f"{sheet.sha256}/{rater}/{item.id}/side")[0], 16) % 2 == 1
