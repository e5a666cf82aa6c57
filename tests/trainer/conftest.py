"""A tiny model, rows to tune it on, and trainers as their YAML describes them."""

import json
from pathlib import Path

import pytest
import tiny_model
from trainings import Trainings

from selfinstruct.cli.build import make
from selfinstruct.trainer import Training

HERE = Path(__file__).parent
SMALL = {
    "epochs": 3,
    "batch_size": 4,
    "accumulate": 2,
    "max_length": 256,
    "learning_rate": 1e-2,
    "log_steps": 2,
    "checkpoint_steps": 4,
    "threads": 1,
}
"""Nine steps of thirty rows."""
SEEDS = [json.loads(line) for line in tiny_model.SEEDS.read_text(encoding="utf-8").splitlines()]
TRAINERS = ("full", "lora", "ia3", "prefix", "prompt_tuning", "adapter")


def pytest_collection_modifyitems(items):
    """Mark every test in this folder as one of the extra `train`."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.train)


def chat(question, answer, **more):
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns, **more}


def write_rows(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session", name="chat")
def chat_fixture():
    return chat


@pytest.fixture(scope="session", name="write_rows")
def write_rows_fixture():
    return write_rows


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """The folder of a tiny model with a chat template."""
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    return tiny_model.write_model(tmp_path_factory.mktemp("base"), tied=False)


@pytest.fixture(scope="session")
def tokenizer(base):
    return tiny_model.tokenizer("plain")


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    """Thirty rows of the seed tasks, in a file."""
    rows = [
        chat(seed["instruction"][:80], seed["instances"][0]["output"][:80], id=seed["id"])
        for seed in [one for one in SEEDS if one["instances"][0]["output"]][:30]
    ]
    return write_rows(tmp_path_factory.mktemp("rows") / "rows.jsonl", rows)


@pytest.fixture
def values(composed):
    """The values of a trainer as composed, small, with changes."""

    def compose(name, base_model="a/model", **changes):
        found = composed(f"trainer={name}", f"trainer.base_model={base_model}")["trainer"]
        method = (found["method"] or {}) | changes.pop("method", {}) if found["method"] else None
        return found | SMALL | {"method": method, "merge": False} | changes

    return compose


@pytest.fixture
def trainer(values):
    """A trainer as composed, small, with changes."""

    def build(name, base_model="a/model", **changes):
        problems = []
        built = make(values(name, str(base_model), **changes), "trainer", problems)
        assert problems == []
        return built

    return build


@pytest.fixture
def training(tmp_path):
    """What is trained on, in a run folder that exists."""

    def start(dataset, folder="run", **more):
        (tmp_path / folder).mkdir(exist_ok=True)
        return Training(**{"dataset": Path(dataset), "folder": tmp_path / folder, "random_seed": 1} | more)

    return start


@pytest.fixture(scope="session")
def trainings():
    """Trainings in processes of their own."""
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    found = Trainings()
    yield found
    found.close()


def made(folder):
    """What a training made, byte by byte."""
    weights = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.glob("*/*.safetensors")}
    return weights | {"training.jsonl": (folder / "training.jsonl").read_bytes()}


@pytest.fixture(name="made", scope="session")
def made_fixture():
    return made
