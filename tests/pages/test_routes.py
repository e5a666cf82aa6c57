"""Every page of the viewer, of a run whose texts and ids do harm where they are not escaped."""

import html
import re

import pytest
from big_runs import HOSTILE, HOSTILE_IDS, BigRun

from selfinstruct.pages.guard import HEADERS
from selfinstruct.pages.library import Library
from selfinstruct.pages.links import link, task_link
from selfinstruct.pages.routes import routes

OWN = re.compile(r'<script src="/static/view.js" defer></script>')
EVENT = re.compile(r"<[a-z]+(?:\s+[\w-]+(?:=\"[^\"]*\")?)*\s+(?:on\w+|style)=", re.IGNORECASE)
FOREIGN = re.compile(r"\b(?:src|href|action|srcset)=\"(?!/|data:,)", re.IGNORECASE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return BigRun(tmp_path_factory.mktemp("runs") / "run", 60, 40, per_round=20, hostile=True).write()


@pytest.fixture(scope="module")
def library(folder):
    return Library([folder])


@pytest.fixture
def page(ask, library):
    """Asks for a page, and checks what holds for all of them."""

    def page(path, status=200):
        answer = ask(routes(library), path)
        assert answer.status == status, answer.text
        assert HEADERS.items() <= answer.headers.items()
        if "text/html" in answer.headers["Content-Type"]:
            check_inert(answer.text)
        return answer.text

    return page


def check_inert(text):
    assert "<script>" not in text
    assert len(OWN.findall(text)) == len(re.findall("<script", text))
    assert "<img src=x" not in text
    assert "<svg onload" not in text
    assert not EVENT.search(text), EVENT.search(text)
    assert not FOREIGN.search(text), FOREIGN.search(text)
    assert not set("\u202e\u202c\u2067\u200b\x1b\x07") & set(text)


def test_the_address_of_a_run_without_its_last_slash_leads_to_it(ask, library):
    answer = ask(routes(library), "/run")

    assert (answer.status, answer.headers["Location"]) == (303, "/run/")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?sort=run",
        "/run/",
        "/run/live",
        "/run/tasks",
        "/run/tasks?q=poem&sort=near&near=0.1-0.7&words=1-100&round=1-&depth=1",
        "/run/tasks?q=%3Cscript%3E",
        "/run/tasks?parent=%22%3E%3Cscript%3Ewindow.pwned%3D7%3C%2Fscript%3E",
        "/run/rejected",
        "/run/rejected?filter=similarity&score=0.8-",
        "/run/requests/instructions/1/1",
        "/run/requests/classification/1/1",
        "/run/requests/input_first/1/3",
        "/run/lineage",
        "/run/lineage?root=instructions_30",
    ],
)
def test_a_page_is_shown_and_hostile_text_is_inert(page, path):
    page(path)


@pytest.mark.parametrize("name", HOSTILE_IDS)
def test_a_task_with_a_hostile_id_has_its_page(page, name):
    assert html.escape(name) in page(task_link("run", name)).replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    page(link("run", "lineage", root=name))
    page(link("run", "tasks", parent=name))
    page(link("run", "rejected", nearest=name))


@pytest.mark.parametrize(
    "path",
    [
        "/other/",
        "/run/tasks/nothing",
        "/run/tasks/%3Cscript%3E",
        "/run/lineage?root=nothing",
        "/run/requests/instructions/1/9999",
        "/run/requests/instructions/99/1",
        "/run/requests/nothing/1/1",
        "/run/requests/instructions/1/x",
        "/run/requests/instructions/1/" + "9" * 4400,
        "/comparison/" + "9" * 4400,
        "/run/figures/nothing.svg",
        "/run/nothing",
        "/run/tasks.xml",
        "/comparison/0",
        "/run/report.html",
    ],
)
def test_what_is_not_there_is_a_sentence(page, path):
    assert "<p>" in page(path, status=404)


@pytest.mark.parametrize(
    "path",
    [
        "/run/tasks?near=abc",
        f"/run/tasks?after={2**63}",
        "/run/tasks?sort=x",
        "/run/rejected?after=%3Cb%3E",
        "/?sort=x",
    ],
)
def test_an_address_that_cannot_be_meant_so_is_a_sentence(page, path):
    page(path, status=400)


def test_files_hold_the_hostile_text_as_it_is_stored(page):
    assert HOSTILE[0] in page("/run/tasks.jsonl")
    assert "\u202e" not in page("/run/tasks.csv")


@pytest.mark.parametrize(
    ("name", "start"),
    [("funnel.svg", "<svg"), ("funnel.pdf", "%PDF"), ("funnel.csv", "stage,"), ("funnel.svg?ink=dark", "<svg")],
)
def test_figures_are_files(page, name, start):
    assert start in page(f"/run/figures/{name}")[:200]
