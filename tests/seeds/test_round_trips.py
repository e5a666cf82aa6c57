"""What a format writes, the reader of its name reads: the same tasks, but for what the format says it does not hold."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from selfinstruct.actions.export import write
from selfinstruct.formats.alpaca import Alpaca as AlpacaFormat
from selfinstruct.formats.chat import Chat as ChatFormat
from selfinstruct.formats.self_instruct import SelfInstruct as SelfInstructFormat
from selfinstruct.formats.sharegpt import Sharegpt as SharegptFormat
from selfinstruct.formats.superni import Superni as SuperniFormat
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.seeds.alpaca import Alpaca
from selfinstruct.seeds.run import Run
from selfinstruct.seeds.self_instruct import SelfInstruct
from selfinstruct.seeds.superni import Superni
from selfinstruct.storage.journal import Journal
from selfinstruct.task import HUMAN, Instance, Task
from selfinstruct.text.no_input import real_input

QUICK = settings(max_examples=25)
UNCOUNTED = {"pool": 1, "prompt_tokens": None, "completion_tokens": None, "cost_usd": None}
TEXT = some.text(max_size=12) | some.sampled_from(['"\n{', "a\u2028b\x85c", "{% x %}", "[]", "\0\x1b", "語\r\n"])
INSTRUCTIONS = TEXT.map(str.strip).filter(bool)
INPUTS = TEXT.filter(lambda text: real_input(text) == text) | some.just("")  # readers take "N/A" for no input
INSTANCES = some.lists(some.builds(Instance, INPUTS, TEXT), min_size=1, max_size=4).map(tuple)
MODELS = some.dictionaries(some.sampled_from(["grow", "answers", "more"]), some.sampled_from(["offline", "m/1", "m/2"]))
IDS = some.sampled_from(["../../evil", "/etc/passwd", "a\0b", "CON", "seed_task_0"]) | some.text(
    min_size=1, max_size=20
)
MADE = some.builds(
    Task,
    id=IDS,
    origin=some.sampled_from(["grow", "other"]),
    instruction=INSTRUCTIONS,
    is_classification=some.none() | some.booleans(),
    instances=INSTANCES,
    models=MODELS.filter(bool),
)
SEEDS = some.builds(
    Task,
    id=IDS,
    origin=some.just(HUMAN),
    instruction=INSTRUCTIONS,
    is_classification=some.none() | some.booleans(),
    instances=INSTANCES,
    models=some.sampled_from([{}, {"seeds": "offline"}, {"seeds": "unknown", "answers": "m/1"}, {"answers": "m/1"}]),
)
TASKS = some.lists(MADE | SEEDS, min_size=1, max_size=5, unique_by=lambda task: task.id)


def through(format_, reader, tasks):
    """The tasks, written and read, and the tasks that were written, in their order."""
    pool = Pool(tasks)
    with tempfile.TemporaryDirectory() as folder:
        ((name, rows),) = format_.files(pool, 1)
        write(Path(folder) / name, rows)
        read = reader(Path(folder) / name).load()
    return read, [task for task in tasks if not task.is_human] + [task for task in tasks if task.is_human]


def as_seed(task, **lost):
    """A task as the seed that it becomes: its models in one list, for rows do not say which stage each was."""
    names = list(dict.fromkeys(task.models.values()))
    models = {"seeds" if place == 1 else f"seeds/{place}": name for place, name in enumerate(names, 1)}
    return replace(task, origin=HUMAN, models=models, **lost)


@QUICK
@given(TASKS)
def test_alpaca_but_for_the_first_instance_and_the_kind(tasks):
    read, written = through(AlpacaFormat(include_seeds=True), lambda path: Alpaca(path=path, author="?"), tasks)

    assert read == [as_seed(task, is_classification=None, instances=task.instances[:1]) for task in written]


@QUICK
@given(TASKS)
def test_self_instruct_but_for_the_kind(tasks):
    read, written = through(
        SelfInstructFormat(include_seeds=True),
        lambda path: SelfInstruct(path=path, author="?", instances=None),
        tasks,
    )

    assert read == [as_seed(task, is_classification=None) for task in written]


@QUICK
@given(TASKS)
def test_superni_as_it_is(tasks):
    read, written = through(
        SuperniFormat(include_seeds=True),
        lambda path: Superni(path=path, author="?", instances=None),
        tasks,
    )

    assert read == [as_seed(task) for task in written]


def asked(task):
    """A task's questions with their answers, as a conversation has them."""
    answers = {}
    for instance in task.instances:
        question = f"{task.instruction}\n\n{instance.input}" if instance.input else task.instruction
        answers.setdefault(question.strip(), []).append(Instance("", instance.output))
    return answers


@pytest.mark.parametrize(
    ("format_", "reader"),
    [
        (ChatFormat(include_seeds=True, system="Be brief."), "chat"),
        (ChatFormat(include_seeds=True, system=None), "chat"),
        (SharegptFormat(include_seeds=True), "sharegpt"),
    ],
)
@QUICK
@given(tasks=TASKS)
def test_conversations_but_for_the_border_of_instruction_and_input_and_the_kind(format_, reader, tasks, conversation):
    read, written = through(format_, lambda path: conversation(reader, path, author="?", longer="refuse"), tasks)

    found = [(task.instruction, list(task.instances), task.models) for task in read]
    assert found == [
        (question, answers, as_seed(task).models) for task in written for question, answers in asked(task).items()
    ]
    assert {task.id for task in written} <= {task.id for task in read}


@QUICK
@given(TASKS)
def test_a_run_but_for_what_means_nothing_outside_of_it(tasks):
    seeds = [task for task in tasks if task.is_human]
    made = [replace(task, round=1, request="grow/1/1", failed_stages={"a": "b"}) for task in tasks if not task.is_human]
    made = [replace(task, parents=tuple(seed.id for seed in seeds), instances=None) for task in made]
    round_ = Round(
        stage="grow", number=1, asked=1, failed=0, parsed=1, kept=1, tasks=tuple(made), rejections=(), **UNCOUNTED
    )
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        journal.open()
        journal.begin(seeds)
        journal.commit(round_)
        read = Run(path=Path(folder)).load()

    written = [replace(task, origin=HUMAN, round=0, request="", failed_stages={}) for task in [*seeds, *made]]
    assert [replace(task, models={}) for task in read] == [replace(task, models={}) for task in written]
    assert [list(task.models.values()) for task in read] == [list(task.models.values()) for task in written]
    assert all(stage.split("/")[0] == "seeds" for task in read for stage in task.models)


@given(some.lists(some.tuples(IDS, INSTRUCTIONS), min_size=1, max_size=4, unique=True))
@QUICK
def test_a_list_and_lines_are_read_alike(rows):
    rows = [{"id": f"{number}{name}", "instruction": text} for number, (name, text) in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        read = []
        unescaped = json.dumps(rows, ensure_ascii=False)
        for text in ("\n".join(map(json.dumps, rows)), json.dumps(rows), json.dumps(rows, indent=1), f" {unescaped}\n"):
            (Path(folder) / "x").write_text(text, encoding="utf-8", newline="")
            read.append(Alpaca(path=Path(folder) / "x", author="human").load())

    assert read == [read[0]] * 4
    assert [task.instruction for task in read[0]] == [row["instruction"] for row in rows]
