"""Show at the terminal how a run progresses.

A line a round, never rewritten, so that scrolling back shows the whole run; below them, on a terminal, a bar with the
pace and the time left.  Elsewhere, and with NO_COLOR, the same lines come without a control code and without wrapping,
for `grep` and for log files; a round that takes long is a line a minute.

The pace is that of the last rounds, because novelty wears off: a mean of the stage would promise too early an end.
A training is shown in the same way, a line a logged step.  Nothing is ever read as rich's markup: names and errors may
hold brackets, and a model's words may stand in an error.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.part import part
from selfinstruct.round import OWN, Round, TrainingStep
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.hashes import ROUNDS
from selfinstruct.storage.rows import rounds_of
from selfinstruct.text.terminal import printable
from selfinstruct.trackers.notices import notices
from selfinstruct.trackers.screen import WAITING, Bar, Recent, screen

if TYPE_CHECKING:
    from rich.table import Table

MEASURED = ("loss", "validation_loss", "reward_accuracy", "validation_reward_accuracy", "learning_rate")
"""What is shown of a step of a training."""


@part(frozen=False)
class Console:
    """Prints each round, and a table at the end."""

    _screen: Any = field(init=False, repr=False, default=None)
    _bar: Any = field(init=False, repr=False, default=None)
    _start: Any = field(init=False, repr=False, default=None)
    _kept: Any = field(init=False, repr=False, default=None)
    _recent: Any = field(init=False, repr=False, default=None)

    def start(self, start: RunInfo) -> None:
        """Say what runs, with which model, and where."""
        self._start, self._kept = start, kept_before(start.folder)
        self._screen = screen()
        self._recent = Recent()
        model = f"model {', '.join(start.models)}" if start.models else "no model"
        self._print(f"{start.recipe}: {start.job_type} · {model} · {start.folder}", "bold")
        self._warn(start.models)
        if self._screen.is_terminal:
            self._bar = Bar(self._screen, WAITING if start.makes_rounds and start.models else "")

    def log(self, round_: Round, step: int) -> None:
        """Print a line for the round, and move the bar."""
        stage, target = round_.stage, self._start.targets.get(round_.stage)
        self._kept[stage] += round_.kept
        pace = self._recent.pace(stage, round_.kept)
        kept = self._kept[stage]
        goal = "" if target is None else f" of {target:,}"
        state = f"{kept:,}{goal} so far · {speed(pace)}{time_left(kept, target, pace)}"
        self._print(line(round_.row(), state))
        if self._bar is not None:
            self._bar.move(stage, kept, target, state)

    def log_step(self, step: TrainingStep) -> None:
        """Print a line for a step of a training, and move the bar."""
        state = " · ".join(step_parts(step))
        self._print(f"train {step.row['step']:,} of {step.steps:,} · {state}")
        if self._bar is not None:
            self._bar.move("train", step.row["step"], step.steps, state)

    def wait(self, row: Mapping[str, Any], seconds: float) -> None:
        """Show what is under way, so that a long round does not look like a hang; on a bar, what waits in batches."""
        if self._bar is not None and "in_batches" in row:
            self._bar.move(row["stage"], 0, None, in_batches(row))
        elif self._screen is not None and self._bar is None:
            self._print(under_way(row, seconds))

    def finish(self, summary: dict[str, Any], error: str | None) -> None:
        """Print what every stage made, the totals, why the run ended, and where its files are."""
        if self._screen is None:
            return
        if self._bar is not None:
            self._bar.close()
        made, training = summary["asked"] or summary["candidates"], summary.get("training")
        if made:
            self._screen.print(table(summary))
        unused = summary["unused"]
        count = unused["requests"]
        lost = f" · plus {count:,} request{'' if count == 1 else 's'} that no round has used: {spent(unused)}"
        if made or not training:
            self._print(f"{duration(summary['seconds'])} · {spent(summary)}{lost if count else ''}")
        if training:
            self._print(trained(training))
        self._warn(summary["models"])
        if error is not None:
            self._print("Not finished.", "bold red")  # the reason follows on standard error
        elif summary["stopped_by"] is not None:
            self._print(f"Stopped: {summary['stop_reason']}", "bold yellow")
        else:
            self._print(f"Done: {summary['stop_reason']}" if made or not training else "Done.", "green")
        self._print(f"Files in {self._start.folder}: {', '.join(files(self._start.folder)) or 'none'}")

    def _warn(self, models: Iterable[str]) -> None:
        """Say so where a stand-in for a model wrote the text."""
        for text in notices(models):
            self._print(text, "bold black on yellow")

    def _print(self, text: str, style: str = "") -> None:
        from rich.text import Text

        self._screen.print(Text(printable(text), style=style), soft_wrap=True)


def kept_before(folder: Path) -> Counter[str]:
    """Return what each stage kept in earlier executions of the run."""
    kept: Counter[str] = Counter()
    for row in rounds_of(folder / ROUNDS):
        kept[row["stage"]] += row["kept"]
    return kept


def line(row: Mapping[str, Any], state: str) -> str:
    """Return a round in one line: its figures, but those of metrics with a slash, and how far its stage is."""
    rejected = {key.removeprefix("rejected/"): count for key, count in row.items() if key.startswith("rejected/")}
    figures = {name: value for name, value in row.items() if "/" not in name and name not in OWN}
    parts = [
        f"{row['stage']} {row['round']}",
        f"generation {row['generation']}" if "generation" in row else "",
        f"kept {row['kept']:,} of {row['candidates']:,}",
        f"rejected {counts(rejected)}",
        f"{row['failed']:,} of {row['asked']:,} requests failed" if row["failed"] else "",
        *(f"{name} {value:,.4g}" for name, value in figures.items()),
        f"pool {row['pool']:,}",
        spent(row),
        state,
        f"ended: {row['ended']}" if row.get("ended") else "",
    ]
    return " · ".join(filter(None, parts))


def step_parts(step: TrainingStep) -> list[str]:
    """Return what is shown of a step of a training."""
    known = {name: step.row[name] for name in MEASURED if name in step.row}
    pace, left = step.tokens_per_second, step.seconds_left
    return [
        *(f"{name.replace('_', ' ')} {value:.4g}" for name, value in known.items()),
        *([] if pace is None else [f"{pace:,.0f} tokens/s"]),
        *([] if left is None else [f"{duration(left)} left"]),
    ]


def trained(training: Mapping[str, Any]) -> str:
    """Return what a training came to, in one line."""
    losses = [training[key] for key in ("first_loss", "loss") if training[key] is not None]
    parts = [
        f"trained on {training['rows']['trained_on']:,} rows of {training['dataset']['name']}",
        f"{training['steps']:,} steps",
        *([f"loss {' to '.join(f'{loss:.4g}' for loss in losses)}"] if losses else []),
        *([] if training["validation_loss"] is None else [f"validation loss {training['validation_loss']:.4g}"]),
        f"{training['tokens']:,} tokens",
        duration(training["seconds"]),
    ]
    return " · ".join(parts)


def under_way(row: Mapping[str, Any], seconds: float) -> str:
    """Return what of the rounds under way was asked and answered, in one line."""
    rounds = f"{row['round']}" if row["last_round"] == row["round"] else f"{row['round']}–{row['last_round']}"
    failed = f" · failed {row['failed']:,}" if row["failed"] else ""
    counts = f"asked {row['asked']:,} · answered {row['answered']:,}{failed}"
    if "in_batches" in row:
        counts += f" · {in_batches(row)}"
    return f"{row['stage']} {rounds} · {counts} · {spent(row)} · under way for {duration(seconds)}"


def in_batches(row: Mapping[str, Any]) -> str:
    """Return how many requests wait at a provider."""
    return f"in batches {row['in_batches']:,}, of which {row['done_in_batches']:,} are done"


def table(summary: Mapping[str, Any]) -> "Table":
    """Return what each stage asked, got, kept and rejected."""
    from rich.table import Table
    from rich.text import Text

    keys = ("rounds", "asked", "candidates", "kept")
    result = Table("stage")
    for name in keys:
        result.add_column(name, justify="right")
    result.add_column("rejected", overflow="fold")
    rounds = sum(stage["rounds"] for stage in summary["stages"].values())
    for name, row in [*summary["stages"].items(), ("total", {**summary, "rounds": rounds})]:
        cells = (name, *(f"{row[key]:,}" for key in keys), counts(row["rejected"]))
        result.add_row(*(Text(printable(cell)) for cell in cells))
    return result


def counts(rejected: Mapping[str, int]) -> str:
    """Return how many were rejected, and by which filters."""
    by_name = ", ".join(f"{name} {count:,}" for name, count in rejected.items())
    return f"{sum(rejected.values()):,} ({by_name})" if by_name else "0"


def spent(row: Mapping[str, Any]) -> str:
    """Return tokens and money; a dash where they are unknown, which is not the same as 0."""
    prompt, completion, cost = row["prompt_tokens"], row["completion_tokens"], row["cost_usd"]
    tokens = "tokens –" if prompt is None or completion is None else f"{prompt + completion:,} tokens"
    return f"{tokens} · cost –" if cost is None else f"{tokens} · ${cost:,.4f}"


def speed(pace: float) -> str:
    """Return a pace, in the unit that gives a number a person can read."""
    return f"{pace:,.1f}/s" if pace >= 1 else f"{pace * 60:,.1f}/min"


def time_left(kept: int, target: int | None, pace: float) -> str:
    """Return how long it will take to reach the target at this pace; nothing where there is no target to come."""
    if target is None or kept >= target:
        return ""
    return f" · {duration((target - kept) / pace if pace else None)} left"


def duration(seconds: float | None) -> str:
    """Return hours, minutes and seconds; a dash for unknown."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def files(folder: Path) -> list[str]:
    """Return the files of a run that a person may open, those of the dataset first."""
    dataset = sorted(path for path in (folder / "dataset").glob("*") if path.is_file())
    models = [path for name in ("model", "merged") if (path := folder / name).is_dir()]
    others = [
        *models,
        *sorted(folder.glob("scores.*")),
        *sorted(folder.glob("capsule.zip")),
        *sorted(folder.glob("*.json*")),
    ]
    return list(dict.fromkeys(path.relative_to(folder).as_posix() for path in [*dataset, *others]))
