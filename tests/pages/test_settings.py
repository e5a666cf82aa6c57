import yaml

from selfinstruct.pages.settings import as_yaml, command, made_with, settings
from selfinstruct.storage.folder import store_config
from selfinstruct.storage.reader import RunReader


def test_settings_are_yaml_that_reads_back_the_same_and_texts_are_blocks():
    values = {"template": "One.\n\nTwo: {{ x }}\n", "threshold": 0.7, "stop": ["#", "no"], "odd": "a: b"}

    assert yaml.safe_load(as_yaml(values)) == values
    assert "template: |\n" in as_yaml(values)


def test_settings_name_no_key_server_or_folder(make_run, tmp_path):
    run = RunReader(make_run(tmp_path / "run", x="/home/bob/secret/file", api_base="http://server/v1"))

    found = settings(run)

    assert "file" in found
    assert not any(text in found for text in ("bob", "server", "api_base", "trackers"))


def test_the_command_is_what_anyone_can_type(tmp_path):
    words = ["recipe=alpaca", "seeds.path=/home/bob/my seeds.jsonl", "hydra.run.dir=/home/bob/run"]
    store_config(tmp_path, {"random_seed": 1, "recipe": {}}, words, flags={"config_dir": "/home/bob/mine"})

    assert command(tmp_path) == "python run.py --config-dir mine recipe=alpaca 'seeds.path=my seeds.jsonl'"


def test_versions_that_are_not_installed_are_left_out_and_a_changed_checkout_is_said():
    summary = {"versions": {"python": "3.11", "wandb": None}, "git": {"commit": "abc", "dirty": True}}

    assert made_with(summary) == [("python", "3.11"), ("commit", "abc (changed since)")]
    assert made_with({}) == []
