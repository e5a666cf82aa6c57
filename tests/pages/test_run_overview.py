import pytest

from selfinstruct.pages import run_overview
from selfinstruct.pages.guard import SANDBOX
from selfinstruct.pages.library import Library


def test_the_overview_shows_the_figures_as_images_with_their_files(look, growing, made):
    page = look(growing.commit(made("a", "One.", "seed_0")).folder, "/one/").text

    assert '<img src="/one/figures/funnel.svg"' in page
    assert 'srcset="/one/figures/funnel.svg?ink=dark"' in page
    assert 'href="/one/figures/funnel.pdf"' in page
    assert "Requests by round (1)" in page


@pytest.mark.parametrize(("ink", "color"), [("light", "#1c2430"), ("dark", "#e3e7ee"), ("nonsense", "#1c2430")])
def test_a_figure_is_drawn_in_the_color_of_the_page(look, growing, made, ink, color):
    growing.commit(made("a", "One.", "seed_0"))
    answer = look(growing.folder, f"/one/figures/funnel.svg?ink={ink}")

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert color in answer.text
    assert "currentColor" not in answer.text
    assert "style=" not in answer.text


def test_a_run_without_rounds_says_so(look, growing):
    assert "No round of this run is committed." in look(growing.folder, "/one/").text


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_training_alone_has_its_curves_and_what_it_came_to(look, make_training, tmp_path, is_finished):
    make_training(tmp_path / "one", is_finished=is_finished)
    page = look(tmp_path / "one", "/one/").text

    assert '<img src="/one/figures/training.svg"' in page
    assert ("<td>validation loss</td>" in page) is is_finished
    assert look(tmp_path / "one", "/one/figures/training.csv").text.splitlines()[1].startswith("2,")


def test_a_step_of_a_training_is_shown_at_once(make_training, tmp_path):
    run = Library([make_training(tmp_path / "one", is_finished=False)]).run("one")
    first = run.reader
    with (tmp_path / "one/training.jsonl").open("a") as file:
        file.write('{"step": 6, "loss": 0.1}\n')

    assert run.reader is not first


def test_a_large_run_is_not_measured_while_somebody_waits(look, growing, made):
    growing.commit(made("a", "One."), pool=run_overview.MOST_TASKS + 1)
    page = look(growing.folder, "/one/").text

    assert "hydra.run.dir=" in page
    assert "Stages" in page
    assert look(growing.folder, "/one/figures/funnel.svg").status == 404
    (growing.folder / "report.html").write_text("<b>the report</b>")
    assert 'href="/one/report.html"' in look(growing.folder, "/one/").text
    assert look(growing.folder, "/one/report.html").headers["Content-Security-Policy"] == SANDBOX


def test_what_was_measured_is_kept_until_the_run_goes_on(growing, made):
    run = Library([growing.commit(made("a", "One.")).folder]).run("one")
    run.reader  # noqa: B018
    first = run.kept("overview", lambda: run_overview.values_of(run))

    assert run.kept("overview", lambda: None) is first
