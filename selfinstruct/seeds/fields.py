"""What the fields of a seed may hold, with the same messages for every kind of file, and who wrote it.

Most published files of tasks were written by a model.  Seeds have the origin `human` in the pool, whatever their
author; `models` keeps text written by a model from being labelled as human.  A row that this program exported names its
author (`origin`, `models`); for all others the user does (`author`).  An author whom nothing names is `unknown`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from selfinstruct.task import HUMAN, SEEDS, UNKNOWN, Instance, Task
from selfinstruct.text.json_objects import shown
from selfinstruct.text.no_input import real_input

INSTANCES = "instances"
LONGEST_ID = 200
"""Characters; ids are repeated in every task that was made from this one."""


def mistakes_in_id(row: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the id of a row, which may have none."""
    found = row.get("id", "none")
    if isinstance(found, str | int) and not isinstance(found, bool) and 0 < len(str(found)) <= LONGEST_ID:
        return []
    return [f"'id' must be text of 1 to {LONGEST_ID} characters (got {shown(found)})"]


def mistakes_in_instruction(value: Any, key: str = "instruction") -> list[str]:
    """Return what is wrong with an instruction."""
    if isinstance(value, str) and value.strip():
        return []
    return [f"'{key}' must be text that is not empty (got {shown(value)})"]


def mistakes_in_text(value: Any, key: str) -> list[str]:
    """Return what is wrong with a text that may be empty."""
    return [] if isinstance(value, str) else [f"'{key}' must be text (got {shown(value)})"]


def mistakes_in_input(row: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the input of an example: null is an empty one, but the key may not be missing."""
    return [] if "input" in row and row["input"] is None else mistakes_in_text(row.get("input"), "input")


def mistakes_in_instances(instances: Any) -> list[str]:
    """Return what is wrong with the instances of a row."""
    if not isinstance(instances, list) or not instances:
        return [f"'instances' must be a list that is not empty (got {shown(instances)})"]
    mistakes = []
    for number, instance in enumerate(instances, 1):
        if not isinstance(instance, dict):
            mistakes.append(f"instance {number} must be an object with 'input' and 'output' (got {shown(instance)})")
            continue
        mistakes += [
            f"instance {number}: {mistake}"
            for mistake in (*mistakes_in_input(instance), *mistakes_in_text(instance.get("output"), "output"))
        ]
    return mistakes


def mistakes_in_classification(row: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with whether a row is classification; null, or no such key, is not known."""
    if isinstance(said := row.get("is_classification"), bool | None):
        return []
    return [f"'is_classification' must be true, false or null (got {shown(said)})"]


def mistakes_in_columns(row: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a row: an instruction alone, one that is answered, or one with a list of instances."""
    mistakes = mistakes_in_id(row)
    if "instruction" in row:
        mistakes += mistakes_in_instruction(row["instruction"])
    else:
        mistakes.append("'instruction' is missing")
    mistakes += mistakes_in_classification(row)
    if INSTANCES in row:
        both = [f"has both '{INSTANCES}' and '{key}'" for key in ("input", "output") if key in row]
        return [*mistakes, *both, *mistakes_in_instances(row[INSTANCES])]
    mistakes += mistakes_in_input({"input": "", **row})
    if "output" in row:
        return mistakes + mistakes_in_text(row["output"], "output")
    return [*mistakes, "'output' is missing"] if row.get("input") else mistakes


def instances_of(row: Mapping[str, Any]) -> tuple[Instance, ...] | None:
    """Return the instances of a row; None of an instruction alone."""
    if INSTANCES in row:
        return tuple(instance(item["input"], item["output"]) for item in row[INSTANCES])
    return (instance(row.get("input", ""), row["output"]),) if "output" in row else None


def instance(given: str | None, output: str) -> Instance:
    """Return an instance of a file; an input that is null, or only says that there is no input, is empty."""
    return Instance(real_input(given or ""), output)


def task_of(row: Mapping[str, Any], instances: Sequence[Instance] | None, models: dict[str, str]) -> Task:
    """Return the seed task of a row with an `instruction`; its id is empty where the row has none."""
    return Task(
        id=str(row.get("id", "")),
        origin=HUMAN,
        instruction=row["instruction"].strip(),
        is_classification=row.get("is_classification"),
        instances=None if instances is None else tuple(instances),
        models=models,
    )


def writers(row: Mapping[str, Any], author: str) -> dict[str, str]:
    """Return who wrote a row, as a task records it: its own word where it was exported, else the user's."""
    origin, models = row.get("origin"), row.get("models")
    if isinstance(origin, str) and isinstance(models, list) and all(isinstance(name, str) for name in models):
        return recorded(models or ([] if origin == HUMAN else [UNKNOWN]))
    return recorded([] if author == HUMAN else [author])


def recorded(names: Iterable[str]) -> dict[str, str]:
    """Return the writers of a seed as its `models`: the first under `seeds`, the others numbered below it."""
    distinct = enumerate(dict.fromkeys(names), 1)
    return {SEEDS if number == 1 else f"{SEEDS}/{number}": name for number, name in distinct}
