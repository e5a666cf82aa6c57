from selfinstruct.seeds import Seeds
from selfinstruct.seeds.natural_instructions import NaturalInstructions
from selfinstruct.task import Instance

ROW = {"task_name": "task1", "id": "task1-7", "definition": "Do it.", "inputs": "x", "targets": "y"}


def seeds(path, instances=None):
    return NaturalInstructions(path=path, author="human", instances=instances)


def test_it_is_a_source_of_seeds(write):
    assert isinstance(seeds(write(ROW)), Seeds)


def test_rows_of_one_task_are_its_instances(write):
    (task,) = seeds(write(ROW, ROW | {"id": "task1-8", "targets": "z"})).load()

    assert (task.id, task.instruction) == ("task1", "Do it.")
    assert task.instances == (Instance("x", "y"), Instance("x", "z"))
    assert task.writers == ()


def test_without_names_a_definition_is_a_task(write):
    rows = [{key: value for key, value in ROW.items() if key != "task_name"} | {"id": str(n)} for n in range(3)]

    (task,) = seeds(write(*rows), instances=2).load()

    assert (task.id, len(task.instances)) == ("seed_task_0", 2)


def test_an_input_that_only_says_there_is_none_is_empty(write):
    (task,) = seeds(write(ROW | {"inputs": "No input required."})).load()

    assert task.instances == (Instance("", "y"),)


def test_an_input_that_is_null_is_empty(write):
    (task,) = seeds(write(ROW | {"inputs": None})).load()

    assert task.instances == (Instance("", "y"),)


def test_all_bad_rows_are_reported_at_once(write, problems_of):
    assert problems_of(seeds(write({"task_name": []}, ROW | {"inputs": 3, "definition": ""}))) == [
        ":1: 'definition' is missing.",
        ":1: 'inputs' is missing.",
        ":1: 'targets' is missing.",
        ":1: 'task_name' must be text of 1 to 200 characters (got []).",
        ":2: 'definition' must be text that is not empty (got \"\").",
        ":2: 'inputs' must be text (got 3).",
    ]
