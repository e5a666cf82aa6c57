"""How a model is loaded by transformers, and its adapter by PEFT: from safetensors, and without running foreign code.

Left alone, transformers does more than it is asked for, and this module prevents it: it offers to run code that comes
with a model, loads another model where an adapter lies beside the weights, fetches compiled attention kernels that
`config.json` names, and prints progress bars and warnings.  PEFT ignores weights that an adapter lacks or that the
model has no place for; here such an adapter is refused, since it was made for another model.
"""

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import ModelError
from selfinstruct.model.generation import Generation

if TYPE_CHECKING:
    from selfinstruct.model.transformers import Transformers

LOG = logging.getLogger(__name__)

SAFE = {"trust_remote_code": False}
TALKATIVE = r"(transformers|peft|torch|accelerate|huggingface_hub)(\.|$)"
NOT_LOADED = "model.base_model={base} cannot be loaded: {error}"
NO_TEMPLATE = (
    "model.base_model={base} has no chat template. Set model.mode=completion, or choose a model tuned to chat."
)
IS_ADAPTER = (
    "model.base_model={base} has an adapter. Set model.base_model to the model it was made for, and model.adapter."
)
NO_FIT = "model.adapter={adapter} cannot be used with model.base_model={base}: {error}"
OTHER_BASE = "it was made for another model ({count} of its weights do not fit, such as {name})."
NO_DEVICE = "model.device={device} cannot be used with model.precision={precision}: {error}"
NO_ROOM = "model.base_model={base} does not fit into the memory of {device}. Set model.precision=bfloat16, or {other}."
NO_ROOM_TO_ANSWER = "the memory of {device} does not suffice to answer {count} at once. {remedy}"


def loaded(model: "Transformers") -> Generation:
    """Load a model with its adapter; raises ModelError with why it cannot be loaded."""
    from transformers import AutoTokenizer

    quiet()
    device = device_of(model)
    LOG.info("%s is loaded on %s.", model.name, device)
    try:
        tokenizer = AutoTokenizer.from_pretrained(model.tokenizer, padding_side="left", **SAFE)
        weights = base_of(model)
    except ModelError:
        raise
    except Exception as error:  # whatever a file of it leads to
        raise unfit(model, error, NOT_LOADED, device) from None
    if model.mode == "chat" and tokenizer.chat_template is None:
        raise ModelError(NO_TEMPLATE.format(base=model.base_model))
    try:
        if model.adapter is not None:
            weights = with_adapter(weights, model.adapter)
        weights = weights.to(device=device, dtype=weights.dtype).eval()
    except Exception as error:
        raise unfit(model, error, NO_FIT if model.adapter is not None else NOT_LOADED, device) from None
    return Generation(model, tokenizer, weights, device)


def quiet() -> None:
    """Keep the libraries from printing; what fails is raised all the same."""
    from huggingface_hub.utils import disable_progress_bars
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging as transformers_logging

    hub_logging.set_verbosity_error()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    disable_progress_bars()
    warnings.filterwarnings("ignore", module=TALKATIVE)


def device_of(model: "Transformers") -> str:
    """Return where a model computes; raises ModelError where that cannot be, or not with its precision."""
    import torch

    device = model.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        probe = torch.ones((2, 2), device=device, dtype=getattr(torch, model.precision))
        if (probe @ probe).sum().item() != 8:
            raise ValueError("it computes wrongly")
    except Exception as error:  # AssertionError where torch was built without it
        text = NO_DEVICE.format(device=model.device, precision=model.precision, error=in_one_line(error))
        raise ModelError(text) from None
    return device


def base_of(model: "Transformers") -> Any:
    """Return the weights of the base model, with the defaults of transformers for how it is computed and asked."""
    from transformers import AutoModelForCausalLM, GenerationConfig

    weights = weights_of(model, AutoModelForCausalLM)
    weights.generation_config = GenerationConfig(eos_token_id=weights.generation_config.eos_token_id)
    return weights


def weights_of(model: "Transformers", kind: Any) -> Any:
    """Return the weights of the base model as one of the classes of transformers."""
    import torch
    from transformers import AutoConfig
    from transformers.utils import find_adapter_config_file

    if find_adapter_config_file(model.base_model) is not None:
        raise ModelError(IS_ADAPTER.format(base=model.base_model))
    config = AutoConfig.from_pretrained(model.base_model, **SAFE)
    config._attn_implementation = None
    return kind.from_pretrained(
        model.base_model, config=config, dtype=getattr(torch, model.precision), use_safetensors=True, **SAFE
    )


def with_adapter(weights: Any, folder: Path) -> Any:
    """Return a base model with an adapter; raises ValueError for one that was made for another model."""
    from peft import PeftConfig, PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    config = PeftConfig.from_pretrained(str(folder))
    if getattr(config, "megatron_config", None) is not None:
        raise ValueError("it names a module to import, which could run code.")
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:  # PEFT would read a pickle where it is missing
        stored = set(file.keys())
    adapted = PeftModel.from_pretrained(weights, str(folder))
    if strays := sorted(stored ^ set(get_peft_model_state_dict(adapted))):
        raise ValueError(OTHER_BASE.format(count=len(strays), name=strays[0]))
    return adapted


def unfit(model: "Transformers", error: Exception, text: str, device: str) -> ModelError:
    """Return why a model cannot be loaded, as one sentence with the key."""
    if is_out_of_memory(error):
        other = "choose a smaller model" if device == "cpu" else "model.device=cpu"
        return ModelError(NO_ROOM.format(base=model.base_model, device=device, other=other))
    return ModelError(text.format(base=model.base_model, adapter=model.adapter, error=in_one_line(error)))


def out_of_memory(model: "Transformers", count: int) -> str:
    """Return what to do where a batch of so many requests does not fit into the memory."""
    remedy = f"Set model.batch_size={count // 2} (now {model.batch_size})."
    if count == 1:
        remedy = "Set a lower max_tokens in the stage's prompt.decoding, or choose a smaller model."
    return NO_ROOM_TO_ANSWER.format(device=model.device, count=f"{count} request{'s' * (count > 1)}", remedy=remedy)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that there is not enough memory; torch has a class for it on a GPU only."""
    texts = ("DefaultCPUAllocator", "out of memory", "not enough memory")
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or (isinstance(error, RuntimeError) and any(text in str(error) for text in texts))


def in_one_line(error: BaseException) -> str:
    """Return the first line of an error, or the first two where the first only announces the second."""
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ".join(lines[: 2 if lines[0].endswith(":") else 1])
