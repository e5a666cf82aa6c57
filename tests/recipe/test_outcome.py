import pytest

from selfinstruct.recipe.outcome import Outcome, apply_outcome, last_rejection, subject
from selfinstruct.round import Candidate, Rejection, Sample
from selfinstruct.task import Instance


def about(task, text=None):
    return Sample(variables={}, task=task, input=text)


def test_an_answer_about_a_task_takes_the_place_of_its_instances(task):
    kept = (Candidate(instances=(Instance("a", "1"),), attributes={"x": 1}),)

    done = apply_outcome(task(), Outcome(about(task()), kept), "io", "m")

    assert done.instances == (Instance("a", "1"),)
    assert (done.models, done.attributes) == ({"io": "m"}, {"x": 1})


def test_an_answer_about_an_input_is_an_instance_more(task):
    before = task(instances=(Instance("a", "1"),))
    kept = (Candidate(instances=(Instance("b", "2"),)),)

    done = apply_outcome(before, Outcome(about(task(instances=None), "b"), kept), "io", "m")

    assert done.instances == (Instance("a", "1"), Instance("b", "2"))


def test_a_task_that_is_given_up_says_why(task):
    outcome = Outcome(about(task()), rejection=Rejection(filter="parse", reason="no"))

    assert apply_outcome(task(), outcome, "io", "m").failed_stages == {"io": "parse: no"}


def test_an_input_that_is_given_up_stands_beside_its_reason(task):
    before = task(attributes={"family": "f", "unanswered": {"a": "parse: no"}})

    outcome = Outcome(about(before, "b"), rejection=Rejection(filter="model", reason="gone"))
    done = apply_outcome(before, outcome, "io", "m")

    assert done.failed_stages == {}
    assert done.attributes == {"family": "f", "unanswered": {"a": "parse: no", "b": "model: gone"}}


def test_the_last_rejection_is_that_for_this_task_and_input(task):
    rejections = [
        Rejection(filter="parse", reason="a", task="seed_task_0", attributes={"input": "x"}),
        Rejection(filter="parse", reason="b", task="seed_task_0", attributes={"input": "x"}),
        Rejection(filter="parse", reason="c", task="seed_task_0", attributes={"input": "y"}),
        Rejection(filter="parse", reason="d", task="seed_task_1"),
    ]

    assert last_rejection(about(task(), "x"), rejections).reason == "b"
    assert last_rejection(about(task()), rejections).reason == "c"
    assert last_rejection(about(task(2)), rejections) is None


def test_a_sample_about_no_task_is_an_error():
    with pytest.raises(ValueError, match="gives tasks to complete"):
        subject(Sample(variables={}))
