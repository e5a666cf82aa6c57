import pytest
from big_runs import HOSTILE, HOSTILE_IDS, BigRun

from selfinstruct.storage.reader import RunReader


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return RunReader(BigRun(tmp_path_factory.mktemp("big"), 60, 50, per_round=20, hostile=True).write())


def test_a_big_run_is_read_as_any_other(run):
    made = [task for task in run.pool if not task.is_human]

    assert len(made) == 60
    assert all(task.instances and task.parents and task.most_similar for task in made)
    assert sum(len(round_.rejections) for round_ in run.rounds) == 50
    assert run.summary["completed"] is True
    assert run.kept("instructions") == [0, 20, 40, 60]


def test_its_replies_are_stored_with_the_prompts_that_they_answer(run):
    task = run.pool["instructions_7"]
    with run.replies() as replies:
        reply = replies.of("instructions", task.round)[task.request][0]

    assert task.instruction in reply.completion.text
    assert all(run.pool[name].instruction.split()[0] in reply.prompt for name in task.parents)


def test_hostile_texts_and_ids_are_in_it(run):
    assert set(HOSTILE_IDS) <= {task.id for task in run.pool}
    assert set(HOSTILE) & {task.instruction for task in run.pool if not task.is_human}
