"""Prompts and completions in many layouts, mixed, for fine-tuning a model that continues text.

A model that is tuned on one layout may fail on all others, so each example is written in a layout drawn at random (Wang
et al. 2023, section 2.3).  The layouts stand in the YAML: seven for examples with an input and six for those without,
as in the reference code.  As there, equal pairs are written once, and the rows are shuffled and hold two columns.

Unlike that code, this does not strip everything before a colon from half of the inputs, which turns "I met him at
10:30" into "30"; draws come from a stream of this format's own, `random_seed/prompt_completion`; and the coin that
joins the paragraphs of an input has a key.

No reader gives these rows back.  A shuffle needs all rows in memory at once.
"""

from collections.abc import Iterator
from random import Random
from typing import Annotated, Any

from pydantic import Field, field_validator

from selfinstruct.formats.rows import examples
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Task
from selfinstruct.text.rendering import fill
from selfinstruct.text.template import EXACT


@part
class Layout:
    """How one example is written."""

    prompt: str
    """What the model is shown: a template of `instruction` and `input`."""
    completion: str
    """What it learns to write after that: a template of `output`; the end marker follows."""

    def fill(self, instruction: str, input: str, output: str) -> tuple[str, str]:
        """Return the example in this layout."""
        prompt = fill(self.prompt, {"instruction": instruction, "input": input}, EXACT)
        return prompt, fill(self.completion, {"output": output}, EXACT)


@part
class PromptCompletion:
    """Writes one prompt and completion for every instance, each in a layout drawn at random."""

    include_seeds: bool
    """Whether the seeds take part."""
    end: str
    """Closes every completion, so that the tuned model learns where to stop."""
    collapse_blank_lines: Annotated[float, Field(ge=0, le=1)]
    """The share of inputs whose blank lines are closed up."""
    with_input: dict[str, Layout | None]
    """Layouts for examples that have an input, by name; null turns one off."""
    without_input: dict[str, Layout | None]
    """Layouts for examples without an input, by name; null turns one off."""

    @field_validator("with_input", "without_input")
    @classmethod
    def _usable(cls, layouts: dict[str, Layout | None]) -> dict[str, Layout | None]:
        """Refuse layouts that cannot be filled, before anything is paid for."""
        if not any(layouts.values()):
            raise ValueError("must have at least one layout")
        for name, layout in layouts.items():
            try:
                if layout is not None:
                    layout.fill("instruction", "input", "output")
            except ValueError as error:
                raise ValueError(f"has a layout {name!r} that {error}") from error
        return layouts

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return `prompt_completion.jsonl`, shuffled."""
        yield "prompt_completion.jsonl", self._rows(pool, Random(f"{random_seed}/prompt_completion"))

    def _rows(self, pool: Pool, rng: Random) -> Iterator[dict[str, Any]]:
        found = examples(pool, self.include_seeds)
        pairs = list(dict.fromkeys(self._pair(task, instance, rng) for task, instance in found))
        rng.shuffle(pairs)
        yield from ({"prompt": prompt, "completion": completion} for prompt, completion in pairs)

    def _pair(self, task: Task, instance: Instance, rng: Random) -> tuple[str, str]:
        text = instance.input.strip()
        if rng.random() < self.collapse_blank_lines:
            text = text.replace("\n\n", "\n")
        layouts = [layout for layout in (self.with_input if text else self.without_input).values() if layout]
        prompt, completion = rng.choice(layouts).fill(task.instruction, text, instance.output)
        return prompt, completion + self.end
