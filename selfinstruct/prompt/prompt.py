"""A prompt: the template, how the model may answer, and the parser of the replies.

Templates are Jinja in a sandbox, since a config may come from a stranger; an unknown variable is an error.  A template
sees the sampler's variables, the few-shot set, the numbers under `values`, whether it is written for a chat model (with
`chat` false the prompt ends where the model is to continue) and the number of the attempt.  Stop strings are templates
too.  In YAML `${` begins an interpolation of OmegaConf; a template that needs the two characters writes `\\${`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, field_validator

from selfinstruct.part import part
from selfinstruct.prompt import Parser
from selfinstruct.prompt.structured import Structured
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.round import Candidate, Rejection, Sample
from selfinstruct.task import Instance, Task
from selfinstruct.text.rendering import fill, variables
from selfinstruct.text.template import EXACT, PROMPT, Form

NO_CHAT = "structured: a JSON schema is sent to chat models only. Set structured=false, or model.mode=chat."


@part
class Demonstration:
    """A worked example in a prompt."""

    instruction: str
    """The task of the example."""
    is_classification: bool
    """Whether its outputs come from a small fixed set of labels."""
    instances: list[Instance] = Field(default_factory=list)
    """Its inputs and outputs, in the order shown."""


@part
class Prompt:
    """Renders samples as requests, and reads the replies."""

    template: str
    """Jinja; sees the sampler's variables, `few_shot`, `chat`, `attempt` (1 when first asked) and the `values`."""
    system: str | None
    """Jinja; the system message for chat models, null for none."""
    values: dict[str, int | float | str | bool | dict[str, str]]
    """Numbers, words and named texts that the template uses and a person may sweep."""
    few_shot: dict[str, Demonstration]
    """The worked examples, in the order shown."""
    decoding: Decoding
    """The decoding parameters of the requests."""
    retry_temperature: Annotated[float, Field(ge=0)] | None
    """Temperature when a request is repeated, since at 0 it would get the same answer; null keeps `decoding`'s.
    Where the temperature of `decoding` is null, none is sent here either: the model may not take any."""
    parser: Parser
    """The parser of the replies."""
    structured: Structured | None = None
    """Its variant for models that can be held to a JSON schema; null where it has none."""

    @field_validator("template", "system")
    @classmethod
    def _is_jinja(cls, text: str | None) -> str | None:
        variables(text or "")
        return text

    def render(self, sample: Sample, chat: bool, stage: str, round_: int, number: int, attempt: int = 1) -> Request:
        """Return the request that shows a sample; raises ValueError if the template has an unknown variable."""
        prompt_vars = self.prompt_vars(sample, chat, attempt)
        decoding = self.decodings()[attempt > 1]
        stops = [filled("decoding.stop", stop, prompt_vars, EXACT) for stop in decoding.stop]
        systems = [filled(key, text, prompt_vars) for key, text in self.systems.items()] if chat else []
        return Request(
            id=f"{stage}/{round_}/{number}",
            stage=stage,
            round=round_,
            text=filled("template", self.template, prompt_vars),
            system="\n\n".join(systems) if systems else None,
            chat=chat,
            decoding=replace(decoding, stop=stops),
            reply_format=self.parser.reply_format,
            sample=sample,
            attempt=attempt,
        )

    @property
    def held(self) -> Structured | None:
        """Return what replies are held to, if they are."""
        return self.structured if self.structured is not None and self.structured.enabled else None

    @property
    def systems(self) -> dict[str, str]:
        """Return the templates that make up the system message, by their keys."""
        found = {"system": self.system, "structured.system": self.held.system if self.held else None}
        return {key: text for key, text in found.items() if text is not None}

    def decodings(self) -> tuple[Decoding, Decoding]:
        """Return the decoding of the first attempt and of the next; their stop strings are still templates.

        A schema ends a reply by itself, and a stop string could end it in the middle of a text.
        """
        first = self.decoding
        if self.held is not None:
            first = replace(first, stop=[], extra={**first.extra, "response_format": self.held.response_format})
        if self.retry_temperature is None or first.temperature is None:
            return first, first
        return first, replace(first, temperature=self.retry_temperature)

    def parse(self, completion: Completion, sample: Sample, chat: bool) -> list[Candidate | Rejection]:
        """Return everything in the reply, in order."""
        prompt_vars = self.prompt_vars(sample, chat)
        if self.held is None:
            return self.parser.parse(completion, prompt_vars)
        return self.held.parse(completion, prompt_vars, self.parser)

    def prompt_vars(self, sample: Sample, chat: bool, attempt: int = 1) -> Mapping[str, Any]:
        """Return the variables that the template is filled with."""
        few_shot = list(self.few_shot.values())
        shown = {name: without_references(value) for name, value in sample.variables.items()}
        return {**self.values, **shown, "few_shot": few_shot, "chat": chat, "attempt": attempt}

    def problems(self, sample: Sample, chat: bool) -> list[str]:
        """Return every unknown variable of the prompt, or the first other mistake in rendering it."""
        prompt_vars = self.prompt_vars(sample, chat)
        known = ", ".join(sorted(prompt_vars))
        texts = {"template": [self.template], "system": [self.system or ""], "decoding.stop": self.decoding.stop}
        texts |= {key: [text] for key, text in self.systems.items()}
        problems = [] if chat or self.held is None else [NO_CHAT]
        for key, text in ((key, text) for key, parts in texts.items() for text in parts):
            try:
                unknown = sorted(variables(text) - prompt_vars.keys())
            except ValueError as error:
                problems.append(f"{key} {error}.")
            else:
                problems += [f"{key}: the variable '{name}' is unknown; there are: {known}." for name in unknown]
        if problems:
            return problems
        try:
            for attempt in (1, 2):
                self.render(sample, chat, "preview", 0, 0, attempt)
        except ValueError as error:
            return [f"{error}."]
        return []


def without_references(value: Any) -> Any:
    """Return a variable of a template, in which no task brings along what its answers are compared with."""
    if isinstance(value, Task):
        return replace(value, references=()) if value.references else value
    return [without_references(one) for one in value] if isinstance(value, list) else value


def filled(key: str, text: str, prompt_vars: Mapping[str, Any], form: Form = PROMPT) -> str:
    """Return a filled template; raises ValueError that names the key."""
    try:
        return fill(text, prompt_vars, form)
    except ValueError as error:
        raise ValueError(f"{key} {error}") from None
