import json
from types import SimpleNamespace

import pytest

from selfinstruct.actions.export import Export
from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool


class Plain:
    def files(self, pool, random_seed):
        yield "plain.jsonl", ({"instruction": task.instruction, "seed": random_seed} for task in pool)


class Failing:
    def files(self, pool, random_seed):
        def rows():
            yield {"a": 1}
            raise OSError("disk full")

        yield "plain.jsonl", rows()


@pytest.fixture
def pool(pool, task):
    """Ten seeds and a task that a model made."""
    pool.add(task(10, origin="grow", models={"grow": "openai/m"}))
    return pool


def run_of(tmp_path, pool, **formats):
    start = SimpleNamespace(folder=tmp_path, recipe="self_instruct")
    return SimpleNamespace(start=start, pool=pool, random_seed=3, formats=formats)


def test_writes_every_format_and_a_card(tmp_path, pool):
    Export()(run_of(tmp_path, pool, plain=Plain()))

    rows = [json.loads(line) for line in (tmp_path / "dataset/plain.jsonl").read_text().splitlines()]
    assert rows[0] == {"instruction": "Explain thing number 0 in plain words.", "seed": 3}
    assert len(rows) == 11
    assert "| `plain.jsonl` | 11 |" in (tmp_path / "dataset/README.md").read_text()


def test_the_card_names_who_wrote_the_tasks_whatever_model_is_configured_now(tmp_path, pool, task):
    Export()(run_of(tmp_path, pool, plain=Plain()))
    card = (tmp_path / "dataset/README.md").read_text()
    assert "# self_instruct by openai/m\n" in card
    assert "offline" not in card

    pool.add(task(11, origin="grow", models={"grow": "offline"}))
    Export()(run_of(tmp_path, pool, plain=Plain()))
    card = (tmp_path / "dataset/README.md").read_text()
    assert "# self_instruct by openai/m, offline\n" in card
    assert "no language model's work" in card


def test_nothing_is_exported_before_something_is_made(tmp_path, task):
    with pytest.raises(RunFolderError, match="holds no tasks to export"):
        Export()(run_of(tmp_path, Pool([task(0)]), plain=Plain()))


def test_an_export_that_is_cut_short_leaves_the_old_file_whole(tmp_path, pool):
    Export()(run_of(tmp_path, pool, plain=Plain()))
    before = (tmp_path / "dataset/plain.jsonl").read_bytes()

    with pytest.raises(OSError, match="disk full"):
        Export()(run_of(tmp_path, pool, plain=Failing()))

    assert (tmp_path / "dataset/plain.jsonl").read_bytes() == before


def test_a_run_without_formats_has_nothing_to_export(tmp_path, pool):
    assert Export().problems(run_of(tmp_path, pool, plain=Plain())) == []
    assert "formats" in Export().problems(run_of(tmp_path, pool))[0]
