import pytest

from selfinstruct.model import Model
from selfinstruct.model import replay as module
from selfinstruct.model.offline import Offline
from selfinstruct.model.replay import NOT_HELD, Replay


@pytest.fixture
def model():
    offline = Offline(mode="chat", repeats=0, truncated=0, bad_format=0, chatty=0, thinking=0)
    return Replay(model=offline, store="replies.sqlite", refused={"stage/2817/1": "too long"})


def test_it_passes_for_the_model_whose_replies_it_has(model):
    assert isinstance(model, Model)
    assert (model.name, model.mode, model.is_offline) == ("offline", "chat", True)
    assert model.identity() == model.model.identity()
    assert model.rates() == model.model.rates()
    assert model.store == "replies.sqlite"


def test_it_needs_neither_key_nor_server(model):
    model.prepare()

    assert model.problems() == []


def test_what_no_recorded_reply_answers_is_refused_and_the_run_goes_on(model, requests, complete):
    first, second = (reply.failure for reply in complete(model, requests(2)))

    assert (first.kind, first.message) == ("refused", NOT_HELD)
    assert (second.kind, second.message) == ("refused", "too long")


def test_a_stage_that_never_gives_up_is_ended(model, requests):
    with model.line() as line:
        line._missed = module.MOST
        (reply,) = line.ask(requests())

    assert reply.result().failure.kind == "fatal"
