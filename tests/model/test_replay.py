import pytest

from selfinstruct.model import Model
from selfinstruct.model.offline import Offline
from selfinstruct.model.replay import MAX_MISSES, NOT_HELD, Replay
from selfinstruct.request import Completion


class CachedModel:
    def answer(self, request, fingerprint):
        return Completion(text=fingerprint) if request.id.endswith("/1") else None


@pytest.fixture
def model():
    offline = Offline(mode="chat", repeats=0, truncated=0, bad_format=0, chatty=0, thinking=0)
    return Replay(model=offline, recordings=CachedModel())


def test_it_passes_for_the_model_whose_replies_it_has(model):
    assert isinstance(model, Model)
    assert (model.name, model.mode, model.is_offline) == ("offline", "chat", True)
    assert model.fingerprint() == model.model.fingerprint()
    assert model.pricing() == model.model.pricing()
    assert model.store is None


def test_it_needs_neither_key_nor_server(model):

    assert model.problems() == []


def test_a_recorded_reply_is_given_and_what_none_answers_is_refused(model, requests, complete):
    first, second = complete(model, requests(2))

    assert (first.failure.kind, first.failure.message) == ("refused", NOT_HELD)
    assert '"name": "offline"' in second.text


def test_a_stage_that_never_gives_up_is_ended(model, requests):
    with model.session() as line:
        *_, before, last = line.submit(requests() * (MAX_MISSES + 1))

    assert (before.result().failure.kind, last.result().failure.kind) == ("refused", "fatal")
