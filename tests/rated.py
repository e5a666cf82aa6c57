"""Sheets, raters and run folders, small and made without a model, for tests of ratings."""

from pathlib import Path

import yaml

from selfinstruct.cli.hints import CONF
from selfinstruct.protocol import Protocol
from selfinstruct.rating.entries import Entry
from selfinstruct.rating.journal import Journal, Rating
from selfinstruct.rating.order import is_swapped
from selfinstruct.rating.sheet import made
from selfinstruct.round import Round
from selfinstruct.storage.folder import store_config
from selfinstruct.storage.journal import Journal as RunJournal

SYSTEMS = ("davinci", "ours")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202e&amp; \"'"


def protocol(name, **changes):
    """A protocol of conf/, without items to practice on unless the changes have some."""
    values = yaml.safe_load((CONF / "protocol" / f"{name}.yaml").read_text(encoding="utf-8"))
    del values["_target_"]
    return Protocol(**{**values, "practice": [], **changes})


def answers(tasks=6, systems=SYSTEMS, **texts):
    """One answer of each system to some tasks."""
    return [
        Entry(
            systems=(system,),
            task=f"task_{number}",
            texts={"instruction": f"Do thing {number}.", "reference": "Like this.", **texts},
            answers=(f"{'long ' * place}answer {number} {place}",),
        )
        for number in range(tasks)
        for place, system in enumerate(systems)
    ]


def pairs(tasks=6):
    """The answers of two systems to some tasks, those of the second longer."""
    return [
        Entry(
            systems=SYSTEMS,
            task=f"task_{number}",
            texts={"instruction": f"Do thing {number}."},
            answers=(f"short {number}", f"a much longer answer {number}"),
        )
        for number in range(tasks)
    ]


def stored_sheet(folder, name="user_oriented", entries=None, *, together=True, **changes):
    """A sheet in a folder, with its key."""
    sheet, key = made(protocol(name, **changes), entries or answers(), 1, together=together)
    sheet.store(Path(folder), key)
    return sheet, key


def rate(folder, sheet, rater, say):
    """A rater who says of each item what `say` returns: a grade, answers, or None to skip it."""
    journal = Journal(Path(folder), sheet, rater)
    for item in sheet.items:
        said = say(item)
        given = said if isinstance(said, dict) else {} if said is None else {next(iter(sheet.protocol.questions)): said}
        journal.append(Rating(item=item.id, answers=given, swapped=is_swapped(sheet, rater, item), seconds=1.0))
    return journal


def source(key, item):
    """Where an item came from."""
    return key["items"][item.id]["of"][0]


def run_folder(folder, tasks, seeds=()):
    """A run folder with one committed round, which made these tasks."""
    folder.mkdir(parents=True)
    store_config(folder, {"random_seed": 1, "recipe": {"grow": {}}, "model": {"name": "m", "mode": "chat"}}, [])
    journal = RunJournal(folder)
    journal.open()
    journal.begin(list(seeds))
    count = len(tasks)
    journal.commit(
        Round(
            stage="grow", number=1, asked=1, failed=0, parsed=count, kept=count, tasks=tuple(tasks), rejections=(),
            pool=count + len(seeds), prompt_tokens=1, completion_tokens=1, cost_usd=None, seconds=1.0,
        )
    )  # fmt: skip
    return folder
