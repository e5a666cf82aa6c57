from selfinstruct.seeds import Seeds
from selfinstruct.seeds.self_instruct import SelfInstruct
from selfinstruct.task import Instance

ONE = {"instruction": "Do it.", "input": "x", "output": "Done."}
OTHER = {"instruction": "Leave it.", "input": "", "output": "Left."}


def seeds(path, instances=None):
    return SelfInstruct(path=path, author="m", instances=instances)


def test_it_is_a_source_of_seeds(write):
    assert isinstance(seeds(write(ONE)), Seeds)


def test_rows_of_one_instruction_are_one_task_wherever_they_stand(write):
    first, second = seeds(write(ONE, OTHER, ONE | {"input": "y"})).load()

    assert first.instances == (Instance("x", "Done."), Instance("y", "Done."))
    assert (first.id, second.id) == ("seed_task_0", "seed_task_1")


def test_rows_of_one_instruction_under_two_ids_are_two_tasks(write):
    assert [task.id for task in seeds(write({"id": "a", **ONE}, {"id": "b", **ONE})).load()] == ["a", "b"]


def test_a_task_gets_so_many_instances(write):
    (task,) = seeds(write(*[ONE] * 5), instances=2).load()

    assert len(task.instances) == 2


def test_a_list_of_instances_is_read_up_to_the_most_that_a_task_gets(write):
    pairs = [{"input": "<noinput>", "output": "1"}, {"input": "x", "output": "2"}, {"input": "y", "output": "3"}]
    path = write({"instruction": "Do it.", "instances": pairs, "is_classification": False})

    (task,) = seeds(path, instances=2).load()

    assert task.instances == (Instance("", "1"), Instance("x", "2"))
    assert task.is_classification is False


def test_one_id_with_two_instructions_is_reported(write, problems_of):
    assert problems_of(seeds(write({"id": "a", **ONE}, {"id": "a", **OTHER}))) == [
        ':2: the id "a" stands in :1 with another instruction.'
    ]


def test_all_bad_rows_are_reported_at_once(write, problems_of):
    assert [text[:3] for text in problems_of(seeds(write("{", {}, ONE, {"instruction": 1})))] == [":1:", ":2:", ":4:"]
