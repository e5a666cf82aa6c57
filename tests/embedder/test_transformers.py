from importlib.util import find_spec

import pytest
import tiny_model

from selfinstruct.embedder import Embedder
from selfinstruct.embedder.transformers import SentenceModel
from selfinstruct.model.transformers import PACKAGES

needs_packages = pytest.mark.skipif(not all(map(find_spec, PACKAGES)), reason="embedding needs the extra `train`")


def sentence_model(folder, **changes):
    values = {"base_model": str(folder), "label": None, "precision": "float32", "device": "cpu", "max_tokens": 64}
    return SentenceModel(**(values | changes))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model.write_model(tmp_path_factory.mktemp("tiny"), spread=0.2)


def test_a_folder_without_a_model_is_reported_before_it_is_loaded(tmp_path):
    made = sentence_model(tmp_path / "gone")

    assert isinstance(made, Embedder)
    assert made.problems() != []


@needs_packages
def test_a_vector_depends_on_its_text_alone(tiny, embed):
    texts = ["Name a fruit.", "Write a long story about a river and a mill.", "Name a fruit."]
    together = [found.text for found in embed(sentence_model(tiny), *texts)]

    assert together == [embed(sentence_model(tiny), text)[0].text for text in texts]
    assert together[0] == together[2] != together[1]


@needs_packages
def test_a_vector_does_not_depend_on_the_number_of_threads(tiny, embed):
    import torch

    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append([one.text for one in embed(sentence_model(tiny), "Name a fruit.", "Sort these words.")])
    finally:
        torch.set_num_threads(before)

    assert found[0] == found[1]


@needs_packages
def test_a_long_text_is_read_up_to_the_limit(tiny, embed):
    (long,) = embed(sentence_model(tiny, max_tokens=4), "Name a fruit. " * 500)

    assert long.prompt_tokens == 4


@needs_packages
def test_a_text_without_tokens_is_refused(tiny, embed):
    (found,) = embed(sentence_model(tiny), "")

    assert found.failure.kind == "refused"
