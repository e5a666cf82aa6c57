"""What the libraries print that a user can do nothing about: their bars, and warnings about calls to each other."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

IGNORED = (
    "`is_gradient_checkpointing` is deprecated",  # PEFT asks transformers
    "`gradient_checkpointing` is deprecated",  # TRL's default for transformers
    "`past_key_values` is deprecated",  # PEFT gives prefixes to transformers
)
"""How the warnings begin."""


@contextmanager
def silenced() -> Iterator[None]:
    """Turn the bars of the libraries off for good, and ignore those warnings for a while."""
    import datasets
    from transformers.utils import logging

    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with warnings.catch_warnings():
        for text in IGNORED:
            warnings.filterwarnings("ignore", text, FutureWarning)
        yield
