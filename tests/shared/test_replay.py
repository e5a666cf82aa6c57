"""A whole run against a server that replays real text with faults, as a user would make it."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import commands
import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")

FAULTS = ("429:0.03", "500:0.03", "badjson:0.02", "empty:0.02", "length:0.03", "refusal:0.02", "context:0.01")


@pytest.fixture(scope="module")
def server():
    faults = [word for fault in FAULTS for word in ("--fault", fault)]
    words = ["--port", "0", "--style", "mixed", "--max-seconds", "240", "--retry-after", "0.2", *faults]
    tool = SHARED / "tools" / "replay_llm.py"
    process = subprocess.Popen([sys.executable, str(tool), *words], stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://\S+", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def run(tmp_path, server, mode):
    words = (
        *("model=openai_compatible", f"model.api_base={server}", f"model.mode={mode}", "hydra.run.dir=run"),
        *(f"seeds.path={SHARED}/data/seed_tasks.jsonl", "recipe.instructions.until=60", "trackers=[console]"),
    )
    done = commands.run(*words, folder=tmp_path, timeout=200)
    assert done.returncode == 0, done.stderr
    return tmp_path / "run"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_a_run_through_faults_accounts_for_every_candidate(server, mode, tmp_path):
    folder = run(tmp_path, server, mode)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    made = [row for row in {row["id"]: row for row in lines(folder / "pool.jsonl")}.values() if row["parents"]]

    assert len(made) == summary["tasks"]["made"] == 60
    assert all(row["instances"] or row["gave_up"] for row in made)
    assert summary["candidates"] == summary["kept"] + len(lines(folder / "rejected.jsonl"))
    assert not any("<think>" in row["instruction"] for row in made)
    assert summary["cost_usd"] is None
    with urllib.request.urlopen(f"{server.removesuffix('/v1')}/stats") as reply:
        assert json.load(reply)["by_status"]["200"] >= summary["asked"] - summary["failed"]
