import json
from types import SimpleNamespace

import pytest

from selfinstruct.actions.export import Export


class Plain:
    def files(self, pool, random_seed):
        yield "plain.jsonl", ({"instruction": task.instruction, "seed": random_seed} for task in pool)


class Failing:
    def files(self, pool, random_seed):
        def rows():
            yield {"a": 1}
            raise OSError("disk full")

        yield "plain.jsonl", rows()


def run_of(tmp_path, pool, *, offline=False, **formats):
    start = SimpleNamespace(folder=tmp_path, recipe="self_instruct", models=("m",), is_offline=offline)
    return SimpleNamespace(start=start, pool=pool, random_seed=3, formats=formats)


def test_writes_every_format_and_a_card(tmp_path, pool):
    Export()(run_of(tmp_path, pool, plain=Plain()))

    rows = [json.loads(line) for line in (tmp_path / "dataset/plain.jsonl").read_text().splitlines()]
    assert rows[0] == {"instruction": "Explain thing number 0 in plain words.", "seed": 3}
    assert len(rows) == 10
    assert "| `plain.jsonl` | 10 |" in (tmp_path / "dataset/README.md").read_text()


def test_the_card_says_when_no_model_wrote_the_text(tmp_path, pool):
    Export()(run_of(tmp_path, pool, plain=Plain()))
    assert "offline" not in (tmp_path / "dataset/README.md").read_text()

    Export()(run_of(tmp_path, pool, offline=True, plain=Plain()))
    assert "no language model's work" in (tmp_path / "dataset/README.md").read_text()


def test_an_export_that_is_cut_short_leaves_the_old_file_whole(tmp_path, pool):
    Export()(run_of(tmp_path, pool, plain=Plain()))
    before = (tmp_path / "dataset/plain.jsonl").read_bytes()

    with pytest.raises(OSError, match="disk full"):
        Export()(run_of(tmp_path, pool, plain=Failing()))

    assert (tmp_path / "dataset/plain.jsonl").read_bytes() == before


def test_a_run_without_formats_has_nothing_to_export(tmp_path, pool):
    assert Export().problems(run_of(tmp_path, pool, plain=Plain())) == []
    assert "formats" in Export().problems(run_of(tmp_path, pool))[0]
