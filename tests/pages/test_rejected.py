import csv
import io

import pytest

from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


@pytest.fixture
def run(growing, made):
    pair = (Instance("the input", "the output"),)
    rejections = [
        Rejection("similarity", "near 1", candidate=Candidate(instruction="Now write a poem."), nearest=("a", 0.9)),
        Rejection("similarity", "near 2", candidate=Candidate(instruction="Write poems."), nearest=("a", 0.8)),
        Rejection("parse", "a remark", text="=Sure, here they are:", request="grow/1/2"),
        Rejection(
            "empty", "no output", candidate=Candidate(instruction="", instances=pair), task="a", request="grow/1/3"
        ),
    ]
    return growing.commit(made("a", "Write a poem."), rejections=rejections)


def test_a_rejection_stands_beside_its_nearest_task_with_the_words_that_differ(look, run):
    page = look(run.folder, "/one/rejected").text

    assert "<b>4</b> rejections" in page
    assert "<mark>Now </mark>write a poem." in page
    assert 'href="/one/tasks/a"' in page
    assert ">1 more rejected as too near to it<" in page


def test_one_that_no_task_was_near_to_stands_with_its_reason_or_its_task(look, run):
    page = look(run.folder, "/one/rejected?score=-2").text
    assert "No rejection" not in page

    assert "Sure, here they are:" in look(run.folder, "/one/rejected?filter=parse").text
    about = look(run.folder, "/one/rejected?filter=empty").text
    assert "the output" in about
    assert 'about <a href="/one/tasks/a">a</a>' in about


def test_filters_are_counted(look, run):
    page = look(run.folder, "/one/rejected?filter=similarity&sort=score").text

    assert '<option value="similarity" selected>similarity (2)</option>' in page
    assert page.index("near 1") < page.index("near 2")


def test_files_have_the_rows_of_the_view(look, run):
    stored = (run.folder / "rejected.jsonl").read_text().splitlines()
    rows = list(csv.DictReader(io.StringIO(look(run.folder, "/one/rejected.csv").text)))

    assert look(run.folder, "/one/rejected.jsonl?filter=parse").text.splitlines() == [stored[2]]
    assert [row["filter"] for row in rows] == ["similarity", "similarity", "parse", "empty"]
    assert (rows[0]["nearest"], rows[0]["rouge_l"], rows[0]["nearest_instruction"]) == ("a", "0.9", "Write a poem.")
    assert rows[2]["text"] == "'=Sure, here they are:"
