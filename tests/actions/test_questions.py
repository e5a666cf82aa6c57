import pytest

from selfinstruct.actions.questions import recorded_questions, sample_of, seen
from selfinstruct.pool import Pool
from selfinstruct.storage.reader import RunReader


@pytest.fixture
def run(composed, built, tmp_path):
    """A small run of two executions, so that some questions were asked ahead in vain."""
    overrides = ("recipe.instructions.until=60", "trackers=[]", "actions=[generate]")
    for requests in (4, 40, 1000):
        run = built(composed(*overrides, f"budget.requests={requests}"), tmp_path)
        run.execute()
    return run


def test_every_recorded_request_is_understood(run, tmp_path):
    record = RunReader(tmp_path)
    for place, round_ in enumerate(record.rounds):
        questions = recorded_questions(record, run.recipe, place)

        assert len(questions) == round_.asked
        assert all(question.reply.prompt == question.request.text for question in questions)
        for question in questions:
            made = [task for task in round_.tasks if task.request == question.request.id]
            assert all(task.parents == question.sample.parents for task in made if task.origin == round_.stage)


def test_what_another_sampler_would_have_shown_is_not_taken_for_what_was_shown(run, composed, built, tmp_path):
    other = built(composed("recipe.instructions.sampler.human=3"), tmp_path).recipe

    assert recorded_questions(RunReader(tmp_path), other, 0) is None
    assert recorded_questions(RunReader(tmp_path), {}, 0) is None


def test_a_request_whose_prompt_is_another_now_keeps_its_task_and_reply(run, composed, built, tmp_path):
    other = built(composed("recipe.input_first.prompt.template=Hello"), tmp_path).recipe
    record = RunReader(tmp_path)
    place = next(number for number, round_ in enumerate(record.rounds) if round_.stage == "input_first")
    about = {item.request: item.task for item in record.rounds[place].rejections}
    assert about

    found = recorded_questions(record, other, place)

    assert {question.request.id: question.sample.task.id for question in found} == about
    assert all(question.reply is not None for question in found)


def test_a_task_that_is_not_in_the_pool_has_no_question(run):
    assert sample_of(run.recipe["classification"], Pool(), "a") is None


def test_a_round_shows_the_pool_as_it_stood_before():
    assert [seen(number, 12) for number in (1, 2, 3, 4, 5, 24, 26, 40)] == [0, 1, 1, 2, 2, 12, 13, 27]
    assert [seen(number, 0) for number in (1, 2, 3)] == [0, 1, 2]
