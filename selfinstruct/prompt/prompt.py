"""A prompt: what a stage asks, how the model may answer, and who reads the reply.

Templates are Jinja in a sandbox, since a config may come from somebody else; a variable that nobody gives is an error
and not an empty string.  A template sees what the sampler gives, the few-shot set, the numbers under `values`, and
whether it is written for a chat model: with `chat` false the prompt ends where the model is to go on.  Stop strings are
templates too, for they depend on how many tasks a prompt shows.

In YAML `${` begins an interpolation of OmegaConf; a template that needs the two characters writes `\\${`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment
from pydantic import Field, field_validator

from selfinstruct.part import part
from selfinstruct.prompt import Parser
from selfinstruct.round import Candidate, Completion, Decoding, Rejection, Request, Sample
from selfinstruct.task import Instance


def one_line(text: str) -> str:
    """A text on one line, without the colons at its end, so that it can stand in a list (reference code)."""
    return re.sub(r"\s+", " ", text).strip().rstrip(": ")


def environment() -> Environment:
    """The sandbox in which templates run."""
    sandbox = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    sandbox.filters["one_line"] = one_line
    return sandbox


ENVIRONMENT = environment()


@lru_cache(maxsize=256)
def compiled(text: str) -> Template:
    """A template, ready to be filled."""
    return ENVIRONMENT.from_string(text)


@part
class Demonstration:
    """A worked example that a prompt shows."""

    instruction: str
    """What the example asks."""
    is_classification: bool
    """Whether its outputs come from a small fixed set of labels."""
    instances: list[Instance] = Field(default_factory=list)
    """Its inputs and outputs, in the order shown."""


@part
class Prompt:
    """Renders samples as requests, and reads the replies."""

    template: str
    """Jinja; sees the sampler's variables, `few_shot`, `chat` and the `values`."""
    system: str | None
    """Jinja; the system message for chat models, null for none."""
    values: dict[str, int | float | str | bool]
    """Numbers and words that the template uses and a person may sweep."""
    few_shot: dict[str, Demonstration]
    """The worked examples, in the order shown."""
    decoding: Decoding
    """How the model chooses its words."""
    retry_temperature: Annotated[float, Field(ge=0)] | None
    """Temperature when a question is asked again, since at 0 it would get the same answer; null keeps `decoding`'s."""
    parser: Parser
    """Reads the replies."""

    @field_validator("template", "system")
    @classmethod
    def _is_jinja(cls, text: str | None) -> str | None:
        try:
            ENVIRONMENT.parse(text or "")
        except TemplateError as error:
            raise ValueError(f"is no Jinja template: {error}") from None
        return text

    def render(self, sample: Sample, chat: bool, stage: str, round_: int, number: int, attempt: int = 1) -> Request:
        """The request that shows a sample; raises ValueError if the template wants what nobody gives."""
        shown = self.shown(sample, chat)
        decoding = replace(self.decoding, stop=[self._fill(stop, shown) for stop in self.decoding.stop])
        if attempt > 1 and self.retry_temperature is not None:
            decoding = replace(decoding, temperature=self.retry_temperature)
        return Request(
            id=f"{stage}/{round_}/{number}",
            stage=stage,
            round=round_,
            text=self._fill(self.template, shown),
            system=self._fill(self.system, shown) if chat and self.system is not None else None,
            chat=chat,
            decoding=decoding,
            expects=self.parser.expects,
        )

    def parse(self, completion: Completion, sample: Sample, chat: bool) -> list[Candidate | Rejection]:
        """Everything the reply holds, in order."""
        return self.parser.parse(completion, self.shown(sample, chat))

    def shown(self, sample: Sample, chat: bool) -> Mapping[str, Any]:
        """The variables that the template is filled with."""
        return {**self.values, **sample.variables, "few_shot": list(self.few_shot.values()), "chat": chat}

    def problems(self, sample: Sample, chat: bool) -> list[str]:
        """What keeps the prompt from being rendered: every variable that nobody gives, or the first other mistake."""
        given = self.shown(sample, chat)
        texts = [self.template, self.system or "", *self.decoding.stop]
        try:
            wanted = {name for text in texts for name in meta.find_undeclared_variables(ENVIRONMENT.parse(text))}
        except TemplateError as error:
            return [f"decoding.stop is no Jinja template: {error}."]
        if unknown := sorted(wanted - given.keys() - ENVIRONMENT.globals.keys()):
            known = ", ".join(sorted(given))
            return [f"template: the variable '{name}' is unknown; there are: {known}." for name in unknown]
        try:
            self.render(sample, chat, "preview", 0, 0)
        except ValueError as error:
            return [f"{error}."]
        return []

    def _fill(self, text: str, shown: Mapping[str, Any]) -> str:
        try:
            return compiled(text).render(shown)
        except (TemplateError, TypeError) as error:
            raise ValueError(f"template: {error}") from None
