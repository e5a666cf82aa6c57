"""A capsule of a run through faults runs again when the server is gone."""

import re
import subprocess
import sys
from pathlib import Path

import commands
import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT.parent / "shared" / "tools" / "replay_llm.py"
FAULTS = ("429:0.03", "500:0.03", "badjson:0.02", "empty:0.02", "length:0.03", "refusal:0.02", "context:0.03")

pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="the shared data is not here")


def command(*words):
    done = commands.run(*words, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_run_through_faults_and_refusals_is_repeated_when_the_server_is_gone(tmp_path):
    faults = [word for fault in FAULTS for word in ("--fault", fault)]
    words = ["--port", "0", "--style", "mixed", "--max-seconds", "240", "--retry-after", "0.2", *faults]
    server = subprocess.Popen([sys.executable, str(TOOL), *words], stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        command(
            *("model=endpoint", f"model.api_base={url}", "recipe.instructions.until=60", "trackers=[]"),
            *("actions=[generate,export,capsule]", f"hydra.run.dir={tmp_path}/run"),
        )
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()

    said = command(f"replay={tmp_path}/run/capsule.zip", f"hydra.run.dir={tmp_path}/again")

    assert said.endswith("identical\n")
    assert "refused" in (tmp_path / "run/run.log").read_text() or "HTTP 400" in (tmp_path / "run/run.log").read_text()
