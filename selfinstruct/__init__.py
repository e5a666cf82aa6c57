"""Grow instruction-tuning datasets with language models, as experiments declared in YAML."""

__version__ = "0.1.0"
