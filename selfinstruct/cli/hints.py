"""What to tell a user whose config cannot be composed: Hydra's words, except where they mislead.

For a key that does not exist Hydra suggests `+key`, which would add one that nothing reads; here the keys are named
that may have been meant, and all of them at once.
"""

import re
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, cast

from hydra import compose
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from selfinstruct.cli.hydra_private import hydra_for, in_use
from selfinstruct.errors import SelfInstructError
from selfinstruct.storage.remedies import REMEDIES, unwritable
from selfinstruct.text.command import program

HERE = Path(__file__).parents[1]
CONF = HERE / "conf" if (HERE / "conf").is_dir() else HERE.parent / "conf"
"""The config tree, in a checkout or as installed."""
FIRST = re.compile(r"\[[^\]]*\]?|[^,]*")
"""The first of the options that are swept; a list of options is one of them."""
MOST = 20
"""Mistakes reported at once; more would hide the first."""


def plain(error: Exception) -> str:
    """An error's words; for a key that does not exist, the keys that may have been meant instead of Hydra's `+key`."""
    text = str(error)
    if re.match(r"Could not override '", text):
        return "\n".join(f"There is no key '{key}' in the config. {meant(key)}" for key in unknown_keys(text))
    if plugin := re.search(r"Could not find 'hydra/(?:launcher|sweeper)/(joblib|submitit|ray|optuna)", text):
        return f"This needs a plugin of Hydra that is not installed: pip install 'selfinstruct[{plugin[1]}]'"
    if unknown := re.search(r"Could not (?:find|load) '([\w/]+)/[^'/]+'", text):
        return unknown_option(text.splitlines()[0].rstrip(". "), unknown[1]) or text
    return in_one_line(error) if "full_key:" in text or not text else text


def unknown_option(said: str, group: str) -> str | None:
    """Return what Hydra says of an option that does not exist, with those that exist; None for no group of ours."""
    folders = [CONF, *(Path(place) for place in config_folders())]
    known = [option for folder in folders for option in options_below(folder, group)]
    if not options_below(CONF, group):
        return None
    hint = "" if len(folders) > 1 else " Options of your own need --config-dir <folder>."
    return f"{said}. There are: {', '.join(sorted(set(known)))}.{hint}"


def options_below(folder: Path, group: str) -> list[str]:
    """Return the options of a group in a config folder; where it has none, those of its subgroups with their path."""
    found, above = options_in(folder), f"{group}/"
    below = [f"{name}/{option}" for name in found if name.startswith(above) for option in found[name]]
    return found.get(group) or [option.removeprefix(above) for option in below]


def options_in(folder: Path) -> dict[str, list[str]]:
    """Return each group in a config folder with the names of its options."""
    options: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*/**/*.yaml")):
        options.setdefault(path.parent.relative_to(folder).as_posix(), []).append(path.stem)
    return options


def by_place(error: Exception, place: Path) -> Exception:
    """Return what the system says of a file, with the file named and what to do; any other error as it is.

    A disk that is full while a file is written does not say which: then it is `place`, where it was written.
    """
    cause = next((cause for cause in causes(error) if isinstance(cause, OSError)), None)
    if cause is None or cause.errno not in REMEDIES or isinstance(error, SelfInstructError):
        return error
    return unwritable(Path(cause.filename or place).absolute(), cause)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and those that it came from, each once, since they may form a circle.

    Logging, for example, says of a full disk only that it is "Unable to configure handler".
    """
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        yield cause
        cause = cause.__cause__ or cause.__context__


def in_one_line(error: Exception) -> str:
    """Return what OmegaConf says, with the key before it instead of below, and without the names of its classes."""
    text = str(error) or next((str(cause) for cause in (error.__cause__, error.__context__) if cause), "")
    key = re.search(r"^\s*full_key: *(\S+)", text, re.MULTILINE)
    lines = [line for line in text.splitlines() if not re.match(r"\s*(full_key|object_type|reference_type)\b", line)]
    words = re.sub(r"\b\w+ raised while (composing config|resolving interpolation): ?", "", " ".join(lines)).strip()
    words = re.sub("no viable alternative at input", "no interpolation that can be read:", words)
    return f"{key[1]}: {words}" if key else words or type(error).__name__


def at_once(problems: list[str]) -> str:
    """Return several mistakes, one a line."""
    if len(problems) == 1:
        return problems[0]
    rest = len(problems) - MOST
    more = [f"and {rest:,} more."] if rest > 0 else []
    return "\n  ".join([f"There are {len(problems):,} mistakes:", *problems[:MOST], *more])


def unknown_keys(text: str) -> list[str]:
    """Return all keys on the command line that the config does not have; Hydra's error names the first."""
    words, found = [word for word in sys.argv[1:] if not word.startswith("-")], []
    while unknown := re.match(r"Could not override '([^']+)'", text):
        found.append(unknown[1])
        words = [word for word in words if word.partition("=")[0] != unknown[1]]
        try:
            composed_of(words)
        except (HydraException, OmegaConfBaseException) as error:
            text = str(error)
        else:
            text = ""
    return found


def composed_of(words: list[str]) -> DictConfig:
    """Return the config that words compose to, with the options of `--config-dir`, whatever job is under way."""
    with in_use(hydra_for(str(CONF), next(iter(config_folders()), None))):
        return compose("config", overrides=words)


def config_folders() -> list[str]:
    """Return the folder of `--config-dir`; nothing without it."""
    return [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--config-dir=")][-1:]


def meant(key: str) -> str:
    """Return what a key that does not exist may have been meant to be."""
    if "@" in key and (CONF / key.partition("@")[0]).is_dir():
        return f"To add an option of a group, put a + before it: +{key}=<option>."
    if (CONF / key).is_dir():
        return f"It is a group of options, and {place_for(key)}"
    words, root = chosen(sys.argv[1:]), key.partition(".")[0]
    keys = known_keys(words)
    if key in keys or key in known_keys(tuple(word for word in words if not word.startswith("experiment="))):
        parent = key.rpartition(".")[0]
        return f"A config file or another option has put something else in the place of {parent}."
    if (CONF / "actions" / f"{root}.yaml").is_file() and root not in keys:
        keys = known_keys((*words, f"actions=[{root}]"))
        first = f"Keys of {root} need actions=[{root}]. "
        return first.strip() if key in keys else first + near(key, keys)
    return near(key, keys)


def near(key: str, keys: list[str]) -> str:
    """Return the keys that may have been meant: of the same name or a similar one, or similar as a whole.

    What an action is given stands at the top of the config, so the same key within the action is not suggested.
    """
    keys = [known for known in keys if known.split(".")[0] != "actions" or key.startswith("actions.")]
    keys = [known for known in keys if not key.startswith(f"{known}.")]
    last = key.rsplit(".", 1)[-1]
    all_names = sorted({known.rsplit(".", 1)[-1] for known in keys})
    names = [last] if last in all_names else get_close_matches(last, all_names, n=3, cutoff=0.7)
    found = {known for known in keys if known.rsplit(".", 1)[-1] in names}
    found |= set(get_close_matches(key, keys, n=3, cutoff=0.85))
    best = sorted(found, key=lambda known: (-SequenceMatcher(None, known, key).ratio(), known))[:3]
    return f"Did you mean {' or '.join(best)}?" if best else f"`{program()} --cfg job` shows all keys."


def place_for(group: str) -> str:
    """Return which recipes have a place for an option of a group."""
    paths = sorted((CONF / "recipe").glob("*.yaml"))
    recipes = [path.stem for path in paths if re.search(rf"^ *- /{group}: ", path.read_text("utf-8"), re.MULTILINE)]
    if recipes:
        return f"recipe={' or recipe='.join(recipes)} has the place for it."
    return f"a part of a recipe takes one: {group}@<key>=<option>."


def chosen(words: list[str]) -> tuple[str, ...]:
    """Return the words that choose an option of a group, of a sweep the first: they decide which keys there are."""
    pairs = (word.partition("=") for word in words)
    return tuple(
        f"{key}={cast(re.Match[str], FIRST.match(value))[0]}"
        for key, _, value in pairs
        if (CONF / re.split("@", key.lstrip("+~"))[0]).is_dir() and value and value[0] != "{"
    )


@cache
def known_keys(words: tuple[str, ...] = ()) -> list[str]:
    """Return every key that there is when nothing is overridden but the options that are chosen."""
    try:
        config = OmegaConf.to_container(composed_of(list(words)), resolve=False)
    except (HydraException, OmegaConfBaseException):  # reported by itself
        config = OmegaConf.to_container(composed_of([]), resolve=False)
    return [key for key in leaves(config) if not key.endswith("_target_")]


def leaves(node: Any, prefix: str = "") -> Any:
    """Return every key of a config, dotted."""
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        yield f"{prefix}{name}"
        yield from leaves(value, f"{prefix}{name}.")
