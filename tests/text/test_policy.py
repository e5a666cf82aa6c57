import sys

import pytest

from selfinstruct.text.policy import is_allowed, refused

CORE = "hydra._internal.core_plugins."
SOUND = {
    "callbacks": {},
    "launcher": {"_target_": f"{CORE}basic_launcher.BasicLauncher"},
    "sweeper": {"_target_": f"{CORE}basic_sweeper.BasicSweeper", "params": {"random_seed": "1,2"}},
    "job_logging": {
        "formatters": {"simple": {"format": "%(message)s"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
            "file": {
                "class": "logging.FileHandler",
                "filename": "${hydra.runtime.output_dir}/${hydra.job.name}.log",
            },
        },
        "root": {"handlers": ["console", "file"]},
    },
    "hydra_logging": None,
    "job": {"name": "run", "env_set": {}, "env_copy": []},
    "output_subdir": ".hydra",
    "run": {"dir": "outputs/${now:%Y}"},
    "searchpath": ["file:///mine", "pkg://hydra.conf"],
}


def with_one(path, value):
    """A sound config but for one value."""
    node = copied = {key: dict(part) if isinstance(part, dict) else part for key, part in SOUND.items()}
    *ways, last = path.split("/")
    for way in ways:
        node[way] = dict(node.get(way) or {})
        node = node[way]
    node[last] = value
    return copied


def test_what_hydra_needs_is_not_refused():
    assert list(refused(SOUND)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("callbacks/x", {"_target_": "os.system", "command": "true"}),
        ("callbacks/x", {"_target_": "hydra.experimental.callbacks.PickleJobInfoCallback"}),
        ("callbacks/x", {"_target_": "selfinstruct.cli.sweep.Sweep", "path": {"_target_": "os.system"}}),
        ("callbacks/x", {"_target_": "selfinstruct.cli.job.os.system", "command": "true"}),
        ("callbacks/x", {"_target_": "selfinstruct.storage.folder.replace_text", "path": "hacked", "text": ""}),
        ("callbacks/x", {"_target_": "hydra_plugins.hydra_joblib_launcher._core.logging.os.system", "command": "true"}),
        ("callbacks", "${mine}"),
        ("callbacks/x", {"_target_": "${mine}"}),
        ("callbacks/x", {"_target_": "selfinstruct.cli.sweep.Sweep", "path": "${oc.create:'{_target_: os.system}'}"}),
        ("launcher/_target_", "hydra_plugins.somebody.Launcher"),
        ("launcher/more", {"_target_": "os.system"}),
        ("sweeper/_target_", "os.system"),
        ("sweeper/sampler", {"_target_": "optuna.samplers.warnings"}),
        ("sweeper/params", {"random_seed": "${mine}"}),
        ("job_logging/handlers/x", {"()": "os.system", "command": "true"}),
        ("job_logging/handlers/x", {"class": "logging.handlers.HTTPHandler"}),
        ("job_logging/handlers/x", {"()": "selfinstruct.cli.traces.shutil.copy", "src": "a", "dst": "b"}),
        ("job_logging/formatters/x", {"()": "os.system"}),
        ("job_logging/filters/x", {"()": "os.system"}),
        ("job_logging/handlers/x", {"class": "logging.StreamHandler", "stream": "ext://os.environ"}),
        ("job_logging/handlers/x", {"class": "logging.StreamHandler", "stream": "cfg://x"}),
        ("job_logging/handlers/x", {"class": "logging.FileHandler", "filename": "/home/me/.bashrc"}),
        (
            "job_logging/handlers/x",
            {"class": "logging.FileHandler", "filename": "${hydra.runtime.output_dir}/../.bashrc"},
        ),
        ("job_logging/formatters/x", {"style": "{", "format": "{args}"}),
        ("job_logging", "${mine}"),
        ("hydra_logging", {"handlers": {"x": {"()": "os.system"}}}),
        ("job/name", "../x"),
        ("job/env_set", {"PATH": "."}),
        ("job/env_copy", ["HOME"]),
        ("output_subdir", ".."),
        ("output_subdir", "/etc"),
        ("searchpath", ["pkg://antigravity"]),
        ("searchpath", ["structured://antigravity"]),
        ("help", {"_target_": "os.system"}),
    ],
)
def test_what_could_run_code_or_write_elsewhere_is_refused(path, value):
    (problem,) = refused(with_one(path, value))

    assert problem.startswith(f"hydra.{path.replace('/', '.')}")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the user's, `mine`, with a callback."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/__init__.py").touch()
    (tmp_path / "mine/callbacks.py").write_text("import os\nfrom os import system\nclass Mail: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("mine", "mine.callbacks"):
        sys.modules.pop(name, None)


def test_a_package_that_the_user_allows_is_not_refused(package, monkeypatch):
    config = with_one("callbacks/x", {"_target_": "mine.callbacks.Mail", "folder": "${hydra.runtime.output_dir}"})
    assert list(refused(config))

    monkeypatch.setenv("SELFINSTRUCT_ALLOW", "other, mine")

    assert list(refused(config)) == []


@pytest.mark.parametrize("target", ["mine.callbacks.os.system", "mine.callbacks.system", "mine.callbacks.Nothing"])
def test_what_it_has_imported_of_others_is_refused(target, package, monkeypatch):
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", "mine")

    (problem,) = refused(with_one("callbacks/x", {"_target_": target}))

    assert f"names '{target}'" in problem


@pytest.mark.parametrize(
    ("allow", "target", "is_so"),
    [
        ("", "selfinstruct.x.Y", True),
        ("", "selfinstructed.x.Y", False),
        ("", ".x", False),
        ("mine", "mine.x.Y", True),
        ("mine", "miner.x.Y", False),
        ("mine.deep", "mine.x.Y", False),
        ("mine.deep.", "mine.deep.Y", True),
        (" , ;", "os.system", False),
    ],
)
def test_a_package_is_allowed_by_its_whole_name(allow, target, is_so, monkeypatch):
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", allow)

    assert is_allowed(target) is is_so


PLUGIN = "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"


@pytest.mark.parametrize(
    ("part", "target"),
    [
        ("launcher", "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher"),
        ("launcher", PLUGIN),
        ("launcher", "hydra_plugins.hydra_ray_launcher.ray_launcher.RayLauncher"),
        ("sweeper", "hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper"),
        ("sweeper/sampler", "optuna.samplers.TPESampler"),
    ],
)
def test_the_plugins_of_the_extras_are_known(part, target):
    assert list(refused(with_one(f"{part}/_target_", target))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("launcher/setup", ["curl x | sh"]),
        ("launcher/additional_parameters/wrap", "x"),
        ("launcher/ray/init/runtime_env", {"pip": ["x"]}),
        ("launcher/ray/remote/runtime_env", {"pip": ["x"]}),
        ("sweeper/custom_search_space", "my.module.function"),
    ],
)
def test_a_key_of_a_plugin_that_runs_code_is_refused_unless_it_is_allowed(path, value, monkeypatch):
    config = with_one(path, value)

    (reported,) = refused(config)
    assert "may run code" in reported

    monkeypatch.setenv("SELFINSTRUCT_ALLOW", reported.rpartition("=")[2].rstrip("."))
    assert list(refused(config)) == []


@pytest.mark.parametrize("value", [None, {}, []])
def test_a_key_that_runs_nothing_is_not_refused(value):
    assert list(refused(with_one("launcher/setup", value))) == []
