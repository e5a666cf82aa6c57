"""A trainer that writes what a real one leaves, at once and without its packages."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from selfinstruct.round import TrainingStep
from selfinstruct.trainer import MERGED, MODEL, STEPS, Training

LINES = (
    {"step": 1, "epoch": 0.5, "tokens": 50, "loss": 2.5, "learning_rate": 1e-4},
    {"step": 2, "epoch": 1.0, "tokens": 90, "loss": 2.0, "learning_rate": 5e-5},
    {"step": 2, "epoch": 1.0, "tokens": 90, "validation_loss": 2.25},
)


@dataclass
class Pretending:
    """Trains nothing."""

    base_model: str = "some/base"
    mode: str = "chat"
    method: str = "Lora"
    learns_pairs: bool = False
    objective: dict[str, Any] | None = None
    wrong: tuple[str, ...] = ()
    merges: bool = True
    seen: list[Training] = field(default_factory=list)

    @property
    def learns_from(self) -> str:
        return "preference" if self.learns_pairs else self.mode

    def problems(self, training: Training) -> list[str]:
        return list(self.wrong)

    def preview(self, training: Training, rows: int | None = None) -> dict[str, Any]:
        self.seen.append(training)
        return {"rows": rows or 8, "steps": 2, "parameters": 1000, "trainable_parameters": 10, "memory_bytes": 2**31}

    def train(self, training: Training) -> dict[str, Any]:
        self.seen.append(training)
        content = training.dataset.read_bytes()
        result = self.result(training, hashlib.sha256(content + self.method.encode()).hexdigest())
        record = training.folder / "training.json"
        if record.is_file():
            return json.loads(record.read_text())["result"]
        for name in (MODEL, *([MERGED] if self.merges else [])):
            (training.folder / name).mkdir(exist_ok=True)
            (training.folder / name / "model.safetensors").write_bytes(content)
        (training.folder / STEPS).write_text("".join(f"{json.dumps(line)}\n" for line in LINES))
        for line in LINES:
            training.log(TrainingStep(row=line, steps=2, tokens_per_second=45.0, seconds_left=1.0))
        record.write_text(json.dumps({"started_with": {}, "result": result}))
        return result

    def result(self, training: Training, weights: str) -> dict[str, Any]:
        rows = len(training.dataset.read_text().splitlines())
        pairs = {} if self.objective is None else {"objective": "Dpo", "reward_accuracy": 0.75}
        return {
            **pairs,
            "base_model": self.base_model,
            "method": self.method,
            "mode": self.mode,
            "dataset": {
                "name": training.dataset.name,
                "is_of_run": training.dataset.parent.parent == training.folder,
                "sha256": hashlib.sha256(training.dataset.read_bytes()).hexdigest(),
            },
            "settings": {
                "base_model": self.base_model,
                "method": None if self.method == "full" else {"name": self.method, "rank": 64},
                **({} if self.objective is None else {"objective": self.objective}),
                "learning_rate": 2e-4,
            },
            "rows": {"trained_on": rows, "validated_on": 0, "dropped": 0, "cut": 0},
            "steps": 2,
            "epochs": 1.0,
            "tokens": 90,
            "first_loss": 2.5,
            "loss": 2.0,
            "validation_loss": 2.25,
            "seconds": 2.0,
            "tokens_per_second": 45.0,
            "trainable_parameters": 10,
            "parameters": 1000,
            "device": "cpu",
            "precision": "float32",
            "threads": 1,
            "processes": 1,
            "versions": {"python": "3.11"},
            "sha256": {"model.safetensors": weights},
        }
