"""What is used of Hydra's private parts is as `selfinstruct.cli.hydra_private` needs it: an upgrade may change it."""

import ast
from argparse import Namespace
from inspect import signature
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.sources_registry import SourcesRegistry
from hydra._internal.utils import _run_app, create_automatic_config_search_path
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException
from omegaconf import OmegaConf

from selfinstruct.cli import hydra_private
from selfinstruct.cli.hints import CONF, composed_of
from selfinstruct.cli.hydra_private import FileConfigSource, Once, hydra_for, in_use, parser, read_yaml

PACKAGE = Path(hydra_private.__file__).parents[1]


def test_no_other_module_uses_private_parts_of_hydra():
    users = {
        path.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("hydra._", "omegaconf._"))
    }
    assert users == {"hydra_private.py"}


def test_the_functions_take_what_they_are_given():
    assert list(signature(_run_app).parameters) == [
        *("run", "multirun", "mode", "hydra", "config_name", "task_function", "overrides"),
    ]
    assert list(signature(create_automatic_config_search_path).parameters) == [
        *("calling_file", "calling_module", "config_path"),
    ]
    for name in ("load_configuration", "_compose_config_from_defaults_list", "_load_single_config"):
        assert list(signature(getattr(Once, name)).parameters) == list(
            signature(getattr(ConfigLoaderImpl, name)).parameters
        )


def test_files_are_read_by_our_source_also_after_hydra_has_looked_for_plugins():
    Plugins.instance()

    assert SourcesRegistry.instance().resolve("file") is FileConfigSource


@pytest.mark.parametrize("path", sorted(CONF.rglob("*.yaml")), ids=lambda path: str(path.relative_to(CONF)))
def test_yaml_is_read_as_omegaconf_reads_it(path):
    assert read_yaml(path) == OmegaConf.to_container(OmegaConf.load(path))


def test_values_are_read_by_the_rules_of_omegaconf(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1e3\nb: 2020-01-01\nc: on\nd: 0o7\ne: 1_000\nf: !!str 5\ng: [1.5, ~, 'x']\nh: é\n", "utf-8")

    assert read_yaml(path) == OmegaConf.to_container(OmegaConf.load(path))


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1")
    assert read_yaml(path) == {"a": 1}

    path.write_text("a: 22")

    assert read_yaml(path) == {"a": 22}


def test_a_key_that_occurs_twice_is_an_error(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\na: 2\n")

    with pytest.raises(hydra_private.yaml.YAMLError, match="duplicate key a"):
        read_yaml(path)


@pytest.mark.parametrize("words", [[], ["experiment=paper", "model=openai"], ["actions=[plan]"]])
def test_merging_at_once_gives_what_hydra_composes(words):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        expected = compose("config", overrides=words)

    assert OmegaConf.to_container(composed_of(words)) == OmegaConf.to_container(expected)
    assert OmegaConf.to_yaml(composed_of(words)) == OmegaConf.to_yaml(expected)


def test_what_cannot_be_merged_is_reported_with_its_file(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("# @package _global_\nrecipe: [1]\n")

    with (
        in_use(hydra_for(str(CONF), str(tmp_path))),
        pytest.raises(ConfigCompositionException, match="'experiment/mine'"),
    ):
        compose("config", overrides=["experiment=mine"])


def test_the_parser_knows_the_flags_that_a_run_remembers():
    found = parser().parse_args(["--config-dir=x", "--config-name=y", "--config-path=z"])

    assert isinstance(found, Namespace)
    assert (found.config_dir, found.config_name, found.config_path) == ("x", "y", "z")
