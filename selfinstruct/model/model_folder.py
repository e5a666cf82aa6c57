"""A folder that holds a model or an adapter of PEFT: what is missing in it, and what stands for its content.

Only safetensors count as weights: a pickle may run code when it is read.  The content is known by its files and not by
its place, so that a folder can be moved, and by the tokenizer and the chat template as well, for they shape replies.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PICKLES = ("*.bin", "*.pt", "*.pth")
SHAPING = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")
"""The files of a model's folder that shape its replies: weights, config, tokenizer and chat template."""
DESCRIBING = ("config.json", "adapter_config.json", "tokenizer_config.json")
PLACES = ("_name_or_path", "name_or_path", "base_model_name_or_path", "transformers_version", "peft_version")
"""Settings that say where a model was, and by which versions it was written."""
UNREAD = " Its pickles are not read, since they may run code: save it again as safetensors."


def folder_name(folder: str | Path) -> str:
    """Return the name of a folder without the way to it; links are not followed."""
    return Path(os.path.abspath(folder)).name


def model_problem(folder: Path) -> str | None:
    """Return what keeps a folder from being a model."""
    if not folder.is_dir():
        return f"model.base_model={folder} does not exist, or is not a folder."
    if (folder / ADAPTER_CONFIG).is_file():
        return (
            f"model.base_model={folder} holds an adapter. Set model.adapter={folder}, and model.base_model to its base."
        )
    if any((folder / name).is_file() for name in WEIGHTS) and (folder / "config.json").is_file():
        return None
    return f"model.base_model={folder} holds no model in safetensors.{pickled(folder)}"


def adapter_problem(folder: Path) -> str | None:
    """Return what keeps a folder from being an adapter."""
    if not folder.is_dir():
        return f"model.adapter={folder} does not exist, or is not a folder."
    if all((folder / name).is_file() for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)):
        return None
    if (folder / "config.json").is_file():
        return f"model.adapter={folder} holds a whole model. Set model.base_model={folder} and model.adapter=null."
    return f"model.adapter={folder} holds no adapter of PEFT in safetensors.{pickled(folder)}"


def pickled(folder: Path) -> str:
    """Return a sentence about weights in pickles, if a folder has any."""
    return UNREAD if any(path for pattern in PICKLES for path in folder.glob(pattern)) else ""


def content_of(folder: Path) -> str:
    """Return the SHA-256 of the files of a folder that shape replies."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SHAPING for path in folder.glob(pattern)}):
        with path.open("rb") as file:
            found = shaping(file.read()) if path.name in DESCRIBING else hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.name}\n{found}\n".encode())
    return digest.hexdigest()


def shaping(text: bytes) -> str:
    """Return what a file of settings says, without places and versions; PEFT writes sets of names in any order."""
    try:
        settings = json.loads(text)
    except ValueError:
        settings = None
    if not isinstance(settings, dict):  # whatever reads it will report it
        return hashlib.sha256(text).hexdigest()
    kept = {key: value for key, value in settings.items() if key not in PLACES}
    names = {key: sorted(value) for key, value in kept.items() if isinstance(value, list) and all_texts(value)}
    return json.dumps(kept | names, sort_keys=True)


def all_texts(values: list[Any]) -> bool:
    """Return whether all values are texts."""
    return all(isinstance(value, str) for value in values)
