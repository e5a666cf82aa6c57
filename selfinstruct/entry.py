"""The command: compose the config with Hydra, build the run, do its actions.

This and `selfinstruct.advice` are the only modules that know Hydra and OmegaConf.  Nothing heavy is imported before a
job begins, so that `--help`, `--cfg job` and tab completion answer at once.  What a user must mend is told on standard
error without a traceback, and the exit code is 1; in a sweep a job that fails stops no other, and the sweep tells at
its end which failed.

A run folder remembers what was overridden, so that a run goes on with its folder alone.
"""

import hashlib
import json
import logging
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from selfinstruct.advice import CONF, plain, recipe_of
from selfinstruct.errors import ConfigError, ModelError, SelfInstructError
from selfinstruct.folder import kept_overrides

if TYPE_CHECKING:
    from selfinstruct.run import Run

log = logging.getLogger(__name__)

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
OmegaConf.register_new_resolver("experiment", recipe_of, replace=True)


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
        sys.argv[1:] = with_kept_overrides(sys.argv[1:])
        if any(word.startswith("replay=") for word in sys.argv[1:]):
            from selfinstruct.actions.publication.replay import with_words

            sys.argv[1:] = with_words(sys.argv[1:], key_of)
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


def with_kept_overrides(words: list[str]) -> list[str]:
    """The command line, and before it what a run was begun with, where it names the folder of one."""
    folder = next((word.partition("=")[2].strip("'\"") for word in words if word.startswith("hydra.run.dir=")), None)
    if folder is None or not (kept := kept_overrides(Path(folder))):
        return words
    given = {key_of(word) for word in words}
    return [*(word for word in kept if key_of(word) not in given), *words]


def key_of(word: str) -> str:
    """The key of an override."""
    return word.lstrip("+~").partition("=")[0]


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
    from selfinstruct.actions.publication.replay import replayed
    from selfinstruct.build import build
    from selfinstruct.run import Run

    now = HydraConfig.get()
    values = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    declared = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    for action in values.get("actions") or {}:  # what an action is told stands in it by now
        values.pop(action, None)
        declared.pop(action, None)
    capsule = values.pop("replay", None)
    declared.pop("replay", None)
    start = start_of(values, declared, now)
    begun.append(str(start.folder))
    try:
        with replayed(values, capsule, start) as (answered, tell_of):
            run = build(answered, Run, start=start)
            with ending_well(run):
                run.execute()
            tell_of(run)
        if run.stopped:
            tell(SelfInstructError(f"Stopped by the {run.stopped}. {go_on(start.folder)} budget.<limit>=<more>"))
    except (KeyboardInterrupt, SystemExit):
        tell(SelfInstructError(f"Stopped. {go_on(start.folder)}"))
        raise
    except (SelfInstructError, OSError) as error:
        tell(error)
        if isinstance(error, ModelError):
            tell(SelfInstructError(f"What was answered is kept. {go_on(start.folder)}"))
        failed.append(failure(now, error))
    except Exception as error:
        failed.append(failure(now, error))
        raise


@contextmanager
def ending_well(run: "Run") -> Iterator[None]:
    """Let the first Ctrl-C end the round under way, and the second stop at once."""
    if threading.current_thread() is not threading.main_thread():  # a launcher's; the signal is not its own
        yield
        return

    def end(number: int, frame: object) -> None:
        run.stopping = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        tell(SelfInstructError("Ending the round under way, and keeping what is paid for; Ctrl-C again stops at once."))

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def failure(now: Any, error: Exception) -> str:
    """A job that failed, as the sweep tells it at its end; nothing for a single run, which has told it already."""
    if now.mode is not RunMode.MULTIRUN:
        return ""
    first = (str(error) or type(error).__name__).splitlines()[0]
    return f"{now.job.num}: {' '.join(now.overrides.task)}\n     {first}"


def start_of(values: dict[str, Any], declared: dict[str, Any], now: Any) -> Any:
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
        declared=declared,
        overrides=tuple(now.overrides.task),
    )


def go_on(folder: Path) -> str:
    """How to finish a run that was stopped; a job of a sweep goes on alone."""
    path = str(folder)
    if not re.fullmatch(r"[\w./-]+", path, re.ASCII):  # Hydra wants quotes of its own
        path = json.dumps(path, ensure_ascii=False)
    return f"To go on, run: python run.py {shlex.quote(f'hydra.run.dir={path}')}"


def tell(error: Exception) -> None:
    """Print what is to be mended, each thing on a line of its own."""
    if isinstance(error, ConfigError) and len(error.problems) > 1:
        text = f"There are {len(error.problems)} mistakes:\n  " + "\n  ".join(error.problems)
    else:
        text = plain(error)
    print(text, file=sys.stderr)  # noqa: T201
    if begun:
        log.info(text)
