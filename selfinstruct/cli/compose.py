"""Compose what Hydra is about to compose, and refuse it before Hydra has made or written anything.

Hydra makes callbacks and log handlers, and writes `.hydra/`, before a job is called.  So whatever a config could do
there is looked for first: code of others, secrets, text that no file can hold.  To look at the files instead of what
they compose to was rejected, since keys may be written in many ways and moved to any place by `@package`.  To compose
takes a quarter of a second, and `hydra.main` would do it twice more; so a run is given what was checked, and nothing
else can be run than that.

Of a sweep each combination of options of groups is composed, and of swept values the first: values are typed, options
are files.  Configs that only show (`--cfg`) make nothing and are not looked at.
"""

import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, cast

from hydra import compose
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode, TaskFunction
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError  # type: ignore[import-untyped]

from selfinstruct.cli.flags import NAME
from selfinstruct.cli.flags import typed as as_typed
from selfinstruct.cli.hints import CONF
from selfinstruct.cli.hydra_private import Hydra, Once, hydra_for, in_use, run_app, run_folder
from selfinstruct.cli.naming import hiding, key_of
from selfinstruct.cli.option_files import misplaced, misread_files, oversized
from selfinstruct.cli.retyping import TakenOver, unconfirmed
from selfinstruct.cli.shipped import models
from selfinstruct.cli.strangers import foreign_places, refused_of
from selfinstruct.cli.traces import removed_unless_used
from selfinstruct.errors import ConfigError
from selfinstruct.text.encoding import HALF_A_PAIR
from selfinstruct.text.policy import leaves, refused
from selfinstruct.text.secrets import refusals, within


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A command line that may be run."""

    typed: Namespace
    hydra: Hydra
    mode: RunMode | None
    """What the config says that it is to be run as."""

    def run(self, task: TaskFunction) -> None:
        """Do what `hydra.main` does with it, without composing it to ask for its mode."""
        kept = cast(Once, self.hydra.config_loader).kept
        with nullcontext() if kept is None else removed_unless_used(run_folder(kept[1])):
            run_app(self.hydra, self.typed, self.typed.config_name or NAME, self.mode, task)


def check(words: list[str], module: str, from_others: TakenOver | None = None) -> Checked | None:
    """Raise ConfigError with everything that keeps a command line from being run; `module` is where `main` stands.

    `from_others` is the line as it was typed, where words of others' folder were added to it.

    Gives what can be run; None for what only shows something, or what Hydra itself refuses.
    """
    typed = as_typed(words)
    if typed.experimental_rerun is not None:
        raise ConfigError(["--experimental-rerun reads a pickle, which can run code. Use hydra.run.dir=<folder>."])
    folders = [Path(place) for place in (typed.config_path or CONF, typed.config_dir) if place]  # the first wins
    name = typed.config_name or NAME
    problems = [*foreign_places(first_of(folders, name.removesuffix(".yaml"))), *oversized(folders)]  # in every mode
    if not problems and (typed.cfg or typed.shell_completion or not all(folder.is_dir() for folder in folders[1:])):
        return None
    hydra = hydra_for(str(typed.config_path or CONF), typed.config_dir, module)
    with in_use(hydra):
        if not problems:
            problems = composed_problems(name, typed.overrides, hydra.config_loader, folders, from_others)
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    if typed.info or typed.hydra_help or typed.resolve or (typed.run and typed.multirun):
        return None
    once = cast(Once, hydra.config_loader)
    mode = once.kept[1].hydra.mode if once.kept is not None else None
    if typed.multirun or mode is RunMode.MULTIRUN:
        if once.kept is not None:
            known = once.kept[1].hydra
            hidden = known.job.config.override_dirname.exclude_keys
            typed.overrides += hiding(typed.overrides, known.sweeper.get("params") or {}, hidden, once)
        once.kept = None  # each job is composed of its own words, maybe in another process
    return Checked(typed=typed, hydra=hydra, mode=mode)


def composed_problems(
    name: str, words: list[str], loader: ConfigLoader, folders: list[Path], from_others: TakenOver | None
) -> list[str]:
    """Return what is wrong with what the words compose to, and with the files where they do not."""
    problems, typed = list[str](), {key_of(word) for word in words if "=" in word}
    try:
        for config in cases(name, words, loader):
            problems += problems_of(config, folders, typed)
            problems += from_others.problems(config, models()) if from_others else []
    except HydraException as error:
        if "Cannot merge" in str(error) and (mixed := mixed_up(name, error, folders)):
            raise ConfigError(mixed) from error
        raise
    except (YAMLError, OSError, OmegaConfBaseException, RecursionError, ValueError, AssertionError) as error:
        by_file = isinstance(error, YAMLError | OSError | UnicodeDecodeError)  # few of these say by which
        if broken := misread_files(folders, words, otherwise_all=by_file):
            raise ConfigError(broken) from error
        if isinstance(error, RecursionError):
            raise ConfigError(
                ["The defaults of the config lead in a circle, or a value lies within itself."]
            ) from error
        raise
    return problems


def mixed_up(name: str, error: HydraException, folders: list[Path]) -> list[str]:
    """Return every key of a file that has a list where the config has keys, or keys where it has a list."""
    option = re.match(r"In '([^']+)'", str(error))
    path, known = first_of(folders, option[1] if option else name), dict(branches(composed(name, [])))
    found = branches(OmegaConf.to_container(OmegaConf.load(path))) if path.is_file() else ()
    return [f"{path}: {key} must be {known[key]}, not {kind}." for key, kind in found if known.get(key, kind) != kind]


def branches(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key that holds keys or a list, with what it holds."""
    if isinstance(node, dict):
        yield key, "keys with values"
        for name, value in node.items():
            yield from branches(value, f"{key}.{name}" if key else str(name))
    elif isinstance(node, list):
        yield key, "a list"


def composed(name: str, words: list[str]) -> dict[str, Any]:
    """Return the config with its `hydra` part, interpolations as they were written."""
    config = compose(name, words, return_hydra_config=True)
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))


def cases(name: str, words: list[str], loader: ConfigLoader) -> Iterator[dict[str, Any]]:
    """Yield the config without what is swept, then with each choice of options that the sweep will make."""
    fixed, swept = split(words, loader)
    alone = composed(name, fixed)
    yield alone
    typed = {word.partition("=")[0] for word in words}  # what is typed wins over what a config declares
    params = (alone["hydra"]["sweeper"].get("params") or {}).items()
    more, also_swept = split([f"{key}={value}" for key, value in params if key not in typed], loader)
    if swept or also_swept or more:
        yield from (composed(name, [*more, *fixed, *case]) for case in product(*also_swept, *swept))


def split(words: list[str], loader: ConfigLoader) -> tuple[list[str], list[list[str]]]:
    """Return the words that stand for one value, and for each of the others those that it stands for."""
    overrides = OverridesParser.create(config_loader=loader).parse_overrides(words)
    fixed = [override.input_line or "" for override in overrides if not override.is_sweep_override()]
    return fixed, [choices(override, loader) for override in overrides if override.is_discrete_sweep()]


def choices(override: Override, loader: ConfigLoader) -> list[str]:
    """Return every option of a group that is swept, or the first of the values of a key."""
    key = override.get_key_element()
    found = [f"{key}={value}" for value in override.sweep_string_iterator()]
    is_file = override.key_or_group.startswith("hydra") or bool(loader.get_group_options(override.key_or_group))
    return found if is_file else found[:1]


def problems_of(config: dict[str, Any], folders: list[Path], typed: set[str]) -> list[str]:
    """Return everything in a composed config that must not be made or written."""
    problems = [*refusals(within(config)), *refused(config["hydra"])]
    if any(folder != CONF for folder in folders) or config["hydra"]["searchpath"]:
        problems += [*refused_of(config["hydra"], typed), *unconfirmed(config, models(), typed)]
    problems += [
        f"{'.'.join(path)} holds half of a surrogate pair, which no file can keep."
        for path, value in leaves(config)
        if isinstance(value, str) and HALF_A_PAIR.search(value)
    ]
    if "experiment" in config:
        option = config["hydra"]["runtime"]["choices"].get("experiment")
        problems.append(misplaced(first_of(folders, f"experiment/{option}")))
    return problems


def first_of(folders: list[Path], name: str) -> Path:
    """Return the file that an option is read from."""
    paths = [folder / f"{name}.yaml" for folder in folders]
    return next((path for path in paths if path.is_file()), paths[0])
