import pytest
from servers import SETTINGS

from selfinstruct.embedder import request_of


@pytest.fixture(scope="session")
def settings():
    """The values of an embedder behind a network, its name and address aside."""
    return {key: value for key, value in SETTINGS.items() if key != "mode"} | {"timeout_seconds": 10}


@pytest.fixture(scope="session")
def embed():
    """Returns the completions of an embedder for some texts."""

    def ask(embedder, *texts):
        with embedder.session() as session:
            return [future.result() for future in session.submit([request_of(text) for text in texts])]

    return ask
