"""What the card of a trained model says of its use, pasted and run."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from selfinstruct.actions.card.model_card import model_card


def used(text, base, folder):
    """Run the Python of a card in the folder of its model; what it prints."""
    (code,) = re.findall(r"```python\n(.*?)\n```", text, re.DOTALL)
    code = code.replace(json.dumps(base.name), json.dumps(str(base)))
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "mode", "kind", "changes"),
    [
        ("lora", "chat", "model", {}),
        ("lora", "chat", "merged", {"merge": True}),
        ("lora", "completion", "model", {}),
        ("adapter", "chat", "model", {}),
        ("full", "completion", "model", {}),
    ],
)
def test_the_use_that_a_card_shows_gives_a_reply(
    name, mode, kind, changes, base, trainer, training, chat, write_rows, tmp_path
):
    row = chat("Say it.", "Said.") if mode == "chat" else {"prompt": "Say it.\n\n", "completion": "Said."}
    rows = write_rows(tmp_path / "rows.jsonl", 8 * [row])
    started = training(rows)
    found = trainer(name, base, mode=mode, validation_share=0, **changes).train(started)
    run = SimpleNamespace(training=found, start=SimpleNamespace(folder=started.folder, recipe="alpaca"), scores={})

    printed = used(model_card(run, kind), base, started.folder / kind)

    assert printed.strip()
    assert "Say it." not in printed
    assert "three fruits" not in printed
