import pytest

from selfinstruct.seeds import Seeds
from selfinstruct.seeds.alpaca import Alpaca
from selfinstruct.task import Instance

ROW = {"instruction": "Do it.", "input": "", "output": "Done."}


def test_it_is_a_source_of_seeds(write):
    assert isinstance(Alpaca(path=write(ROW), author="human"), Seeds)


@pytest.mark.parametrize("as_list", [True, False])
def test_the_release_is_a_list_and_an_export_is_lines(as_list, write):
    first, second = Alpaca(path=write(ROW, ROW | {"input": "x"}, as_list=as_list), author="human").load()

    assert (first.id, second.id) == ("seed_task_0", "seed_task_1")
    assert first.instances == (Instance("", "Done."),)
    assert second.instances == (Instance("x", "Done."),)
    assert first.is_classification is None
    assert first.is_human


def test_an_input_that_is_null_is_empty(write):
    (task,) = Alpaca(path=write(ROW | {"input": None}), author="human").load()

    assert task.instances == (Instance("", "Done."),)


def test_an_instruction_alone_has_no_instance(write):
    (task,) = Alpaca(path=write({"instruction": "Do it."}), author="human").load()

    assert task.instances is None


def test_a_list_of_instances_is_read_with_what_is_known_of_it(write):
    pairs = [{"input": "x", "output": "1"}, {"input": "No input.", "output": "2"}]
    rows = (
        {"instruction": "Do it.", "instances": pairs},
        {"instruction": "Y", "instances": pairs, "is_classification": True},
    )

    first, second = Alpaca(path=write(*rows), author="human").load()

    assert first.instances == second.instances == (Instance("x", "1"), Instance("", "2"))
    assert (first.is_classification, second.is_classification) == (None, True)


@pytest.mark.parametrize(
    "said", ["Noinput", "No input", "<no input>", "<noinput>", "N/A", "None", "No input required."]
)
def test_an_input_that_only_says_there_is_none_is_empty(said, write):
    (task,) = Alpaca(path=write(ROW | {"input": said}), author="human").load()

    assert task.instances == (Instance("", "Done."),)
    assert task.text == "Do it."


def test_a_row_with_instances_and_an_output_says_two_things(write, problems_of):
    rows = (ROW | {"instances": [{"input": "", "output": "x"}]}, {"instruction": "Do it.", "instances": []})

    assert problems_of(Alpaca(path=write(*rows), author="human")) == [
        ":1: has both 'instances' and 'input'.",
        ":1: has both 'instances' and 'output'.",
        ":2: 'instances' must be a list that is not empty (got []).",
    ]


def test_rows_that_do_not_say_who_wrote_them_are_by_whom_the_user_says(write):
    (task,) = Alpaca(path=write(ROW), author="text-davinci-003").load()

    assert task.writers == ("text-davinci-003",)


def test_all_bad_rows_are_reported_at_once_by_line_and_item(write, problems_of):
    rows = ({"id": "a", **ROW}, {"input": 3}, {"instruction": " ", "input": "x"}, {"id": "a", **ROW}, "[1]")

    assert problems_of(Alpaca(path=write(*rows), author="human")) == [
        ":2: 'instruction' is missing.",
        ":2: 'input' must be text (got 3).",
        ":2: 'output' is missing.",
        ":3: 'instruction' must be text that is not empty (got \" \").",
        ":3: 'output' is missing.",
        ":4: 'id' \"a\" stands in :1 already.",
        ":5: must be an object, not [1].",
    ]
    assert problems_of(Alpaca(path=write(*rows, as_list=True), author="human"))[-3:] == [
        ":4: item 3: 'output' is missing.",
        ":5: item 4: 'id' \"a\" stands in :2: item 1 already.",
        ":6: item 5: must be an object, not [1].",
    ]
