"""The Super-NaturalInstructions files become instruction data, to the last row, in bounded memory."""

import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
ZIP = ROOT.parent / "shared" / "data" / "superni_tasks.zip"

pytestmark = pytest.mark.skipif(not ZIP.exists(), reason="the shared data is not here")
MEASURED = """
import resource, runpy, sys
sys.argv = ["run.py", *sys.argv[1:]]
try:
    runpy.run_path("run.py", run_name="__main__")
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def convert(folder, path, *overrides):
    """Run in a process of its own; its peak memory in MB."""
    words = ["recipe=convert", "source=superni", f"recipe.conversion.source.path={path}", f"hydra.run.dir={folder}"]
    command = [sys.executable, "-c", MEASURED, *words, "trackers=[]", *overrides]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(found.stdout.rsplit("peak ", 1)[1]) / 1024


def test_rows_in_are_rows_kept_and_rejected_for_each_task(tmp_path):
    with zipfile.ZipFile(ZIP) as archive:
        files = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    convert(tmp_path, ZIP, "formats=[]", "actions=[generate]")

    with (tmp_path / "pool.jsonl").open() as pool, (tmp_path / "rejected.jsonl").open() as rejected:
        kept = Counter(json.loads(line)["attributes"]["row"].partition("#")[0] for line in pool)
        reasons = Counter((row["task"].partition("#")[0], row["filter"]) for row in map(json.loads, rejected))
    assert len(files) == 24
    for name, file in files.items():
        short = PurePosixPath(name).name
        several = sum(len(set(row["output"])) > 1 for row in file["Instances"] if isinstance(row["output"], list))
        turned_away = {reason: count for (task, reason), count in reasons.items() if task == short}
        assert turned_away.get("several_answers", 0) == several
        assert kept[short] + sum(turned_away.values()) == len(file["Instances"])


def test_memory_does_not_grow_with_the_rows(tmp_path):
    with zipfile.ZipFile(ZIP) as archive, zipfile.ZipFile(tmp_path / "ten.zip", "w") as ten:
        name = next(name for name in archive.namelist() if "task137" in name)
        for number in range(10):
            ten.writestr(f"{number}.json", archive.read(name))
        (tmp_path / "one.json").write_bytes(archive.read(name))

    one, more = (
        convert(tmp_path / name, tmp_path / f"{name}.{kind}") for name, kind in (("one", "json"), ("ten", "zip"))
    )

    assert more - one < 50
