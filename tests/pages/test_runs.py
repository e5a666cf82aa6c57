import re

from selfinstruct.pages.guard import SANDBOX


def names(page):
    return re.findall(r'<a data-open href="/([^"]+)/">', page)


def test_the_list_shows_state_size_and_cost_and_sorts(look, make_run, tmp_path):
    make_run(tmp_path / "small")
    make_run(tmp_path / "sweep" / "0_a=1", cost=None)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("<b>not JSON")
    page = look(tmp_path, "/").text

    assert names(page) == ["broken", "small", "sweep~0_a%3D1"]
    assert '<td class="done">done</td>' in page
    assert "<td>unknown</td>" in page
    assert "config.json cannot be read" in page
    assert names(look(tmp_path, "/?sort=usd").text)[0] == "small"


def test_without_a_run_the_list_says_so(look, tmp_path):
    assert "There is no run yet." in look(tmp_path, "/").text


def test_a_single_run_is_shown_at_once(look, growing, made):
    growing.commit(made("a", "One."))

    assert "<h2 id=" in look(growing.folder, "/").text


def test_the_comparison_of_a_sweep_is_shut_off_from_our_pages(look, make_run, tmp_path):
    for number in range(2):
        make_run(tmp_path / "sweep" / f"{number}_a")
    (tmp_path / "sweep" / "comparison").mkdir()
    (tmp_path / "sweep" / "comparison" / "index.html").write_text("<script>alert(1)</script>")
    page = look(tmp_path, "/").text
    answer = look(tmp_path, "/comparison/0")

    assert 'Sweep sweep: <a href="/comparison/0">' in page
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert SANDBOX.startswith("sandbox ")
    assert "allow-scripts" not in SANDBOX
    assert look(tmp_path, "/comparison/1").status == 404


def test_a_training_alone_is_no_run_of_a_recipe(look, make_run, make_training, tmp_path):
    make_run(tmp_path / "a")
    make_training(tmp_path / "b")
    page = look(tmp_path, "/").text

    assert names(page) == ["a", "b"]
    assert "<td>training</td><td>tiny (bbbbbbbb)</td>" in page
    assert "bob" not in page
