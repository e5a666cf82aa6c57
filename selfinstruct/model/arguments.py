"""The parameters that are sent for a request, and the config keys that set them.

LiteLLM's `drop_params` stays off: a run whose penalties were dropped in silence would not be the run that its config
describes.  `model.unsupported` lists what a model does not take.  Every reply is cut at the stop strings here as well
(replies.py), of which OpenAI's protocol takes four, and Claude none of white space.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from selfinstruct.model.settings import CompletionSettings, Droppable, TokenLimit
from selfinstruct.request import Decoding, Failure, Request
from selfinstruct.text.pattern import lazy

MAX_STOPS = 4
SCHEMA = "response_format"
"""The parameter that holds a model to a JSON schema, as structured prompts send it."""
ABOUT_SCHEMA = lazy(r"response_?format|schema|structured|guided|grammar", re.IGNORECASE)
UNSTRUCTURED = "Where a model or a server takes no JSON schema (response_format), set structured=false."


def prompt_of(request: Request) -> dict[str, Any]:
    """Return the prompt, as messages or as a text to continue."""
    if not request.chat:
        return {"prompt": request.text}
    system = [] if request.system is None else [{"role": "system", "content": request.system}]
    return {"messages": [*system, {"role": "user", "content": request.text}]}


def parameters(settings: CompletionSettings, decoding: Decoding, *, takes_stop: bool = True) -> dict[str, Any]:
    """Return all parameters besides the prompt and the name of the model."""
    return {
        **given({**settings.extra, **decoding.extra}),
        **decoding_parameters(decoding, settings.max_tokens_parameter),
        **(stops(decoding, settings.name) if takes_stop and "stop" not in settings.unsupported else {}),
    }


def decoding_parameters(decoding: Decoding, limit: TokenLimit | None = None) -> dict[str, Any]:
    """Return the parameters that have a value, without stop strings and `extra`; `limit` renames max_tokens."""
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
    """Return the parameters that have a value."""
    return {name: value for name, value in parameters.items() if value is not None}


def as_json(sent: Mapping[str, Any]) -> str:
    """Return the parameters that were sent, as they are stored."""
    return json.dumps(sent, sort_keys=True, ensure_ascii=False, default=str)


def stops(decoding: Decoding, model: str) -> dict[str, Any]:
    """Return the stop strings that can be sent to a model."""
    found = [stop for stop in decoding.stop if stop and (stop.strip() or "claude" not in model)]
    return {"stop": found[:MAX_STOPS]} if found else {}


def with_keys(failure: Failure, request: Request, extra: Mapping[str, Any]) -> Failure:
    """Add to a server's error the config keys of the parameters that it names."""
    prefix = f"recipe.{request.stage}.prompt.decoding"
    keys = {name: (f"model.extra.{name}", value) for name, value in given(extra).items()}
    keys |= {name: (f"{prefix}.{name}", value) for name, value in decoding_parameters(request.decoding).items()}
    further = {name: value for name, value in given(request.decoding.extra).items() if name != SCHEMA}
    keys |= {name: (f"{prefix}.extra.{name}", value) for name, value in further.items()}
    found = [name for name in keys if re.search(naming(name), failure.message, re.IGNORECASE)]
    if SCHEMA in request.decoding.extra and ABOUT_SCHEMA.search(failure.message):
        return replace(failure, message=f"{failure.message} {UNSTRUCTURED}")
    if not found:
        return failure
    named = " and ".join(f"{keys[name][0]} (now {keys[name][1]!r})" for name in found)
    hints = [failure.message, f"Change {named}; null sends no such parameter."]
    if dropped := [name for name in get_args(Droppable) if name in found]:
        hints.append(f"For all stages at once: 'model.unsupported=[{','.join(dropped)}]'.")
    if all(name in failure.message for name in get_args(TokenLimit)):
        hints.append("model.max_tokens_parameter sets the name under which it is sent.")
    return replace(failure, message=" ".join(hints))


def naming(name: str) -> str:
    """Return how messages name a parameter, in any provider's spelling; one that is a plain word only in quotes."""
    spelled = re.escape(name).replace("_", "_?")
    if name == "max_tokens":
        spelled = "max_?(?:completion_?|output_?|new_?)?tokens"
    is_plain_word = name.isalpha() and name != "temperature"
    return rf"['\"`]{spelled}['\"`]" if is_plain_word else rf"(?<!\w){spelled}(?!\w)"
