import pytest

from selfinstruct.embedder import request_of
from selfinstruct.model.settings import Price


@pytest.fixture(scope="session")
def settings():
    """The values of an embedder behind a network, its name and address aside."""
    return {
        "key_env": None,
        "key_required": False,
        "concurrency": 4,
        "requests_per_minute": None,
        "tokens_per_minute": None,
        "timeout_seconds": 10,
        "deadline_seconds": None,
        "attempts": 3,
        "price": Price(prompt=None, completion=None),
        "extra": {},
        "store": None,
    }


@pytest.fixture(scope="session")
def embed():
    """Returns the completions of an embedder for some texts."""

    def ask(embedder, *texts):
        with embedder.session() as session:
            return [future.result() for future in session.submit([request_of(text) for text in texts])]

    return ask
