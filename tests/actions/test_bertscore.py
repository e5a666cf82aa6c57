"""BERTScore, by a package of the test's own in the place of the real one, which brings torch."""

import sys

import pytest

from selfinstruct.actions.bertscore import is_installed, similarities
from selfinstruct.errors import SelfInstructError

PACKAGE = """
def score(cands, refs, model_type, num_layers, lang, rescale_with_baseline):
    if model_type == "absent":
        raise OSError("absent is no local folder\\nand more")
    assert lang == "en" and rescale_with_baseline
    best = [max(len(set(c.split()) & set(r.split())) / 10 for r in group) for c, group in zip(cands, refs)]
    return None, None, best
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Puts a package where Python finds it."""

    def put(text):
        (tmp_path / "bert_score.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "bert_score", raising=False)

    yield put
    sys.modules.pop("bert_score", None)


def test_the_nearest_reference_counts(package):
    package(PACKAGE)

    assert is_installed()
    assert similarities(["a b c"], [["a", "b c", "d"]], None, None) == [0.2]


def test_a_model_that_is_not_there_is_told_with_what_to_do(package):
    package(PACKAGE)

    with pytest.raises(
        SelfInstructError, match=r"absent, cannot be used \(absent is no local folder\)\. .*bertscore_model"
    ):
        similarities(["a"], [["a"]], "absent", None)


@pytest.mark.skipif(is_installed(), reason="the package is installed")
def test_the_package_that_is_not_there_is_told_with_what_to_do():
    with pytest.raises(SelfInstructError, match=r"needs the package bert-score.*bertscore=false"):
        similarities(["a"], [["a"]], None, None)


def test_a_package_that_is_broken_is_told_so(package):
    package("import no_such_torch")

    with pytest.raises(SelfInstructError, match="bert-score cannot be imported: No module named 'no_such_torch'"):
        similarities(["a"], [["a"]], None, None)
