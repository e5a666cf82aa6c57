"""Readers of seeds against what was published, and runs that start from it."""

import gzip
import json
import zipfile
from itertools import islice
from pathlib import Path

import pytest

from selfinstruct.actions.export import write
from selfinstruct.formats.superni import Superni as SuperniFormat
from selfinstruct.pool import Pool
from selfinstruct.seeds.alpaca import Alpaca
from selfinstruct.seeds.jsonl import Jsonl
from selfinstruct.seeds.self_instruct import SelfInstruct
from selfinstruct.seeds.superni import Superni

DATA = Path(__file__).parents[3] / "shared" / "data"
SUPERNI = DATA / "superni_tasks.zip"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


@pytest.fixture(scope="module")
def superni():
    return Superni(path=SUPERNI, author="human", instances=100).load()


def test_every_published_task_file_is_read(superni):
    assert len(superni) == 24
    assert {len(task.instances) for task in superni} == {100}
    assert sum(task.is_classification is True for task in superni) == 12
    assert superni[0].id == "task126_scan_structured_text_generation_command_action_all"
    assert superni[0].writers == ()


def test_a_folder_is_read_as_the_zip_is(superni, tmp_path):
    with zipfile.ZipFile(SUPERNI) as archive:
        archive.extractall(tmp_path)

    assert Superni(path=tmp_path, author="human", instances=100).load() == superni


def test_all_instances_of_the_published_tasks_are_kept_where_none_is_left_out():
    with zipfile.ZipFile(SUPERNI) as archive:
        tasks = [json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")]
    outputs = sum(len(one["output"]) for task in tasks for one in task["Instances"])
    positive = sum(len(task["Positive Examples"]) for task in tasks)

    read = Superni(path=SUPERNI, author="human", instances=None).load()

    assert sum(len(task.instances) for task in read) == outputs + positive


def test_published_tasks_go_through_both_formats(superni, tmp_path):
    pool = Pool(superni)
    ((name, rows),) = SuperniFormat(include_seeds=True).files(pool, 1)
    write(tmp_path / name, rows)
    read = Superni(path=tmp_path / name, author="unknown", instances=None).load()

    assert [(task.id, task.instruction, task.instances, task.models) for task in read] == [
        (task.id, task.instruction, task.instances, {}) for task in superni
    ]


def test_the_seed_tasks_go_through_superni(tmp_path):
    seeds = Jsonl(path=DATA / "seed_tasks.jsonl").load()
    ((name, rows),) = SuperniFormat(include_seeds=True).files(Pool(seeds), 1)
    write(tmp_path / name, rows)

    assert Superni(path=tmp_path / name, author="unknown", instances=None).load() == seeds


def test_the_release_of_alpaca_is_read_as_lines_and_as_a_list(tmp_path):
    with gzip.open(DATA / "instructions_english.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, 52_002)]
    (tmp_path / "lines").write_text("".join(map("{}\n".format, map(json.dumps, rows))), encoding="utf-8")
    (tmp_path / "list").write_text(json.dumps(rows, indent=4), encoding="utf-8")

    lines, list_ = (Alpaca(path=tmp_path / name, author="text-davinci-003").load() for name in ("lines", "list"))

    assert lines == list_
    assert len(lines) == 52_002
    assert {task.writers for task in lines} == {("text-davinci-003",)}
    assert len(SelfInstruct(path=tmp_path / "list", author="unknown", instances=None).load()) == 52_002


def test_a_run_starts_from_published_tasks_and_the_next_from_its_pool_and_its_dataset(tmp_path, composed, built):
    quiet = ("trackers=[]", "recipe.instructions.until=20", "formats=[alpaca,superni]")
    first = tmp_path / "first"
    built(composed("seeds=superni", f"seeds.path={SUPERNI}", *quiet), first).execute()
    for words in (
        ("seeds=run", f"seeds.path={first}"),
        ("seeds=alpaca", f"seeds.path={first}/dataset/alpaca.jsonl"),
        ("seeds=superni", f"seeds.path={first}/dataset/superni.zip"),
    ):
        built(composed(*words, *quiet), tmp_path / words[0]).execute()

    message = {
        path.name: json.loads((path / "summary.json").read_text(encoding="utf-8"))
        for path in sorted(tmp_path.iterdir())
    }
    assert {name: summary["seeds_written_by"] for name, summary in message.items()} == {
        "first": {"human": 24},
        "seeds=alpaca": {"offline": 20},
        "seeds=run": {"human": 24, "offline": 20},
        "seeds=superni": {"offline": 20},
    }
    assert all(summary["offline"] and summary["tasks"]["made"] == 20 for summary in message.values())
    assert "human-written" not in (tmp_path / "seeds=run" / "dataset" / "README.md").read_text(encoding="utf-8")
