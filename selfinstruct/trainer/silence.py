"""What the libraries say unasked: bars, warnings about calls to each other, and to Hugging Face that TRL is in use."""

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
    """Turn bars and telemetry of the libraries off for good, and ignore those warnings for a while."""
    import datasets
    from huggingface_hub import constants
    from transformers.utils import logging

    constants.HF_HUB_DISABLE_TELEMETRY = True
    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with warnings.catch_warnings():
        for text in IGNORED:
            warnings.filterwarnings("ignore", text, FutureWarning)
        yield
