"""A training from its rows to its files, also where it is killed."""


import pytest

from selfinstruct.request import Decoding, Request

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow

TRAINERS = ("full", "lora", "ia3", "prefix", "prompt_tuning", "adapter")
RATES = {"full": 1e-2, "lora": 1e-2, "ia3": 0.3, "prefix": 0.3, "prompt_tuning": 0.3, "adapter": 0.3}
MERGED = ("lora", "ia3")
QUESTIONS = ("Write a poem about the sea.", "Name three colors.", "Who are you?")


def settings(name, **changes):
    """A training long enough to change the answers."""
    return {
        "epochs": 8,
        "batch_size": 8,
        "accumulate": 1,
        "learning_rate": RATES[name],
        "merge": name in MERGED,
    } | changes


def answers(folder, adapter=None):
    """The greedy answers of a model from a folder, as model=transformers gives them."""
    from selfinstruct.model.transformers import Transformers

    model = Transformers(
        base_model=str(folder), adapter=adapter, label=None, mode="chat", precision="float32", device="cpu",
        batch_size=3, max_tokens=16,
    )  # fmt: skip
    requests = [
        Request(id=str(number), stage="test", round=1, text=text, chat=True, decoding=Decoding())
        for number, text in enumerate(QUESTIONS)
    ]
    with model.session() as session:
        found = [future.result(timeout=60) for future in session.submit(requests)]
    assert [one.failure for one in found] == [None] * len(found)
    return [one.text for one in found]
