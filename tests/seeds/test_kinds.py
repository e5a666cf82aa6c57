"""What is reported of a file of seeds that is of another kind."""

import bz2
import gzip
import lzma
import zipfile

import pytest

from selfinstruct.errors import DataError
from selfinstruct.seeds.alpaca import Alpaca
from selfinstruct.seeds.jsonl import Jsonl

TASK = b'{"instruction": "Name three fruits.", "instances": [{"input": "", "output": "Apple, pear, plum"}]}\n'


def mistakes_of(path, content):
    path.write_bytes(content)
    return reported(path)


def reported(path):
    with pytest.raises(DataError) as error:
        Jsonl(path=path).load()
    return error.value.problems


@pytest.mark.parametrize(
    ("pack", "command"), [(gzip.compress, "gunzip -k"), (bz2.compress, "bunzip2 -k"), (lzma.compress, "unxz -k")]
)
def test_a_compressed_file_is_reported_once_with_the_command_that_unpacks_it(pack, command, tmp_path):
    path = tmp_path / "seeds.jsonl"
    (mistake,) = mistakes_of(path, pack(TASK * 50))

    assert mistake.startswith(f"{path}: is compressed. ")
    assert f"`{command} {path}`" in mistake


def test_a_zip_is_reported_once_with_the_reader_of_zips(tmp_path):
    with zipfile.ZipFile(tmp_path / "seeds.zip", "w") as file:
        file.writestr("seeds.jsonl", TASK)
    (mistake,) = reported(tmp_path / "seeds.zip")

    assert "is a zip. Unpack it" in mistake
    assert "seeds=superni" in mistake


def test_a_parquet_file_is_reported_with_how_to_write_it_as_json_lines(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pytest.importorskip("pyarrow").table({"instruction": ["Name three fruits."], "output": ["Apple"]})
    parquet.write_table(table, tmp_path / "seeds.parquet")
    (mistake,) = reported(tmp_path / "seeds.parquet")

    assert "is a Parquet file. Write it as JSONL" in mistake
    assert "seeds=alpaca seeds.path=seeds.jsonl" in mistake
    assert "recipe=convert source=parquet" in mistake


@pytest.mark.parametrize(
    ("name", "header"),
    [("seeds.csv", "task,answer"), ("seeds.txt", "instruction,input,output"), ("seeds", '\ufeff"Instruction"\toutput')],
)
def test_a_table_is_reported_once_with_what_to_use(name, header, tmp_path):
    (mistake,) = mistakes_of(tmp_path / name, f"{header}\nName three fruits.,Apple\n".encode())

    assert "is a table (CSV), not JSON" in mistake
    assert "recipe=convert source=csv" in mistake


def test_every_reader_of_json_reports_other_kinds(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(TASK))

    with pytest.raises(DataError, match="gunzip"):
        Alpaca(path=tmp_path / "x", author="human").load()


def test_text_that_is_broken_json_is_not_called_a_table(tmp_path):
    assert mistakes_of(tmp_path / "x.jsonl", b"instruction: a\n") == [
        f"{tmp_path}/x.jsonl:1: not JSON at column 1 (Expecting value)."
    ]


def test_seed_tasks_are_read_from_a_json_list_too(tmp_path):
    (tmp_path / "seeds.json").write_bytes(b"[\n" + TASK.strip() + b"\n]")
    (tmp_path / "seeds.jsonl").write_bytes(TASK)

    (of_list,), (of_lines,) = (Jsonl(path=tmp_path / f"seeds.{end}").load() for end in ("json", "jsonl"))
    assert (of_list.instruction, of_list.instances) == (of_lines.instruction, of_lines.instances)


def test_a_task_with_an_output_and_no_instances_is_reported_with_its_reader(tmp_path):
    (mistake,) = mistakes_of(tmp_path / "x.json", b'[{"instruction": "Name three fruits.", "output": "Apple"}]')

    assert mistake.endswith("'instances' is missing; seeds=alpaca reads 'instruction', 'input' and 'output'.")
