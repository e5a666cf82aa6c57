import pytest

from selfinstruct.errors import DataError
from selfinstruct.source.hugging_face import HuggingFace


def source(path, revision=None):
    return HuggingFace(path=str(path), name=None, split="train", revision=revision)


def test_without_datasets_it_says_what_to_install(without):
    asked = "HuggingFace(path='x', name=None, split='train', revision=None).tasks()"
    said = without("datasets", "from selfinstruct.source.hugging_face import HuggingFace", asked)

    assert "pip install 'selfinstruct[datasets]'" in said


def test_what_stands_for_the_data_is_the_commit():
    assert source("me/data", "abc").digest() != source("me/data", "abd").digest()


def test_a_dataset_on_disk_is_read(tmp_path, read):
    import datasets

    datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}).save_to_disk(tmp_path / "data")

    rows, mistakes = read(source(tmp_path / "data"))

    assert [row[2] for row in rows] == [{"text": "a", "label": 0}, {"text": "b", "label": 1}]
    assert mistakes == []
    assert len(source(tmp_path / "data").digest()) == 64


def test_a_dataset_of_the_hub_must_name_its_commit():
    with pytest.raises(DataError, match="Set the source's revision"):
        source("me/data").tasks()
