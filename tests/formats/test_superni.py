"""The format of the task files of Super-NaturalInstructions."""

from selfinstruct.formats import Format
from selfinstruct.formats.superni import Superni
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Task

SEED = Task("seed_1", HUMAN, "Say hello.", instances=(Instance("", "Hello!"),))
LABELLED = Task(
    "tasks_1",
    "tasks",
    "Is it kind?",
    is_classification=True,
    instances=(Instance("Ja!", "yes"), Instance("Ja!", "rather"), Instance("", "no"), Instance("Ja!", "no")),
    models={"tasks": "openai/m"},
)
OPEN = Task("../../evil", "tasks", "Translate.", instances=(Instance("a", "b"),), models={"tasks": "offline"})
BARE = Task("tasks_3", "tasks", "Not answered.")


def tasks(include_seeds=False, pool=(SEED, LABELLED, OPEN, BARE)):
    ((name, found),) = Superni(include_seeds=include_seeds).files(Pool(pool), random_seed=1)
    assert name == "superni.zip"
    return list(found)


def test_it_is_a_format():
    assert isinstance(Superni(include_seeds=False), Format)


def test_the_published_keys_come_first_in_their_order():
    assert list(tasks()[0]) == [
        *("Contributors", "Source", "URL", "Categories", "Reasoning", "Definition"),
        *("Input_language", "Output_language", "Instruction_language", "Domains"),
        *("Positive Examples", "Negative Examples", "Instances", "Instance License"),
        *("id", "is_classification", "origin", "models"),
    ]


def test_outputs_that_follow_on_one_input_are_one_instance():
    assert tasks()[0]["Instances"] == [
        {"id": "tasks_1-1", "input": "Ja!", "output": ["yes", "rather"]},
        {"id": "tasks_1-2", "input": "", "output": ["no"]},
        {"id": "tasks_1-3", "input": "Ja!", "output": ["no"]},
    ]


def test_what_is_not_known_is_not_made_up():
    unknown = ["Unknown"]
    for task in tasks(include_seeds=True):
        assert (task["Contributors"], task["Instance License"], task["Domains"]) == (unknown, unknown, unknown)
        assert (task["Input_language"], task["URL"], task["Positive Examples"]) == (unknown, [], [])
    assert tasks(include_seeds=True)[-1]["Source"] == unknown


def test_the_source_says_which_model_wrote_it_and_that_a_grammar_is_none():
    model, grammar = tasks()

    assert model["Source"] == ["selfinstruct: grown by openai/m"]
    assert "no language model's work" in grammar["Source"][0]
    assert grammar["models"] == ["offline"]


def test_a_seed_of_the_grammar_is_marked_as_well():
    seed = Task("a", HUMAN, "Do.", instances=(Instance("", "x"),), models={"seeds/tasks": "offline"})
    (task,) = tasks(include_seeds=True, pool=[seed])

    assert "no language model's work" in task["Source"][0]
    assert task["origin"] == "seed"


def test_classification_is_a_category_and_nothing_else_is():
    assert [task["Categories"] for task in tasks()] == [["Classification"], ["Unknown"]]
    assert [task["is_classification"] for task in tasks()] == [True, None]
