from selfinstruct.embedder.endpoint import Endpoint
from selfinstruct.embedder.offline import Offline
from selfinstruct.embedder.replay import ReplayedEmbedder


class NoVectors:
    def answer(self, request, fingerprint):
        return None


def test_it_is_the_recorded_embedder_to_whatever_asks_and_needs_no_key(settings):
    recorded = Endpoint(name="some", api_base="http://h/v1", **settings | {"key_env": "SOME_KEY", "key_required": True})
    replayed = ReplayedEmbedder(model=recorded, recordings=NoVectors())

    assert replayed.fingerprint() == recorded.fingerprint()
    assert replayed.reads_meaning
    assert replayed.problems() == []
    assert not ReplayedEmbedder(model=Offline(), recordings=NoVectors()).reads_meaning
