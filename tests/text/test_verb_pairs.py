"""Verbs and nouns by a model of spaCy: a small one of our own, whose parser is a handful of rules."""

import sys

import pytest

from selfinstruct.errors import SelfInstructError
from selfinstruct.text.verb_pairs import RULE, found_by, problems, verb_noun_pairs

spacy = pytest.importorskip("spacy", reason="needs the extra spacy")
tiny_parser = pytest.importorskip("tiny_parser")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_parser.save(tmp_path_factory.mktemp("model"))


def test_the_pair_is_the_root_verb_and_its_object_as_lemmas(model):
    assert verb_noun_pairs(["Yesterday somebody wrote these Words"], model) == [("write", "word")]


def test_an_instruction_without_an_object_or_without_words_has_no_pair(model):
    assert verb_noun_pairs(["Write nicely", "", "Why not"], model) == [None, None, None]


def test_an_instruction_without_a_verb_is_read_again_with_please_before_it(model):
    assert verb_noun_pairs(["List rivers", "Sort words"], model) == [("list", "river"), ("sort", "word")]


def test_other_languages_are_read_once_and_have_their_name_of_an_object(tmp_path):
    model = tiny_parser.save(tmp_path, "de")

    assert verb_noun_pairs(["Sort words", "List rivers"], model) == [("sort", "word"), None]


def test_without_a_model_the_rule_finds_the_pairs():
    assert verb_noun_pairs(["Sort the words.", "Why?"]) == [("sort", "word"), None]
    assert found_by(None) == RULE
    assert problems(None) == []


def test_a_model_is_named_with_its_version(model):
    assert found_by(model) == f"en_pipeline 0.0.0, spaCy {spacy.__version__}"


def test_a_package_is_read_without_its_code(model, tmp_path, monkeypatch):
    package = tmp_path / "en_handful"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('this code must not run')")
    spacy.load(model).to_disk(package / "en_handful-0.0.0")
    monkeypatch.syspath_prepend(tmp_path)

    assert verb_noun_pairs(["Sort words"], "en_handful") == [("sort", "word")]
    assert "en_handful" not in sys.modules


@pytest.mark.parametrize("name", ["no_such_model", "no/such/folder", "json"])
def test_a_model_that_is_not_installed_is_reported_with_what_to_install(name):
    (problem,) = problems(name)

    assert problem.startswith(f"spacy_model={name} is neither an installed model nor a folder of one.")
    assert "python -m spacy download en_core_web_sm" in problem


def test_spacy_that_is_not_installed_is_reported_with_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)  # what Python itself notes of a package that must not be imported

    assert problems("absent") == [
        "spacy_model=absent needs spaCy, which is not installed. Run: pip install 'selfinstruct[spacy]'."
    ]


def test_a_name_that_is_not_text_is_reported():
    assert problems(3) == ["spacy_model must be the name of a package or a folder (got 3)."]


def test_a_model_without_a_parser_is_reported(tmp_path):
    (problem,) = problems(tiny_parser.save(tmp_path, has_parser=False))

    assert "Name a model with a parser" in problem


def test_a_damaged_model_is_reported_and_never_half_used(tmp_path):
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "config.cfg").write_text("[nlp")

    assert "cannot be loaded" in problems(str(folder))[0]
    with pytest.raises(SelfInstructError, match="cannot be loaded"):
        verb_noun_pairs(["Sort words"], str(folder))
