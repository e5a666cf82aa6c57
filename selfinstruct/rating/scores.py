"""The shares, ranks and preferences of a sheet, for each rater and over all people, with intervals of 95 %.

A share of one rater has Wilson's interval.  A mean over several people is resampled by tasks, for two grades of one
answer are not two answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

from selfinstruct.metrics.intervals import bootstrap, paired, wilson
from selfinstruct.protocol import Protocol
from selfinstruct.rating.sheet import Sheet
from selfinstruct.rating.verdicts import Rater, Said, Verdict, of_system

PEOPLE = "all people"
"""The name of the mean over all people."""

Hit = Callable[[Said], bool]
Row = dict[str, Any]


def measures(protocol: Protocol) -> dict[tuple[str, str], Hit]:
    """Return what is counted, by question and share; of several questions also whether all have their first share."""
    found: dict[tuple[str, str], Hit] = {}
    for question, asked in protocol.questions.items():
        for share, grades in asked.shares.items():
            found[question, share] = partial(is_one_of, {question: grades})
    if len(protocol.questions) > 1:
        first = {name: next(iter(asked.shares.values()), []) for name, asked in protocol.questions.items()}
        found["all questions", "all"] = partial(is_one_of, first)
    return found


def is_one_of(wanted: Mapping[str, Sequence[str]], said: Said) -> bool:
    """Return whether each of some questions has one of some grades."""
    return all(said.get(question) in grades for question, grades in wanted.items())


def figure(value: float | None, ends: tuple[float, float] | None = None) -> Row:
    """Return a figure with its interval, as the result holds it."""
    low, high = ends or (None, None)
    return {
        name: None if number is None else round(number, 6)
        for name, number in (("value", value), ("low", low), ("high", high))
    }


def shares(sheet: Sheet, key: Mapping[str, Any], raters: Sequence[Rater]) -> list[Row]:
    """Return each share of each system by each rater, and by all people where they are several."""
    people = [rater for rater in raters if not rater.is_judge]
    rows = []
    for system in key["systems"]:
        for (question, share), hit in measures(sheet.protocol).items():
            found = {"system": system, "question": question, "share": share}
            for rater in raters:
                verdicts = [one for one in of_system(rater, key, system) if rater_answers(one.said, question)]
                if verdicts:
                    hits = sum(hit(one.said) for one in verdicts)
                    ends = wilson(hits, len(verdicts))
                    rows.append(
                        {**found, "rater": rater.name, "n": len(verdicts), **figure(hits / len(verdicts), ends)}
                    )
            if len(people) > 1 and (means := by_task(people, key, system, hit)):
                ends = bootstrap([sum(each) for each in means.values()], [len(each) for each in means.values()])
                values = [value for each in means.values() for value in each]
                mean = sum(values) / len(values)
                rows.append({**found, "rater": PEOPLE, "n": len(values), **figure(mean, ends)})
    return rows


def rater_answers(said: Said, question: str) -> bool:
    """Return whether a rater answers a question; a judge answers the first only."""
    return question in said or question == "all questions"


def by_task(people: Iterable[Rater], key: Mapping[str, Any], system: str, hit: Hit) -> dict[str, list[float]]:
    """Return the share of people for whom each answer of a system is a hit, by task."""
    found: dict[tuple[str, str], list[float]] = {}
    for rater in people:
        for one in of_system(rater, key, system):
            found.setdefault((one.task, one.item), []).append(float(hit(one.said)))
    tasks: dict[str, list[float]] = {}
    for (task, _), values in found.items():
        tasks.setdefault(task, []).append(sum(values) / len(values))
    return tasks


def differences(sheet: Sheet, key: Mapping[str, Any], raters: Sequence[Rater]) -> list[Row]:
    """Return how far each two systems are apart in each share, on the tasks of both, by the mean over people."""
    people = [rater for rater in raters if not rater.is_judge]
    rows = []
    for first, second in combinations(key["systems"], 2):
        for (question, share), hit in measures(sheet.protocol).items():
            one, other = (by_task(people, key, system, hit) for system in (first, second))
            tasks = [task for task in one if task in other]
            apart = [sum(one[task]) / len(one[task]) - sum(other[task]) / len(other[task]) for task in tasks]
            if apart:
                ends = figure(sum(apart) / len(apart), paired(apart, tasks))
                rows.append({"systems": [first, second], "question": question, "share": share, "n": len(apart), **ends})
    return rows


def ranks(sheet: Sheet, key: Mapping[str, Any], raters: Sequence[Rater]) -> list[Row]:
    """Return the mean rank of each system by each rater, 1 for the best, over the tasks with a grade for all."""
    systems = key["systems"]
    if len(systems) < 2:
        return []
    question, asked = next(iter(sheet.protocol.questions.items()))
    rows = []
    for rater in raters:
        worths = [
            {one.task: asked.grades[one.said[question]].worth for one in of_system(rater, key, system)}
            for system in systems
        ]
        tasks = [task for task in worths[0] if all(task in found for found in worths)]
        by_system = list(zip(*(places([found[task] for found in worths]) for task in tasks), strict=True))
        for system, found in zip(systems, by_system, strict=bool(tasks)):
            ends = bootstrap(found, [1] * len(found))
            mean = sum(found) / len(found)
            rows.append({"system": system, "rater": rater.name, "n": len(found), **figure(mean, ends)})
    return rows


def places(worths: Sequence[float]) -> list[float]:
    """Return the rank of each value, 1 for the highest; equal values share the mean of their ranks."""
    return [
        1 + sum(other > worth for other in worths) + (sum(other == worth for other in worths) - 1) / 2
        for worth in worths
    ]


def words(sheet: Sheet, key: Mapping[str, Any]) -> list[Row]:
    """Return the mean number of words of each system's answers."""
    found: dict[str, list[int]] = {system: [] for system in key["systems"]}
    for item in sheet.items:
        for one in key["items"][item.id]["of"]:
            for system, answer in zip(one["systems"], item.answers, strict=True):
                found[system].append(len(answer.split()))
    return [{"system": system, "words": round(sum(each) / len(each), 1)} for system, each in found.items()]


def preferences(sheet: Sheet, key: Mapping[str, Any], raters: Sequence[Rater]) -> list[Row]:
    """Return how often each rater prefers the first system, and how far side and length decide."""
    first, second = key["systems"]
    question = next(iter(sheet.protocol.questions))
    grades = sheet.protocol.questions[question].grades
    rows = []
    for rater in raters:
        verdicts = of_system(rater, key, first)
        if not verdicts:
            continue
        worths = [grades[one.said[question]].worth for one in verdicts]
        counts = {name: sum(one.said[question] == name for one in verdicts) for name in grades}
        named = {"win": counts.pop("left"), **counts, "loss": counts.pop("right")}
        longer = [chosen for one in verdicts if (chosen := longer_chosen(sheet, key, one, question)) is not None]
        left = list(rater.left.values())
        rows.append(
            {
                "systems": [first, second],
                "rater": rater.name,
                "n": len(verdicts),
                "win_rate": figure(sum(worths) / len(worths), bootstrap(worths, [1] * len(worths))),
                **{name: figure(count / len(verdicts), wilson(count, len(verdicts))) for name, count in named.items()},
                "left_chosen": share_of(left),
                "longer_chosen": share_of(longer),
            }
        )
    return rows


def share_of(found: Sequence[bool]) -> Row:
    """Return the share of what is true, with its interval; None of none."""
    return figure(sum(found) / len(found) if found else None, wilson(sum(found), len(found)))


def longer_chosen(sheet: Sheet, key: Mapping[str, Any], verdict: Verdict, question: str) -> bool | None:
    """Return whether the chosen answer of a pair is the longer one; None where neither is chosen or longer."""
    systems = key["items"][verdict.item]["of"][0]["systems"]
    lengths = dict(zip(systems, (len(answer.split()) for answer in sheet.all[verdict.item].answers), strict=True))
    one, other = (lengths[name] for name in key["systems"])
    if one == other or verdict.said[question] not in ("left", "right"):
        return None
    return bool((verdict.said[question] == "left") == (one > other))
