"""The command: compose the config with Hydra, build the run, do its actions.

This module, `advice`, `composition`, `flags`, `job`, `shipped`, `sweep` and `traces` are the only ones that know Hydra
and OmegaConf.  Nothing heavy is imported before a job begins, so that `--help`, `--cfg job` and tab completion answer
at once.  What a user must fix is printed on standard error without a traceback, and the exit code is 1.

A run folder remembers the words and the flags that it was started with, so that its folder alone resumes it.  Of the
folder of others, key, address and store must be typed again (`selfinstruct.cli.retyping`).

Where standard output is closed, as in `… | head`, the program ends as others do: with exit code 141 and no message.
"""

import logging
import os
import shlex
import signal
import sys
import warnings
from argparse import Namespace
from pathlib import Path

import hydra
from hydra.errors import HydraException

from selfinstruct.cli.compose import check
from selfinstruct.cli.flags import NAME, add_kept, flag_words, folder_in, kept_in, ordered, typed
from selfinstruct.cli.hints import CONF, by_place, options_in
from selfinstruct.cli.job import failed, job, started_folders, tell, unheard
from selfinstruct.cli.naming import key_of
from selfinstruct.cli.retyping import TakenOver, is_strangers, strangers
from selfinstruct.cli.signals import end_when_asked, interrupt_once
from selfinstruct.cli.sweep import failures
from selfinstruct.cli.traces import HYDRA
from selfinstruct.errors import ConfigError, RunFolderError, SelfInstructError, UnwritableError
from selfinstruct.storage.folder import CONFIG, noted, stored_overrides
from selfinstruct.storage.remedies import LOCK
from selfinstruct.text.command import process_count, program
from selfinstruct.text.plain_files import check_plain
from selfinstruct.text.secrets import SHAPE, is_typed, refusals
from selfinstruct.text.terminal import printable

HELP = """selfinstruct grows instruction-tuning datasets out of a handful of human-written tasks.

  {run}                                  the main job, offline, a few seconds
  {run} model=openai                     a real model (the key is read from OPENAI_API_KEY)
  {run} recipe.instructions.until=500    change one thing
  {run} recipe=evol_instruct             another method; what it is stands at the head of its YAML
  {run} -m random_seed=1,2,3             sweep
  {run} --config-dir mine +experiment=x  options of your own: here mine/experiment/x.yaml
  {run} --cfg job                        show the composed config, with every key
  {run} --hydra-help                     what Hydra offers beside

Groups and their options; choose one with group=option, several with group=[a,b]:

{groups}

Each option is a YAML in {conf}, which says at its head what it is.{own}"""
OWN = """

Options of your own, in {folder}:

{groups}"""


REFILTER = "recipe=refilter"
OF_ITS_OWN = ("actions", "trackers", "formats", "budget", "benchmarks", "objective", "spacy_model")
"""What a run that judges another's candidates again does not take over from it."""

STARTED = (HYDRA, "run.log", LOCK)
"""What a process leaves in a folder in which it has started a run."""
LOST = (
    "A run was started in {folder}, and stopped before its words were written down. Start it again with all of them"
    " (at least: {command}), or choose an empty folder."
)


def main() -> None:
    """Run the command line; of several processes that were launched to train, the first does."""
    if process_count() == 1:
        return command()
    from selfinstruct.trainer.processes import dismiss, is_main, launch

    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # every process prints its warnings
    launch()
    if not is_main():
        return along()
    signal.signal(signal.SIGINT, interrupt_once)
    try:
        command()
    except SystemExit as end:
        if end.code:  # the launcher ends the others
            raise
    return dismiss()


def along() -> None:
    """Train along with the first process, and print only what it does not."""
    from selfinstruct.cli.build import trainer_from
    from selfinstruct.trainer.processes import follow

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it has nothing to finish
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    try:
        follow(trainer_from)
    except SelfInstructError as error:
        tell(error)
        sys.exit(1)


def command() -> None:
    """Do what the command line says."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        if hasattr(signal, "SIGPIPE"):
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # for `--help | head`
        print(help_text(typed(sys.argv[1:]).config_dir))  # noqa: T201
        return
    # Hydra would print its own excerpt of a traceback; with this it lets us tell what is wrong.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    for found in (started_folders, failed, failures, strangers):
        found.clear()
    end_when_asked()
    try:
        from_others = completed()
        if (checked := check(sys.argv[1:], __file__, from_others)) is not None:
            checked.run(job)
        else:  # it only shows something
            hydra.main(version_base="1.3", config_path=str(CONF), config_name=NAME)(job)()
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(unheard())
    except Exception as error:
        if started_folders and not isinstance(error, HydraException):  # a bug, reported with its traceback
            raise
        place = folder_in(sys.argv[1:], "hydra.run.dir") or folder_in(sys.argv[1:], "hydra.sweep.dir") or "outputs"
        reported = by_place(error, Path(place))
        tell(reported)
        if isinstance(reported, UnwritableError):
            tell(SelfInstructError("Then run the same command again."))
        failed.append(str(error))
    finally:
        if failures:
            print(f"{len(failures)} of the sweep's jobs failed:", *failures, sep="\n  ", file=sys.stderr)  # noqa: T201
    if failed or failures:
        sys.exit(1)


def completed() -> TakenOver | None:
    """Add to the command line what the folder or capsule that it names remembers; return it as typed, if a stranger's.

    Raises ConfigError or RunFolderError for words that must not be used.
    """
    refuse_secrets(sys.argv[1:])
    line = typed(sys.argv[1:])
    refuse_links(line.overrides)
    from_others = taken_over(line)
    line = with_kept_flags(line)
    line.overrides = with_kept_overrides(line.overrides)
    if folder_in(line.overrides, "replay") is not None:
        from selfinstruct.cli.replay import with_words

        line.overrides = with_words(line.overrides, key_of, bool(line.config_dir or line.config_path))
    sys.argv[1:] = ordered(line)
    return from_others


def refuse_secrets(words: list[str]) -> None:
    """Stop before Hydra writes a typed secret into its files; raises ConfigError."""
    typed = [SHAPE.sub("…", word.partition("=")[0]) for word in words if is_typed(word)]
    if typed:
        raise ConfigError(refusals(typed))


def refuse_links(words: list[str]) -> None:
    """Stop before Hydra writes through a link in a folder, or a pipe in it is waited for; raises RunFolderError."""
    for key in ("hydra.run.dir", "refilter.run"):
        if (folder := folder_in(words, key)) is not None:
            check_plain(Path(folder))
    if (folder := folder_in(words, "hydra.sweep.dir")) is not None:
        for place in (Path(folder), *Path(folder).glob("*/")):
            check_plain(place)


def taken_over(line: Namespace) -> TakenOver | None:
    """Return the command line as it was typed, where it names a run's folder that is not the user's own."""
    folders = [folder_in(line.overrides, key) for key in ("hydra.run.dir", "refilter.run")]
    strangers.extend(folder for folder in folders if folder is not None and is_strangers(Path(folder)))
    if not strangers:
        return None
    return TakenOver(strangers[0], tuple(line.overrides), tuple(flag_words(vars(line))))


def with_kept_flags(line: Namespace) -> Namespace:
    """Add to the command line the flags that the run's folder remembers; raises RunFolderError for a lost folder.

    Where the folder is of no run, the flags of `refilter.run` are meant.
    """
    for key in ("hydra.run.dir", "refilter.run"):
        if (folder := folder_in(line.overrides, key)) is not None and (kept := kept_in(Path(folder))):
            command = f"{program()} {shlex.join(line.overrides)}"
            for place in add_kept(line, kept, Path(folder), command):
                print(printable(f"The configs in {place} are read, as when the run was started."), file=sys.stderr)  # noqa: T201
            break
    return line


def with_kept_overrides(words: list[str]) -> list[str]:
    """Return the command line, and before it what a run was started with, where it names the folder of one.

    `refilter.run` names one as well: its candidates are judged again, so its questions must be the same.
    """
    if REFILTER in words:  # as if it were a recipe, which would have to be that of the other run
        words = [*(word for word in words if word != REFILTER), "actions=[refilter,export]"]
    folder, kept = folder_in(words, "hydra.run.dir"), list[str]()
    if folder is not None:
        kept = stored_overrides(Path(folder))
        if is_lost(Path(folder)) and all(key_of(word).startswith("hydra") for word in words):
            raise RunFolderError(LOST.format(folder=folder, command=f"{program()} recipe=<recipe> {shlex.join(words)}"))
    if not kept and (folder := folder_in(words, "refilter.run")) is not None:
        kept = [word for word in stored_overrides(Path(folder)) if key_of(word).split(".")[0] not in OF_ITS_OWN]
    if foreign := [word for word in kept if word.startswith("-") or key_of(word).startswith("hydra")]:
        raise RunFolderError(f"{folder}/config.json: no run writes the overrides {', '.join(map(repr, foreign))}.")
    given = {key_of(word) for word in words}
    return [*(word for word in kept if key_of(word) not in given), *words]


def is_lost(folder: Path) -> bool:
    """Return whether a run started in a folder, and was killed before its words were written down."""
    has_words = (folder / CONFIG).exists() or isinstance(noted(folder, "overrides.yaml"), list)
    return not has_words and any((folder / name).exists() for name in STARTED)


def help_text(own_folder: str | None = None) -> str:
    """Return what `--help` prints, with the options of `--config-dir`, read off the tree.

    Hydra takes half a second longer to list its groups.
    """
    own = ""
    if own_folder is not None:
        own = printable(OWN.format(folder=own_folder, groups=groups_in(Path(own_folder)) or "  none are found"))
    return HELP.format(run=program(), groups=groups_in(CONF), conf=CONF, own=own)


def groups_in(folder: Path) -> str:
    """Return every group in a config folder with its options, one group a line."""
    return "\n".join(f"  {group}: {', '.join(names)}" for group, names in options_in(folder).items())
