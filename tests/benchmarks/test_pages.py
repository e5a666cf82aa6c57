"""The time and the memory of the report and of the local server, and of a search in a large run.

    python -m pytest tests/benchmarks/test_pages.py

The runs are of the size of real ones, with texts of the offline model (tests/big_runs.py).  Every figure is that of a
command of its own, from its start: Python, the imports and Hydra's config count.
"""

import http.client
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from big_runs import BigRun

ROOT = Path(__file__).parents[2]
PART = "Report and local server"
WORDS = ("letter", "Lisbon", "no such word", "the", "你好")
"""What is searched for: rare, common and absent."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of 2,000 and one of 100,000 tasks, each with as many rejections."""
    folder = tmp_path_factory.mktemp("runs")
    return {size: BigRun(folder / str(size), size, size).write() for size in (2_000, 100_000)}


def command(*words):
    return [sys.executable, str(ROOT / "run.py"), *words]


def cpu(process):
    """Return the seconds of CPU that a process has used."""
    user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def most(process):
    """Return the most memory that a process has had, in megabytes; 0 for one that has ended."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def test_the_report_of_a_run_of_two_thousand_tasks(runs, tmp_path, table):
    folder = shutil.copytree(runs[2_000], tmp_path / "run")
    began = time.perf_counter()
    process = subprocess.Popen(command("actions=[report]", f"hydra.run.dir={folder}"), stdout=subprocess.DEVNULL)
    megabytes = 0.0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        megabytes = max(megabytes, most(process))
        time.sleep(0.05)
    wall = time.perf_counter() - began
    _, process.returncode, used = os.wait4(process.pid, 0)

    assert process.returncode == 0
    what = "a report of 2,000 tasks and 2,000 rejections"
    table.row(PART, f"{what}, s", wall, limit=3)
    table.row(PART, f"{what}, CPU s", used.ru_utime + used.ru_stime)
    table.row(PART, f"{what}, MB in memory", megabytes, limit=500)
    table.row(PART, f"{what}, MB as a file", (folder / "report.html").stat().st_size / 1e6, limit=2)


@contextmanager
def server(folder):
    """Start the server on a run, and give its process, its address and the seconds until it answered."""
    began = time.perf_counter()
    words = ("actions=[view]", "view.port=0", f"view.runs=['{folder}']")
    process = subprocess.Popen(command(*words), stdout=subprocess.PIPE, text=True)
    try:
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://[^\s/]+/", line)))
        get(address, "/?sort=run")
        yield process, address, time.perf_counter() - began
    finally:
        process.terminate()
        process.communicate()


def get(address, path):
    """Return a page, and the milliseconds that it took."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=300)
    began = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    assert response.status == 200, (path, response.status)
    return body, 1000 * (time.perf_counter() - began)


def read(address, path):
    """Ask for a page until it no longer says that the run is being read, and return the seconds that this took."""
    began = time.perf_counter()
    while "data-reading" in get(address, path)[0]:
        time.sleep(0.1)
    return time.perf_counter() - began


@pytest.mark.parametrize(("size", "limit"), [(2_000, 2), (100_000, None)])
def test_the_server_starts_and_searches(runs, table, size, limit):
    with server(runs[size]) as (process, address, seconds):
        begun = cpu(process)
        path = f"/{size}/tasks"
        whole = read(address, path)
        first, before = get(address, path)[1], cpu(process)
        took = [get(address, f"{path}?q={quote(word)}")[1] for word in WORDS for _ in range(3)]
        each = 1000 * (cpu(process) - before) / len(took)
        pages = {name: get(address, f"/{size}/{name}")[1] for name in ("rejected", "lineage", "")}
        megabytes = most(process)

    what = f"the server, {size:,} tasks and {size:,} rejections"
    table.row(PART, f"{what}: from the command to the first page, s", seconds, limit=limit)
    table.row(PART, f"{what}: to start and show it, CPU s", begun)
    table.row(PART, f"{what}: until all of it is read, s", whole)
    table.row(PART, f"{what}: the first list of tasks, ms", first)
    table.row(PART, f"{what}: a search, median ms", statistics.median(took), limit=200)
    table.row(PART, f"{what}: the slowest search, ms", max(took))
    table.row(PART, f"{what}: a search, mean CPU ms", each)
    for name, taken in pages.items():
        table.row(PART, f"{what}: the page {name or 'overview'}, ms", taken)
    table.row(PART, f"{what}: MB in memory", megabytes, limit=500)
