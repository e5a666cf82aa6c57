"""The rows of a dataset as they are trained and validated on."""

import pytest

from selfinstruct.errors import DataError
from selfinstruct.trainer.prepared import columns, prepared, sequences_of

pytest.importorskip("transformers", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow


def test_every_row_is_trained_on_or_held_out_or_counted(trainer, training, dataset, tokenizer):
    found = prepared(trainer("full", max_length=60, validation_share=0.2), training(dataset), tokenizer)

    counts = found.counts()
    assert counts["trained_on"] + counts["validated_on"] + counts["dropped"] == 30
    assert all(counts[name] > 0 for name in ("trained_on", "validated_on", "dropped"))
    names = [row.name for row in found.train + found.held_out] + found.fitting.dropped
    assert len(set(names)) == 30


def test_a_dataset_without_a_row_that_fits_is_an_error(trainer, training, dataset, tokenizer):
    with pytest.raises(DataError, match=r"has no row left to train on: 30 of its rows are longer"):
        prepared(trainer("full", max_length=8), training(dataset), tokenizer)


def test_packing_makes_fewer_sequences_of_the_rows(trainer, training, dataset, tokenizer):
    found = prepared(trainer("full"), training(dataset), tokenizer)

    assert sequences_of(trainer("full"), found.train) == len(found.train)
    assert sequences_of(trainer("full", packing=True), found.train) < len(found.train)
    assert set(columns(found.train)[0]) == {"input_ids", "labels"}
