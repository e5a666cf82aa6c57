from selfinstruct.pages.framing import framed, is_running, shortened, state_of
from selfinstruct.pages.library import Library
from selfinstruct.storage.folder import held


def test_every_page_leads_to_the_others(growing):
    run = Library([growing.folder]).run("one")
    page = framed("site.html", run, "tasks", {}).body

    assert 'href="/one/tasks" aria-current="page"' in page
    assert all(f'href="/one/{name}"' in page for name in ("", "rejected", "lineage"))


def test_while_a_run_is_read_the_page_says_how_much(growing):
    run = Library([growing.folder]).run("one")

    assert "Reading … 42 % of the run has been read" in framed("site.html", run, "tasks", {}, 0.42).body
    assert "Reading" not in framed("site.html", run, "tasks", {}).body


def test_a_run_that_a_process_holds_is_under_way(growing):
    run = Library([growing.folder]).run("one")
    with held(growing.folder):
        assert is_running(run)

    assert state_of(run) == "interrupted"


def test_a_long_text_is_cut():
    assert shortened("abc", 2) == "ab…"
    assert shortened("abc", 3) == "abc"
