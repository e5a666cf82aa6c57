"""The result of a sheet: what each system got, how far raters agree, and where they do not.

`result.json` holds every figure; the other files show the same to people, papers and spreadsheets.  Nothing is written
before one rater is done, so that nobody rates with a result at hand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from selfinstruct.rating import agreement, scores
from selfinstruct.rating.agreement import Scale
from selfinstruct.rating.entries import CONTROLS
from selfinstruct.rating.journal import Journal, journals
from selfinstruct.rating.sheet import Sheet, key_of
from selfinstruct.rating.tables import as_csv, as_latex, as_markdown
from selfinstruct.rating.verdicts import Rater, raters
from selfinstruct.storage.folder import replace_text

RESULT = "result.json"


def write(folder: Path, sheet: Sheet) -> dict[str, Any] | None:
    """Write the result of a sheet in every form, and return it; None while no rater is done."""
    found = journals(folder, sheet)
    if not any(journal.is_done for journal in found):
        return None
    result = result_of(sheet, key_of(folder, sheet), found)
    texts = {
        RESULT: json.dumps(result, indent=1, ensure_ascii=False) + "\n",
        "result.md": as_markdown(result),
        "result.csv": as_csv(result),
        "result.tex": as_latex(result),
    }
    for name, text in texts.items():
        replace_text(folder / name, text.encode("utf-8", "backslashreplace").decode())
    return result


def result_of(sheet: Sheet, key: Mapping[str, Any], found: Sequence[Journal]) -> dict[str, Any]:
    """Return every figure of a sheet."""
    all_raters = raters(sheet, key, found)
    is_pair = sheet.protocol.unit == "pair"
    return {
        "protocol": sheet.protocol.name,
        "title": sheet.protocol.title,
        "sheet": sheet.sha256,
        "items": len(sheet.items),
        "systems": scores.words(sheet, key),
        "raters": [about(journal, sheet) for journal in found]
        + [{"rater": one.name, "rated": len(one.said), "is_judge": True} for one in all_raters if one.is_judge],
        "cautions": cautions(key, found),
        "preferences": scores.preferences(sheet, key, all_raters) if is_pair else [],
        "shares": [] if is_pair else scores.shares(sheet, key, all_raters),
        "ranks": scores.ranks(sheet, key, all_raters) if sheet.protocol.unit == "answer" else [],
        "differences": scores.differences(sheet, key, all_raters) if sheet.protocol.unit == "answer" else [],
        **agreements(sheet, key, all_raters),
        "disagreements": disagreements(sheet, key, all_raters, found),
    }


def about(journal: Journal, sheet: Sheet) -> dict[str, Any]:
    """Return how far a person has come."""
    taken = [one.seconds for one in journal.counted.values() if one.seconds is not None]
    opened = [one.opened_reference for one in journal.counted.values() if one.opened_reference is not None]
    return {
        "rater": journal.rater,
        "rated": len(journal.counted) - len(journal.skipped),
        "skipped": len(journal.skipped),
        "of": len(sheet.items),
        "is_done": journal.is_done,
        "median_seconds": round(median(taken), 1) if taken else None,
        "opened_references": round(sum(opened) / len(opened), 6) if opened else None,
        "is_judge": False,
    }


def cautions(key: Mapping[str, Any], found: Sequence[Journal]) -> list[str]:
    """Return what a reader must know."""
    undone = [f"{one.rater} has rated or skipped {len(one.counted)}" for one in found if not one.is_done]
    texts = [f"Not all raters are done: {', '.join(undone)} of {len(key['items'])} items."] if undone else []
    if sum(one.is_done for one in found) == 1 and len(found) == 1:
        texts.append("One person has rated, so nothing is known of how far people agree.")
    if CONTROLS in key["systems"]:
        texts.append(f"'{CONTROLS}' are tasks that people wrote, mixed in unseen: their shares are the ceiling.")
    return texts


def agreements(sheet: Sheet, key: Mapping[str, Any], found: Sequence[Rater]) -> dict[str, Any]:
    """Return how far each two raters agree, and all of them where they are more than two or have gaps."""
    tasks = {item.id: item.task for item in sheet.items}
    pairs, alphas = [], []
    for question, asked in sheet.protocol.questions.items():
        names = list(asked.grades)
        good = list(asked.shares.values())[-1] if asked.shares and sheet.protocol.unit != "pair" else []
        scale = Scale(
            worths=[grade.worth for grade in asked.grades.values()],
            good=frozenset(map(names.index, good)) if len(names) > 2 else frozenset(),
        )
        graded = {
            rater.name: {item: names.index(said[question]) for item, said in rater.said.items() if question in said}
            for rater in found
        }
        graded = {name: said for name, said in graded.items() if said}
        for one, other in combinations(graded, 2):
            figures = agreement.pair(graded[one], graded[other], scale, tasks)
            pairs.append({"raters": [one, other], "question": question, **plain(figures)})
        has_gaps = len({frozenset(said) for said in graded.values()}) > 1
        if len(graded) > 2 or (len(graded) == 2 and has_gaps):
            value = agreement.alpha(graded, scale, tasks)
            alphas.append({"raters": list(graded), "question": question, "alpha": asdict(value)})
    return {"agreement": pairs, "alpha": alphas}


def plain(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures as JSON holds them."""
    return {name: value if isinstance(value, int) else asdict(value) for name, value in figures.items()}


def disagreements(
    sheet: Sheet, key: Mapping[str, Any], found: Sequence[Rater], of: Sequence[Journal]
) -> list[dict[str, Any]]:
    """Return the items that raters grade differently, the widest apart first."""
    rows = []
    for item in sheet.items:
        said = {rater.name: rater.said[item.id] for rater in found if item.id in rater.said}
        if len({json.dumps(one, sort_keys=True) for one in said.values()}) < 2:
            continue
        notes = {one.rater: one.ratings[item.id].note for one in of if item.id in one.ratings}
        source = key["items"][item.id]["of"][0]
        rows.append(
            {
                "item": item.id,
                "task": source["task"],
                "systems": source["systems"],
                "said": {name: dict(one) for name, one in said.items()},
                "notes": {name: note for name, note in notes.items() if note},
                "spread": spread(sheet, list(said.values())),
                "instruction": item.texts.get("instruction", ""),
            }
        )
    return sorted(rows, key=lambda row: -row["spread"])


def spread(sheet: Sheet, said: Sequence[Mapping[str, str]]) -> float:
    """Return how far the worths of grades lie apart, for the question about which raters differ most."""
    widest = 0.0
    for name, asked in sheet.protocol.questions.items():
        worths = [asked.grades[one[name]].worth for one in said if name in one]
        widest = max(widest, max(worths, default=0) - min(worths, default=0))
    return widest
