import pytest
from pydantic import ValidationError

from selfinstruct.embedder import decode, encode
from selfinstruct.embedder.offline import Offline, answer, hashed
from selfinstruct.filters import Filter, NeighborFilter, VectorFilter
from selfinstruct.filters.meaning import NEAREST, Meaning, nearest_by_meaning
from selfinstruct.filters.vector_index import ONE
from selfinstruct.pool import Pool
from selfinstruct.recipe.round_builder import judge, measured, prepare
from selfinstruct.request import Completion, Failure
from selfinstruct.round import Candidate
from selfinstruct.storage.history import rejection_of
from selfinstruct.task import HUMAN, Task

TEXT = "Explain linear regression in simple words."
NEAR = "Explain linear regression in very simple words."


def pool_of(*texts):
    return Pool(Task(id=f"seed_{number}", origin=HUMAN, instruction=text) for number, text in enumerate(texts))


def meaning(threshold=0.8):
    return Meaning(threshold=threshold, embedder=Offline())


class Never:
    """A filter that rejects what begins with a word, and notes what it has seen."""

    def __init__(self):
        self.seen = []

    def reject(self, candidate, pool):
        self.seen.append(candidate.instruction)
        return "unwanted" if candidate.instruction.startswith("Unwanted") else None


@pytest.fixture
def judged(scripted):
    """Judges texts as a round does, one after the other, and returns the rejections; kept ones enter the pool."""
    client = scripted(answer)

    def decide(filters, pool, *texts):
        candidates = [Candidate(text) for text in texts]
        prepare(candidates, filters, pool, dict.fromkeys(filters, client))
        found = []
        for number, candidate in enumerate(candidates, 1):
            found.append(judge(candidate, filters, pool))
            if found[-1] is None:
                pool.add(Task(id=f"grow_{number}", origin="grow", instruction=candidate.instruction))
        return found

    decide.client = client
    return decide


def test_it_is_a_filter_that_compares_vectors_and_leaves_the_neighbors_to_similarity():
    assert isinstance(meaning(), Filter)
    assert isinstance(meaning(), VectorFilter)
    assert not isinstance(meaning(), NeighborFilter)


def test_a_near_copy_is_rejected_with_the_nearest_task_and_the_cosine(judged):
    pool = pool_of("Name three fruits.", TEXT)

    near, far = judged({"meaning": meaning()}, pool, NEAR, "Sort the numbers.")

    assert far is None
    assert near.reason == "cosine 0.9277 with seed_1 by the offline embedder"
    assert (near.nearest, near.score) == (("seed_1", 0.9277), "cosine")


def test_a_rejection_is_read_as_it_was_written(judged):
    (near,) = judged({"meaning": meaning()}, pool_of(TEXT), NEAR)
    row = near.row("grow", 1)

    assert row["score"] == "cosine"
    assert rejection_of(b"", row) == near


def test_the_twin_of_a_candidate_that_was_just_kept_is_rejected(judged):
    kept, twin = judged({"meaning": meaning()}, pool_of("Name three fruits."), TEXT, NEAR)

    assert kept is None
    assert twin.nearest[0] == "grow_1"


def test_only_what_is_above_the_threshold_is_rejected(judged):
    one, other = (decode(encode(hashed(text))).astype(int) for text in (TEXT, NEAR))
    exact = int(one @ other) / ONE

    (at,) = judged({"meaning": meaning(exact)}, pool_of(TEXT), NEAR)
    (below,) = judged({"meaning": meaning(exact - 1 / ONE)}, pool_of(TEXT), NEAR)

    assert at is None
    assert below is not None


def test_a_threshold_of_1_lets_copies_pass(judged):
    assert judged({"meaning": meaning(1.0)}, pool_of(TEXT), TEXT) == [None]


def test_a_candidate_that_a_filter_before_it_rejects_is_not_embedded(judged):
    judged({"never": Never(), "meaning": meaning()}, pool_of(TEXT), "Unwanted: this.", "Sort the numbers.")

    assert [request.text for request in judged.client.asked] == [TEXT, "Sort the numbers."]


def test_a_filter_after_it_sees_each_candidate_once(judged):
    after = Never()
    judged({"meaning": meaning(), "never": after}, pool_of(TEXT), NEAR, "Sort the numbers.")

    assert after.seen == ["Sort the numbers."]


def test_two_filters_of_one_embedder_do_not_disturb_each_other(judged):
    first, second = judged({"near": meaning(0.8), "nearer": meaning(0.95)}, pool_of(TEXT), NEAR, "Sort the numbers.")

    assert first.filter == "near"
    assert second is None


def test_a_kept_task_records_the_nearest_one_with_the_cosine(judged):
    filters, pool = {"meaning": meaning(0.99)}, pool_of("Name three fruits.", TEXT)
    judged(filters, pool, NEAR)

    (task,) = measured([pool["grow_1"]], filters, pool)

    assert task.attributes == {NEAREST: ["seed_1", 0.9277]}
    assert nearest_by_meaning(task) == ("seed_1", 0.9277)


@pytest.mark.parametrize("value", [None, [], ["a"], [1, 2], {"a": 1}, "ab"])
def test_an_attribute_that_is_not_ours_is_not_a_nearest_task(value):
    assert nearest_by_meaning(Task(id="a", origin="grow", instruction="x", attributes={NEAREST: value})) is None


def test_a_candidate_that_the_embedder_refuses_is_rejected(scripted):
    client = scripted(lambda request: Completion(failure=Failure("refused", f"{request.text} is too long")))
    filters, pool = {"meaning": meaning()}, Pool()
    prepare([Candidate(TEXT)], filters, pool, {"meaning": client})

    assert judge(Candidate(TEXT), filters, pool).reason == "the embedder refuses the instruction"


@pytest.mark.parametrize("threshold", [0, -1, 1.01])
def test_a_threshold_that_is_no_cosine_is_refused(threshold):
    with pytest.raises(ValidationError):
        meaning(threshold)
