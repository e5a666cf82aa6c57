"""The command: compose the config with Hydra, build the run, do its actions.

This is the only module that knows Hydra and OmegaConf, and it imports nothing heavy before a job begins, so that
`--help`, `--cfg job` and tab completion answer at once.  What a user must mend is told on standard error without a
traceback, and the exit code is 1; in a sweep a job that fails stops no other, and the sweep tells at its end which
failed.
"""

import hashlib
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

  python run.py                                  the main job, offline, a few seconds
  python run.py model=openai                     a real model (the key is read from OPENAI_API_KEY)
  python run.py recipe.instructions.until=500    change one thing
  python run.py -m random_seed=1,2,3             sweep
  python run.py --cfg job                        show the composed config, with every key
  python run.py --hydra-help                     what Hydra offers beside

Groups and their options; choose one with group=option, several with group=[a,b]:

{groups}

Each option is a YAML in {conf}, which says at its head what it is."""

failed: list[str] = []
"""The jobs of this process that failed, in a sweep, as the sweep tells them at its end."""


def slug(text: str) -> str:
    """A folder name out of overrides: short, no character that a file system or a shell minds."""
    plain = re.sub(r"[^\w.=,-]+", "-", text, flags=re.ASCII).strip("-.") or "default"
    if len(plain) <= 100:
        return plain
    return f"{plain[:89]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


OmegaConf.register_new_resolver("slug", slug, replace=True)
OmegaConf.register_new_resolver("conf", lambda path: str(CONF / path), replace=True)


def main() -> None:
    """Run the command line."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(help_text())  # noqa: T201
        return
    # Hydra would print its own excerpt of a traceback; with this it lets us tell what is wrong.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    failed.clear()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that trackers and summary are finished
    try:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(job)()
    except (SelfInstructError, HydraException, OmegaConfBaseException) as error:
        tell(error)
        failed.append("")
    except KeyboardInterrupt:
        sys.exit(130)
    if any(failed):
        print(f"{len(failed)} of the sweep's jobs failed:", *failed, sep="\n  ", file=sys.stderr)  # noqa: T201
    if failed:
        sys.exit(1)


def help_text() -> str:
    """What `--help` prints: read off the tree, since Hydra takes half a second longer to list its groups."""
    options: dict[str, list[str]] = {}
    for path in sorted(CONF.glob("*/**/*.yaml")):
        options.setdefault(path.parent.relative_to(CONF).as_posix(), []).append(path.stem)
    groups = "\n".join(f"  {group}: {', '.join(names)}" for group, names in options.items())
    return HELP.format(groups=groups, conf=CONF)


def job(config: DictConfig) -> None:
    """One run: built whole, then executed."""
    from selfinstruct.build import build
    from selfinstruct.run import Run

    now = HydraConfig.get()
    values = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    start = start_of(config, values, now)
    try:
        build(values, Run, start=start).execute()
    except (KeyboardInterrupt, SystemExit):
        tell(SelfInstructError(f"Stopped. {go_on(start.folder)}"))
        raise
    except SelfInstructError as error:
        tell(error)
        if isinstance(error, ModelError):
            tell(SelfInstructError(f"What was answered is kept. {go_on(start.folder)}"))
        failed.append(f"{now.job.num}: {' '.join(now.overrides.task)}" if now.mode is RunMode.MULTIRUN else "")


def start_of(config: DictConfig, values: dict[str, Any], now: Any) -> Any:
    """What is known of a run before it begins."""
    from selfinstruct.start import Start

    folder = Path(now.runtime.output_dir)
    in_sweep = now.mode is RunMode.MULTIRUN
    recipe = now.runtime.choices.recipe
    stages = [stage for stage in values["recipe"].values() if isinstance(stage, dict)]
    models = [values["model"], *(stage["model"] for stage in stages if stage.get("model"))]
    names = [model.get("name") or "offline" for model in models if isinstance(model, dict)]
    return Start(
        folder=folder,
        name=folder.name if in_sweep else f"{recipe}/{folder.name}",
        group=folder.parent.name if in_sweep else None,
        recipe=recipe,
        job_type="+".join(values.get("actions", {})),
        models=tuple(dict.fromkeys(names)),
        is_offline="offline" in names,
        config=values,
        config_text=OmegaConf.to_yaml(config),
        targets={name: stage.get("until") for name, stage in values["recipe"].items() if isinstance(stage, dict)},
    )


def go_on(folder: Path) -> str:
    """How to finish a run that was stopped."""
    return f"To go on, run the same command with hydra.run.dir={shlex.quote(str(folder))}"


def tell(error: Exception) -> None:
    """Print what is to be mended, each thing on a line of its own."""
    if isinstance(error, ConfigError) and len(error.problems) > 1:
        text = f"The config holds {len(error.problems)} mistakes:\n  " + "\n  ".join(error.problems)
    else:
        text = plain(error)
    print(text, file=sys.stderr)  # noqa: T201
    log.info(text)


def plain(error: Exception) -> str:
    """An error's words; for a key that does not exist, the keys that may have been meant instead of Hydra's `+key`."""
    text = str(error)
    if unknown := re.match(r"Could not override '([^']+)'", text):
        return f"There is no key '{unknown[1]}' in the config. {meant(unknown[1])}"
    return text


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
