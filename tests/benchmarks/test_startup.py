"""The time from the command to the first request at the server, beside that of importing the libraries alone."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BARE = "import hydra, pydantic, aiohttp, numpy, jinja2, rapidfuzz, rich"
TIMES = 5


def environment(folder):
    """Return an environment in which Python keeps what it compiles, as it does for a user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "PYTHON"))}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def bare(folder):
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE], env=environment(folder), cwd=ROOT, check=True)
    return time.perf_counter() - began


def first_request(folder, number, *words):
    """Return the seconds until a run connects to its server."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        words = (*words, "model=endpoint", f"model.api_base={address}", f"hydra.run.dir={folder}/{number}")
        began = time.perf_counter()
        command = [sys.executable, "run.py", *words]
        process = subprocess.Popen(command, env=environment(folder), cwd=ROOT, stdout=subprocess.DEVNULL)
        server.settimeout(60)
        try:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1), "the command closed the line without a request"
                return time.perf_counter() - began
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    ("words", "what"), [((), "the default trackers"), (("trackers=[console]",), "the console alone")]
)
def test_the_first_request_comes_soon_after_the_command(tmp_path, table, words, what):
    numbers = range(TIMES + 1)
    pairs = [(bare(tmp_path), first_request(tmp_path, number, *words)) for number in numbers]  # side by side
    alone, ours = (min(column) for column in zip(*pairs[1:], strict=True))  # Python has compiled all in the first

    table.row(
        "Start-up, seconds",
        f"from the command to the first request, {what}",
        ours,
        against="importing the libraries alone",
        theirs=alone,
        ratio=ours / alone,
        limit="1.6 times",
    )
