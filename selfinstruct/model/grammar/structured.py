"""Replies of the offline model that are held to a JSON schema: what it would have written, put into the schema.

A reply has none of the faults of text, as that of a server that honors schemas; it may still be cut off.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from selfinstruct.model.grammar.instances import inputs_with_outputs, labels_with_inputs
from selfinstruct.model.grammar.instructions import new_tasks
from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
from selfinstruct.model.grammar.replies import reply
from selfinstruct.model.grammar.whole_tasks import continued
from selfinstruct.text.pattern import lazy

Record: TypeAlias = Mapping[str, str]
RECORDS: dict[str, Callable[[ParsedPrompt], list[Record]]] = {
    "numbered_list": lambda prompt: [{"instruction": text} for text in new_tasks(prompt)],
    "whole_tasks": lambda prompt: [task._asdict() for task in continued(prompt)],
    "label_first": lambda prompt: [{"output": label, "input": given} for label, given in labels_with_inputs(prompt)],
    "input_first": lambda prompt: [{"input": given, "output": made} for given, made in inputs_with_outputs(prompt)],
    "labeled_lines": lambda prompt: answers(reply(prompt)),
}
"""The forms of reply that hold several things, and what these are."""
NUMBER = lazy(r"\d+")
LINE = lazy(r"^(\w+)( \d+)?: (\w+)$", re.MULTILINE)


def structured(prompt: ParsedPrompt) -> str:
    """Return a reply that conforms to the schema of the request."""
    prompt = replace(prompt, spoiled=False)
    schema = prompt.request.decoding.extra["response_format"]["json_schema"]["schema"]
    records = RECORDS.get(prompt.request.reply_format)
    found = records(prompt) if records else [{"text": reply(prompt).strip()}]
    return json.dumps(conforming(schema, "", found), ensure_ascii=False)


def conforming(schema: Mapping[str, Any], name: str, records: Sequence[Record]) -> Any:
    """Return a value of a schema, with what the records hold; `name` is that of the property."""
    if schema.get("type") == "object":
        return {key: conforming(inner, key, records) for key, inner in schema["properties"].items()}
    if schema.get("type") == "array":
        return [conforming(schema["items"], name, [record]) for record in records]
    text = records[0].get(name, records[0].get("text", ""))
    if "enum" in schema:
        last = text.rpartition("\n")[2].strip(" *.").casefold()
        return next((value for value in schema["enum"] if str(value).casefold() == last), schema["enum"][0])
    if schema.get("type") == "boolean":
        return text.startswith("Yes")
    if schema.get("type") in ("integer", "number"):
        return int(found[0]) if (found := NUMBER.search(text)) else 0
    return bare(text)


def answers(text: str) -> list[Record]:
    """Return the answers on labeled lines: the ratings of numbered answers, else all in one record by their labels."""
    lines = LINE.findall(text)
    ratings: list[Record] = [{"ratings": answer} for _, number, answer in lines if number]
    return ratings or [{label.lower(): answer for label, _, answer in lines}]


def bare(text: str) -> str:
    """Return a text without the marks that the offline model may put around it."""
    text = text.removeprefix("#Rewritten Prompt#: ")
    quoted = re.fullmatch(r'"([^"]*)"', text)
    return quoted[1] if quoted else text
