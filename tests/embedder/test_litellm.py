"""What only the embedder does; sending, retries and limits are those of the models, tested there."""

import embedding_server
import pytest

from selfinstruct.embedder import Embedder, decode, encode
from selfinstruct.embedder.litellm import LiteLLM
from selfinstruct.embedder.offline import hashed

pytestmark = pytest.mark.slow


@pytest.fixture
def litellm(settings):
    return lambda url, **changes: LiteLLM(**{"name": "openai/some", "api_base": url, **settings, **changes})


def test_a_text_is_sent_to_its_provider_and_its_vector_comes_back(litellm, embed):
    with embedding_server.serving(statuses=[429]) as (url, asked):
        (found,) = embed(litellm(url, extra={"user": "someone"}), "Name a fruit.")

    assert len(asked) == 2
    assert asked[1][0] == "/v1/embeddings"
    assert asked[1][1]["input"] == ["Name a fruit."]
    assert asked[1][1]["user"] == "someone"
    assert decode(found.text).tolist() == decode(encode(hashed("Name a fruit."))).tolist()
    assert (found.prompt_tokens, found.cost_usd) == (7, None)


def test_a_missing_key_is_reported_before_anything_is_sent(litellm, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)

    made = litellm(None, key_env="SOME_KEY", key_required=True)

    assert isinstance(made, Embedder)
    assert made.problems() == ["The environment variable SOME_KEY is not set; openai/some needs its key there."]
