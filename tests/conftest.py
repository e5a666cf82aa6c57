"""What several tests need: a task, a pool, and a model that answers as a test says."""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, cast

import commands
import pytest
import small_runs
from hydra import compose, initialize_config_dir
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir
from omegaconf import OmegaConf

from selfinstruct.budget import Pricing
from selfinstruct.cli.actions import gathered
from selfinstruct.cli.build import build
from selfinstruct.cli.hints import CONF
from selfinstruct.cli.job import without_objective
from selfinstruct.cli.papers import citation_of
from selfinstruct.pool import Pool
from selfinstruct.request import Completion, Request
from selfinstruct.run import Run
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.recording import Replies
from selfinstruct.task import HUMAN, Instance, Task

# Hypothesis would keep its examples in the working folder.
settings.register_profile("traceless", database=None, deadline=None)
settings.load_profile("traceless")
set_hypothesis_home_dir(tempfile.gettempdir())


def make_task(number: int = 0, **changes: Any) -> Task:
    """A seed task, or whatever the changes make of it."""
    values: dict[str, Any] = {
        "id": f"seed_task_{number}",
        "origin": HUMAN,
        "instruction": f"Explain thing number {number} in plain words.",
        "is_classification": False,
        "instances": (Instance(input="", output="It is a thing."),),
    }
    return Task(**(values | changes))


@dataclass
class Scripted:
    """A model that answers by a function of the request, and remembers what it was asked."""

    answer: Callable[[Request], str | Completion]
    mode: str = "completion"
    name: str = "scripted"
    is_offline: bool = False
    store: str | None = None
    asked: list[Request] = field(default_factory=list)

    def problems(self) -> list[str]:
        return []

    def fingerprint(self) -> dict[str, object]:
        return {"name": self.name, "mode": self.mode}

    def prepare(self) -> None:
        pass

    def pricing(self) -> Pricing | None:
        return Pricing(prompt=25_000.0, completion=0.0)

    @contextmanager
    def session(self, answered: Mapping[str, int] | None = None) -> Iterator["Scripted"]:
        yield self

    def submit(self, requests: Sequence[Request]) -> list["Future[Completion]"]:
        futures: list[Future[Completion]] = []
        for request in requests:
            self.asked.append(request)
            said = self.answer(request)
            if isinstance(said, str):
                said = Completion(text=said, prompt_tokens=10, completion_tokens=5, cost_usd=0.25, model="scripted-1")
            futures.append(Future())
            futures[-1].set_result(said)
        return futures

    def complete(self, requests: Sequence[Request]) -> Replies:
        replies = Replies(self.name)
        replies.kept += self.submit(requests)
        return replies


@pytest.fixture(autouse=True)
def quiet_wandb(monkeypatch, tmp_path_factory):
    """W&B writes nothing outside the tests' own folders."""
    place = tmp_path_factory.getbasetemp() / "wandb"
    for name in ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(place))


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory):
    """What the program remembers between runs lies in the tests' own folder; no terminal's width is inherited."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.getbasetemp() / "matplotlib"))  # its list of fonts
        patch.delenv("COLUMNS", raising=False)  # which pytest's workers may be given
        yield


@pytest.fixture(autouse=True, scope="session")
def ended_commands():
    """The process that forks others for `commands` ends with the tests."""
    yield
    commands.end()


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Path]:
    """Makes a run folder without a model."""
    return small_runs.make_run


@pytest.fixture(scope="session")
def make_training() -> Callable[..., Path]:
    """Makes the folder of a training alone without a model."""
    return small_runs.make_training


@pytest.fixture
def task() -> Callable[..., Task]:
    return make_task


@pytest.fixture
def pool() -> Pool:
    """Ten seed tasks."""
    return Pool(make_task(number) for number in range(10))


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


def composed(*overrides: str) -> dict[str, Any]:
    """The config with these overrides, as plain values."""
    return deepcopy(composed_once(overrides))


@cache
def composed_once(overrides: tuple[str, ...]) -> dict[str, Any]:
    """It takes a quarter of a second, and many tests want the same."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=list(overrides))
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))


def built(config: dict[str, Any], folder: Path, *, draws: bool = False) -> Run:
    """The run that a config describes, in this folder; the keys of its actions stand in them, as in a job.

    The report that ends most runs is left out unless a test `draws` it, since it takes longer than a small run.
    """
    config = gathered(without_objective(config), list(config.get("actions") or ()))
    if not draws:
        config["actions"].pop("report", None)
    config.pop("published", None)
    structured = config.pop("structured", False)
    spacy_model = config.pop("spacy_model", None)
    start = RunInfo(
        folder=folder,
        name="test",
        group=None,
        recipe="self_instruct",
        job_type="generate",
        config=config,
        declared=config | {"seeds": as_written(config["seeds"]), "structured": structured},
        citation=citation_of("self_instruct"),
        spacy_model=spacy_model,
    )
    return cast(Run, build(config, Run, start=start))


def as_written(seeds: dict[str, Any]) -> dict[str, Any]:
    """The part for the seeds as its YAML has it, where they are those that come with the program."""
    path = Path(str(seeds.get("path")))
    return seeds | {"path": f"${{conf:{path.relative_to(CONF)}}}"} if path.is_relative_to(CONF) else seeds


@pytest.fixture(name="composed", scope="session")
def composed_fixture() -> Callable[..., dict[str, Any]]:
    return composed


@pytest.fixture(name="built", scope="session")
def built_fixture() -> Callable[..., Run]:
    return built


TEXT = """
amber bridge candle dragon engine forest garden harbor island jacket kettle ladder marble nectar orange parrot
quartz ribbon silver timber umbrella violin walnut yellow zephyr anchor basket copper desert ember falcon glacier
"""
WORDS = TEXT.split()


def sentence(rng: Random, words: int) -> str:
    """Some words, as an order."""
    return f"Describe the {' '.join(rng.sample(WORDS, words))}."


def whole_tasks(rng: Random) -> str:
    """Five tasks of Alpaca's list."""
    tasks = (
        f"{number}. Instruction: {sentence(rng, 7)}\n{number}. Input:\n<noinput>\n{number}. Output:\n{sentence(rng, 5)}"
        for number in range(4, 9)
    )
    return "\n###\n".join(tasks)


ANSWERS: dict[str, Callable[[Random], str]] = {
    "Make up a list of": whole_tasks,
    "\nGiven prompt:": lambda rng: sentence(rng, 12),
    "\nVerdict (": lambda rng: rng.choice(["Equal", "Not Equal", "Not Equal"]),
    "What did the instruction say?": lambda rng: sentence(rng, 1 + rng.randrange(2)),
    "Follow the instruction for this input.": lambda rng: rng.choice(WORDS),
}
"""What stands in the question of one stage only, to what is answered."""


def plausible(prompt: str, temperature: float | None) -> str:
    """What a model may say: lists, yes or no, and instances, a part of them unreadable; and so for every recipe."""
    rng = Random(hashlib.sha256(f"{prompt}{temperature}".encode()).digest())
    if rng.random() < 0.1:
        return "Well, that depends."
    for question, answer in ANSWERS.items():
        if question in prompt:
            return answer(rng)
    if "Is it classification?" in prompt:
        return rng.choice(["Yes", "No"])
    if "Class label:" in prompt:
        return f"Class label: {rng.choice(WORDS)}\n{' '.join(rng.sample(WORDS, 6))}"
    if "Output:" in prompt:
        return f"Example 1\n{' '.join(rng.sample(WORDS, 5))}\nOutput: {' '.join(rng.sample(WORDS, 5))}"
    if not (shown := re.findall(r"^(\d+)\.", prompt, re.M)):
        return sentence(rng, 9)
    first = int(shown[-1]) + 1
    lines = (f"{number}. Describe the {' '.join(rng.sample(WORDS, 7))}." for number in range(first, first + 8))
    return "\n".join(lines)


@pytest.fixture(scope="session", name="plausible")
def plausible_fixture() -> Callable[[str, float | None], str]:
    return plausible
