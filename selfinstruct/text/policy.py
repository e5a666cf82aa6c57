"""What a config from others may not make the program do.

A config is data, but Hydra makes objects out of parts of it before a job begins: callbacks, launcher, sweeper, and the
handlers of its logs.  What those name must be known, or lie in a package that the user allows.

Packages are allowed in the environment, `SELFINSTRUCT_ALLOW=my_package,other`, and nowhere else: a config cannot set a
variable, and words on the command line are remembered by run folders, which may come from others, too.

What a launcher is given may end up in a shell.  So no text of `hydra` may hold a control character, and where a config
folder that is not ours is in use, texts for a launcher and the folder of the run must be typed, or be allowed by name.

A dotted name may lead on from a module into whatever that module has imported (`selfinstruct.cli.job.os.system`), and a
function of ours writes any file when it is called by a config.  So of this package and of the plugins Hydra may make
only classes that are listed, and of a package that the user allows only what that package defines.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

ALLOW = "SELFINSTRUCT_ALLOW"
OURS = "selfinstruct"
HOW = f"To allow a package, name it in the environment: {ALLOW}=<package>."

CORE = "hydra._internal.core_plugins."
KNOWN = {
    *(f"{CORE}basic_launcher.BasicLauncher", f"{CORE}basic_sweeper.BasicSweeper", f"{OURS}.cli.sweep.Sweep"),
    *("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler", "logging.handlers.RotatingFileHandler"),
    *("logging.Formatter", "ext://sys.stdout", "ext://sys.stderr"),
}
"""What Hydra may make, and the objects that its logs may write to."""
PLUGINS = re.compile(
    r"hydra_plugins\.hydra_(?:joblib|submitit|ray|optuna)_\w+\.\w+\.[A-Z]\w*(?:Launcher|Sweeper)"
    r"|optuna\.samplers\.[A-Z]\w*Sampler"
)
"""The launchers and the sweeper that the extras install."""
RUNS = re.compile(
    r"hydra\.(?:launcher\.(?:setup|additional_parameters|srun_args|python|env_setup|ray\.\w+\.runtime_env)"
    r"|sweeper\.custom_search_space)(?:\.|$)"
)
"""Their keys that hold commands, or name code."""
MADE = ("callbacks", "launcher", "sweeper", "job_logging", "hydra_logging")
"""The parts of `hydra` that it makes objects of."""
NAMES_CODE = ("_target_", "()", "class", "listener", "queue")
HARMLESS = re.compile(r"\$\{(?:hydra[.:][\w.]+|now:[^{}$]*|oc\.env:\w+)\}")
"""Interpolations that give text, never an object."""
IN_FOLDER = re.compile(r"\$\{hydra[.:]runtime\.output_dir\}/(?:\$\{hydra[.:]job\.name\}|[\w.-])+")
SUBDIR = "${hydra_subdir:${hydra:runtime.output_dir},${oc.select:actions,null}}"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
TEXT_FOR_PEOPLE = ("help", "hydra_help", "overrides")
"""The parts of `hydra` that are only shown, and the words as they were typed."""
FOLDERS = ("run.dir", "sweep.dir", "sweep.subdir")
NAMES = (("job", "name"), ("output_subdir",))
"""The keys that become a part of a file's or a folder's name."""
BELOW = re.compile(
    r"(?:[\w@=,. -]|/(?!/)|\$\{(?:hydra[.:](?:job\.n(?:ame|um)|runtime\.choices\.[\w/@.]+)|now:[%\w:_ -]*)\})*"
)
"""A folder below the one that the command runs in, given that neither it nor a chosen option steps out."""
PLAIN_NAME = re.compile(r"(?!\.+$)[\w.-]+")


def is_allowed(target: str) -> bool:
    """Return whether a dotted name lies in this package, or in one that the user allows."""
    return target.startswith(f"{OURS}.") or is_granted(target)


def is_granted(target: str) -> bool:
    """Return whether a dotted name lies in a package that the user allows."""
    names = re.findall(r"[\w.]+", os.environ.get(ALLOW, ""))
    return any(target.startswith(f"{name.strip('.')}.") for name in names)


def is_known(target: str) -> bool:
    """Return whether Hydra may make, or use, what a dotted name stands for."""
    if target in KNOWN or PLUGINS.fullmatch(target):
        return True
    module, _, name = target.removeprefix("ext://").rpartition(".")
    if not is_granted(f"{module}."):
        return False
    try:
        found = getattr(import_module(module), name)
    except Exception:  # whatever a module of the user's does while it is imported
        return False
    return is_granted(f"{getattr(found, '__module__', module)}.")


def refused(hydra: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything in the `hydra` part of a config, its interpolations as written, that is not to be."""
    for path, value in leaves(hydra):
        key = ".".join(("hydra", *path))
        if path[0] not in TEXT_FOR_PEOPLE and path != ("job", "override_dirname") and CONTROL.search(str(value)):
            yield f"{key} holds a control character (got {value!r})."
        elif path[:2] in (("job", "env_set"), ("job", "env_copy")) and value not in ({}, []):
            yield f"{key}: a config may not change the environment. Set the variable in your shell."
        elif path in NAMES and value not in (None, SUBDIR) and not PLAIN_NAME.fullmatch(str(value)):
            yield f"{key} must be a plain name, or files would leave the run folder (got {value!r})."
        elif path[0] == "searchpath" and not is_known_place(str(value)):
            yield f"{key} would import {value!r}: a config may not run other code. {HOW}"
        elif path[-1] == "_target_" or str(value).startswith("ext://") or path[0] in MADE:
            yield from refused_of_part(path, key, value)


def refused_of_strangers(
    hydra: Mapping[str, Any], launcher: Mapping[str, Any], folders: Mapping[str, str], typed: Collection[str]
) -> Iterator[str]:
    """Yield everything in the `hydra` part that a config folder which is not ours may not say without the user's word.

    `launcher` holds the defaults of the launcher, as its package gives them, `folders` ours of `FOLDERS`, and `typed`
    the keys on the command line.  Hydra's record of the words is no help: what a config has swept stands there, too.
    """

    def is_confirmed(key: str, name: str) -> bool:
        return is_allowed(f"{name}.") or any(key == word or key.startswith(f"{word}.") for word in typed)

    known = dict(leaves(launcher))
    for path, value in leaves(hydra["launcher"]):
        key = ".".join(("hydra.launcher", *path))
        is_new = isinstance(value, str) and path[-1] != "_target_" and value != known.get(path)
        if is_new and not is_confirmed(key, "hydra.launcher"):
            yield f"{key} may reach a shell. Type it on the command line, or allow it: {ALLOW}=hydra.launcher."
    for group, option in hydra["runtime"]["choices"].items():
        if leads_out(str(option)):
            yield f"the option {group}={option} leads out of the config folders. Name the option itself."
    for key in FOLDERS:
        part, name = key.split(".")
        text = str(hydra[part][name])
        is_below = text == folders[key] or (BELOW.fullmatch(text) and not leads_out(text))
        if not is_below and not is_confirmed(f"hydra.{key}", f"hydra.{key}"):
            how = f"Type it on the command line, or allow it: {ALLOW}=hydra.{key}."
            yield f"hydra.{key} leads out of the folder that the command runs in (got {text!r}). {how}"


def leads_out(place: str) -> bool:
    """Return whether a path begins at the root, or steps upwards."""
    return place.startswith("/") or ".." in place.split("/")


def refused_of_part(path: tuple[str, ...], key: str, value: object) -> Iterator[str]:
    """Yield what is wrong with a value of a part that Hydra makes."""
    text = str(value)
    if (runs := RUNS.match(key)) and value not in (None, {}, []):
        name = runs[0].rstrip(".")
        if not is_allowed(f"{name}."):
            yield f"{key} may run code. If you trust it, name it in the environment: {ALLOW}={name}."
    elif "${" in HARMLESS.sub("", text):
        yield f"{key} must be written out, so that one sees what it names (got {value!r})."
    elif path[-1] in NAMES_CODE or text.startswith(("ext://", "cfg://")):
        if not is_known(text):
            yield f"{key} names {text!r}: a config may not run other code. {HOW}"
    elif path[-1] == "filename" and not IN_FOLDER.fullmatch(text):
        yield f"{key} must lie in ${{hydra.runtime.output_dir}}, or files would leave the run folder (got {value!r})."
    elif path[-1] == "style" and text != "%":
        yield f"{key} must be '%', since other styles reach into objects (got {value!r})."


def is_known_place(place: str) -> bool:
    """Return whether looking for configs in a place imports nothing that is not known."""
    scheme, is_url, package = place.partition("://")
    return not is_url or scheme == "file" or package.split(".")[0] == "hydra" or is_allowed(f"{package}.")


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value below a node, with its path; an empty mapping or list is a value."""
    if isinstance(node, Mapping) and node:
        for name, value in node.items():
            yield from leaves(value, (*path, str(name)))
    elif isinstance(node, Sequence) and not isinstance(node, str) and node:
        for number, value in enumerate(node):
            yield from leaves(value, (*path, str(number)))
    else:
        yield path, node
