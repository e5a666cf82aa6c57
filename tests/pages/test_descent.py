from selfinstruct.pages.descent import Descent, Made

TASKS = Descent(
    [
        Made("seed_0", (), ""),
        Made("seed_1", (), ""),
        Made("a", ("seed_0", "seed_1"), "grow/1/1"),
        Made("b", ("a", "seed_0"), "grow/2/1"),
        Made("c", ("a", "seed_0"), "grow/2/1"),
    ]
)


def test_a_use_is_a_request_that_showed_a_task():
    assert TASKS.uses() == {"seed_0": 2, "seed_1": 1, "a": 1}


def test_each_descendant_counts_once():
    assert TASKS.descendants("seed_0") == {"a", "b", "c"}
    assert TASKS.descendants("c") == set()


def test_counting_many_at_once_agrees_with_each_alone():
    names = ["seed_0", "seed_1", "a", "b", "nobody", *(f"other_{number}" for number in range(20))]

    assert TASKS.descendant_counts(names) == [len(TASKS.descendants(name)) for name in names]


def test_without_tasks_nothing_is_counted():
    assert Descent([]).descendant_counts(["a"]) == [0]
    assert TASKS.descendant_counts([]) == []
