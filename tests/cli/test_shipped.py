from hydra.core.plugins import Plugins

from selfinstruct.cli.shipped import models
from selfinstruct.cli.strangers import launcher_defaults, own_folders


def test_every_option_for_the_model_is_known():
    assert {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", None} <= {model.get("key_env") for model in models()}


def test_our_own_folders_are_as_the_config_says():
    assert own_folders()["run.dir"].startswith("outputs/")


def test_a_launcher_that_no_package_brings_has_no_defaults():
    Plugins.instance()  # Hydra has them when it composes
    assert launcher_defaults({"hydra/launcher": "nothing"}) == {}
    assert launcher_defaults({}) == {}
    assert "_target_" in launcher_defaults({"hydra/launcher": "basic"})
