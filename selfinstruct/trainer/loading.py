"""The base model of a training: its tokenizer, and its weights.

Code that comes with a model is not run, and weights are read from safetensors only, since a pickle can hold code.
"""

from typing import TYPE_CHECKING, Any

from selfinstruct.trainer.failures import not_adapted, not_loaded
from selfinstruct.trainer.tokens import check_template

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, TypeError)
"""What transformers raises for a model that it cannot load, by what is wrong with it."""
UNFIT = (ValueError, KeyError, AttributeError, NotImplementedError, TypeError)
"""What PEFT raises for a method that does not fit a model."""


def tokenizer_of(trainer: "Supervised") -> Any:
    """Return the tokenizer of the base model, with its chat template; raises SelfInstructError where it has none."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(trainer.base_model, trust_remote_code=False)
    except UNREADABLE as error:
        raise not_loaded(trainer.base_model, error) from None
    if trainer.chat_template is not None:
        tokenizer.chat_template = trainer.chat_template.read_text(encoding="utf-8")
    check_template(tokenizer, trainer.base_model, trainer.mode)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def model_of(trainer: "Supervised") -> Any:
    """Return the base model with its weights."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    try:
        dtype = getattr(torch, trainer.weights)
        return AutoModelForCausalLM.from_pretrained(
            trainer.base_model, dtype=dtype, use_safetensors=True, trust_remote_code=False
        )
    except (*UNREADABLE, SafetensorError) as error:
        raise not_loaded(trainer.base_model, error) from None


def outline_of(trainer: "Supervised") -> Any:
    """Return the model as it will be trained, without memory for its weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(trainer.base_model, trust_remote_code=False)
    except UNREADABLE as error:
        raise not_loaded(trainer.base_model, error) from None
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
        return adapted(model, trainer)


def adapted(model: Any, trainer: "Supervised") -> Any:
    """Return a model with the weights of the method added; raises SelfInstructError where it does not fit it."""
    if trainer.method is None:
        return model
    from peft import get_peft_model

    try:
        return get_peft_model(model, trainer.method.config())
    except UNFIT as error:
        raise not_adapted(trainer.base_model, error) from None
