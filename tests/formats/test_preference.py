"""The format of pairs."""

from dataclasses import replace

import pytest

from selfinstruct.formats import Format
from selfinstruct.formats.preference import Preference
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Reference, Task


def answers(*scores, chosen=0):
    """The answers a, b, … with scores."""
    return [
        {"output": "abcd"[place], "votes": 1, "score": score, "chosen": place == chosen}
        for place, score in enumerate(scores)
    ]


def answered(alternatives, given="", **more):
    found = next(one["output"] for one in alternatives if one["chosen"])
    known = {"origin": "tasks", "models": {"tasks": "writer"}} | more
    attributes = {"alternatives": alternatives}
    return Task("tasks_1", instruction="Add.", instances=(Instance(given, found),), attributes=attributes, **known)


def compared(forward, backward):
    said = {"forward": forward, "backward": backward}
    attributes = {"systems": ["one", "two"], "answers": ["first", "second"]}
    return Task(
        "pair_1",
        HUMAN,
        "Add.",
        models={"forward": "judge"},
        references=(Reference("1 and 2", ()),),
        attributes=attributes | {key: value for key, value in said.items() if value is not None},
    )


def evolved(operation="deepen", parent="evolution_1", **more):
    return Task(
        "evolution_2",
        "evolution",
        "Add, and say why.",
        instances=(Instance("", "3, since"),),
        parents=(parent,),
        models={"answers": "writer"},
        attributes={"operation": operation, **more},
    )


PARENT = Task("evolution_1", "evolution", "Add.", instances=(Instance("", "3"),), models={"answers": "an older one"})
SEED = Task("seed_1", HUMAN, "Add.", instances=(Instance("", "3"),))


def rows(*tasks, **changes):
    settings = {"include_seeds": False, "messages": False, "operations": {"deepen": True, "reason": False}} | changes
    ((name, found),) = Preference(**settings).files(Pool(tasks), random_seed=1)
    assert name == "preference.jsonl"
    return list(found)


def pairs(*tasks, **changes):
    return [(row["chosen"], row["rejected"]) for row in rows(*tasks, **changes)]


def test_it_is_a_format():
    assert isinstance(Preference(include_seeds=False, messages=True, operations={}), Format)


def test_a_row_of_texts_says_where_it_came_from():
    assert rows(answered(answers(5, 2), "1 and 2")) == [
        {
            "prompt": "Add.\n\n1 and 2\n\n",
            "chosen": "a",
            "rejected": "b",
            "source": "answers",
            "id": "tasks_1",
            "origin": "tasks",
            "models": ["writer"],
        }
    ]


def test_a_row_of_messages_has_a_turn_of_the_user_and_two_of_the_assistant():
    (row,) = rows(answered(answers(5, 2), "1 and 2"), messages=True)

    assert row["prompt"] == [{"role": "user", "content": "Add.\n\n1 and 2"}]
    assert row["chosen"] == [{"role": "assistant", "content": "a"}]
    assert row["rejected"] == [{"role": "assistant", "content": "b"}]


@pytest.mark.parametrize(
    ("scores", "chosen", "found"),
    [
        ((3, 2, 1), 0, [("a", "c")]),
        ((1, 5, 1), 1, [("b", "a")]),  # the first of the lowest
        ((4, 4), 0, []),
        ((4,), 0, []),
    ],
)
def test_the_chosen_answer_stands_beside_the_one_with_the_lowest_score(scores, chosen, found):
    assert pairs(answered(answers(*scores, chosen=chosen))) == found


@pytest.mark.parametrize(
    ("forward", "backward", "found"),
    [
        ("1", "2", [("first", "second")]),
        ("2", "1", [("second", "first")]),
        ("1", "1", []),  # it prefers what it reads first
        ("2", "2", []),
        ("tie", "tie", []),
        ("1", "tie", []),
        ("1", None, []),  # could not be read
        (None, None, []),
    ],
)
def test_only_an_answer_that_wins_in_both_orders_is_chosen(forward, backward, found):
    assert pairs(compared(forward, backward)) == found


def test_answers_of_two_systems_are_neither_the_judges_nor_a_persons():
    (row,) = rows(compared("2", "1"))

    assert row["prompt"] == "Add.\n\n1 and 2\n\n"
    assert (row["source"], row["origin"], row["models"]) == ("verdicts", "seed", ["two", "one"])


def test_an_evolved_task_prefers_its_answer_to_that_of_its_parent():
    (row,) = rows(PARENT, evolved())

    assert (row["prompt"], row["chosen"], row["rejected"]) == ("Add, and say why.\n\n", "3, since", "3")
    assert (row["source"], row["models"]) == ("parents", ["writer", "an older one"])


@pytest.mark.parametrize("operation", ["reason", "breadth"])
def test_operations_that_are_off_or_unknown_give_no_pair(operation):
    assert pairs(PARENT, evolved(operation)) == []


def test_a_task_that_has_scored_answers_is_not_compared_with_its_parent():
    assert pairs(PARENT, evolved(alternatives=answers(1, 1))) == []


def test_answers_of_seeds_take_part_only_where_they_are_wanted():
    tasks = SEED, evolved(parent="seed_1")

    assert pairs(*tasks) == []
    assert pairs(*tasks, include_seeds=True) == [("3, since", "3")]


def test_a_parent_without_an_answer_gives_no_pair():
    assert pairs(Task("evolution_1", "evolution", "Add."), evolved()) == []


def test_equal_answers_are_no_pair():
    same = replace(PARENT, instances=(Instance("", "3, since"),))

    assert pairs(same, evolved()) == []


def test_tasks_that_were_asked_once_give_no_pair():
    assert pairs(PARENT, SEED, include_seeds=True) == []
