"""Pairs of a chosen and a rejected answer to one prompt, as TRL's trainers of preferences read them.

A pair comes from what the pool holds of a task, and its column `source` says from what:

`answers`: a stage asked several times, and the answers have scores (of a judge, or by how many agree).  The chosen one
stands beside the one with the lowest score; where all are equal there is no pair.  One pair a task, so that tasks with
many answers do not weigh more.

`verdicts`: a judge compared the answers of two systems (recipe=pairwise).  One that is preferred in both orders is
chosen.  Verdicts that flip with the order, ties, and verdicts that could not be read give no pair.

`parents`: Evol-Instruct rewrote a task, so that it asks for more than its parent.  Its answer is chosen, and that of
its parent, which answers the easier task, is rejected, both for the new task.  **No judge compared them**: the equality
judge has only said that the tasks differ.  In breadth the task is another one, to which the parent's answer is merely
off the subject, so that only operations in depth count.  Rejected: pairs with what the rules of elimination have
removed (a refusal, say).  An eliminated task has no other answer, and the answer of its sibling is to another task, but
DPO compares answers to the same prompt (Rafailov et al. 2023, equation 7).  A task with scored answers has no pair with
its parent.

Answers of seeds are left out unless wanted: they are other people's work, and as rejected ones they would teach a model
to sound unlike people.  No reader gives these rows back.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.formats.rows import SEED, finished, provenance, question
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.task import ALTERNATIVES, Instance, Task

ORDERS = ("forward", "backward")
"""The attributes with the verdicts of `recipe=pairwise`: the first system's answer shown first, and shown second."""
WINS = {("1", "2"): (0, 1), ("2", "1"): (1, 0)}
"""Both verdicts, and which answers they make the chosen and the rejected one."""


@part
class Preference:
    """Writes a pair for every task of which one answer is better than another."""

    include_seeds: bool
    """Whether answers of seeds take part."""
    messages: bool
    """Whether a row holds messages; false for texts, with a blank line at the end of the prompt."""
    operations: dict[str, bool]
    """The operations of Evol-Instruct whose tasks ask for more than their parents, and whether they give pairs."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return `preference.jsonl`: pairs of answers in the pool's order, then those by verdicts; none of equals."""
        yield "preference.jsonl", (row for row in self._rows(pool) if row["chosen"] != row["rejected"])

    def _rows(self, pool: Pool) -> Iterator[dict[str, Any]]:
        for task in finished(pool, self.include_seeds):
            if ALTERNATIVES in task.attributes:
                yield from self._of_answers(task)
            elif self.operations.get(task.attributes.get("operation", "")):
                yield from self._of_parent(task, pool[task.parents[0]])
        for task in pool:
            if "answers" in task.attributes:
                yield from self._of_verdicts(task)

    def _of_answers(self, task: Task) -> Iterator[dict[str, Any]]:
        answers = task.attributes[ALTERNATIVES]
        chosen = next(one for one in answers if one["chosen"])
        worst = min(answers, key=lambda one: one["score"])
        if worst["score"] < chosen["score"]:
            asked = question(task, (task.instances or ())[0])
            yield self._row(asked, chosen["output"], worst["output"], "answers", provenance(task))

    def _of_parent(self, task: Task, parent: Task) -> Iterator[dict[str, Any]]:
        if parent.instances and (self.include_seeds or not parent.is_human):
            chosen, rejected = ((one.instances or ())[0].output for one in (task, parent))
            models = list(dict.fromkeys([*task.models.values(), *parent.models.values()]))
            yield self._row(task.text, chosen, rejected, "parents", {**provenance(task), "models": models})

    def _of_verdicts(self, task: Task) -> Iterator[dict[str, Any]]:
        places = WINS.get((task.attributes.get(ORDERS[0], ""), task.attributes.get(ORDERS[1], "")))
        if places is not None:
            chosen, rejected = (task.attributes["answers"][place] for place in places)
            systems = [task.attributes["systems"][place] for place in places]
            asked = question(task, Instance(task.references[0].input, ""))
            yield self._row(asked, chosen, rejected, "verdicts", {"id": task.id, "origin": SEED, "models": systems})

    def _row(self, asked: str, chosen: str, rejected: str, source: str, known: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {"prompt": f"{asked}\n\n", "chosen": chosen, "rejected": rejected}
        if self.messages:
            roles = {"prompt": ("user", asked), "chosen": ("assistant", chosen), "rejected": ("assistant", rejected)}
            row = {key: [{"role": role, "content": text}] for key, (role, text) in roles.items()}
        return {**row, "source": source, **known}
