"""The settings of a run and how it was made, for a page that others see: no key, server, folder or user is named."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selfinstruct.storage.folder import stored_flags, stored_overrides
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.places import file_name, public, public_words


def settings(run: RunReader) -> str:
    """Return the config of a run as declared, in YAML."""
    return as_yaml(public(run.config)) if run.config else ""


def as_yaml(values: Mapping[str, Any]) -> str:
    """Return values as YAML, texts of several lines as blocks."""
    import yaml  # type: ignore[import-untyped]

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        pass

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return str(yaml.dump(values, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100))


def command(folder: Path) -> str:
    """Return the command that started the run, as it is typed by anyone."""
    flags = stored_flags(folder) or {}
    words = [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", file_name(value))]
    return shlex.join(["python", "run.py", *words, *public_words(stored_overrides(folder))])


def made_with(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the versions of what made the run, and the commit of the code."""
    versions: Mapping[str, str | None] = summary.get("versions") or {}
    git: Mapping[str, Any] = summary.get("git") or {}
    changed = " (changed since)" if git.get("dirty") else ""
    commit = [("commit", f"{git['commit']}{changed}")] if git.get("commit") else []
    return [*((name, value) for name, value in versions.items() if value), *commit]
