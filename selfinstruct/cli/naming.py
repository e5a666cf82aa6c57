"""Name the folders of a sweep's jobs, by which W&B calls the runs as well.

A name is the number of the job and the keys that have more than one value in the sweep, in the order in which the
sweep has them: `3_random_seed-2__human-4`.  A sweep in which nothing varies names what was overridden.

Which keys vary is found before the first job, from the command line and from `hydra.sweeper.params`, because a job
knows only its own values.  It travels to the jobs in `hydra.job.config.override_dirname.exclude_keys`.

A sweep that is resumed finds the folder of a job by number and overrides, not by name: it may have been started with
one value and resumed with two, or by an earlier version, which named folders by every override.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.differences import FREE
from selfinstruct.storage.folder import stored_overrides

HIDDEN = "hydra.job.config.override_dirname.exclude_keys"
"""Hydra's key for the overrides that no folder is named by."""
LONGEST = 100
"""Characters of the part after the number."""


def slug(text: str) -> str:
    """Return a text as a part of a folder name: short, and without special characters."""
    plain = re.sub(r"[^\w.-]+", "-", text.replace(",", "__"), flags=re.ASCII)
    plain = re.sub("-*__-*", "__", plain).strip("-._") or "default"
    if len(plain) <= LONGEST:
        return plain
    return f"{plain[: LONGEST - 11]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def key_of(word: str) -> str:
    """Return the key of an override."""
    return word.lstrip("+~").partition("=")[0]


def name_of(number: int, words: Sequence[str], hidden: Iterable[str]) -> str:
    """Return the folder name of a job with these overrides, of which those with a hidden key are not shown."""
    from selfinstruct.actions.comparison.grouping import short

    hidden = set(hidden)
    shown = [word for word in words if key_of(word) not in hidden]
    names = short(map(key_of, shown))
    return f"{number}_{slug(','.join(names[key_of(word)] + word.lstrip('+~')[len(key_of(word)) :] for word in shown))}"


def folder_of(sweep: Path, number: int, words: Sequence[str], hidden: Iterable[str]) -> str:
    """Return the name of the folder in which a job of a sweep has started already, or else the name of a new one."""
    hidden = set(hidden)
    free = {key for key in hidden if FREE.fullmatch(key) or key == "experiment"}
    wanted, same = name_of(number, words, hidden), list[str]()
    for path in sorted(path for path in sweep.glob(f"{number}_*") if path.is_dir()):
        with suppress(RunFolderError):  # what cannot be read is of no job
            if significant(stored_overrides(path), free) == significant(words, free):
                same.append(path.name)
    return wanted if wanted in same or not same else same[0]


def significant(words: Iterable[str], free: set[str]) -> list[str]:
    """Return the overrides that tell two jobs apart: not those which no folder is named by and a run may change."""
    return sorted(word for word in words if key_of(word) not in free)


def hiding(words: Sequence[str], params: Mapping[str, Any], hidden: Sequence[str], loader: ConfigLoader) -> list[str]:
    """Return what a sweep's command line must be followed by, so that its jobs know which keys do not vary."""
    if any(key_of(word) == HIDDEN for word in words):
        return []
    typed = {key_of(word) for word in words}
    declared = [f"{key}={value}" for key, value in params.items() if key_of(str(key)) not in typed]
    overrides = OverridesParser.create(config_loader=loader).parse_overrides([*declared, *words])
    own = {key_of(one.input_line or ""): varies(one) for one in overrides if not one.key_or_group.startswith("hydra")}
    if not any(own.values()):
        return []
    keys = [*(key for key in hidden if not own.get(key)), *(key for key, found in own.items() if not found)]
    return [f"{HIDDEN}=[{','.join(repr(key) for key in dict.fromkeys(keys))}]"]


def varies(override: Override) -> bool:
    """Return whether an override stands for more than one value."""
    if not override.is_sweep_override():
        return False
    return not override.is_discrete_sweep() or len(set(islice(override.sweep_string_iterator(), 1000))) > 1


def job_folder() -> str:
    """Return the name of the folder of the job that Hydra is about to run."""
    now = HydraConfig.get()
    words, hidden = now.overrides.task, now.job.config.override_dirname.exclude_keys
    return folder_of(Path(now.sweep.dir), int(now.job.num), list(words), list(hidden))


OmegaConf.register_new_resolver("job_folder", job_folder, replace=True)
