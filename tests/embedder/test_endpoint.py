"""What only the embedder does; sending, retries and limits are those of the models, tested there."""

import embedding_server
import pytest
from pydantic import ValidationError

from selfinstruct.embedder import Embedder, decode, encode
from selfinstruct.embedder.endpoint import Endpoint, vector
from selfinstruct.embedder.offline import hashed
from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.settings import Price


@pytest.fixture
def endpoint(settings):
    return lambda url, **changes: Endpoint(**{"name": "some", "api_base": url, **settings, **changes})


def test_a_text_is_sent_alone_and_its_vector_comes_back_with_its_tokens(endpoint, embed):
    with embedding_server.serving() as (url, asked):
        (found,) = embed(endpoint(url, extra={"dimensions": 512}), "Name a fruit.")

    assert asked == [("/v1/embeddings", {"dimensions": 512, "input": "Name a fruit.", "model": "some"})]
    assert decode(found.text).tolist() == decode(encode(hashed("Name a fruit."))).tolist()
    assert (found.prompt_tokens, found.cost_usd, found.model) == (7, None, "served-1")


def test_a_price_gives_the_cost(endpoint, embed):
    with embedding_server.serving() as (url, _):
        (found,) = embed(endpoint(url, price=Price(prompt=2.0, completion=0.0)), "Name a fruit.")

    assert found.cost_usd == pytest.approx(14e-6)


def test_a_server_that_fails_once_is_asked_again(endpoint, embed):
    with embedding_server.serving(statuses=[503]) as (url, asked):
        (found,) = embed(endpoint(url), "Name a fruit.")

    assert found.failure is None
    assert len(asked) == 2


@pytest.mark.parametrize("reply", [{"data": []}, {"data": [{"embedding": []}]}, {"data": [{"embedding": ["x"]}]}, [1]])
def test_a_reply_without_a_vector_is_never_used(reply, endpoint, embed):
    with embedding_server.serving(reply=reply) as (url, _):
        (found,) = embed(endpoint(url, attempts=1, deadline_seconds=20), "Name a fruit.")

    assert found.failure is not None


def test_making_one_connects_to_nothing_and_needs_no_key(endpoint):
    made = endpoint("http://127.0.0.1:1/v1")

    assert isinstance(made, Embedder)
    assert made.problems() == []
    assert made.reads_meaning
    assert endpoint("nowhere").problems() != []


def test_what_stands_in_the_place_of_a_vector_is_shown():
    with pytest.raises(GarbledError, match="no vector: 'None' is not a list of numbers"):
        vector(None, None, None, Price(prompt=None, completion=None))


@pytest.mark.parametrize("key", ["batch", "unsupported", "max_tokens_parameter"])
def test_what_only_models_that_write_text_have_is_refused(key, endpoint):
    with pytest.raises(ValidationError, match=key):
        endpoint("http://127.0.0.1:1/v1", **{key: None})
