from selfinstruct.seeds.assembly import joined, named
from selfinstruct.task import HUMAN, Instance, Task


def draft(name, **changes):
    return Task(name, HUMAN, "Do it.", **changes)


def test_ids_that_are_given_take_none_that_stands_in_the_file():
    drafts = [draft(""), draft("seed_task_0"), draft("")]

    assert [task.id for task in named(drafts, ["seed_task_0", ""])] == ["seed_task_1", "seed_task_0", "seed_task_2"]


def test_an_id_given_away_gets_a_number_that_is_free():
    assert [task.id for task in named([draft("a"), draft("a"), draft("a")], ["a", "a_2"])] == ["a", "a_3", "a_4"]


def test_a_task_of_several_rows_was_written_by_all_who_wrote_them():
    one = draft("a", instances=(Instance("", "x"),), models={"seeds": "m"})
    other = draft("a", instances=(Instance("", "y"),), models={"seeds": "n"})

    task = joined(one, other, None)

    assert [instance.output for instance in task.instances] == ["x", "y"]
    assert task.writers == ("m", "n")


def test_rows_without_instances_make_none():
    assert joined(draft("a"), draft("a"), None).instances is None
