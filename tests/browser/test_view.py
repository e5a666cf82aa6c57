"""The pages of the local server that shows runs: a finished run with hostile texts, and one that grows."""

import re
import subprocess
import sys
from urllib.parse import quote, unquote, urlsplit

import commands
import pytest
from big_runs import HOSTILE_IDS

from selfinstruct.round import Round
from selfinstruct.storage.folder import held, store_config
from selfinstruct.storage.journal import Journal
from selfinstruct.task import Task

ENTER, ESCAPE = "\ue007", "\ue00c"
CURRENT = "return [...document.querySelectorAll('[data-row]')].findIndex(row => row.classList.contains('current'))"
PAGES = {
    "overview": "",
    "tasks": "tasks",
    "tasks-found": "tasks?q=script&sort=near",
    "tasks-none": "tasks?q=nothing+like+it",
    "seed": f"tasks/{quote(HOSTILE_IDS[0], safe='')}",
    "task": "tasks/instructions_40",
    "rejected": "rejected?filter=similarity",
    "request": "requests/instructions/2/1",
    "lineage": "lineage",
    "lineage-of-one": f"lineage?root={quote(HOSTILE_IDS[1], safe='')}",
}
MISSING = {"run": "nothing/", "task": "tasks/nothing", "value": "tasks?sort=nothing"}


@pytest.fixture(scope="module")
def growing(tmp_path_factory):
    """A run that grows while it is looked at, without a model."""
    folder = tmp_path_factory.mktemp("runs") / "growing"
    folder.mkdir()
    store_config(folder, {"recipe": {"grow": {"until": 100}}, "random_seed": 1, "model": {"name": "m"}}, [])
    for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl"):
        (folder / name).touch()
    return folder


@pytest.fixture(scope="module")
def address(hostile, growing):
    """One server of both runs."""
    words = [commands.RUN, "actions=[view]", "view.port=0", f"view.runs=['{hostile.parents[1]}','{growing.parent}']"]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as process:
        yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+/", line)))
        process.terminate()


@pytest.fixture(scope="module")
def run(address, hostile):
    """The address of the hostile run."""
    key = hostile.relative_to(hostile.parents[1]).as_posix().replace("/", "~")
    return f"{address}{quote(key, safe='')}/"


def gone_to(tab, path):
    """Wait until the tab shows another page whose address holds this."""
    tab.wait("return document.readyState === 'complete' && location.href.includes(arguments[0])", path)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_a_hostile_run(tab, run, name):
    assert tab.open(run + PAGES[name]).problems(f"view-{name}") == []
    assert tab.script("return document.querySelector('main > .keys:last-child') !== null")  # no text swallowed the rest


def test_the_list_of_runs(tab, address):
    assert tab.open(address).problems("view-runs") == []


@pytest.mark.parametrize("name", MISSING)
def test_a_page_that_is_missing_says_so(tab, address, run, name):
    found = tab.open((address if name == "run" else run) + MISSING[name]).problems(f"view-missing-{name}")

    assert len(found) == 1
    assert "the server responded with a status of 40" in found[0]
    assert tab.script("return document.querySelector('a[href=\"/\"]') !== null")


def test_keys_choose_and_open_rows_and_show_help(tab, run):
    tab.open(f"{run}tasks")
    tab.press("j", "j", "j", "k")
    assert tab.script(CURRENT) == 1
    assert tab.script("return document.querySelector('[data-keys]').hidden")
    tab.press("?")
    assert not tab.script("return document.querySelector('[data-keys]').hidden")
    tab.press("o")
    gone_to(tab, "/tasks/")

    assert unquote(urlsplit(tab.driver.current_url).path.rpartition("/")[2]) == HOSTILE_IDS[1]
    assert tab.script("return document.querySelector('h1').textContent") == HOSTILE_IDS[1]
    assert tab.console() == []


def test_a_search_in_chinese_finds_what_stands_within_a_text(tab, run):
    tab.open(f"{run}lineage")
    tab.press("/", *"好世", ENTER)
    gone_to(tab, "q=")

    texts = tab.script("return [...document.querySelectorAll('[data-row]')].map(row => row.textContent)")
    assert texts
    assert all("好世" in text for text in texts)


def test_letters_typed_into_a_field_are_no_keys(tab, run):
    tab.open(f"{run}tasks")
    tab.press("/", *"jo?")

    assert tab.script("return document.activeElement.value") == "jo?"
    tab.press(ESCAPE, "j")
    assert tab.script(CURRENT) == 0


def test_without_script_a_run_is_read_searched_and_turned_over(tab, run):
    tab.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        tab.open(f"{run}tasks")
        first = tab.script("return document.querySelector('[data-row] a').href")
        tab.driver.find_element("css selector", "[rel=next]").click()
        gone_to(tab, "after=")
        assert tab.script("return document.querySelector('[data-row] a').href") != first
        tab.driver.find_element("css selector", "[data-find]").send_keys("window.pwned = 1", ENTER)
        gone_to(tab, "q=")
        assert "window.pwned = 1" in tab.script("return document.querySelector('[data-row]').textContent")
        tab.driver.find_element("css selector", "[data-row] a").click()
        gone_to(tab, "/tasks/")
        assert tab.script("return document.querySelector('h1').textContent") == HOSTILE_IDS[0]
    finally:
        tab.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_page_of_a_run_moves_while_it_grows_and_becomes_its_overview(tab, address, growing):
    journal = Journal(growing)
    with held(growing):
        journal.begin([Task(id="seed", origin="human", instruction="Say hi.")])
        commit(journal, 1)
        tab.open(f"{address}growing/")
        assert "1 of 100" in tab.text()
        assert tab.problems("view-growing") == []
        commit(journal, 2)
        tab.wait("return document.body.innerText.includes('2 of 100')")
    tab.wait("return document.querySelector('[data-ended]') !== null")

    assert tab.console() == []


def commit(journal, number):
    task = Task(id=f"grow_{number}", origin="grow", instruction=f"Say {number}.", parents=("seed",), round=number)
    counts = {"asked": 1, "failed": 0, "parsed": 1, "kept": 1, "pool": number + 1}
    spent = {"prompt_tokens": 10, "completion_tokens": 5, "cost_usd": 0.0, "seconds": 0.5}
    journal.commit(Round(stage="grow", number=number, tasks=(task,), rejections=(), **counts, **spent))
