from contextlib import closing

import pytest

from selfinstruct.embedder import embedded
from selfinstruct.embedder.offline import Offline
from selfinstruct.storage.completions import Store
from selfinstruct.storage.recording import recorded
from selfinstruct.storage.vectors import VECTORS, stored, usage


@pytest.fixture
def folder(tmp_path):
    with closing(Store(tmp_path / VECTORS)) as store, recorded(Offline(), store) as client:
        list(embedded(["Name a fruit.", "Name a city."], client))
    return tmp_path


def test_the_texts_of_a_run_are_counted(folder, tmp_path):
    assert usage(folder) == {"texts": 2, "tokens": 0, "cost_usd": 0.0}
    assert usage(tmp_path / "none") is None


def test_the_order_of_vectors_does_not_depend_on_when_they_came(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with closing(Store(other / VECTORS)) as store, recorded(Offline(), store) as client:
        list(embedded(["Name a city.", "Name a fruit."], client))

    assert list(stored(folder)) == list(stored(other))
    assert {row["text"] for row in stored(folder)} == {"Name a fruit.", "Name a city."}
