"""Which parameters a model takes, as LiteLLM knows without asking it, and which keys to set where it takes less.

LiteLLM knows by model and by value: some reasoning models take no temperature but 1, Claude no penalties.  It is asked
the way it asks itself before each call (`get_optional_params`), one parameter after the other, so that no sentence of
its errors has to be read.  What it does not know is known by the server alone.

Every stage is checked before the first is paid for: a later stage, whose parameters are others, would else be refused
after hours.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, get_args

from selfinstruct.model.arguments import Droppable, Limit, chosen, given, supported
from selfinstruct.model.connection import OPENAI, loaded
from selfinstruct.model.reserved import misplaced
from selfinstruct.request import Decoding

Stages: TypeAlias = Mapping[str, Sequence[Decoding]]
"""The decodings that each stage uses, by the name of the stage."""
Refused: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""Which of the parameters and of the further ones (`extra`) a model does not take."""


class Served(Protocol):
    """What is read of a model here."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def unsupported(self) -> Sequence[Droppable]:
        """What it is not sent."""
        ...

    @property
    def max_tokens_parameter(self) -> Limit | None:
        """How it calls the token limit."""
        ...

    @property
    def extra(self) -> Mapping[str, Any]:
        """Further parameters of every request."""
        ...


class Place(NamedTuple):
    """A parameter that is not taken: which, with what value, and the key of an `extra` that holds it, if one does."""

    name: str
    value: Any
    extra: str | None


def misplaced_in(stages: Stages) -> list[str]:
    """Return one sentence for each key that no `extra` of a stage's decoding may hold."""
    return [
        text
        for name, decodings in stages.items()
        for text in misplaced(f"recipe.{name}.prompt.decoding.extra", decodings[0].extra)
    ]


def untaken(key: str, model: Served, stages: Stages, refused: Refused) -> list[str]:
    """Return a sentence with the parameters that a model does not take, and the keys to set; `key` is the model's."""
    where: dict[str, list[str]] = {}
    remedies: dict[str, None] = {}
    dropped: set[str] = set()
    for stage, decodings in stages.items():
        for decoding in decodings:
            for place in places(model, stage, decoding, key, refused):
                value = f"{place.value:g}" if isinstance(place.value, float) else place.value
                known = where.setdefault(f"{place.name}={value}", [])
                known += [stage] * (stage not in known)
                if place.extra is None and place.name in get_args(Droppable):
                    dropped.add(place.name)
                else:
                    remedies[remedy(place, key, stage)] = None
    if not where:
        return []
    names = [name for name in get_args(Droppable) if name in dropped or (dropped and name in model.unsupported)]
    keys = [f"{key}.unsupported=[{','.join(names)}]"] * bool(names) + list(remedies)
    said = ", ".join(f"{name} (of {', '.join(known)})" for name, known in where.items())
    return [f"{model.name} does not take {said}. Set {' '.join(keys)}"]


def places(model: Served, stage: str, decoding: Decoding, key: str, refused: Refused) -> list[Place]:
    """Return what a model does not take of a decoding."""
    sent = chosen(supported(decoding, model.unsupported), model.max_tokens_parameter)
    own = given(decoding.extra)
    further = {**given(model.extra), **own}
    extras = {name: f"recipe.{stage}.prompt.decoding.extra" if name in own else f"{key}.extra" for name in further}
    return [
        Place(name, sent[name], None) if name in sent else Place(name, further[name], extras[name])
        for name in refused(sent, further)
    ]


def remedy(place: Place, key: str, stage: str) -> str:
    """Return the override that keeps a parameter from being sent."""
    if place.extra is not None:
        return f"{place.extra}.{place.name}=null"
    if place.name == "max_completion_tokens":
        return f"{key}.max_tokens_parameter=max_tokens"
    return f"recipe.{stage}.prompt.decoding.{place.name}=null"


def refused_by(name: str, api_base: str | None, chat: bool) -> Refused:
    """Return what LiteLLM knows of a model; it knows nothing of one whose provider it does not know."""
    litellm = loaded()
    try:
        bare, provider, _, _ = litellm.get_llm_provider(model=name, api_base=api_base)
    except Exception:  # reported with the problems of the model
        return lambda sent, extra: []
    if provider in OPENAI and not chat:
        provider = "text-completion-openai"

    def takes(parameters: Mapping[str, Any]) -> bool:
        try:
            litellm.get_optional_params(model=bare, custom_llm_provider=provider, **parameters)
        except litellm.UnsupportedParamsError:
            return False
        except Exception:  # of another kind: the call itself will say what is wrong
            return True
        return True

    def refused(sent: Mapping[str, Any], extra: Mapping[str, Any]) -> list[str]:
        bad = [name for name in extra if name not in sent and not takes({name: extra[name]})]
        context = {name: value for name, value in extra.items() if name not in bad and name not in sent}
        bad += [name for name in sent if not takes({**context, name: sent[name]})]
        return bad if bad or takes({**context, **sent}) else list(sent)

    return refused
