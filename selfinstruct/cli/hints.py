"""What to tell a user whose config cannot be composed: Hydra's words, except where they mislead.

For a key that does not exist Hydra suggests `+key`, which would add one that nothing reads; here the keys are named
that may have been meant, and all of them at once.
"""

import re
import sys
from collections.abc import Iterator, Sequence
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
from selfinstruct.storage.differences import leaves
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
    if unknown := re.match(r"Could not override '([^']+)'", text):
        return "\n".join(f"There is no key '{key}' in the config. {meant(key)}" for key in unknown_keys(unknown[1]))
    if twice := re.match(r"Multiple values for ([^ ]+)\. To override a value use '(override .+: (.+))'", text):
        return f"{twice[1]} is chosen already. Leave out the +: {twice[1]}={twice[3]}; in a config file: {twice[2]}."
    if plugin := re.search(r"Could not find 'hydra/(?:launcher|sweeper)/(joblib|submitit|ray|optuna)", text):
        return f"This needs a plugin of Hydra that is not installed: pip install 'selfinstruct[{plugin[1]}]'"
    option = re.search(r"Could not (?:find|load) '([\w/]+)/[^'/]+'", text)
    if option and (known := options_below(option[1])):
        said = text.splitlines()[0].rstrip(". ")
        return f"{said}. There are: {', '.join(known)}. Options of your own need --config-dir <folder>."
    return in_one_line(error) if "full_key:" in text or not text else text


def options_below(group: str) -> list[str]:
    """Return the options of a group; of a folder that has none, those of its subgroups with their path."""
    found = set[str]()
    for place in (folder / group for folder in folders()):
        names = {path.relative_to(place).with_suffix("").as_posix() for path in place.glob("**/*.yaml")}
        found |= {name for name in names if "/" not in name} or names
    return sorted(found)


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


def unknown_keys(first: str) -> list[str]:
    """Return all keys on the command line that the config does not have; Hydra names the first."""
    known = known_keys(chosen(sys.argv[1:]))
    typed = [word.partition("=")[0] for word in sys.argv[1:] if re.match(r"(?!hydra)[\w.]+=", word)]
    found = [key for key in typed if key not in known and not any((folder / key).is_dir() for folder in folders())]
    return list(dict.fromkeys([first, *found]))


def composed_of(words: Sequence[str]) -> DictConfig:
    """Return the config that words compose to, with the options of `--config-dir`, whatever job is under way."""
    with in_use(hydra_for(str(CONF), next(iter(config_folders()), None))):
        return compose("config", overrides=list(words))


def config_folders() -> list[str]:
    """Return the folder of `--config-dir`; nothing without it."""
    return [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--config-dir=")][-1:]


def folders() -> list[Path]:
    """Return our config folder, and that of `--config-dir`."""
    return [CONF, *map(Path, config_folders())]


def meant(key: str) -> str:
    """Return what a key that does not exist may have been meant to be."""
    group = key.partition("@")[0]
    if (CONF / group).is_dir():
        return f"To add an option of a group, say where: +{group}@<key>=<option>."
    words, action = chosen(sys.argv[1:]), key.partition(".")[0]
    keys = known_keys(words)
    if key in keys or key in known_keys(tuple(word for word in words if not word.startswith("experiment="))):
        parent = key.rpartition(".")[0]
        return f"A config file or another option has put something else in the place of {parent}."
    if (CONF / "actions" / f"{action}.yaml").is_file() and action not in keys:
        return f"Keys of {action} need actions=[{action}]. {near(key, known_keys((*words, f'actions=[{action}]')))}"
    if options := having(key):
        return f"{' and '.join(options)} {'has' if len(options) == 1 else 'have'} it."
    return near(key, keys)


def having(key: str) -> list[str]:
    """Return the options of a key's group in whose files it stands, though the chosen one does not have it."""
    group, _, rest = key.partition(".")
    files = [path for folder in folders() for path in sorted((folder / group).glob("*.yaml"))]
    return [f"{group}={path.stem}" for path in files if rest in keys_of(OmegaConf.to_container(OmegaConf.load(path)))]


def near(key: str, keys: list[str]) -> str:
    """Return the keys that may have been meant: of the same name or a similar one, or similar as a whole.

    What an action is given stands at the top of the config, so the same key within the action is not suggested.
    """
    keys = [known for known in keys if not key.startswith(f"{known}.")]
    keys = [known for known in keys if known.split(".")[0] != "actions" or key.startswith("actions.")]
    last = key.rsplit(".", 1)[-1]
    names = {known.rsplit(".", 1)[-1] for known in keys}
    similar = [last] if last in names else get_close_matches(last, sorted(names), n=3, cutoff=0.7)
    found = {known for known in keys if known.rsplit(".", 1)[-1] in similar}
    found |= set(get_close_matches(key, keys, n=3, cutoff=0.85))
    best = sorted(found, key=lambda known: (-SequenceMatcher(None, known, key).ratio(), known))[:3]
    return f"Did you mean {' or '.join(best)}?" if best else f"`{program()} --cfg job` shows all keys."


def chosen(words: list[str]) -> tuple[str, ...]:
    """Return the words that choose an option of a group, of a sweep the first: they decide which keys there are."""
    pairs = (word.partition("=") for word in words)
    return tuple(
        f"{key}={cast(re.Match[str], FIRST.match(value))[0]}"
        for key, _, value in pairs
        if (CONF / key.lstrip("+~").partition("@")[0]).is_dir() and value and value[0] != "{"
    )


@cache
def known_keys(words: tuple[str, ...] = ()) -> list[str]:
    """Return every key that there is when nothing is overridden but the options that are chosen."""
    try:
        config = OmegaConf.to_container(composed_of(words), resolve=False)
    except (HydraException, OmegaConfBaseException):  # reported by itself
        config = OmegaConf.to_container(composed_of([]), resolve=False)
    return [key for key in keys_of(config) if not key.endswith("_target_")]


def keys_of(node: Any, prefix: str = "") -> Iterator[str]:
    """Yield every key of a config, dotted."""
    for name, value in node.items() if isinstance(node, dict) else ():
        yield f"{prefix}{name}"
        yield from keys_of(value, f"{prefix}{name}.")


def unset(config: object) -> list[str]:
    """Return a sentence for each key of a config that its reader must set."""
    return [f"{key} must be set: {key}=<value>." for key, value in leaves(config) if value == "???"]
