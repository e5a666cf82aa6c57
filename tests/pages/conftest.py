"""A run that grows, and a browser for its pages, without one."""

import pytest
from asking import ask

from selfinstruct.pages.library import Library
from selfinstruct.pages.routes import routes
from selfinstruct.round import Round
from selfinstruct.storage.folder import store_config
from selfinstruct.storage.journal import Journal
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task


@pytest.fixture(name="ask")
def ask_fixture():
    """Asks routes for a path."""
    return ask


class Growing:
    """A run that grows, without a model."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        store_config(folder, {"recipe": {"grow": {"until": 100}}, "random_seed": 1, "model": {"name": "m"}}, [])
        for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl"):
            (folder / name).touch()
        self.journal = Journal(folder)
        self.number = 0

    def begin(self, *seeds):
        self.journal.begin(seeds)
        return self

    def commit(self, *tasks, rejections=(), stage="grow", pool=10, figures=()):
        self.number += 1
        round_ = Round(
            stage=stage,
            number=self.number,
            asked=2,
            failed=0,
            parsed=len(tasks) + len(rejections),
            kept=len(tasks),
            tasks=tuple(tasks),
            rejections=tuple(rejections),
            pool=pool,
            prompt_tokens=10,
            completion_tokens=5,
            cost_usd=0.0,
            seconds=0.5,
            figures=dict(figures),
        )
        self.journal.commit(round_)
        return self

    @property
    def rows(self):
        return RunReader(self.folder, may_be_empty=True).rows


@pytest.fixture
def growing(tmp_path):
    """A run that has begun with two seeds."""
    seeds = (Task(id=f"seed_{place}", origin="human", instruction=f"Seed {place}.") for place in range(2))
    return Growing(tmp_path / "runs" / "one").begin(*seeds)


@pytest.fixture
def made():
    """Makes a task that a stage has made of parents."""

    def made(name, text, *parents, near=(), **more):
        request = more.pop("request", "grow/1/1")
        return Task(
            id=name,
            origin="grow",
            instruction=text,
            parents=parents,
            round=1,
            request=request,
            most_similar=near,
            **more,
        )

    return made


@pytest.fixture
def look(ask):
    """Asks for a page of the runs below a folder."""

    def look(folder, path, **options):
        return ask(routes(Library([folder])), path, **options)

    return look
