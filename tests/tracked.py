"""What a tracker gets of a run: what is known of it, its rounds, the steps of a training, its summary."""

from selfinstruct.pool import Pool
from selfinstruct.round import Rejection, Round, TrainingStep
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.summary import summarise

UNUSED = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost_usd": 0.0}


def start_in(folder, **changes):
    """What is known of a run before it starts."""
    known = {
        "folder": folder,
        "name": "self_instruct/now",
        "group": None,
        "recipe": "self_instruct",
        "job_type": "generate+export",
        "models": ("gpt-x",),
        "is_offline": False,
        "config": {"random_seed": 42, "recipe": {"instructions": {"until": 10, "model": None}}},
        "declared": {"recipe": {"instructions": {}}},
    }
    return RunInfo(**{**known, **changes})


def info(folder, rounds=(), steps=(), **changes):
    """A run that has made some rounds before, and trained some steps."""
    return start_in(folder, logged_rounds=lambda: rounds, logged_steps=lambda: steps, **changes)


def a_round(number=1, **changes):
    known = {
        "stage": "instructions",
        "number": number,
        "asked": 2,
        "failed": 0,
        "parsed": 3,
        "kept": 2,
        "tasks": (),
        "rejections": (Rejection("similarity", "<script>alert(1)</script>"),),
        "pool": 175 + number,
        "prompt_tokens": 1000,
        "completion_tokens": 234,
        "cost_usd": None,
        "seconds": 1.5,
    }
    return Round(**{**known, **changes})


def a_step(number, **row):
    return TrainingStep(row={"step": number, "loss": 2.0 - number / 10, **row}, steps=10)


def log(tracker, start, rounds=(), steps=(), error=None, **summary):
    """Log rounds and steps after those that the run has already, and finish it; its summary."""
    before = list(start.logged_rounds())
    tracker.start(start)
    for place, round_ in enumerate(rounds, len(before) + 1):
        tracker.log(round_, place)
    for step in steps:
        tracker.log_step(step)
    rows = [round_.row() for round_ in [*before, *rounds]]
    summary = summarise(start, Pool(), rows, error, timings=[], unused=UNUSED, **summary)
    tracker.finish(summary, error)
    return summary
