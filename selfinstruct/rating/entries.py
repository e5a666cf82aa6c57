"""What may be rated: the tasks of a run, or the answers of systems to the same tasks.

A system's answers come from the folder of a run that answered a benchmark, or from a file of predictions in the form
that was published with Self-Instruct (`instruction`, `input`, `response`); they are matched by instruction and input.
Where a judge stage of a run has judged them, its verdict comes along.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from selfinstruct.errors import DataError, RunFolderError
from selfinstruct.protocol import Protocol
from selfinstruct.seeds.two_answers import answers_in
from selfinstruct.seeds.user_tasks import UserTasks
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task

CONTROLS = "controls"
"""The name under which tasks of people stand that are mixed in unseen."""
Key = tuple[str, str]
"""Instruction and input, by which answers are matched."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing to rate, and where it came from."""

    systems: tuple[str, ...]
    """Whose it is; of a pair, both in the order of `answers`."""
    task: str
    request: str = ""
    texts: Mapping[str, str]
    """Instruction, input and reference; an empty one is not there."""
    answers: tuple[str, ...]
    judged: Mapping[str, Any] = field(default_factory=dict)
    """The name of a judge to its verdict, or to its verdict on each question; None where that could not be read."""


@dataclass
class Answers:
    """The answers of one system by what they answer."""

    texts: dict[Key, str] = field(default_factory=dict)
    tasks: dict[Key, Task] = field(default_factory=dict)
    """The benchmark's task, where a run says which one it was."""


def entries(protocol: Protocol, systems: Mapping[str, Path], tasks: Path | None, seed: int) -> list[Entry]:
    """Return what a protocol draws, the same for the same seed; raises SelfInstructError with what is wrong."""
    rng = Random(f"{seed}/{protocol.name}")
    if protocol.unit == "task":
        return [entry for name, folder in systems.items() for entry in generated(protocol, name, folder, rng)]
    if protocol.unit == "pair" and len(systems) == 1:
        (folder,) = systems.values()
        return drawn(compared(RunReader(folder), protocol.judge), protocol.draws, rng)
    if protocol.unit == "pair" and len(systems) != 2:
        raise DataError([f"rate.answers must name two systems to compare (got {len(systems)})."])
    asked = references(tasks)
    found = {name: answers_of(path) for name, path in systems.items()}
    keys = drawn(shared_keys(found, systems, asked), protocol.draws, rng)
    known = {key: task for one in found.values() for key, task in one.tasks.items()} | asked  # the same for all systems
    if protocol.unit == "pair":
        return [pair_of(key, found, known) for key in keys]
    return [answer_of(key, name, found, known, protocol.judge) for key in keys for name in found]


def drawn(found: Sequence[Any], count: int | None, rng: Random) -> list[Any]:
    """Return some of what there is, in its order; all of it where fewer are there."""
    if count is None or count >= len(found):
        return list(found)
    return [found[place] for place in sorted(rng.sample(range(len(found)), count))]


def generated(protocol: Protocol, name: str, folder: Path, rng: Random) -> Iterator[Entry]:
    """Yield generated tasks with one instance each, and tasks of people as controls."""
    run = RunReader(folder)
    made = [task for task in run.pool if not task.is_human and task.instances]
    people = [task for task in run.seeds if task.instances and not task.writers]
    if not made:
        raise RunFolderError(f"{folder} holds no generated tasks with an output. Generate some first.")
    for system, tasks, count in ((name, made, protocol.draws), (CONTROLS, people, protocol.controls)):
        for task in drawn(tasks, count, rng):
            judged = verdicts(task, protocol)
            instances = task.instances or ()
            pair = next(iter(instances)) if judged else rng.choice(instances)  # a judge sees the first
            texts = {"instruction": task.instruction, "input": pair.input}
            yield Entry(
                systems=(system,),
                task=task.id,
                request=task.request,
                texts=filled(texts),
                answers=(pair.output,),
                judged=judged,
            )


def verdicts(task: Task, protocol: Protocol) -> dict[str, dict[str, str]]:
    """Return the verdict on each question of a judge of generated tasks; nothing where it has not judged this one."""
    stage, names = "".join(protocol.judge[:1]), protocol.judge[1:]
    asked = zip(protocol.questions, names, strict=False)
    said = {question: str(task.attributes[name]) for question, name in asked if name in task.attributes}
    return {task.models[stage]: said} if said and stage in task.models else {}


def compared(run: RunReader, judge: Sequence[str]) -> list[Entry]:
    """Return the pairs of a run that compared two systems, with the verdict of its judge."""
    found = [task for task in run.pool if len(task.attributes.get("answers", ())) == 2]
    if not found:
        raise RunFolderError(f"{run.folder} holds no pairs of answers. Name two systems in rate.answers.")
    return [
        Entry(
            systems=two_names(task.attributes["systems"]),
            task=task.id,
            texts=filled({"instruction": task.instruction, "input": task.references[0].input}),
            answers=tuple(task.attributes["answers"]),
            judged=preference(task, judge),
        )
        for task in found
    ]


def two_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of two systems, told apart where they are called the same."""
    return tuple(names) if len(set(names)) > 1 else tuple(f"{name} ({place})" for place, name in enumerate(names, 1))


def preference(task: Task, judge: Sequence[str]) -> dict[str, str | None]:
    """Return which answer the judge of a pair prefers in both orders, the first as `left`; a flip is a tie."""
    said = [task.attributes.get(name) for name in judge]
    writer = next((task.models[name] for name in judge if name in task.models), None)
    if writer is None:
        return {}
    return {writer: None if None in said else {"1 2": "left", "2 1": "right"}.get(" ".join(map(str, said)), "tie")}


def answers_of(path: Path) -> Answers:
    """Return the answers of one system; raises SelfInstructError for what cannot be read."""
    if not path.is_dir():
        problems: list[str] = []
        texts = answers_in(path, problems)
        if problems:
            raise DataError(problems)
        return Answers(texts)
    found = Answers()
    for task in (task for task in RunReader(path).pool if task.references):
        said = {pair.input.strip(): pair.output for pair in task.instances or ()}
        for reference in task.references:
            key = task.instruction.strip(), reference.input.strip()
            found.texts[key], found.tasks[key] = said.get(key[1], ""), task
    if not found.texts:
        raise RunFolderError(f"{path} holds no answers to a benchmark, as recipe=user_oriented makes them.")
    return found


def references(path: Path | None) -> dict[Key, Task]:
    """Return the tasks of a file by what answers are matched by."""
    tasks = [] if path is None else UserTasks(path=path).load()
    return {(task.instruction.strip(), one.input.strip()): task for task in tasks for one in task.references}


def shared_keys(found: Mapping[str, Answers], systems: Mapping[str, Path], known: Mapping[Key, Task]) -> list[Key]:
    """Return what all systems answer, in the order of the set or of the first; raises DataError where one lacks any."""
    order = list(known or next(iter(found.values())).texts)
    problems = [
        f"rate.answers.{name}: {systems[name]} lacks {len(lost)} of {len(order)} answers, as to {lost[0][0][:60]!r}."
        for name, answers in found.items()
        if (lost := [key for key in order if key not in answers.texts])
    ]
    if problems:
        raise DataError(problems)
    return order


def texts_of(key: Key, task: Task | None) -> dict[str, str]:
    """Return the texts of a task, with its first reference where one is known."""
    references = (
        () if task is None else next((one.outputs for one in task.references if one.input.strip() == key[1]), ())
    )
    return filled({"instruction": key[0], "input": key[1], "reference": references[0] if references else ""})


def filled(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that are not empty."""
    return {name: text for name, text in texts.items() if text.strip()}


def answer_of(
    key: Key, name: str, found: Mapping[str, Answers], known: Mapping[Key, Task], judge: Sequence[str]
) -> Entry:
    """Return the answer of a system, with the grade of its run's judge."""
    task = found[name].tasks.get(key)
    judged = {} if task is None else {task.models[one]: task.attributes.get(one) for one in judge if one in task.models}
    described = known.get(key)
    return Entry(
        systems=(name,),
        task=described.id if described else key[0],
        request=task.request if task else "",
        texts=texts_of(key, described),
        answers=(found[name].texts[key],),
        judged=judged,
    )


def pair_of(key: Key, found: Mapping[str, Answers], known: Mapping[Key, Task]) -> Entry:
    """Return the answers of both systems to one task."""
    task = known.get(key)
    return Entry(
        systems=tuple(found),
        task=task.id if task else key[0],
        texts=texts_of(key, task),
        answers=tuple(one.texts[key] for one in found.values()),
    )
