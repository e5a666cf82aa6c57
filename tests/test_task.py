import json

from selfinstruct.task import Instance, Reference, Task


def test_a_row_gives_back_the_task(task):
    made = task(
        3,
        origin="instructions",
        parents=("seed_task_1",),
        most_similar=(("seed_task_1", 0.5),),
        average_similarity=0.25,
        models={"instructions": "offline"},
        failed_stages={"classification": "parse: neither yes nor no"},
        instances=(Instance(input="a", output="b"),),
    )

    assert Task.from_row(made.row()) == made


def test_what_is_known_beside_stands_in_the_row_where_there_is_something(task):
    known = task(attributes={"operation": "deepen", "generation": 2})

    assert "attributes" not in task().row()
    assert known.row()["attributes"] == {"operation": "deepen", "generation": 2}
    assert Task.from_row(known.row()) == known


def test_references_stand_in_the_row_where_there_are_some(task):
    asked = task(references=(Reference("a", ("b", "c")), Reference("", ())))

    assert "references" not in task().row()
    assert asked.row()["references"] == [{"input": "a", "outputs": ["b", "c"]}, {"input": "", "outputs": []}]
    assert Task.from_row(json.loads(json.dumps(asked.row()))) == asked
    assert Task.from_row(task().row()).references == ()


def test_the_text_of_a_task_is_its_instruction_with_the_input_of_its_first_instance(task):
    given = (Instance("milk, eggs", "eggs, milk"), Instance("b", "a"))

    assert task(instruction="Sort this.", instances=given).text == "Sort this.\n\nmilk, eggs"
    assert task(instruction="Sing.", instances=(Instance(" ", "La"),)).text == "Sing."
    assert task(instruction="Sing.", instances=None).text == "Sing."


def test_a_task_that_nobody_completed_has_null_instances_in_its_row(task):
    assert task(instances=None).row()["instances"] is None


def test_seeds_are_human_and_made_tasks_are_not(task):
    assert task().is_human
    assert not task(origin="instructions").is_human


def test_a_seed_says_who_wrote_it_before_the_run_began(task):
    assert task().writers == ()
    assert task(models={"seeds": "a", "seeds/2": "b", "answers": "c"}).writers == ("a", "b")
    assert task(origin="seeds", models={"seeds": "a"}).writers == ()


def test_a_task_is_touched_by_models_of_this_run_only(task):
    assert not task().is_touched
    assert not task(models={"seeds/grow": "a"}).is_touched
    assert task(models={"seeds": "a", "answers": "c"}).is_touched
    assert task(origin="seeds", models={"seeds": "a"}).is_touched
