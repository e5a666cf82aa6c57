import shutil
import sqlite3

import pytest
from big_runs import BigRun

from selfinstruct.storage.reader import RunReader


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return BigRun(tmp_path_factory.mktemp("runs") / "run", 12, 8, per_round=8).write()


@pytest.fixture(scope="module")
def run(folder):
    return RunReader(folder)


def test_prompt_reply_and_decoding_are_shown_as_they_were(look, folder, run):
    with run.replies() as replies:
        reply = replies.of("instructions", 1)["instructions/1/1"][0]
    page = look(folder, "/run/requests/instructions/1/1").text

    assert reply.completion.text.splitlines()[0] in page
    assert "Ended: stop, 90 tokens, by offline." in page
    assert "temperature 0.7" in page
    assert "next request" in page
    assert "previous request" not in page


def test_every_piece_of_the_reply_has_its_fate_in_the_order_of_the_reply(look, folder, run):
    kept = [task for task in run.pool if task.request == "instructions/1/1"]
    page = look(folder, "/run/requests/instructions/1/1").text
    fates = page[page.index("What became of each piece") : page.index("The reply as received")]

    assert [fates.count(text) for text in (">kept<", ">rejected<")] == [
        len(kept),
        len(run.rejections("instructions/1/1")),
    ]
    places = [fates.index(f'href="/run/tasks/{task.id}"') for task in kept]
    assert places == sorted(places)


def test_the_tasks_that_the_prompt_showed_are_its_parents(look, folder, run):
    task = run.pool["instructions_1"]
    page = look(folder, "/run/requests/instructions/1/1").text
    shown = page[page.index("Tasks that the prompt showed") :]

    assert all(f'href="/run/tasks/{name}"' in shown for name in task.parents)


@pytest.mark.parametrize("stage", ["classification", "input_first"])
def test_a_request_about_a_task_shows_what_it_added(look, folder, run, stage):
    page = look(folder, f"/run/requests/{stage}/1/1").text
    with run.replies() as replies:
        text = replies.of(stage, 1)[f"{stage}/1/1"][0].completion.text

    assert "About the task" in page
    fates = page[page.index("What became of each piece") : page.index("The reply as received")]
    assert fates.count(">kept<") == 1
    assert (text.lower() if stage == "classification" else "output: ") in fates


def test_without_the_store_the_page_says_so_and_shows_the_rest(look, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "run")
    (copy / "completions.sqlite").unlink()
    answer = look(copy, "/run/requests/instructions/1/1")

    assert answer.status == 200
    assert "holds no completions.sqlite" in answer.text


def test_a_reply_that_is_not_stored_is_a_sentence(look, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "run")
    with sqlite3.connect(copy / "completions.sqlite") as store:
        store.execute("DELETE FROM replies")
    store.close()

    assert "There is no reply." in look(copy, "/run/requests/instructions/1/1").text
