"""What must be typed again before a run in a folder of others is resumed: key, address, store and destination.

The rule looks at the composed config, whoever said so in it.  It concerns every model that would send a key, or share a
store, if an action asks it.  The key of an `Endpoint` is the one that it names, and goes to its `api_base`.  LiteLLM
reads the environment itself where no key is named, by the provider in the model's name, and further parameters of a
request can lead it elsewhere.  What one of our own options for `model` says leads nowhere else.

What a config folder that is not ours says of these must be typed as well; as it is often the user's own, the keys may
instead be allowed by name in the environment (`unconfirmed`).  A run that sends no key is resumed freely.
Where a run is published and logged must be typed as well (`destinations`).
"""

import json
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from selfinstruct.cli.actions import at_top, gathered
from selfinstruct.cli.destinations import destinations, pushes
from selfinstruct.cli.flags import folder_in, kept_in
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.folder import CONFIG, is_own, stored_overrides
from selfinstruct.storage.ownership import SECRET, note_start, state_folder, stored_secret
from selfinstruct.text.command import hydra_word, program
from selfinstruct.text.policy import ALLOW, is_granted

ENDPOINT, LITELLM = "selfinstruct.model.endpoint.Endpoint", "selfinstruct.model.litellm.LiteLLM"
KEYLESS = (
    "selfinstruct.model.offline.Offline",
    "selfinstruct.model.replay.Replay",
    "selfinstruct.model.scripted.Scripted",
    "selfinstruct.model.predictions.Predictions",
    "selfinstruct.model.transformers.Transformers",
)
"""Models that ask no server of the config's choosing.  Transformers asks the Hugging Face hub for a base model that is
not a folder, and may send it the token of the environment, whatever the config says; no code of the model is run."""
OPENAI = ("openai", "text-completion-openai")
"""Providers to which no key is sent that no config names."""
STORE = "store"
strangers: list[str] = []
"""The folders of others' runs from which this process took words over."""


@dataclass(frozen=True)
class TakenOver:
    """A command line, as it was typed, that takes words over from a folder of others."""

    folder: str
    words: Sequence[str]
    flags: Sequence[str]

    def problems(self, config: Mapping[str, Any], shipped: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return what must be typed again of a composed config, as one message with the command; empty for nothing.

        `shipped` holds our own options for `model`.
        """
        given = {word.lstrip("+").partition("=")[0] for word in self.words if "=" in word}
        found = {**foreign(config, shipped), **destinations(config)}
        needed = {key: value for key, value in found.items() if key not in given}
        if not needed:
            return []
        folder, why = state_folder(), "(Runs of another machine or user, or of version 0.1.0, are not recognized.)"
        if folder is not None and stored_secret() is None:
            why = f"(Runs of yours are recognized by {folder / SECRET}, which cannot be written or read here.)"
        said = "; ".join(f"{key}={value if isinstance(value, str) else word(value)}" for key, value in needed.items())
        typed = [*self.words, *self.flags, *(f"{key}={word(value)}" for key, value in needed.items())]
        command = f"{program()} {shlex.join(typed)}"
        text = (
            f"Nothing shows that the run in {self.folder} is your own, and what it says decides where a key of yours or"
            f" a shared store is used, or where data is sent: {said}. {why} If all of this is right, type it again:"
            f" {command}"
        )
        return [text]


def unconfirmed(
    config: Mapping[str, Any], shipped: Sequence[Mapping[str, Any]], typed: Collection[str]
) -> Iterator[str]:
    """Yield what the user must type or allow of a config that has files of another folder, as one message.

    `typed` are the keys that stand on the command line; the name of an option confirms nothing of what is in its file.
    Beside a typed address, the other values of one of our own options are no word of the folder's.
    """
    found = {**foreign(config, shipped), **pushes(config)}
    needed = {key: value for key, value in found.items() if key not in typed and not is_granted(f"{key}.")}
    for place, model in models_of(config):
        own = {key: value for key, value in needed.items() if key.startswith(f"{place}.") and key != f"{place}.{STORE}"}
        if isinstance(model, Mapping) and model.get("_target_") not in (ENDPOINT, LITELLM):  # of a package allowed
            own = {key: value for key, value in own.items() if not key.endswith((".key_env", ".api_base"))}
        elif not any(is_of(option, model, own, len(place) + 1) for option in shipped):
            own = {}
        needed = {key: value for key, value in needed.items() if key not in own}
    if needed:
        words = shlex.join(f"{key}={word(value)}" for key, value in needed.items())
        yield (
            f"A config folder decides where a key of yours or a shared store is used, or where data is sent: {words}."
            f" If this is right, type it on the command line, or allow it: {ALLOW}={','.join(needed)}."
        )


def is_of(option: Mapping[str, Any], model: Any, values: Mapping[str, Any], start: int) -> bool:
    """Return whether values of a model, by keys whose names begin at `start`, are those of one of our own options."""
    known = dict(leaves(option))
    is_same = isinstance(model, Mapping) and model.get("_target_") == option.get("_target_")
    return is_same and all(known.get(key[start:]) == value for key, value in values.items())


def word(value: Any) -> str:
    """Return a value as it stands after `key=`; an interpolation stays one."""
    if isinstance(value, str):
        return f'"{value}"' if "${" in value and '"' not in value else hydra_word(value)
    return json.dumps(value)


def foreign(config: Mapping[str, Any], shipped: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return each key and value of a config that decides where a key or a shared store is used."""
    actions = gathered(config, at_top(config))["actions"]
    if config.get("replay") or not any(map(asks, actions.values())):
        return {}  # a replay is answered by its capsule alone
    known = [place_of(option) for option in shipped]
    found: dict[str, Any] = {}
    models = dict(models_of(config))
    for key, model in models.items():
        found |= of_model(key, model, known)
    if any(
        isinstance(model, Mapping) and model.get("_target_") not in (*KEYLESS, ENDPOINT) for model in models.values()
    ):
        asked = {key: config.get(key) or {} for key in ("recipe", "benchmarks")}
        extra = (pair for pair in leaves(asked) if ".decoding.extra." in pair[0])
        found |= {key: value for key, value in extra if value is not None}  # parameters may lead a request elsewhere
    return found


def models_of(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every model of a config, by its key; a stage or a benchmark that has none of its own asks the first."""
    yield "model", config.get("model")
    benchmarks = {f"benchmarks.{name}": part for name, part in mapping(config.get("benchmarks")).items()}
    recipes = {"recipe": config.get("recipe")} | {
        f"{key}.recipe": mapping(part).get("recipe") for key, part in benchmarks.items()
    }
    stages = {f"{key}.{name}": stage for key, recipe in recipes.items() for name, stage in mapping(recipe).items()}
    for key, part in (benchmarks | stages).items():
        if (model := mapping(part).get("model")) not in (None, "${model}"):
            yield f"{key}.model", model


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping of a config; empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def asks(action: Any) -> bool:
    """Return whether an action asks a model, also in runs of its own, as far as that is known of its class."""
    module, _, name = str(action.get("_target_") if isinstance(action, Mapping) else "").rpartition(".")
    if not module.startswith("selfinstruct.actions."):
        return True
    try:
        found = getattr(import_module(module), name)
        return bool(found.asks or getattr(found, "asks_in_runs_of_its_own", False))
    except (ImportError, AttributeError):
        return True


def of_model(key: str, model: Any, known: Collection[list[Any]]) -> dict[str, Any]:
    """Return what must be typed of one model."""
    if not isinstance(model, Mapping):
        return {} if model is None else {key: model}
    if model.get("_target_") in KEYLESS:
        return {}
    names = [STORE] if model.get(STORE) is not None else []
    if sends_a_key(model) and place_of(model) not in known:
        names += ["key_env", "api_base"]
        names += ["name", "extra"] if model.get("_target_") != ENDPOINT else []
        names += ["_target_"] if model.get("_target_") not in (ENDPOINT, LITELLM) else []
    chosen = {name: model.get(name) for name in names}
    return {f"{key}.{name}": value for name, value in leaves(chosen) if value not in (None, {})}


def sends_a_key(model: Mapping[str, Any]) -> bool:
    """Return whether a model may send a key that the environment holds."""
    if model.get("key_env") is not None:
        return True
    return model.get("_target_") != ENDPOINT and (provider(model) not in OPENAI or bool(model.get("extra")))


def provider(model: Mapping[str, Any]) -> str:
    """Return the provider that LiteLLM takes from a model's name."""
    return str(model.get("name")).partition("/")[0]


def place_of(model: Mapping[str, Any]) -> list[Any]:
    """Return what decides where a key goes, to be compared."""
    place = [model.get("_target_"), model.get("api_base"), model.get("key_env")]
    return place if place[0] == ENDPOINT else [*place, provider(model), model.get("extra") or {}]


def is_strangers(folder: Path) -> bool:
    """Return whether a folder holds words or flags of a run, and no seal of this user."""
    return bool(stored_overrides(folder) or kept_in(folder)) and not is_own(folder)


def claimed(folder: Path, words: Sequence[str]) -> bool:
    """Return whether a job is the user's own, and not of another's folder or capsule; then seal what is known of it.

    A launcher may have started the job in another process than the one that took words over.
    """
    other = folder_in(list(words), "refilter.run")
    is_foreign = bool(strangers) or any(word.startswith("+replay=") for word in words)
    is_foreign |= other is not None and is_strangers(Path(other))
    if not (folder / CONFIG).exists():
        if not is_foreign:
            note_start(folder)
        return not is_foreign
    return not is_foreign and is_own(folder)
