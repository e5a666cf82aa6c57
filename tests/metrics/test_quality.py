import pytest

from selfinstruct.metrics.intervals import wilson
from selfinstruct.metrics.quality import Quality
from selfinstruct.pool import Pool

METRIC = Quality(questions=["valid_instruction", "appropriate_input", "correct_output"], rating="quality")


@pytest.fixture
def judged(task):
    """Makes a task with a judge's answers to the three questions, and its rating."""

    def make(number, answers, rating, origin="grow", **more):
        said = dict(zip(METRIC.questions, answers.split(), strict=True))
        return task(number, origin=origin, attributes={**said, "quality": rating, **more})

    return make


def test_the_mean_rating_and_the_shares_are_those_of_generated_tasks(judged, task):
    pool = [judged(1, "yes yes yes", 5), judged(2, "yes yes no", 2), task(3, origin="grow")]
    (line,) = METRIC.lines(Pool(pool))
    found = {name: figure.value for name, figure in line.figures.items()}

    assert (line.name, line.items) == ("all", 2)
    assert found == {
        "rating": 3.5,
        "valid_instruction": 1.0,
        "appropriate_input": 1.0,
        "correct_output": 0.5,
        "all_three": 0.5,
    }
    assert (line.figures["all_three"].low, line.figures["all_three"].high) == pytest.approx(wilson(1, 2), abs=1e-6)


def test_what_a_filter_rejects_counts_and_the_dataset_and_the_seeds_have_lines_of_their_own(judged):
    pool = Pool(
        [
            judged(0, "yes yes yes", 5, origin="human"),
            judged(1, "yes yes yes", 4),
            judged(2, "no yes yes", 1, rejected={"quality": "quality"}),
        ]
    )
    means = {line.name: line.figures["rating"].value for line in METRIC.lines(pool)}

    assert means == {"all": 2.5, "in the dataset": 4.0, "seeds": 5.0}
    assert [item.task for item in METRIC.items(pool)] == ["seed_task_1", "seed_task_2"]


def test_a_pool_that_nobody_has_judged_has_no_table(pool):
    assert METRIC.lines(pool) == []
