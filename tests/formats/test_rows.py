from exported import MADE, SEED

from selfinstruct.formats.rows import columns, examples, provenance
from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Instance, Task


def test_examples_keep_the_pools_order():
    later = Task("b", "tasks", "Second.", instances=(Instance("", "2"),))
    earlier = Task("a", "tasks", "First.", instances=(Instance("", "1"),))

    assert [task.id for task, _ in examples(Pool([later, earlier]), include_seeds=False)] == ["b", "a"]


def test_a_row_is_its_example_and_its_provenance():
    assert columns(SEED, SEED.instances[0]) == {
        "instruction": "Say hello.",
        "input": "",
        "output": "Hello!",
        **provenance(SEED),
    }


def test_a_seed_that_no_person_wrote_is_not_called_human():
    origins = {
        "human": {"answers": "m"},
        "seed": {"seeds": "m"},
    }
    for origin, models in origins.items():
        assert provenance(Task("a", HUMAN, "Do.", models=models)) == {"id": "a", "origin": origin, "models": ["m"]}
    assert provenance(Task("a", HUMAN, "Do.", models={"seeds": "unknown"}))["origin"] == "seed"
    assert provenance(Task("a", "seeds", "Do.", models={"seeds": "m"}))["origin"] == "seeds"


def test_a_task_that_a_judges_verdict_keeps_out_is_not_exported():
    out = Task("a", "tasks", "Bad.", instances=(Instance("", "1"),), attributes={"rejected": {"quality": "quality"}})
    seed = Task("b", HUMAN, "Worse.", instances=(Instance("", "1"),), attributes={"rejected": {"quality": "quality"}})

    assert [task.id for task, _ in examples(Pool([seed, out, MADE]), include_seeds=True)] == [MADE.id] * 2
