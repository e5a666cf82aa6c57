from importlib.util import find_spec

import pytest

from selfinstruct.errors import DataError
from selfinstruct.source.hugging_face import HuggingFace


def source(path, revision=None):
    return HuggingFace(path=str(path), name=None, split="train", revision=revision)


@pytest.mark.skipif(find_spec("datasets") is not None, reason="it is installed")
def test_without_datasets_it_says_what_to_install(tmp_path):
    with pytest.raises(DataError, match=r"pip install 'selfinstruct\[datasets\]'"):
        source(tmp_path).tasks()


def test_what_stands_for_the_data_is_the_commit():
    assert source("me/data", "abc").digest() != source("me/data", "abd").digest()


def test_a_dataset_on_disk_is_read(tmp_path, read):
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}).save_to_disk(tmp_path / "data")

    rows, mistakes = read(source(tmp_path / "data"))

    assert [row[2] for row in rows] == [{"text": "a", "label": 0}, {"text": "b", "label": 1}]
    assert mistakes == []
    assert len(source(tmp_path / "data").digest()) == 64


def test_a_dataset_of_the_hub_must_name_its_commit():
    pytest.importorskip("datasets")

    with pytest.raises(DataError, match="Set the source's revision"):
        source("me/data").tasks()
