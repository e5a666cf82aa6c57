"""Show input-output pairs of a task family, from which its instruction is to be induced.

Instruction Induction (Honovich et al., 2022, section 2) shows five pairs to a prompt, and 100 prompts a family.  The
pairs of a drawn prompt have different inputs; ten of the published prompts show an input twice.
"""

import re
from collections.abc import Iterator
from random import Random
from typing import Annotated

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.sampler import families
from selfinstruct.task import Instance, Task

PAIR = re.compile(r"^Input: (.*)\nOutput: (.*)$", re.MULTILINE)


@part
class Demonstrations:
    """Draws pairs of each family, without replacement within a prompt."""

    shown: Annotated[int, Field(ge=1)]
    """Pairs in a prompt."""
    prompts: Annotated[int, Field(ge=1)]
    """Prompts for each family."""
    published: bool
    """Whether to use the prompts that were published with the seeds, in their order, and not to draw."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return all prompts of all families: `demonstrations`, and `prompt`, which is empty where they are drawn."""
        return [sample for task in families(pool, "induce") for sample in self._prompts(task, rng)]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return a prompt of the first family; raises ValueError where a family has too few pairs or prompts."""
        found = families(pool, "induce")
        if not found:
            raise ValueError("wants seeds that are task families. Set seeds=families")
        if self.published:
            if bare := next((task for task in found if not task.attributes.get("prompts")), None):
                where = "seeds.path=<folder or zip of the published data>"
                raise ValueError(
                    f"wants published prompts, but {bare.id} has none. Set {where}, or {{key}}.published=false"
                )
        else:
            least = min(found, key=lambda task: len(pairs(task)))
            if (most := len(pairs(least))) < self.shown:
                raise ValueError(f"wants {self.shown} pairs of {least.id}, which has {most}. Set {{key}}.shown={most}")
        return next(self._prompts(found[0], rng))

    def _prompts(self, task: Task, rng: Random) -> Iterator[Sample]:
        if self.published:
            drawn = [(text, written(text)) for text in task.attributes["prompts"][: self.prompts]]
        else:
            known = pairs(task)
            drawn = [("", rng.sample(known, self.shown)) for _ in range(self.prompts)]
        for text, demonstrations in drawn:
            yield Sample(
                variables={"demonstrations": demonstrations, "prompt": text},
                parents=(task.id,),
                attributes={"family": task.attributes["family"], "prompts": len(drawn)},
            )


def pairs(task: Task) -> list[Instance]:
    """Return the pairs of a family, each input once, with the first of its outputs."""
    return list({pair.input: pair for pair in reversed(task.instances or ())}.values())[::-1]


def written(prompt: str) -> list[Instance]:
    """Return the pairs that a published prompt shows."""
    return [Instance(*pair) for pair in PAIR.findall(prompt)]
