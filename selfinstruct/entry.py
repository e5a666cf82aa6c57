"""The command: compose the config with Hydra, build the run, do its actions.

This is the only module that knows Hydra and OmegaConf, and it imports nothing heavy before a job begins, so that
`--help`, `--cfg job` and tab completion answer at once.  What a user must mend is told on standard error without a
traceback, and the exit code is 1; in a sweep a job that fails stops no other, and the sweep tells at its end which
failed.
"""

import hashlib
import json
import logging
import os
import re
import shlex
import signal
import sys
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from selfinstruct.errors import ConfigError, ModelError, SelfInstructError

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
CONF = HERE / "conf" if (HERE / "conf").is_dir() else HERE.parent / "conf"

HELP = """selfinstruct grows instruction-tuning datasets out of a handful of human-written tasks.

  {run}                                  the main job, offline, a few seconds
  {run} model=openai                     a real model (the key is read from OPENAI_API_KEY)
  {run} recipe.instructions.until=500    change one thing
  {run} -m random_seed=1,2,3             sweep
  {run} --cfg job                        show the composed config, with every key
  {run} --hydra-help                     what Hydra offers beside

Groups and their options; choose one with group=option, several with group=[a,b]:

{groups}

Each option is a YAML in {conf}, which says at its head what it is."""

KEY_WORD = r"(?:api_?key|secret|password|(?:access|auth|bearer)_?token)"
SECRET_KEY = re.compile(rf"(?:^|[+~._]){KEY_WORD}$", re.IGNORECASE)
SECRET_VALUE = re.compile(
    rf"\bsk-[\w-]{{8,}}|\b(?:hf|gsk)_\w{{8,}}|\bAIza\w{{8,}}|\bxai-\w{{8,}}|\b{KEY_WORD}\s*:|://[^/@\s]*:[^/@\s]*@",
    re.IGNORECASE,
)

begun: list[str] = []
"""The folders of the runs that this process has begun."""
failed: list[str] = []
"""The jobs of this process that failed, in a sweep, as the sweep tells them at its end."""


def slug(text: str) -> str:
    """A folder name out of overrides: short, no character that a file system or a shell minds."""
    plain = re.sub(r"[^\w.-]+", "-", text.replace(",", "__"), flags=re.ASCII).strip("-.") or "default"
    if len(plain) <= 100:
        return plain
    return f"{plain[:89]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


OmegaConf.register_new_resolver("slug", slug, replace=True)
OmegaConf.register_new_resolver("conf", lambda path: str(CONF / path), replace=True)


def main() -> None:
    """Run the command line."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        if hasattr(signal, "SIGPIPE"):
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # for `--help | head`
        print(help_text())  # noqa: T201
        return
    # Hydra would print its own excerpt of a traceback; with this it lets us tell what is wrong.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    failed.clear()
    begun.clear()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that trackers and summary are finished
    try:
        refuse_secrets(sys.argv[1:])
        hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(job)()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if begun and not isinstance(error, HydraException):  # a defect of ours, told by its traceback
            raise
        tell(error)
        failed.append("")
    finally:
        if any(failed):
            print(f"{len(failed)} of the sweep's jobs failed:", *failed, sep="\n  ", file=sys.stderr)  # noqa: T201
    if failed:
        sys.exit(1)


def refuse_secrets(words: list[str]) -> None:
    """Stop before Hydra writes a key that somebody typed into its files; raises ConfigError."""
    for word in words:
        key, _, value = word.partition("=")
        if SECRET_KEY.search(key) or SECRET_VALUE.search(value):
            raise ConfigError(
                [f"{key} looks like a secret. Put it into an environment variable, and name that with model.key_env."]
            )


def help_text() -> str:
    """What `--help` prints: read off the tree, since Hydra takes half a second longer to list its groups."""
    options: dict[str, list[str]] = {}
    for path in sorted(CONF.glob("*/**/*.yaml")):
        options.setdefault(path.parent.relative_to(CONF).as_posix(), []).append(path.stem)
    groups = "\n".join(f"  {group}: {', '.join(names)}" for group, names in options.items())
    run = "python run.py" if Path(sys.argv[0]).name == "run.py" else "selfinstruct"
    return HELP.format(run=run, groups=groups, conf=CONF)


def job(config: DictConfig) -> None:
    """One run: built whole, then executed."""
    from selfinstruct.build import build
    from selfinstruct.run import Run

    now = HydraConfig.get()
    values = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    start = start_of(config, values, now)
    begun.append(str(start.folder))
    try:
        build(values, Run, start=start).execute()
    except (KeyboardInterrupt, SystemExit):
        tell(SelfInstructError(f"Stopped. {go_on(start.folder, now)}"))
        raise
    except (SelfInstructError, OSError) as error:
        tell(error)
        if isinstance(error, ModelError):
            tell(SelfInstructError(f"What was answered is kept. {go_on(start.folder, now)}"))
        failed.append(failure(now, error))
    except Exception as error:
        failed.append(failure(now, error))
        raise


def failure(now: Any, error: Exception) -> str:
    """A job that failed, as the sweep tells it at its end; nothing for a single run, which has told it already."""
    if now.mode is not RunMode.MULTIRUN:
        return ""
    first = (str(error) or type(error).__name__).splitlines()[0]
    return f"{now.job.num}: {' '.join(now.overrides.task)}\n     {first}"


def start_of(config: DictConfig, values: dict[str, Any], now: Any) -> Any:
    """What is known of a run before it begins."""
    from selfinstruct.start import Start

    folder = Path(now.runtime.output_dir)
    in_sweep = now.mode is RunMode.MULTIRUN
    recipe = now.runtime.choices.recipe
    return Start(
        folder=folder,
        name=folder.name if in_sweep else f"{recipe}/{folder.name}",
        group=folder.parent.name if in_sweep else None,
        recipe=recipe,
        job_type="+".join(values.get("actions") or {}),
        config=values,
        declared=cast(dict[str, Any], OmegaConf.to_container(config, resolve=False)),
    )


def go_on(folder: Path, now: Any) -> str:
    """How to finish a run that was stopped; a job of a sweep goes on alone, with the overrides that it had."""
    path = str(folder)
    if not re.fullmatch(r"[\w./-]+", path, re.ASCII):  # Hydra wants quotes of its own
        path = json.dumps(path, ensure_ascii=False)
    word = shlex.quote(f"hydra.run.dir={path}")
    if now.mode is RunMode.MULTIRUN:
        return f"To go on, run: python run.py {shlex.join(now.overrides.task)} {word}"
    return f"To go on, run the same command with {word}"


def tell(error: Exception) -> None:
    """Print what is to be mended, each thing on a line of its own."""
    if isinstance(error, ConfigError) and len(error.problems) > 1:
        text = f"There are {len(error.problems)} mistakes:\n  " + "\n  ".join(error.problems)
    else:
        text = plain(error)
    print(text, file=sys.stderr)  # noqa: T201
    if begun:
        log.info(text)


def plain(error: Exception) -> str:
    """An error's words; for a key that does not exist, the keys that may have been meant instead of Hydra's `+key`."""
    text = str(error)
    if re.match(r"Could not override '", text):
        return "\n".join(f"There is no key '{key}' in the config. {meant(key)}" for key in unknown_keys(text))
    if unknown := re.search(r"Could not load '(\w+)/[^']+'", text):
        known = sorted(path.stem for path in (CONF / unknown[1]).glob("*.yaml"))
        return f"{text.splitlines()[0]} There are: {', '.join(known)}." if known else text
    return text


def unknown_keys(text: str) -> list[str]:
    """All keys on the command line that the config does not have; Hydra's error names the first."""
    from hydra import compose, initialize_config_dir

    words, found = [word for word in sys.argv[1:] if not word.startswith("-")], []
    while unknown := re.match(r"Could not override '([^']+)'", text):
        found.append(unknown[1])
        words = [word for word in words if word.partition("=")[0] != unknown[1]]
        try:
            with initialize_config_dir(str(CONF), version_base="1.3"):
                compose("config", overrides=words)
        except (HydraException, OmegaConfBaseException) as error:
            text = str(error)
        else:
            text = ""
    return found


def meant(key: str) -> str:
    """What somebody may have meant who wrote a key that does not exist."""
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = OmegaConf.to_container(compose("config"), resolve=False)
    keys = [known for known in leaves(config) if not known.endswith("_target_")]
    last = key.rsplit(".", 1)[-1]
    all_names = sorted({known.rsplit(".", 1)[-1] for known in keys})
    names = [last] if last in all_names else get_close_matches(last, all_names, n=3, cutoff=0.7)
    near = [known for name in names for known in keys if known.rsplit(".", 1)[-1] == name]
    near.sort(key=lambda known: SequenceMatcher(None, known, key).ratio(), reverse=True)
    return f"Did you mean {' or '.join(near[:3])}?" if near else "`python run.py --cfg job` shows all keys."


def leaves(node: Any, prefix: str = "") -> Any:
    """Every key of a config, dotted."""
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        yield f"{prefix}{name}"
        yield from leaves(value, f"{prefix}{name}.")
