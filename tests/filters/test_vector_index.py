import numpy as np
import pytest

from selfinstruct.embedder import encode
from selfinstruct.errors import ModelError
from selfinstruct.filters.vector_index import BLOCK, ONE, VectorIndex, score
from selfinstruct.request import Completion, Failure
from selfinstruct.task import HUMAN, Task


@pytest.fixture
def client(scripted):
    """Embeds texts that are numbers, joined by blanks; refuses the word `no`."""

    def vector(request):
        if request.text == "no":
            return Completion(failure=Failure("refused", "too long"))
        return encode(map(float, request.text.split()))

    return scripted(vector)


def seed(number, text):
    return Task(id=f"seed_{number}", origin=HUMAN, instruction=text)


def index_of(*texts):
    index = VectorIndex()
    for number, text in enumerate(texts):
        index.add(seed(number, text))
    return index


def test_the_nearest_task_is_found_and_of_equally_near_ones_the_first(client):
    index = index_of("1 0", "0 1", "0 2")
    index.prepare(["1 9"], client)

    name, product = index.nearest("1 9")

    assert (name, score(product)) == ("seed_1", 0.994)


def test_a_task_that_the_round_has_kept_is_compared_as_well(client):
    index = index_of("1 0")
    index.prepare(["0 1", "1 9"], client)

    index.add(Task(id="grow_1", origin="grow", instruction="0 1"))

    assert index.nearest("1 9")[0] == "grow_1"
    assert index.entered("grow_1") == ("seed_0", 0.0)


def test_nothing_is_near_in_an_empty_pool(client):
    index = VectorIndex()
    index.prepare(["1 0"], client)

    assert index.nearest("1 0") is None


def test_a_copy_has_the_cosine_1_and_no_more(client):
    index = index_of("1 2 3")
    index.prepare(["1 2 3"], client)

    assert index.nearest("1 2 3") == ("seed_0", pytest.approx(ONE, abs=8000))
    assert index.nearest("1 2 3")[1] <= ONE


def test_each_text_is_asked_for_once_and_all_of_a_round_together(client):
    index = index_of("1 0", "0 1")
    index.prepare(["1 1", "1 0", "1 1"], client)

    assert [request.text for request in client.asked] == ["1 0", "0 1", "1 1"]


def test_a_candidate_that_the_embedder_refuses_has_no_nearest_task(client):
    index = index_of("1 0")
    index.prepare(["no", "1 1"], client)

    assert (index.is_refused("no"), index.is_refused("1 1")) == (True, False)
    assert index.nearest("no") is None


def test_a_task_that_the_embedder_refuses_stops_the_run(client):
    with pytest.raises(ModelError, match=r"it refuses the instruction of seed_1\."):
        index_of("1 0", "no").prepare([], client)


def test_vectors_of_two_lengths_stop_the_run(client):
    with pytest.raises(ModelError, match="differ in length"):
        index_of("1 0").prepare(["1 0 0"], client)


def test_a_large_pool_is_compared_exactly_in_every_block_whatever_shares_a_batch(client):
    rng = np.random.default_rng(3)
    texts = [" ".join(map(str, row)) for row in rng.integers(-9, 9, (BLOCK + 50, 8))]
    candidates = [" ".join(map(str, row)) for row in rng.integers(-9, 9, (20, 8))]
    index = index_of(*texts)
    index.prepare(candidates, client)
    together = [index.nearest(text) for text in candidates]
    vectors = {text: plain(text) for text in (*texts, *candidates)}

    alone = []
    for text in candidates:
        index.prepare([text], client)
        alone.append(index.nearest(text))

    assert together == alone
    for text, (name, product) in zip(candidates, together, strict=True):
        products = [int(vectors[text] @ vectors[other]) for other in texts]
        assert (name, product) == (f"seed_{products.index(max(products))}", min(max(products), ONE))


def plain(text):
    """The vector of a text, in whole numbers."""
    numbers = np.array(text.split(), float)
    return np.rint(numbers / np.sqrt(np.sum(numbers**2)) * 4000).astype(np.int64)
