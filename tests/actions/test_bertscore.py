"""BERTScore, by a package of the test's own in the place of the real one, which brings torch."""

import sys

import pytest

from selfinstruct.actions.bertscore import baseline_of, is_installed, problems, similarities
from selfinstruct.errors import SelfInstructError

PACKAGE = """
from pathlib import Path

def score(cands, refs, model_type, num_layers, lang, rescale_with_baseline, baseline_path):
    if model_type == "absent":
        raise OSError("absent is no local folder\\nand more")
    if model_type == "endless":
        raise OverflowError("int too big to convert")
    if not all(text.strip() for text in [*cands, *(ref for group in refs for ref in group)]):
        raise AttributeError("BertTokenizer has no attribute build_inputs_with_special_tokens")
    assert lang == "en" and rescale_with_baseline == (baseline_path is not None)
    shift = 0 if baseline_path is None else float(Path(baseline_path).read_text())
    best = [max(len(set(c.split()) & set(r.split())) / 10 for r in group) for c, group in zip(cands, refs)]
    return None, None, [value + shift for value in best]
"""
SHIFTS = {"roberta-large": 0, "microsoft/deberta": 1}
"""What stands in the place of each baseline."""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Puts a package where Python finds it."""

    def put(text):
        folder = tmp_path / "bert_score"
        for name, shift in SHIFTS.items():
            path = folder / "rescale_baseline/en" / f"{name}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(shift))
        (folder / "__init__.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "bert_score", raising=False)

    yield put
    sys.modules.pop("bert_score", None)


def test_the_nearest_reference_counts(package):
    package(PACKAGE)

    assert is_installed()
    assert similarities(["a b c"], [["a", "b c", "d"]], None, None) == [0.2]


def test_a_model_is_rescaled_by_the_baseline_of_its_name(package):
    package(PACKAGE)

    assert similarities(["a b"], [["a b"]], "microsoft/deberta", None) == [1.2]
    assert baseline_of("microsoft/deberta", None) == "microsoft/deberta"
    assert baseline_of(None, None) == "roberta-large"


def test_a_model_in_a_folder_is_rescaled_by_the_baseline_that_is_named_and_else_raw(package):
    package(PACKAGE)

    assert similarities(["a b"], [["a b"]], "/models/mine", 6) == [0.2]
    assert baseline_of("/models/mine", None) is None
    assert similarities(["a b"], [["a b"]], "/models/mine", 6, "microsoft/deberta") == [1.2]
    assert baseline_of("/models/mine", "microsoft/deberta") == "microsoft/deberta"


def test_a_baseline_that_the_package_does_not_have_is_found_before_anything_is_scored(package):
    package(PACKAGE)

    assert problems(None, None, "roberta-large") == problems(None, None, None) == []
    said = "bert-score has no such baseline; it has microsoft/deberta, roberta-large."
    assert problems(None, None, "mine") == [f"score.bertscore_baseline=mine: {said}"]


def test_a_model_in_a_folder_needs_its_layer(package, tmp_path):
    package(PACKAGE)
    said = f"score.bertscore_layers must be set for a model in a folder (got {tmp_path})."

    assert problems(str(tmp_path), None, None) == [said]
    assert problems(str(tmp_path), 6, None) == []


def test_an_empty_text_scores_nothing_and_is_not_given_to_the_package(package):
    package(PACKAGE)

    assert similarities(["", "a b", " \n", "a"], [["a"], ["", "a b"], ["a"], ["", " "]], None, None) == [0, 0.2, 0, 0]
    assert similarities([""], [["a"]], None, None) == [0]


def test_a_tokenizer_without_a_longest_text_is_reported_without_a_traceback(package):
    package(PACKAGE)

    with pytest.raises(SelfInstructError, match=r"endless, cannot be used \(int too big to convert\)"):
        similarities(["a"], [["a"]], "endless", 6)


def test_a_model_that_is_not_there_is_reported_with_what_to_do(package):
    package(PACKAGE)

    with pytest.raises(
        SelfInstructError, match=r"absent, cannot be used \(absent is no local folder\)\. .*bertscore_model"
    ):
        similarities(["a"], [["a"]], "absent", None)


@pytest.mark.skipif(is_installed(), reason="the package is installed")
def test_the_package_that_is_not_there_is_reported_with_what_to_do():
    with pytest.raises(SelfInstructError, match=r"needs the package bert-score.*bertscore=false"):
        similarities(["a"], [["a"]], None, None)


def test_a_package_that_is_broken_is_reported_so(package):
    package("import no_such_torch")

    with pytest.raises(SelfInstructError, match="bert-score cannot be imported: No module named 'no_such_torch'"):
        similarities(["a"], [["a"]], None, None)
