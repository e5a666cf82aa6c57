import csv
import io
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from selfinstruct.pages import html
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.terminal import printable


@pytest.fixture
def run(growing, made):
    near = Rejection(
        "similarity",
        "too near",
        candidate=Candidate(instruction="Write a poem!"),
        nearest=("a", 0.9),
        request="grow/1/2",
    )
    first = made("a", "Write a poem.", "seed_0", "seed_1", near=(("seed_1", 0.25),), models={"grow": "m"})
    second = made("b", "=1+1", "a", "seed_0", request="grow/2/1", instances=(Instance("in", "out"), Instance("x", "y")))
    return growing.commit(first, rejections=[near]).commit(second)


def ids(page):
    return re.findall(r'<a data-open href="/one/tasks/(\w+)">', page)


def test_the_list_shows_every_task_with_what_came_of_it(look, run):
    page = look(run.folder, "/one/tasks").text

    assert ids(page) == ["seed_0", "seed_1", "a", "b"]
    assert "<b>4</b> tasks" in page
    assert "1 child" in page
    assert "1 rejected as too near" in page


def test_the_address_is_the_view(look, run):
    page = look(run.folder, "/one/tasks?q=POEM&sort=near").text

    assert ids(page) == ["a"]
    assert 'name="q" value="POEM"' in page
    assert '<option value="near" selected>' in page
    assert 'href="/one/tasks.jsonl?q=POEM&amp;sort=near"' in page


def test_what_is_not_committed_is_not_shown(look, run, made):
    with (run.folder / "pool.jsonl").open("a") as file:
        file.write(json.dumps(made("c", "Not yet.").row()) + "\n")

    assert ids(look(run.folder, "/one/tasks").text) == ["seed_0", "seed_1", "a", "b"]


def test_long_lists_have_pages(look, growing, made):
    growing.commit(*(made(f"t{number}", f"Number {number}.") for number in range(60)))
    first = look(growing.folder, "/one/tasks?q=number").text
    rest = look(growing.folder, re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")).text

    assert len(ids(first)) == 50
    assert ids(rest) == [f"t{number}" for number in range(50, 60)]
    assert 'rel="next"' not in rest
    assert ">First page<" in rest


def test_lines_of_json_are_those_of_the_run(look, run):
    stored = (run.folder / "pool.jsonl").read_text().splitlines()

    assert look(run.folder, "/one/tasks.jsonl?origin=grow").text.splitlines() == stored[2:]


def test_csv_is_no_formula_and_has_every_row_of_the_view(look, run):
    answer = look(run.folder, "/one/tasks.csv?origin=grow")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["id"] for row in rows] == ["a", "b"]
    assert rows[1]["instruction"] == "'=1+1"
    assert (rows[1]["input"], rows[1]["output"], rows[1]["instances"], rows[1]["depth"]) == ("in", "out", "2", "2")


def test_the_page_of_a_task_leads_to_parents_children_neighbors_and_rejections(look, run):
    page = look(run.folder, "/one/tasks/a").text
    places = [page.index(text) for text in ("Parents:", "Nearest when", "Rejected as too near", "Children:")]

    assert places == sorted(places)
    assert "Made by grow in round 1, request grow/1/1" in page
    assert 'href="/one/requests/grow/1/1"' in page
    assert "Write a poem!" in page[places[2] : places[3]]
    assert 'href="/one/tasks/b"' in page[places[3] :]


def test_all_instances_are_on_its_page(look, run):
    page = look(run.folder, "/one/tasks/b").text

    assert page.index("<h3>Instance 1</h3>") < page.index("<pre>out</pre>") < page.index("<pre>y</pre>")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", 'x"y', "q?r#s", "50%"])
def test_a_task_with_a_strange_id_can_be_opened(look, growing, made, name):
    from selfinstruct.pages.links import task_link

    growing.commit(made(name, "Strange."))
    page = look(growing.folder, "/one/tasks?origin=grow").text
    address = task_link("one", name)

    assert str(escape(address)) in page
    assert "Strange." in look(growing.folder, address).text


def test_a_task_that_the_run_does_not_have_is_a_sentence(look, run):
    answer = look(run.folder, "/one/tasks/zzz")

    assert answer.status == 404
    assert "The run has no task zzz." in answer.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_text_appears_escaped(text):
    row = {"id": text, "link": "/", "text": text, "input": text, "output": text, "origin": text, "round": 1, "depth": 1}
    more = {"near": None, "children": 0, "rejections": 0, "is_rejected": False}
    frame = {"title": text, "run": {"name": text, "link": "/", "state": text}, "tabs": [], "find": None, "share": 1}
    query = dict.fromkeys(("q", "origin", "round", "depth", "near", "words", "sort", "parent", "request"), text)
    ways = {"next": None, "first": None, "files": [], "all": "/", "is_narrowed": False, "origins": [], "sorts": []}
    page = html.page("tasks.html", frame | ways | {"rows": [row | more], "count": 1, "query": query})

    assert page.count(f'<p class="text">{escape(printable(text))}</p>') == 3 if text else True
    assert page.count("<script") == 1
