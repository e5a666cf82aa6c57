"""Which parameters a model takes, as LiteLLM knows without asking it.

LiteLLM knows by model and by value: some reasoning models take no temperature but 1.  It is asked as it asks itself
before each call, one parameter after the other.  Every stage is checked before the first is paid for: a later stage
with other parameters would otherwise be refused after hours.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, get_args

from selfinstruct.model import Stages
from selfinstruct.model.arguments import SCHEMA, decoding_parameters, given
from selfinstruct.model.connection import OPENAI, loaded
from selfinstruct.model.reserved import misplaced
from selfinstruct.model.settings import CompletionSettings, Droppable

Refused: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""Names those of the parameters and of the further ones (`extra`) that a model does not take."""


def misplaced_in(stages: Stages) -> list[str]:
    """Return one sentence for each key that no `extra` of a stage's decoding may hold."""
    return [
        text
        for name, decodings in stages.items()
        for text in misplaced(f"recipe.{name}.prompt.decoding.extra", decodings[0].extra)
    ]


def unsupported_by_litellm(key: str, settings: CompletionSettings, stages: Stages) -> list[str]:
    """Return a sentence with the parameters that a model does not take, and the keys to set; `key` is the model's."""
    refused = refused_by(settings)
    found: dict[str, dict[str, None]] = {}
    names: set[str] = set()
    for stage, decodings in stages.items():
        for decoding in decodings:
            sent = decoding_parameters(settings.accepted(decoding), settings.max_tokens_parameter)
            extra = given({**settings.extra, **decoding.extra})
            for name in refused(sent, extra):
                value = {**extra, **sent}[name]
                text = "" if name == SCHEMA else f"={f'{value:g}' if isinstance(value, float) else value}"
                found.setdefault(f"{name}{text}", {})[stage] = None
                names.add(name)
    if not found:
        return []
    dropped = [name for name in get_args(Droppable) if name in names]
    if dropped:
        dropped = [name for name in get_args(Droppable) if name in {*names, *settings.unsupported}]
    others = sorted(names - {*dropped, SCHEMA})
    remedies = [f"Set {key}.unsupported=[{','.join(dropped)}]"] * bool(dropped)
    remedies += ["Set structured=false"] * (SCHEMA in names)
    if others:
        remedies.append(f"Set {' and '.join(others)} to null where they are set, or change {key}.max_tokens_parameter")
    shown = ", ".join(f"{name} (of {', '.join(of)})" for name, of in found.items())
    return [f"{settings.name} does not take {shown}. {'. '.join(remedies)}"]


def refused_by(settings: CompletionSettings) -> Refused:
    """Return the test of a model's parameters; nothing is known of a model whose provider LiteLLM does not know."""
    litellm = loaded()
    try:
        bare, provider, _, _ = litellm.get_llm_provider(model=settings.name, api_base=settings.api_base)
    except Exception:  # reported with the problems of the model
        return lambda sent, extra: []
    if provider in OPENAI and settings.mode == "completion":
        provider = "text-completion-openai"

    def takes(parameters: Mapping[str, Any]) -> bool:
        try:
            litellm.get_optional_params(model=bare, custom_llm_provider=provider, **parameters)
        except litellm.UnsupportedParamsError:
            return False
        except Exception:  # of another kind: the call itself will report it
            return True
        return True

    def refused(sent: Mapping[str, Any], extra: Mapping[str, Any]) -> list[str]:
        bad = [name for name in extra if name not in sent and not takes({name: extra[name]})]
        context = {name: value for name, value in extra.items() if name not in bad and name not in sent}
        bad += [name for name in sent if not takes({**context, name: sent[name]})]
        return bad if bad or takes({**context, **sent}) else list(sent)

    return refused
