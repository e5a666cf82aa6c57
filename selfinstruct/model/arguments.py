"""What a request becomes: the arguments of a call of LiteLLM, or the body that a server is sent.

LiteLLM's `drop_params` stays off: a run whose penalties were dropped in silence would not be the run that its config
describes.  What a model does not take is said in its config, `model.unsupported`, and is then sent by no stage; what
LiteLLM knows beside that is found before anything is sent (support.py).  Stop strings are the exception, because every
reply is cut at them here as well (replies.py): OpenAI's protocol takes four, Claude none of white space alone, some
reasoning models none at all, and the text is the same whatever was sent.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias, get_args

from selfinstruct.request import Decoding, Failure, Request

Droppable: TypeAlias = Literal["temperature", "top_p", "frequency_penalty", "presence_penalty", "stop"]
"""What a model may be said not to take."""
Limit: TypeAlias = Literal["max_tokens", "max_completion_tokens"]
"""The names that servers have for the most tokens of a reply."""

MOST_STOPS = 4
ALIASES = {
    "max_tokens": ("max_completion_tokens", "max_output_tokens", "max_new_tokens", "maxOutputTokens"),
    "top_p": ("topP",),
    "frequency_penalty": ("frequencyPenalty",),
    "presence_penalty": ("presencePenalty",),
}
"""What providers call a parameter in their errors, beside its name."""


def asked(request: Request) -> dict[str, Any]:
    """The prompt, as messages or as a text to go on with."""
    if not request.chat:
        return {"prompt": request.text}
    system = [] if request.system is None else [{"role": "system", "content": request.system}]
    return {"messages": [*system, {"role": "user", "content": request.text}]}


def supported(decoding: Decoding, unsupported: Collection[Droppable]) -> Decoding:
    """Return the decoding without what the model does not take.

    Stop strings stay, for replies are cut at them; they are only not sent (`stops`).
    """
    dropped: dict[str, Any] = {name: None for name in unsupported if name != "stop"}
    return replace(decoding, **dropped) if dropped else decoding


def chosen(decoding: Decoding, limit: Limit | None = None) -> dict[str, Any]:
    """The decoding parameters that have a value, stop strings and `extra` aside; `limit` names that of max_tokens."""
    return given(
        {
            limit or "max_tokens": decoding.max_tokens,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "frequency_penalty": decoding.frequency_penalty,
            "presence_penalty": decoding.presence_penalty,
        }
    )


def given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that have a value."""
    return {name: value for name, value in parameters.items() if value is not None}


def stops(decoding: Decoding, model: str, taken: Collection[str]) -> dict[str, Any]:
    """The stop strings that the model takes; nothing where it takes none."""
    kept = [stop for stop in decoding.stop if stop and (stop.strip() or "claude" not in model)]
    return {"stop": kept[:MOST_STOPS]} if kept and "stop" in taken else {}


def shown(sent: Mapping[str, Any]) -> str:
    """The parameters that were sent, as the store keeps them."""
    return json.dumps(sent, sort_keys=True, ensure_ascii=False, default=str)


def keys_of(request: Request, extra: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """The key of the config and the value of each parameter of a request, by its name; stop strings aside."""
    decoding = f"recipe.{request.stage}.prompt.decoding"
    keys = {name: (f"model.extra.{name}", value) for name, value in given(extra).items()}
    keys |= {name: (f"{decoding}.{name}", value) for name, value in chosen(request.decoding).items()}
    keys |= {name: (f"{decoding}.extra.{name}", value) for name, value in given(request.decoding.extra).items()}
    return keys


def with_keys(failure: Failure, request: Request, extra: Mapping[str, Any]) -> Failure:
    """What a server said of all requests, with the keys of the parameters that it names; the failure if of none."""
    keys = keys_of(request, extra)
    said = {name for name in keys if any(map(mentioned(failure.message), (name, *ALIASES.get(name, ()))))}
    if not said:
        return failure
    named = " and ".join(f"{key} (now {value!r})" for name, (key, value) in keys.items() if name in said)
    hints = [failure.message, f"Change {named}; null sends no such parameter."]
    if dropped := [name for name in get_args(Droppable) if name in said]:
        hints.append(f"For all stages at once: 'model.unsupported=[{','.join(dropped)}]'.")
    if all(map(mentioned(failure.message), get_args(Limit))):
        hints.append("model.max_tokens_parameter sets the name under which it is sent.")
    return replace(failure, message=" ".join(hints))


def mentioned(message: str) -> Callable[[str], bool]:
    """Return what says whether a message names a parameter."""
    return lambda name: re.search(mention(name), message) is not None


def mention(name: str) -> str:
    """What a parameter looks like in a sentence: names that are a plain word as well count in quotes alone."""
    if name == "temperature" or "_" in name or not name.islower():
        return rf"(?<!\w){re.escape(name)}(?!\w)"
    return rf"['\"`]{re.escape(name)}['\"`]"
