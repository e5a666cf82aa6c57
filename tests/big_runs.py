"""Finished run folders of any size in the real file formats, for tests and benchmarks of what reads them.

    python tests/big_runs.py FOLDER 100000            # a run with 100,000 tasks and as many rejections
    python tests/big_runs.py FOLDER 300 --hostile     # some texts try to run code in a page, or to confuse a reader

The files are written by the journal and the store that runs use, with prompts rendered from the default config, so that
sizes and hashes are right.  Instructions come from the grammar of the offline model, inputs and outputs from the seeds.
The similarities to neighbors are drawn at random, for to measure them would take most of the time; so would the replies
of all requests, of which only the first of each stage are stored.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from selfinstruct.cli.actions import gathered
from selfinstruct.cli.build import build
from selfinstruct.cli.hints import CONF
from selfinstruct.cli.job import without_objective
from selfinstruct.model.grammar.tasks import instruction, near_copy
from selfinstruct.pool import Pool
from selfinstruct.request import Completion
from selfinstruct.round import PARSE, Candidate, End, Rejection, Round, Sample
from selfinstruct.run import Run
from selfinstruct.run_info import RunInfo
from selfinstruct.sampler import about
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.drawn import written
from selfinstruct.storage.folder import store_config
from selfinstruct.storage.journal import Journal
from selfinstruct.storage.recording import key_of
from selfinstruct.storage.summary import store_summary, summarise
from selfinstruct.task import OFFLINE, Instance, Task

HOSTILE = (
    "<script>window.pwned = 1</script> Write a poem about it.",
    "</script></style></title></textarea><!-- <img src=x onerror='window.pwned = 2'> Close every tag.",
    "\" autofocus onfocus=\"window.pwned = 3\" x=' onmouseover='window.pwned = 4' Leave the attribute.",
    "[Open this](javascript:window.pwned=5) and ![this](https://example.org/x.png) and https://example.org/y.",
    "The direction \u202eof this text\u202c is \u2067turned\u2069, \u200bhidden\x1b[31m and red\x07.",
    "{{ 7 * 7 }} {% raw %} ${jndi:ldap://example.org} <svg onload=window.pwned=6> <a href=//example.org>there</a>",
    "Übersetze 你好世界, こんにちは and مرحبا بالعالم ins Deutsche. 👩‍🚀",
    "word" * 80,
)
"""Texts that do harm where they are not escaped; a page in which one of them runs has `window.pwned`."""
HOSTILE_IDS = (
    "a/b?c=d#e",
    '"><script>window.pwned=7</script>',
    "..%2f..%2fetc",
    "a b+c&d=é",
    "' onclick='window.pwned=8",
)
SHOWN = 8
EACH = 4
"""Kept candidates in each reply."""
CLASSIFIED = 0.1
"""The share of tasks that are classifications."""


@cache
def config() -> dict[str, Any]:
    """The default config; to compose it takes a while."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_container(compose("config", overrides=["trackers=[console]"]), resolve=True)


@dataclass
class BigRun:
    """A run while it is written."""

    folder: Path
    tasks: int
    rejections: int
    per_round: int = 400
    """Candidates or tasks in a round."""
    hostile: bool = False
    replies: int = 2000
    """The most replies stored of a stage."""
    rng: Random = field(default_factory=lambda: Random(1))
    pool: dict[str, Task] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    stored: Counter[str] = field(default_factory=Counter)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.run = self.built()
        self.journal, self.store = Journal(self.folder), Store(self.folder / "completions.sqlite")
        self.journal.open()
        seeds = self.seeds()
        self.pool = {task.id: task for task in seeds}
        begun = self.run.start
        store_config(begun.folder, begun.declared, begun.overrides, resolved=begun.config)
        self.journal.begin(seeds)
        self.grow()
        self.classify()
        for stage, is_classification in (("output_first", True), ("input_first", False)):
            self.answer(stage, [name for name in self.made if self.pool[name].is_classification == is_classification])
        self.store.close()
        self.summarise()
        return self.folder

    def built(self) -> Run:
        values = deepcopy(config())
        values["recipe"]["instructions"]["until"] = self.tasks
        found = gathered(without_objective(values), list(values["actions"]))
        for name in ("published", "structured", "spacy_model"):  # which the command line takes for itself
            found.pop(name)
        start = RunInfo(
            folder=self.folder,
            name=self.folder.name,
            group=None,
            recipe="self_instruct",
            job_type="generate",
            config=found,
            declared=found | {"seeds": found["seeds"] | {"path": "${conf:seeds/seed_tasks.jsonl}"}},
            overrides=(f"recipe.instructions.until={self.tasks}",),
            models=(self.model,),
        )
        return build(found, Run, start=start)

    @property
    def model(self) -> str:
        return "<img src=x onerror=window.pwned=9>" if self.hostile else OFFLINE

    def seeds(self) -> list[Task]:
        seeds = self.run.seeds.load()
        if self.hostile:
            for place, name in enumerate(HOSTILE_IDS):
                seeds[place] = replace(seeds[place], id=name, instruction=HOSTILE[place])
        return seeds

    def text(self) -> str:
        return self.rng.choice(HOSTILE) if self.hostile and self.rng.random() < 0.3 else instruction(self.rng)

    def grow(self) -> None:
        """Write the rounds that made the tasks, and rejected others."""
        humans, left = list(self.pool), self.rejections
        requests = -(-self.tasks // EACH)
        per_round = max(1, self.per_round // EACH)
        for number, first in enumerate(range(0, requests, per_round), 1):
            known, kept, rejected = list(self.made), [], []
            last = min(first + per_round, requests)
            for place in range(first, last):
                machine = self.rng.sample(known, min(2, len(known)))
                parents = tuple(self.rng.sample(humans, SHOWN - len(machine)) + machine)
                request = f"instructions/{number}/{place - first + 1}"
                new = [self.task(request, number, parents) for _ in range(min(EACH, self.tasks - len(self.made)))]
                share = left // (requests - place)
                left -= share
                lost = [self.rejection(request) for _ in range(share)]
                kept += new
                rejected += lost
                texts = [task.instruction for task in new]
                texts += [one.candidate.instruction if one.candidate else one.text for one in lost]
                sample = Sample({"tasks": [self.pool[name] for name in parents]}, parents=parents)
                reply = "\n".join(f"{count}. {text}" for count, text in enumerate(texts, SHOWN + 1))
                self.save("instructions", request, sample, reply)
            end = (End.TARGET, f"{self.tasks} kept") if last == requests else (None, None)
            self.commit("instructions", number, last - first, kept, rejected, len(kept), *end)

    def task(self, request: str, number: int, parents: tuple[str, ...]) -> Task:
        most = 0.1 + 0.6 * self.rng.random() * self.rng.random()
        names = self.rng.sample(self.made, 10) if len(self.made) > 10 else self.rng.sample(list(self.pool), 10)
        task = Task(
            id=f"instructions_{len(self.made) + 1}",
            origin="instructions",
            instruction=self.text(),
            parents=parents,
            round=number,
            request=request,
            most_similar=tuple((name, round(most * 0.95**place, 4)) for place, name in enumerate(names)),
            average_similarity=round(most / 4, 4),
            models={"instructions": self.model},
        )
        self.made.append(task.id)
        self.pool[task.id] = task
        return task

    def rejection(self, request: str) -> Rejection:
        """Return one as filters and parsers give them, three of four for similarity."""
        drawn = self.rng.random()
        if drawn < 0.1:
            return Rejection(PARSE, "preamble", "Here are eight more tasks:", request=request)
        if drawn < 0.25:
            candidate = Candidate(instruction=f"Draw a picture: {self.text()}")
            return Rejection("keywords", "contains 'picture'", candidate=candidate, request=request)
        name = self.rng.choice(self.made)
        score = round(self.rng.uniform(0.7, 1), 4)
        return Rejection(
            filter="similarity",
            reason=f"ROUGE-L {score:.4f} with {name}",
            candidate=Candidate(instruction=near_copy(self.pool[name].instruction, self.rng)),
            request=request,
            nearest=(name, score),
        )

    def classify(self) -> None:
        for number, names in self.in_rounds(self.made):
            changed = []
            for place, name in enumerate(names, 1):
                is_one = self.rng.random() < CLASSIFIED
                models = {**self.pool[name].models, "classification": self.model}
                self.save_about("classification", number, place, name, "Yes" if is_one else "No")
                changed.append(replace(self.pool[name], is_classification=is_one, models=models))
            self.change("classification", number, changed, len(names) * number >= len(self.made))

    def answer(self, stage: str, wanted: Sequence[str]) -> None:
        answers = [instance for task in self.pool.values() if task.is_human for instance in task.instances]
        for number, names in self.in_rounds(wanted):
            changed = []
            for place, name in enumerate(names, 1):
                found = self.rng.choice(answers)
                if self.hostile and place % 3 == 0:
                    found = Instance(self.text(), self.text())
                label_first = f"Class label: {found.output}\n{found.input}"
                input_first = f"Example 1\n{found.input}\nOutput: {found.output}"
                self.save_about(stage, number, place, name, label_first if stage == "output_first" else input_first)
                models = {**self.pool[name].models, stage: self.model}
                changed.append(replace(self.pool[name], instances=(found,), models=models))
            self.change(stage, number, changed, names[-1] == wanted[-1])

    def in_rounds(self, names: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
        for number, first in enumerate(range(0, len(names), self.per_round), 1):
            yield number, names[first : first + self.per_round]

    def change(self, stage: str, number: int, changed: Sequence[Task], is_last: bool) -> None:
        self.pool.update({task.id: task for task in changed})
        end = (End.HANDLED, "all tasks handled") if is_last else (None, None)
        self.commit(stage, number, len(changed), changed, [], len(changed), *end)

    def commit(
        self,
        stage: str,
        number: int,
        asked: int,
        tasks: Sequence[Task],
        rejections: Sequence[Rejection],
        kept: int,
        end: End | None,
        ended: str | None,
    ) -> None:
        self.journal.commit(
            Round(
                stage=stage,
                number=number,
                asked=asked,
                failed=0,
                parsed=kept + sum(one.filter != PARSE for one in rejections),
                kept=kept,
                tasks=tuple(tasks),
                rejections=tuple(rejections),
                pool=len(self.pool),
                prompt_tokens=250 * asked,
                completion_tokens=90 * asked,
                cost_usd=0.0,
                seconds=0.02 * asked,
                end=end,
                ended=ended,
            )
        )

    def save_about(self, stage: str, number: int, place: int, name: str, reply: str) -> None:
        shown = about(self.pool[name], Pool())
        sample = replace(shown, variables={**shown.variables, "instances": 3})
        self.save(stage, f"{stage}/{number}/{place}", sample, reply)

    def save(self, stage: str, name: str, sample: Sample, reply: str) -> None:
        """Have a reply stored, as a run does."""
        if self.stored[stage] == self.replies:
            return
        self.stored[stage] += 1
        _, number, place = name.rsplit("/", 2)
        request = self.run.recipe[stage].prompt.render(sample, True, stage, int(number), int(place))
        decoding = json.dumps(asdict(request.decoding), sort_keys=True, ensure_ascii=False)
        fingerprint = json.dumps(self.run.model.fingerprint(), sort_keys=True)
        key = key_of(fingerprint, replace(request, text=f"{name} {request.text}"), decoding)
        asked = StoredRequest(request, key, 0, fingerprint, decoding, written(sample, 1))
        seconds = round(self.rng.lognormvariate(-1, 0.6), 3)
        self.store.save(asked, Completion(reply, "stop", 250, 90, 0.0, seconds, self.model), Future())

    def summarise(self) -> None:
        unused = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost_usd": 0.0}
        start, rounds = self.run.start, self.journal.rounds
        pool = Pool(self.pool.values())
        summary = summarise(start, pool, rounds, None, timings=self.journal.timings, unused=unused)
        store_summary(self.folder, summary, None, is_made=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("tasks", type=int)
    parser.add_argument("--rejections", type=int, help="as many as tasks, if it is not given")
    parser.add_argument("--per-round", type=int, default=400)
    parser.add_argument("--hostile", action="store_true")
    found = parser.parse_args()
    rejections = found.tasks if found.rejections is None else found.rejections
    print(BigRun(found.folder, found.tasks, rejections, found.per_round, found.hostile).write())


if __name__ == "__main__":
    sys.exit(main())
