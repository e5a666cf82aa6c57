import pyarrow
import pytest
from pyarrow import parquet

from selfinstruct.errors import DataError
from selfinstruct.source.parquet import Parquet


def test_without_pyarrow_it_says_what_to_install(without):
    asked = "Parquet(path=Path('x'), rows_at_once=1).tasks()"
    said = without("pyarrow", "from selfinstruct.source.parquet import Parquet", asked)

    assert "pip install 'selfinstruct[parquet]'" in said


def test_rows_are_read_some_at_a_time(tmp_path, read):
    parquet.write_table(pyarrow.table({"x": list(range(25)), "y": ["a"] * 25}), tmp_path / "a.parquet")

    rows, mistakes = read(Parquet(path=tmp_path, rows_at_once=10))

    assert rows[24] == ("a", "a.parquet#25", {"x": 24, "y": "a"})
    assert mistakes == []
    assert len(Parquet(path=tmp_path, rows_at_once=10).digest()) == 64


def test_the_names_of_classes_are_read_from_a_file_that_datasets_wrote(tmp_path):
    import datasets

    features = datasets.Features({"x": datasets.ClassLabel(names=["bad", "good"]), "y": datasets.Value("string")})
    datasets.Dataset.from_dict({"x": [1], "y": ["a"]}, features=features).to_parquet(tmp_path / "a.parquet")
    (row,) = Parquet(path=tmp_path, rows_at_once=10).rows("a.parquet")

    assert (row.values, row.labels) == ({"x": 1, "y": "a"}, {"x": ["bad", "good"]})


def test_a_file_of_another_kind_and_an_archive_are_reported(tmp_path, read, archive):
    (tmp_path / "a.parquet").write_text("no Parquet")

    assert "cannot be read after row 0" in read(Parquet(path=tmp_path / "a.parquet", rows_at_once=10))[1][0]
    with pytest.raises(DataError, match="Unpack it"):
        Parquet(path=archive(a_DOT_parquet="x"), rows_at_once=10).tasks()
