"""What a secret is: the one definition for the command line, configs, capsules, logs and replies.

A run writes its config into its folder, into W&B and into the names of folders, so a secret in a config is published
sooner or later.  Models name the environment variable that holds their key, and nothing else is needed.  Some harmless
text is refused as well (`sk-` and twelve letters, for example): that costs a word, a leaked key costs money.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from selfinstruct.text.policy import leaves

START = r"(?:\b|(?<=\\[bfnrt]))"
"""Where a key may begin: at a word, or after the escape of a control character in JSON."""
BODY = r"(?:[\w-]{12,}|(?=[A-Za-z_-]*\d)[\w-]{8,})"
"""The part of a key after its prefix: twelve characters, or eight with a digit."""
SHAPES: Mapping[str, str] = {
    "OpenAI, Anthropic, OpenRouter, DeepSeek, Cerebras": START + r"c?sk-" + BODY,
    "xAI, Perplexity, NVIDIA": START + r"(?:xai|pplx|nvapi)-" + BODY,
    "Hugging Face, Groq, Together, Replicate": START + r"(?:hf|gsk|tgp|r8)_" + BODY,
    "Weights & Biases": START + r"wandb_v\d_" + BODY,
    "GitHub": START + r"(?:gh[opsur]|github_pat)_" + BODY,
    "GitLab": START + r"glpat-" + BODY,
    "Slack": START + r"xox[abeoprs]-" + BODY,
    "Google": START + r"AIza" + BODY,
    "AWS": START + r"A(?:KIA|SIA)[A-Z0-9]{12,}",
    "JSON web token": START + r"eyJ[\w-]{8,}\.[\w-]+\.",
    "bearer token": START + r"(?i:bearer)\s+(?=\S*\d)[\w.~+/-]{16,}",
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "password in an address": r"(?<=://)(?!:@)[^/@\s:\"]{0,80}:[^/@\s\"]{0,200}(?=@)",
}
"""The shapes of keys, each with who issues them."""
SHAPE = re.compile("|".join(SHAPES.values()), re.ASCII)
ECHOED = re.compile(
    rf"(?i:\bbearer)\s+[^\s'\",}}]+|\bsk-[\w*-]{{4,}}|(?<=[?&]key=)[^\s&'\"]+|{SHAPE.pattern}", re.ASCII
)
"""What is masked in messages, which are only read: also short and shortened keys, as servers echo them."""

WORD = (
    r"(?:api[_-]?key|secret(?:[_-]?(?:access[_-]?)?key)?|access[_-]?key|private[_-]?key|passw(?:or)?d|passphrase"
    r"|(?:access|auth|bearer|api|hf)[_-]?token|authorization|credentials?)"
)
KEY = re.compile(rf"(?:^|[+~._/-]){WORD}$", re.IGNORECASE)
"""A key of a config whose value is a secret."""
INSIDE = re.compile(rf"""(?:\b|_){WORD}["']?\s*:""", re.IGNORECASE)
"""Such a key within a typed mapping."""
VARIABLE = re.compile(r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL", re.IGNORECASE)
"""An environment variable whose value is a secret."""

READABLE = re.compile(
    r"HOME|USER|LOGNAME|HOSTNAME|PWD|TMPDIR|LANG|TZ|CUDA_VISIBLE_DEVICES|SLURM_[A-Z_]+|WANDB_(?:PROJECT|ENTITY)"
)
"""The environment variables that any config may read."""
ALLOW_ENV = "SELFINSTRUCT_ALLOW_ENV"
"""The variable in which the user names others."""


def is_typed(word: str) -> bool:
    """Return whether a word of the command line holds a secret."""
    key, _, value = word.partition("=")
    return bool(KEY.search(key) or SHAPE.search(word) or INSIDE.search(value))


def refusals(keys: Iterable[str]) -> list[str]:
    """Return one message for each key of a config that holds a secret."""
    return [f"{key} looks like a secret. Name its environment variable in model.key_env instead." for key in keys]


def within(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of a config that hold a secret, with secrets in the keys themselves masked."""
    for path, value in leaves(config):
        key = ".".join(path)
        if isinstance(value, str) and value and (KEY.search(key) or SHAPE.search(value) or SHAPE.search(key)):
            yield SHAPE.sub("…", key)


def variable(name: str, *default: str | None) -> str | None:
    """Return the value of `${oc.env:NAME}` or `${oc.env:NAME,default}`; raise ValueError for a protected variable.

    A config may come from a stranger, and what it reads ends up in files, in W&B and in prompts.  So only variables
    that are known to hold no secret can be read, and those that the user allows by name in the environment itself.
    """
    if VARIABLE.search(name):
        raise ValueError(f"the environment variable {name} looks like a secret, which no config may hold")
    if not READABLE.fullmatch(name) and name not in re.findall(r"\w+", os.environ.get(ALLOW_ENV, "")):
        raise ValueError(f"a config may not read the environment variable {name}. To allow it, set {ALLOW_ENV}={name}")
    if name not in os.environ and not default:
        raise ValueError(f"the environment variable {name} is not set")
    return os.environ.get(name, *default)
