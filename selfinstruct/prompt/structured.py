"""Replies that are held to a JSON schema, by models and servers that can be (`response_format` of OpenAI's protocol).

The properties of a schema are named like what they give: `instruction`, `is_classification`, `input`, `output`.  A
property that lists objects holds one candidate an item; without one the object is the candidate.  Further properties
are not stored.  So one reader serves every prompt; rejected: a second parser for each of them, and JSON turned into
text for the first, which would guess at what is exact.  Only of a judge, whose answers are a few words and numbers, a
template makes the `text` that the parser of the prompt reads: it knows what they mean.

A server that knows no schemas ignores them: its reply is read by the prompt's own parser.  A reply that starts as an
object of the schema and is not valid is never read as text, since that would take braces and keys for data.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from selfinstruct.part import part
from selfinstruct.prompt import Parser
from selfinstruct.prompt.reply import INVISIBLE, LINE_BREAK, is_refusal, read, rejection
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.encoding import HALF_A_PAIR
from selfinstruct.text.no_input import real_input
from selfinstruct.text.rendering import fill, variables

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

KINDS = {"instruction": "string", "input": "string", "output": "string", "is_classification": "boolean"}
"""What the properties that are stored hold."""


@part
class Structured:
    """The structured variant of a prompt."""

    enabled: bool
    """Whether the schema is sent, and replies are read by it; `structured=true` sets it for every prompt of a run."""
    system: str
    """Jinja; added to the system message, for servers that hold a model to a schema without showing it."""
    schema: dict[str, Any]
    """The JSON schema; each object lists all of its properties as required and allows no others, as OpenAI asks."""
    text: str | None
    """Jinja; the object as the parser of the prompt reads it. Null where the object itself holds the candidates."""

    @model_validator(mode="after")
    def _gives_candidates(self) -> "Structured":
        if not self.enabled:  # to import jsonschema takes a tenth of a second
            return self
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]

        try:
            Draft202012Validator.check_schema(self.schema)
        except SchemaError as error:
            raise ValueError(f"schema is not a JSON schema: {error.message} (at {error.json_path})") from None
        if self.text is not None:
            if unknown := sorted(variables(self.text) - properties(self.schema).keys()):
                raise ValueError(f"text has variables that are not properties of the schema: {', '.join(unknown)}")
            return self
        kinds = {name: inner.get("type") for name, inner in properties(self._candidate).items()}
        if wrong := [f"{name} a {kind}" for name, kind in KINDS.items() if kinds.get(name, kind) != kind]:
            raise ValueError(f"schema must make {' and '.join(wrong)}")
        if not kinds.keys() & {"instruction", "is_classification", "output"}:
            raise ValueError("schema needs a property instruction, is_classification or output, or a text")
        return self

    @cached_property
    def _list(self) -> str | None:
        """The property that lists candidates, if any."""
        lists = (name for name, inner in properties(self.schema).items() if properties(inner.get("items", {})))
        return next(lists, None)

    @property
    def _candidate(self) -> Mapping[str, Any]:
        """The schema of one candidate."""
        found: Mapping[str, Any] = properties(self.schema)[self._list]["items"] if self._list else self.schema
        return found

    @property
    def response_format(self) -> dict[str, Any]:
        """Return the parameter that asks for the schema."""
        return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": self.schema}}

    def is_ignored(self, completion: Completion) -> bool:
        """Return whether a whole reply is not JSON of the schema, as if no schema had been sent."""
        return not completion.is_cut_off and self.value(completion) is None

    def parse(
        self, completion: Completion, prompt_vars: Mapping[str, Any], parser: Parser
    ) -> list[Candidate | Rejection]:
        """Return everything in the reply, in order; `parser` reads one that ignores the schema."""
        value = self.value(completion)
        if value is None:
            text = read(completion).text.lstrip()
            if not text.startswith("{") or not any(f'"{name}"' in text for name in properties(self.schema)):
                return parser.parse(completion, prompt_vars)
            return [rejection("reply cut off" if completion.is_cut_off else "not JSON of the schema", text)]
        if self.text is not None:
            return parser.parse(replace(completion, text=fill(self.text, value)), prompt_vars)
        pieces = [self._piece(item, prompt_vars) for item in (value[self._list] if self._list else [value])]
        return pieces or [rejection("empty list", completion.text)]

    def value(self, completion: Completion) -> dict[str, Any] | None:
        """Return the object of the schema that a reply is, without thoughts and a fence; None where it is not one."""
        for text in (completion.text, read(completion).text):
            try:
                found = json.loads(text)
            except (ValueError, RecursionError):  # brackets may lie thousands deep
                continue
            if self._validator.is_valid(found):
                return dict(found)
        return None

    @cached_property
    def _validator(self) -> "Draft202012Validator":
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.schema)

    def _piece(self, item: Mapping[str, Any], prompt_vars: Mapping[str, Any]) -> Candidate | Rejection:
        """Return the candidate that an object holds, or why it holds none."""
        said: dict[str, Any] = {
            name: cleaned(value) if isinstance(value, str) else value for name, value in item.items()
        }
        if empty := next((name for name in ("instruction", "output") if said.get(name) == ""), None):
            return rejection(f"empty {empty}", json.dumps(said, ensure_ascii=False))
        if is_refusal(said.get("instruction", "")):
            return rejection("refusal", said["instruction"])
        given = real_input(said["input"]) if "input" in said else prompt_vars.get("input", "")
        return Candidate(
            instruction=said.get("instruction", ""),
            is_classification=said.get("is_classification"),
            instances=(Instance(given, said["output"]),) if "output" in said else (),
        )


def properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of the objects that a schema describes."""
    return dict(schema.get("properties", {}))


def cleaned(text: str) -> str:
    """Return a text of an object as the parsers of text would: its line ends, and nothing that no file can hold."""
    return HALF_A_PAIR.sub("\ufffd", LINE_BREAK.sub("\n", text).translate(INVISIBLE)).strip()
