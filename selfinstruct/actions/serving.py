"""The commands that use a tuned model: in this process, and by a server where one can load it."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.text.command import hydra_word, program
from selfinstruct.trainer import MERGED, MODEL

if TYPE_CHECKING:
    from selfinstruct.run import Run

NAME = "tuned"
"""The name under which a server offers it."""
SERVE = "http://127.0.0.1:8000/v1"
"""The address of `transformers serve`, which knows a model by its folder."""
VLLM_RANK = 16
"""The highest rank of LoRA that vLLM takes without being told."""
NO_SERVER = "  Servers load merged models and LoRA only, so this one is used in this process."


def served(run: "Run") -> str:
    """Return the commands that use the tuned model."""
    folder, training = run.start.folder, run.training
    mode = {} if training["mode"] == "chat" else {"model.mode": training["mode"]}
    here = {"model": "transformers", **weights(folder, training), **mode}
    lines = [f"The tuned model is in {folder / MODEL}. To use it:", f"  {program()} recipe=superni {words(here)}"]
    if not (servers := list(vllm(folder, training))):
        return "\n".join([*lines, NO_SERVER])
    asked = {"model": "vllm", "model.name": NAME, **mode}
    lines += [f"  {server}" for server in servers] + [f"  {program()} recipe=superni {words(asked)}   # asks it"]
    if (merged := merged_in(folder, training)) is not None:
        asked = {"model": "endpoint", "model.api_base": SERVE, "model.name": str(merged), **mode}
        lines.append(f"  transformers serve {shlex.quote(str(merged))} --host 127.0.0.1")
        lines.append(f"  {program()} recipe=superni {words(asked)}   # asks it")
    return "\n".join(lines)


def weights(folder: Path, training: dict[str, Any]) -> dict[str, str]:
    """Return the keys of a model that say where its weights are."""
    if training["method"] == "full":
        return {"model.base_model": str(folder / MODEL)}
    return {"model.base_model": whole(training["base_model"]), "model.adapter": str(folder / MODEL)}


def whole(base: str) -> str:
    """Return a base model as any folder can name it; a name on the hub stays as it is."""
    return str(Path(base).resolve()) if Path(base).is_dir() else base


def merged_in(folder: Path, training: dict[str, Any]) -> Path | None:
    """Return the folder that holds all weights of the model; None where only an adapter was written."""
    merged = folder / (MODEL if training["method"] == "full" else MERGED)
    return merged if merged.is_dir() else None


def vllm(folder: Path, training: dict[str, Any]) -> Iterator[str]:
    """Yield the commands by which vLLM serves the model, merged and as an adapter; none where it cannot load it."""
    if (merged := merged_in(folder, training)) is not None:
        yield f"vllm serve {shlex.quote(str(merged))} --served-model-name {NAME}"
    if training["method"] == "Lora":
        rank = training["settings"]["method"]["rank"]
        more = f" --max-lora-rank {rank}" if rank > VLLM_RANK else ""
        module = shlex.quote(f"{NAME}={folder / MODEL}")
        yield f"vllm serve {shlex.quote(whole(training['base_model']))} --enable-lora --lora-modules {module}{more}"


def words(values: dict[str, str]) -> str:
    """Return keys and values as they are typed in a shell."""
    return " ".join(shlex.quote(f"{key}={hydra_word(value)}") for key, value in values.items())
