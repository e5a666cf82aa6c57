from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.sampler.held_out import HeldOut
from selfinstruct.task import Instance


@pytest.fixture
def induced(task):
    """A family with three held-out inputs, and three inductions of which two are equal."""
    held = tuple(Instance(given, out) for given, out in [("x", "1"), ("x", "2"), ("y", "3"), ("z", "4")])
    made = [
        task(id=f"induction_{k}", origin="induction", instruction=text, instances=None, attributes={"family": "a"})
        for k, text in enumerate(["Do it.", "Do that.", "Do it."])
    ]
    seeds = [
        task(id="a", attributes={"family": "a", "set": "induce"}),
        task(id="a.execute", instances=held, attributes={"family": "a", "set": "execute"}),
    ]
    return Pool([*seeds, *made, task(0), task(1, origin="other")])


def drawn(pool, inputs=None):
    return [(s.task.id, s.input) for s in HeldOut(inputs=inputs).sample(pool, Random(1), 1, "execution")]


def test_every_distinct_instruction_meets_every_input_once(induced):
    assert drawn(induced) == [(f"induction_{k}", text) for k in (0, 1) for text in "xyz"]


def test_a_number_of_inputs_are_the_first_ones(induced):
    assert drawn(induced, 2) == [(f"induction_{k}", text) for k in (0, 1) for text in "xy"]


def test_an_instruction_of_another_family_is_another(induced, task):
    induced.add(task(id="n", origin="induction", instruction="Do it.", instances=None, attributes={"family": "b"}))
    induced.add(task(id="b.execute", instances=(Instance("q", "1"),), attributes={"family": "b", "set": "execute"}))

    assert drawn(induced)[-1] == ("n", "q")


def test_what_was_answered_or_given_up_is_not_drawn_again(induced, task):
    made = task(
        id="induction_0",
        origin="induction",
        instruction="Do it.",
        instances=(Instance("y", "?"),),
        attributes={"family": "a", "unanswered": {"x": "parse: empty"}},
    )
    induced.put(made)

    assert drawn(induced)[0] == ("induction_0", "z")


def test_the_prompt_sees_the_task_and_the_input(induced):
    first = HeldOut(inputs=1).sample(induced, Random(1), 1, "execution")[0]

    assert first.variables == {"task": induced["induction_0"], "input": "x"}
    assert first.attributes == {"input": "x"}


def test_the_preview_is_an_instruction_of_the_seeds(induced, pool):
    assert HeldOut(inputs=None).preview(induced, Random(0)).input == "x"
    with pytest.raises(ValueError, match="wants seeds that are task families"):
        HeldOut(inputs=None).preview(pool, Random(0))


def test_how_many_inputs_an_instruction_meets_is_known_beforehand(induced, pool):
    assert HeldOut(inputs=None).inputs_each(induced) == 3
    assert HeldOut(inputs=2).inputs_each(induced) == 2
    assert HeldOut(inputs=2).inputs_each(pool) == 0
