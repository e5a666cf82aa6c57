"""What is wrong with the YAML files of a config, by file and line.

Hydra fails where it merges them, and says little of where the mistake stands; so the files are read once more, each for
itself, when composing them has failed.  Only what would keep Hydra busy without end is looked for before: a few lines
whose aliases repeat each other hold billions of values.
"""

import re
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from selfinstruct.cli.hints import CONF, in_one_line
from selfinstruct.text.encoding import misread


def misread_files(folders: list[Path], words: list[str], otherwise_all: bool) -> list[str]:
    """What keeps the YAML files that words ask for from being read, by file and line; if nothing, that of all."""
    named = {name for word in words for name in re.split(r"[=\[\],/ ]+", word)}
    paths = [path for folder in folders for path in sorted(folder.rglob("*.yaml"))]
    asked = [text for path in paths if path.stem in named for text in misread_file(path)]
    return asked or [text for path in paths if otherwise_all for text in misread_file(path)]


LARGEST = 100_000
"""Values that a YAML file may hold, those counted that its aliases repeat; few-shot sets hold some hundreds."""


def oversized(folders: list[Path]) -> list[str]:
    """Return which YAML files of folders that are not ours hold more values than any config, because of aliases."""
    paths = [path for folder in folders if folder != CONF for path in sorted(folder.rglob("*.yaml")) if path.is_file()]
    return [
        f"{path}: its aliases repeat more than {LARGEST:,} values. Write out what is needed."
        for path in paths
        if repeated(path) > LARGEST
    ]


def repeated(path: Path) -> int:
    """Return how many values a YAML file holds when its aliases are followed; 0 if it has none, or cannot be read."""
    try:
        content = path.read_bytes()
        root = yaml.compose(content) if b"&" in content and b"*" in content else None
    except (yaml.YAMLError, OSError, RecursionError):
        return 0  # reported with its place when it is composed
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = 1  # an alias within what it names stands for itself
            inner = node.value if isinstance(node, yaml.CollectionNode) else []
            parts = [part for one in inner for part in (one if isinstance(one, tuple) else (one,))]
            sizes[id(node)] = 1 + sum(map(size, parts))
        return sizes[id(node)]

    return size(root) if root is not None else 0


def misread_file(path: Path) -> list[str]:
    """Return what keeps a YAML file from being read."""
    try:
        if bad := list(misread(path.read_bytes())):
            return [f"{path}:{number}: {problem}." for number, problem in bad]
        OmegaConf.load(path)
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
            if not line.lstrip().startswith("#"):
                break
            if re.match(r"\s*#\s*@", line) and len(line.lstrip("# ").split()) != 2:
                return [f"{path}:{number}: must read '# @package <name>'."]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f":{mark.line + 1}: not YAML at column {mark.column + 1}" if mark is not None else ": not YAML"
        return [f"{path}{where} ({error.problem})."]
    except RecursionError:
        return [f"{path}: its brackets are nested too deep."]
    except OSError as error:
        return [f"{path}: cannot be read ({error.strerror or 'it is one value, not keys with values'})."]
    except (yaml.YAMLError, OmegaConfBaseException) as error:
        return [f"{path}: {in_one_line(error)}"]
    return []


def misplaced(path: Path) -> str:
    """Return why an experiment's keys stand below `experiment`."""
    return f"{path}:1: must begin with the line '# @package _global_', without a byte order mark, and hold keys."
