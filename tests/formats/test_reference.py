"""The format of the published code's files, read back by its rules."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from selfinstruct.formats import Format
from selfinstruct.formats.reference import Reference, input_first, label_first
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Task

INSTRUCTIONS = "machine_generated_instructions.jsonl"
CLASSES = "is_clf_or_not_davinci_template_1.jsonl"
INSTANCES = "machine_generated_instances.jsonl"
EXAMPLES = "all_generated_instances.jsonl"

SEED = Task("seed_1", HUMAN, "Say hello.", instances=(Instance("", "Hello!"),))
LABELLED = Task(
    "instructions_1",
    "instructions",
    "Is the review kind?",
    is_classification=True,
    instances=(Instance("Review: Schön!", "yes"), Instance("", "no")),
    parents=("seed_1",),
    round=3,
    request="instructions/3/1",
    most_similar=(("seed_1", 0.5),),
    average_similarity=0.25,
    models={"instructions": "davinci"},
)
WRITTEN = Task(
    "instructions_2",
    "instructions",
    "Add the numbers.",
    is_classification=False,
    instances=(Instance("1 and 2", "3"), Instance("4 and\n5", "9\n\nThat is all.")),
    round=1,
)
SINGLE = Task(
    "instructions_3", "instructions", "Name a tree.", is_classification=False, instances=(Instance("", "Oak"),)
)
OPEN = Task("instructions_4", "instructions", "Nobody said what this is.")
POOL = Pool([SEED, LABELLED, WRITTEN, SINGLE, OPEN])


def files(pool=POOL):
    return {name: list(rows) for name, rows in Reference().files(pool, random_seed=1)}


def read_labels(text):
    """What the published reader makes of a classification task's reply."""
    for piece in text.split("Class label:")[1:]:
        label, _, rest = piece.strip().partition("\n")
        yield Instance(rest.strip(), label.strip())


def read_example(text):
    """What the published reader makes of one example."""
    parts = re.split(r"Output *\d* *:", text)
    source, output = ("", parts[0]) if len(parts) == 1 else parts[:2]
    output = re.split(r"Input *\d* *:", output)[0]
    return Instance(re.sub(r"^Input *\d* *:", "", source.strip()).strip(), output.strip())


def read_examples(text):
    """What the published reader makes of any other task's reply."""
    text = text.strip()
    if re.search(r"Example\s?\d*\.?", text):
        return [read_example(piece) for piece in re.split(r"Example\s?\d*\.?", text) if piece.strip()]
    return [read_example(text)] if re.search(r"Output *\d* *:", text) else []


def test_it_is_a_format():
    assert isinstance(Reference(), Format)


def test_there_are_four_files_in_the_order_of_the_steps():
    assert list(files()) == [INSTRUCTIONS, CLASSES, INSTANCES, EXAMPLES]


def test_instructions_carry_their_neighbors_as_texts():
    assert files()[INSTRUCTIONS][0] == {
        "instruction": "Is the review kind?",
        "most_similar": {"Say hello.": 0.5},
        "avg_similarity_score": 0.25,
        "metadata": {
            "id": "instructions_1",
            "origin": "instructions",
            "models": ["davinci"],
            "request": "instructions/3/1",
            "parents": ["seed_1"],
        },
        "request_idx": 2,
    }


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (INSTRUCTIONS, "instruction most_similar avg_similarity_score metadata request_idx"),
        (CLASSES, "instruction is_classification"),
        (
            INSTANCES,
            "instruction raw_instances instance_metadata instruction_metadata most_similar avg_similarity_score",
        ),
        (EXAMPLES, "instruction input output"),
    ],
)
def test_keys_are_those_of_the_published_code_in_its_order(name, keys):
    assert {" ".join(row) for row in files()[name]} == {keys}


def test_every_machine_made_instruction_is_listed_and_no_seed():
    listed = [task.instruction for task in (LABELLED, WRITTEN, SINGLE, OPEN)]

    assert [row["instruction"] for row in files()[INSTRUCTIONS]] == listed
    assert [row["instruction"] for row in files()[CLASSES]] == listed


def test_answers_are_written_as_the_model_gave_them_and_empty_where_there_is_none():
    assert [row["is_classification"] for row in files()[CLASSES]] == [" Yes", " No", " No", ""]


def test_tasks_without_instances_are_left_for_the_published_scripts_to_ask_about():
    assert "Nobody said what this is." not in {row["instruction"] for row in files()[INSTANCES]}


def test_labels_stand_before_inputs_in_classification_tasks():
    assert files()[INSTANCES][0]["raw_instances"] == "Class label: yes\nReview: Schön!\n\nClass label: no"


def test_examples_are_numbered_in_other_tasks():
    assert files()[INSTANCES][1]["raw_instances"] == (
        "Example 1\n1 and 2\nOutput: 3\n\nExample 2\n4 and\n5\nOutput: 9\n\nThat is all."
    )


def test_a_single_example_without_input_is_an_output_only():
    assert files()[INSTANCES][2]["raw_instances"] == "Output: Oak"


def test_replies_count_as_whole():
    choices = [row["instance_metadata"]["response"]["choices"] for row in files()[INSTANCES]]

    assert choices == [[{"finish_reason": "stop"}]] * 3


def test_examples_are_listed_as_they_are():
    assert files()[EXAMPLES][:2] == [
        {"instruction": "Is the review kind?", "input": "Review: Schön!", "output": "yes"},
        {"instruction": "Is the review kind?", "input": "", "output": "no"},
    ]


def test_at_most_ten_neighbors_are_listed_and_the_nearer_of_twins_wins():
    seeds = [Task(f"seed_{number}", HUMAN, f"Text {number // 2}.") for number in range(24)]
    near = tuple((seed.id, 1 - number / 100) for number, seed in enumerate(seeds))
    made = Task("a", "tasks", "New.", most_similar=near)

    assert files(Pool([*seeds, made]))[INSTRUCTIONS][0]["most_similar"] == {
        f"Text {number}.": 1 - number / 50 for number in range(5)
    }


def test_the_published_reader_finds_the_same_instances():
    for row, task in zip(files()[INSTANCES], (LABELLED, WRITTEN, SINGLE), strict=True):
        read = read_labels if task.is_classification else read_examples

        assert tuple(read(row["raw_instances"])) == task.instances


def clean(text):
    return text == text.strip() and not re.search(r"Example|Output *\d* *:|Input *\d* *:|Class label:", text)


texts = some.text(alphabet="ab :\n.9é„日", max_size=12).filter(clean)
labels = texts.filter(lambda text: text and "\n" not in text)


@given(some.lists(some.builds(Instance, texts, labels), min_size=1, max_size=5))
def test_labels_without_marks_are_read_back(instances):
    assert list(read_labels(label_first(instances))) == instances


@given(some.lists(some.builds(Instance, texts, texts.filter(bool)), min_size=1, max_size=5))
def test_examples_without_marks_are_read_back(instances):
    assert read_examples(input_first(instances)) == instances
