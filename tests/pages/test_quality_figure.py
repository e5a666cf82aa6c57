import pytest
from rated import run_folder

from selfinstruct.pages.drawing import svg
from selfinstruct.pages.figures.quality import figure
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task


@pytest.fixture
def run(tmp_path):
    """A run that made tasks with these attributes."""

    def make(*attributes):
        tasks = [
            Task(id=f"t{n}", origin="grow", instruction=f"Do {n}.", attributes=one) for n, one in enumerate(attributes)
        ]
        return RunReader(run_folder(tmp_path / "run", tasks))

    return make


def test_a_run_without_ratings_has_no_figure(run):
    assert figure(run({}, {"quality": "?"})) is None


def test_tasks_are_counted_by_rating_and_by_whether_they_are_in_the_dataset(run):
    found = figure(run({"quality": 5}, {"quality": 5}, {"quality": 2, "rejected": {"quality": "quality"}}))

    assert found.rows == [[1, 0, 0], [2, 0, 1], [3, 0, 0], [4, 0, 0], [5, 2, 0]]
    assert "4.00 on average" in found.caption
    assert svg(found).startswith("<svg")
