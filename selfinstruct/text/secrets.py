"""What looks like a secret, by the name of its key or by its shape.

A run writes its config into its folder, into W&B and into the names of folders, so a secret that enters a config is
published sooner or later.  Models name the environment variable that holds their key, and nothing else is needed.  Some
harmless text is refused with it (`sk-` and eight letters, say): that costs a word, a leaked key costs money.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WORD = (
    r"(?:api[_-]?key|secret(?:[_-]?(?:access[_-]?)?key)?|access[_-]?key|private[_-]?key|passw(?:or)?d|passphrase"
    r"|(?:access|auth|bearer|api|hf)[_-]?token|authorization|credentials?)"
)
KEY = re.compile(rf"(?:^|[+~._/-]){WORD}$", re.IGNORECASE)
TOKEN = re.compile(
    r"\b(?:sk|xai|pplx|nvapi)-[\w-]{8,}|\b(?:hf|gsk|ghp|gho|github_pat)_\w{8,}|\bAIza\w{8,}|\bAKIA[A-Z0-9]{12,}"
    r"|\bbearer\s+(?=\S*\d)[\w.~+/-]{16,}|\beyJ[\w-]{8,}\.[\w-]+\.|://[^/@\s]*:[^/@\s]*@",
    re.IGNORECASE,
)
INSIDE = re.compile(rf"""(?:\b|_){WORD}["']?\s*:""", re.IGNORECASE)
"""A secret's key within a typed mapping."""
READABLE = re.compile(
    r"HOME|USER|LOGNAME|HOSTNAME|PWD|TMPDIR|LANG|TZ|CUDA_VISIBLE_DEVICES|SLURM_[A-Z_]+|WANDB_(?:PROJECT|ENTITY)"
)
"""The variables of the environment that any config may read."""
ALLOW_ENV = "SELFINSTRUCT_ALLOW_ENV"
"""The variable in which the user names others."""
VARIABLE = re.compile(r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL", re.IGNORECASE)
"""A name that the environment gives to a secret."""


def is_typed(word: str) -> bool:
    """Whether a word of the command line holds a secret."""
    key, _, value = word.partition("=")
    return bool(KEY.search(key) or TOKEN.search(word) or INSIDE.search(value))


def within(node: Any, key: str = "") -> Iterator[str]:
    """The keys of a config that hold a secret."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from within(value, f"{key}.{name}" if key else str(name))
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for number, value in enumerate(node):
            yield from within(value, f"{key}.{number}")
    elif isinstance(node, str) and node and (KEY.search(key) or TOKEN.search(node) or TOKEN.search(key)):
        yield TOKEN.sub("…", key)


def variable(name: str, *default: str | None) -> str | None:
    """Return what `${oc.env:NAME}` and `${oc.env:NAME,default}` stand for; raises ValueError for what may not be read.

    A config may come from a stranger, and what it reads ends up in files, in W&B and in prompts.  So only variables
    that are known to hold no secret can be read, and those that the user allows by name in the environment itself.
    """
    if VARIABLE.search(name):
        raise ValueError(f"the environment variable {name} looks like a secret, which no config may hold")
    if not READABLE.fullmatch(name) and name not in re.findall(r"\w+", os.environ.get(ALLOW_ENV, "")):
        raise ValueError(f"a config may not read the environment variable {name}. To allow it, set {ALLOW_ENV}={name}")
    if name not in os.environ and not default:
        raise ValueError(f"there is no environment variable {name}")
    return os.environ.get(name, *default)
