"""Build a run from its composed config, and report every mistake in it at once.

Hydra's `instantiate` stops at the first part that cannot be made.  So the tree is walked here: every part that can be
made is made, every mistake is noted under the key that a person would override, and all are reported together.

A config from others is data: nothing but a `_target_` below `selfinstruct.` is ever imported, or below a package
that the user allows by name in the environment (`selfinstruct.text.policy`).  What it gives must be a part, too.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Protocol, cast, runtime_checkable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from selfinstruct.errors import ConfigError, DataError
from selfinstruct.seeds import Seeds
from selfinstruct.text.policy import HOW, is_allowed
from selfinstruct.trainer import Trainer

TARGET = "_target_"
UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
ABSENT = ("missing", "missing_argument", "missing_keyword_only_argument")
UNION = "is-instance["
"""How pydantic begins the place of a mistake in each kind of a union."""


@runtime_checkable
class Checked(Protocol):
    """A part that knows what would keep it from its work, which is reported with all other mistakes."""

    def problems(self) -> list[str]:
        """Return everything that would."""
        ...


class Broken:
    """Stands for a part that could not be made, so that the parts around it are still checked."""


def build(config: Mapping[str, Any], target: type, **more: Any) -> Any:
    """Return an object of `target` from the config and further values; raises ConfigError with every mistake."""
    problems: list[str] = []
    values = {key: make(value, str(key), problems) for key, value in config.items()}
    internal = values.keys() & more.keys()
    problems += [f"{key} of {target.__name__} is set internally and cannot be configured." for key in internal]
    built = construct(target, values | more, "", problems)
    if problems:
        raise ConfigError(problems + [text for value in values.values() for text in problems_of(value)])
    return built


def trainer_from(config: Any) -> Trainer:
    """Return the trainer that a config describes; raises ConfigError with every mistake."""
    problems: list[str] = []
    found = make(config, "trainer", problems)
    if problems:
        raise ConfigError(problems)
    return cast(Trainer, found)


def problems_of(value: object) -> list[str]:
    """Return everything that would keep a model or seeds from their work."""
    if isinstance(value, Checked):
        return value.problems()
    try:
        if isinstance(value, Seeds):
            value.load()
    except DataError as error:
        return error.problems
    return []


def make(node: Any, key: str, problems: list[str]) -> Any:
    """Return the value or part that a node of the config describes; what is wrong is noted in `problems`."""
    if isinstance(node, list):
        return [make(item, f"{key}.{number}", problems) for number, item in enumerate(node)]
    if node == "???":
        problems.append(f"{key} must be set: {key}=<value>.")
        return Broken()
    if not isinstance(node, Mapping):
        return node
    values = {name: make(value, f"{key}.{name}", problems) for name, value in node.items() if name != TARGET}
    if TARGET not in node:
        return values
    cls = locate(node[TARGET], key, problems)
    return Broken() if cls is None else construct(cls, values, key, problems)


def locate(target: object, key: str, problems: list[str]) -> type | None:
    """Return the part that a `_target_` names, if it is one of ours or of a package that the user allows."""
    module, _, name = str(target).rpartition(".")
    if not is_allowed(f"{module}."):
        problems.append(
            f"{key}._target_ must begin with 'selfinstruct.': a config may not run other code (got {target!r}). {HOW}"
        )
        return None
    try:
        found = getattr(import_module(module), name, None)
    except Exception as error:  # whatever a module of the user's does while it is imported
        package = module.partition(".")[0]
        is_absent = isinstance(error, ModuleNotFoundError) and error.name == package
        remedy = f" Install {package}, or put the folder that holds it on PYTHONPATH." if is_absent else ""
        problems.append(f"{key}._target_ cannot be imported: {error} (got {target!r}).{remedy}")
        return None
    is_part = isinstance(found, type) and is_dataclass(found) and hasattr(found, "__pydantic_validator__")
    if not is_part or not is_allowed(f"{found.__module__}."):
        problems.append(f"{key}._target_ is not a selfinstruct component (got {target!r}).")
        return None
    return cast(type, found)


def construct(cls: type, values: Mapping[Any, Any], key: str, problems: list[str]) -> Any:
    """Return an object of the class; mistakes inside parts that are broken themselves are not reported twice."""
    broken = {name for name, value in values.items() if is_broken(value)}
    try:
        return cls(**{str(name): value for name, value in values.items()})
    except ValidationError as error:
        found = [found for found in error.errors(include_url=False) if not broken & set(found["loc"][:1])]
        problems += dict.fromkeys(sentence(detail, cls, key) for detail in found)
    return Broken()


def is_broken(value: Any) -> bool:
    """Return whether a value is a broken part or holds one."""
    if isinstance(value, dict):
        return any(is_broken(item) for item in value.values())
    if isinstance(value, list):
        return any(is_broken(item) for item in value)
    return isinstance(value, Broken)


def sentence(detail: ErrorDetails, cls: type, key: str) -> str:
    """Return one mistake, as a sentence: the key, what it must be, and what it was."""
    loc = [str(part) for part in detail["loc"]]
    where = ".".join(filter(None, [key, *(part for part in loc if not part.startswith(UNION))]))
    kind, value = detail["type"], detail["input"]
    if kind in UNKNOWN and len(detail["loc"]) > 1:  # of a value within, whose keys are not at hand
        return f"{where} is a key that does not belong there."
    if kind in UNKNOWN:
        known = [field.name for field in fields(cls) if field.init and field.name != "start"]
        near = get_close_matches(str(detail["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}."
        return f"{where} is not a key of {cls.__name__}; {hint}"
    if kind in ABSENT:
        return f"{where} is missing."
    message = detail["msg"].rstrip(".").removeprefix("Value error, ").replace("Input should be", "must be")
    if kind == "is_instance_of" and any(part.startswith(UNION) for part in loc):  # once for each kind that is allowed
        return f"{where} must be an option of a group, or a mapping with {TARGET} (got {shown(value)})."
    if kind == "too_short" and not value:
        return f"{where} must not be empty."
    if kind == "is_instance_of":
        return f"{where} {message}, one of the options of its group (got {shown(value)})."
    if detail["loc"]:
        return f"{where} {message} (got {shown(value)})."
    names_key = message.split()[0].partition(".")[0] in (field.name for field in fields(cls))
    return f"{where}{'.' if names_key and where else ' '}{message}."


def shown(value: Any) -> str:
    """Return a value, short enough for a message."""
    text = repr(value) if not isinstance(value, Mapping) else f"a mapping of {', '.join(map(str, value))}"
    return text if len(text) <= 80 else text[:77] + "..."
