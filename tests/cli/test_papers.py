"""The paper of a recipe and its values."""

import pytest

from selfinstruct.actions.card.facts import paper_in
from selfinstruct.cli.hints import CONF, options_in
from selfinstruct.cli.papers import citation_of, settings_of


@pytest.mark.parametrize("recipe", [path.stem for path in (CONF / "recipe").glob("*.bib")])
def test_the_entry_of_a_paper_names_its_method_and_an_experiment(recipe):
    paper = paper_in(citation_of(recipe))

    assert "et al., 202" in paper.method
    assert paper["experiment"] in options_in(CONF)["experiment"]
    assert all(paper[name] for name in ("title", "author", "year", "url"))
    assert (CONF / f"recipe/{recipe}.yaml").is_file()


def test_a_recipe_without_a_paper_has_no_citation():
    assert citation_of("convert") == ""
    assert paper_in("") is None


def test_an_entry_is_read_as_publishers_write_it():
    entry = '@article{key, title = "A {LaTeX} title: and more", author={Doe, Jane and Roe, R.}, year=2024}'
    text = f"{entry}\n@misc{{b, year=1}}"

    paper = paper_in(text)

    assert (paper.entry, paper["year"]) == (entry, "2024")
    assert paper.method == "A {LaTeX} title (Doe and Roe, 2024)"


def test_an_own_config_folder_has_its_own_papers(tmp_path, monkeypatch):
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe/mine.bib").write_text("@misc{mine, title={Mine}}")
    monkeypatch.setattr("sys.argv", ["run.py", f"--config-dir={tmp_path}"])

    assert paper_in(citation_of("mine"))["title"] == "Mine"


def test_the_values_of_an_experiment_are_given_key_by_key():
    leaves = settings_of("paper")

    assert leaves["recipe.instructions.until"] == 52_000
    assert leaves["recipe.classification.prompt.decoding.max_tokens"] == 3
