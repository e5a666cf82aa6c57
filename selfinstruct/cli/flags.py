"""The flags of the command line: in any place, and remembered by the run folder.

argparse takes all positional words at their first place, so that `a=1 --config-dir mine b=2` fails in Hydra.  Here
words and flags are separated first, and then handed to Hydra as it takes them: the words, then the flags.

A job knows the flags that its config was composed with from Hydra's own record of where it read from, which also holds
in a process that a launcher started.

A folder may come from a stranger.  What it remembers can only name an absolute path of a folder on this machine, whose
files are then data like any other config (`selfinstruct.text.policy`).  The user is shown which folder is read.
"""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from selfinstruct.cli.hints import CONF
from selfinstruct.cli.hydra_private import parser
from selfinstruct.errors import RunFolderError
from selfinstruct.storage.folder import FLAGS, noted, stored_flags

NAME = "config"
"""The config that is composed where no flag names another."""


def typed(words: list[str]) -> Namespace:
    """Return the flags and the words of a command line, whatever their order; exits on what argparse refuses."""
    found = parser().parse_intermixed_args(words)
    found.overrides = found.overrides or []
    return found


def ordered(found: Namespace) -> list[str]:
    """Return a command line as Hydra takes it: all words, then all flags."""
    return [*found.overrides, *flag_words(vars(found))]


def flag_words(flags: Mapping[str, Any]) -> Iterator[str]:
    """Yield each flag that is set, as it is typed."""
    for name, value in flags.items():
        if name != "overrides" and value not in (None, False):
            flag = f"--{name.replace('_', '-')}"
            yield flag if value is True else f"{flag}={value}"


def of_job(hydra: Mapping[str, Any]) -> dict[str, str]:
    """Return the flags by which a job's config was composed, by the `hydra` part of it; paths are absolute."""
    sources = {source["provider"]: source for source in hydra["runtime"]["config_sources"]}
    name, found = hydra["job"]["config_name"], {}
    if (main := sources.get("main")) and Path(main["path"]).resolve() != CONF.resolve():
        found["config_path"] = main["path"] if main["schema"] == "file" else f"{main['schema']}://{main['path']}"
    if name and name != NAME:
        found["config_name"] = name
    if "command-line" in sources:
        found["config_dir"] = sources["command-line"]["path"]
    return found


def kept_in(folder: Path) -> dict[str, str]:
    """Return the flags of the folder's run: those that it kept, or what Hydra wrote down before it could."""
    if (kept := stored_flags(folder)) is not None:
        return kept
    try:
        return of_job(noted(folder, "hydra.yaml")["hydra"])
    except (KeyError, TypeError):
        return {}


def add_kept(line: Namespace, kept: Mapping[str, str], folder: Path, command: str) -> list[str]:
    """Set the flags that a folder remembers and that were not typed; return the paths that are read because of it.

    Raises RunFolderError for a path that is gone; `command` is what was typed, so that another path can be added.
    """
    read = []
    for name in (name for name in FLAGS if name in kept and getattr(line, name) is None):
        if name != "config_name":
            flag = f"--{name.replace('_', '-')}"
            if not Path(kept[name]).is_absolute() or not Path(kept[name]).is_dir():
                raise RunFolderError(
                    f"The run in {folder} was started with {flag}={kept[name]}, and this folder does not exist. "
                    f"Restore it, or name the folder that holds its configs now: {command} {flag} FOLDER"
                )
            read.append(kept[name])
        setattr(line, name, kept[name])
    return read


def folder_in(words: list[str], key: str) -> str | None:
    """Return the folder that a word of the command line names, as Hydra reads it; None where none does."""
    word = next((word for word in reversed(words) if word.startswith(f"{key}=")), None)
    if word is None:
        return None
    try:
        value = OverridesParser.create().parse_override(word).value()
        return str(OmegaConf.create({"value": value}).value)
    except (HydraException, OmegaConfBaseException):  # reported when it is composed
        return word.partition("=")[2].strip("'\"")
