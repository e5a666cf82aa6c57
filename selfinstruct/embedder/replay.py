"""An embedder that answers with recorded vectors only, without key, network or model."""

from selfinstruct.embedder import Embedder
from selfinstruct.model.replay import Replay
from selfinstruct.part import part


@part
class ReplayedEmbedder(Replay):
    """Answers as an embedder did, with the vectors that were recorded."""

    model: Embedder
    """The embedder that gave the vectors; it is never asked."""

    @property
    def reads_meaning(self) -> bool:
        """Whether the recorded vectors come from a model that was trained."""
        return self.model.reads_meaning
