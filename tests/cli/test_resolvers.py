"""What `${name:…}` stands for in configs."""

import pytest
from omegaconf import OmegaConf

from selfinstruct.cli import resolvers
from selfinstruct.cli.hints import CONF


def test_conf_stands_for_the_config_tree_wherever_it_is_installed():
    assert OmegaConf.create({"path": "${conf:seeds/x.jsonl}"}).path == str(CONF / "seeds/x.jsonl")


def test_a_published_text_is_read_from_the_users_copy(tmp_path):
    (tmp_path / "prompt.txt").write_text("Their words.")

    assert resolvers.published_text(str(tmp_path), "prompt.txt") == "Their words."
    with pytest.raises(ValueError, match="set published=<folder>"):
        resolvers.published_text(None, "prompt.txt")
