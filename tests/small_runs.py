"""Run folders, made as a run makes them but without a model."""

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from tracked import UNUSED

from selfinstruct.budget import Stop
from selfinstruct.pool import Pool
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.round import Candidate, Rejection, Round
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.folder import replace_text, store_config
from selfinstruct.storage.journal import Journal
from selfinstruct.storage.summary import summarise
from selfinstruct.task import HUMAN, Instance, Task
from selfinstruct.trainer.record import Record

DECODING = {"max_tokens": 64, "temperature": 0.0, "stop": ["\n{{ n }}."], "extra": {}}


def declared(**changes: Any) -> dict[str, Any]:
    """A config of one growing stage."""
    trackers = changes.pop("trackers", {})
    return {
        "random_seed": changes.pop("random_seed", 1),
        "spacy_model": changes.pop("spacy_model", None),
        "model": {"_target_": "x", "name": changes.pop("model", "openai/m"), "mode": "chat", "attempts": 3},
        "recipe": {"grow": {"prompt": {"decoding": DECODING | changes.pop("decoding", {})}, **changes}},
        "actions": {"generate": {}},
        "trackers": trackers,
    }


def make_run(
    folder: Path,
    instructions: tuple[str, ...] = ("Write a poem about rain.", "Sort the words by length."),
    cost: float | None = 0.5,
    summarised: bool = True,
    error: str | None = None,
    stopped: Stop | None = None,
    replies: tuple[tuple[dict[str, Any], str], ...] = (),
    **changes: Any,
) -> Path:
    """A run with one seed and one round, which kept these instructions and rejected two candidates."""
    folder.mkdir(parents=True)
    config = declared(**changes)
    store_config(folder, config, [])
    keep_replies(folder, replies)
    seed = Task(id="seed_1", origin=HUMAN, instruction="Name three fruits.", instances=(Instance("", "Apple"),))
    name = config["model"]["name"]
    made = [
        Task(
            id=f"grow_{number}",
            origin="grow",
            instruction=text,
            is_classification=number == 1,
            instances=(Instance("", "one two"),),
            models={"grow": name},
        )
        for number, text in enumerate(instructions, 1)
    ]
    rejections = (
        Rejection(filter="parse", reason="empty", text="?"),
        Rejection(filter="similarity", reason="near", candidate=Candidate(instruction="Name three fruits!")),
    )
    journal = Journal(folder)
    journal.open()
    journal.begin([seed])
    journal.commit(
        Round(
            stage="grow",
            number=1,
            asked=2,
            failed=0,
            parsed=len(made) + 1,
            kept=len(made),
            tasks=tuple(made),
            rejections=rejections,
            pool=1 + len(made),
            prompt_tokens=100,
            completion_tokens=20,
            cost_usd=cost,
            seconds=1.5,
            ended=None if stopped else "done",
        )
    )
    if summarised:
        start = RunInfo(
            folder=folder, name="x", group=None, recipe="r", job_type="generate", config=config, declared=config
        )
        unused = UNUSED | ({} if cost is not None else {"cost_usd": None})
        summary = summarise(
            start,
            Pool([seed, *made]),
            journal.rounds,
            error,
            timings=journal.timings,
            unused=unused,
            stopped=stopped,
        )
        replace_text(folder / "summary.json", json.dumps(summary))
    return folder


def keep_replies(folder: Path, replies: tuple[tuple[dict[str, Any], str], ...]) -> None:
    """Keep a reply for each decoding and model that answered."""
    store = Store(folder / "completions.sqlite")
    for number, (decoding, model) in enumerate(replies, 1):
        request = Request(f"grow/1/{number}", "grow", 1, "Say.", None, True, Decoding(), "whole")
        fingerprint = json.dumps({"name": "openai/m", "mode": "chat"})
        asked = StoredRequest(request, f"key {number}".encode(), 0, fingerprint, json.dumps(decoding))
        store.save(asked, Completion(text="Said.", model=model), Future())
    store.close()


def make_training(
    folder: Path,
    *words: str,
    held_out: float | None = 0.6,
    is_finished: bool = True,
    random_seed: int = 1,
    hashes: Any = None,
    trackers: Any = None,
    writers: Any = (),
    **changes: Any,
) -> Path:
    """A training alone of four steps, started with these words and these changes of its trainer."""
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(json.dumps(["actions=[train]", *words]))
    composed = {"trackers": trackers or {}, "train": {"dataset": "/home/bob/rows.jsonl"}}
    (folder / ".hydra" / "config.yaml").write_text(json.dumps(composed))
    (folder / "rounds.jsonl").touch()
    trainer = {"base_model": "/home/bob/models/tiny", "learning_rate": 1e-4, "objective": {"beta": 0.1}, **changes}
    digests = {"dataset": "d" * 64, "base_model": "b" * 64, "chat_template": None, **(hashes or {})}
    settings = {"trainer": trainer, "random_seed": random_seed, "processes": 1, "sha256": digests}
    steps = [{"step": step, "tokens": 9 * step, "loss": round(1 - step / 10 * random_seed, 1)} for step in (2, 4)]
    validated = [] if held_out is None else [{"step": 4, "tokens": 36, "validation_loss": held_out}]
    (folder / "training.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in [*steps, *validated]))
    Record(folder).start(settings)
    if is_finished:
        found = {"steps": 4, "loss": steps[-1]["loss"], "validation_loss": held_out, "seconds": 7.5}
        result = {
            **found,
            "dataset": {"name": "rows.jsonl", "models": writers},
            "sha256": {"weights": f"{trainer}{random_seed}"},
        }
        Record(folder).finish(settings, result)
        start = RunInfo(
            folder=folder, name="x", group=None, recipe="r", job_type="train", config={}, declared=declared()
        )
        summary = summarise(start, Pool(), [], None, timings=[], unused=UNUSED, training=result)
        replace_text(folder / "summary.json", json.dumps(summary))
    return folder
