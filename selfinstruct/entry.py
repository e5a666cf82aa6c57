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
from omegaconf.errors import OmegaConfBaseException

from selfinstruct.advice import CONF, at_once, in_one_line, plain, printable
from selfinstruct.composition import check
from selfinstruct.errors import ConfigError, ModelError, Problems, RunFolderError, SelfInstructError
from selfinstruct.folder import kept_overrides
from selfinstruct.secret import TOKEN, is_typed, variable

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
OmegaConf.register_new_resolver("oc.env", variable, replace=True)
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
        sys.argv[1:] = with_kept_overrides(sys.argv[1:])
        check(sys.argv[1:], __file__)
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
    typed = [TOKEN.sub("…", word.partition("=")[0]) for word in words if is_typed(word)]
    if typed:
        raise ConfigError(
            [f"{key} looks like a secret. Name its environment variable in model.key_env instead." for key in typed]
        )


def with_kept_overrides(words: list[str]) -> list[str]:
    """The command line, and before it what a run was begun with, where it names the folder of one."""
    folder = next((word.partition("=")[2].strip("'\"") for word in words if word.startswith("hydra.run.dir=")), None)
    if folder is None or not (kept := kept_overrides(Path(folder))):
        return words
    if foreign := [word for word in kept if word.startswith("-") or key_of(word).startswith("hydra")]:
        raise RunFolderError(f"{folder}/config.json: no run writes the overrides {', '.join(map(repr, foreign))}.")
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
    from selfinstruct.build import build
    from selfinstruct.run import Run

    now = HydraConfig.get()
    begun.append(now.runtime.output_dir)
    try:
        values = resolved(config)
        start = start_of(config, values, now)
        run = build(values, Run, start=start)
        with ending_well(run):
            run.execute()
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


def resolved(config: DictConfig) -> dict[str, Any]:
    """The config as plain values; raises ConfigError where an interpolation leads nowhere."""
    try:
        return cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        raise ConfigError([in_one_line(error)]) from None


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
    text = printable(at_once(error.problems) if isinstance(error, Problems) else plain(error))
    print(text, file=sys.stderr)  # noqa: T201
    if begun:
        log.info(text)
