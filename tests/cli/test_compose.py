"""What is looked at before Hydra makes or writes anything."""

from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import RunMode

from selfinstruct.cli import main as entry
from selfinstruct.cli.compose import check
from selfinstruct.cli.hints import plain
from selfinstruct.errors import ConfigError

pytestmark = pytest.mark.slow

CALLBACK = "hydra:\n  callbacks:\n    x:\n      _target_: os.system\n      command: touch hacked\n"
LOGGING = "hydra:\n  job_logging:\n    handlers:\n      x:\n        (): os.system\n        command: touch hacked\n"
GLOBAL = "# @package _global_\n"


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """What would be run by mistake runs here."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not GlobalHydra.instance().is_initialized()
    assert not list(tmp_path.rglob("hacked"))


@pytest.fixture
def mine(tmp_path):
    """Write a config folder, and give the words that name it."""

    def write(**files):
        for name, content in files.items():
            path = tmp_path / "mine" / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return ["--config-dir", str(tmp_path / "mine")]

    return write


def problems_of(*words):
    with pytest.raises(ConfigError) as error:
        check(list(words), entry.__file__)
    return error.value.problems


def test_the_default_config_and_a_sweep_pass():
    check([], entry.__file__)
    check(["-m", "random_seed=1,2", "model=offline,openai", "hydra.sweep.dir=x"], entry.__file__)


def test_a_run_is_given_the_very_config_that_was_checked_once():
    words = ["random_seed=7", "hydra.run.dir=run"]
    loader = check(words, entry.__file__).hydra.config_loader
    _, checked = loader.kept

    assert loader.load_configuration("config", words, RunMode.RUN) is checked
    assert loader.load_configuration("config", words, RunMode.RUN) is not checked
    assert check(["-m", *words], entry.__file__).hydra.config_loader.kept is None


@pytest.mark.parametrize("words", [["--info=config"], ["--hydra-help"], ["--config-dir", "nowhere"], ["-r", "-m"]])
def test_what_hydra_itself_shows_or_refuses_is_left_to_it(words):
    assert check(words, entry.__file__) is None


@pytest.mark.parametrize("words", [["--cfg", "job"], ["-sc"]])
def test_what_only_shows_is_not_looked_at(words, mine):
    check([*words, "experiment=x", *mine(experiment__x=GLOBAL + CALLBACK)], entry.__file__)


@pytest.mark.parametrize("content", [CALLBACK, LOGGING])
def test_an_experiment_cannot_bring_code(content, mine):
    (problem,) = problems_of(*mine(experiment__x=GLOBAL + content), "experiment=x")

    assert "names 'os.system': a config may not run other code" in problem


def test_an_option_of_a_sweep_cannot_bring_code(mine):
    words = mine(experiment__x=GLOBAL + CALLBACK, experiment__y=GLOBAL + "random_seed: 1\n")

    (problem,) = problems_of(*words, "-m", "experiment=y,x", "random_seed=1,2")
    assert problem.startswith("hydra.callbacks.x._target_ names 'os.system'")


def test_a_sweep_that_a_config_declares_cannot_bring_code(mine):
    sweep = "hydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      +experiment: y,x\n"
    words = mine(
        own=f"defaults:\n  - /recipe: self_instruct\n  - _self_\n{sweep}",
        experiment__x=GLOBAL + LOGGING,
        experiment__y=GLOBAL + "random_seed: 1\n",
    )

    assert [text for text in problems_of(*words, "--config-name", "own") if "names 'os.system'" in text]


@pytest.mark.parametrize("place", ["pkg://package_of_theirs", "${now:pkg}://package_of_theirs"])
def test_a_primary_config_of_somebody_else_cannot_import_a_package(place, mine, tmp_path, monkeypatch):
    (tmp_path / "package_of_theirs").mkdir()
    (tmp_path / "package_of_theirs" / "__init__.py").write_text("open('hacked', 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    content = f"hydra:\n  searchpath: ['{place}']\n"
    words = mine(own=content, config=content)

    (problem,) = problems_of(*words, "-cn", "own.yaml")
    assert problem.startswith("hydra.searchpath.0 would import 'pkg://package_of_theirs'")
    (problem,) = problems_of("--config-path", words[1])
    assert problem.startswith("hydra.searchpath.0 would import")


def test_a_primary_config_that_cannot_be_read_is_reported(mine, tmp_path):
    (problem,) = problems_of(*mine(own="a: 1\na: 2"), "--config-name", "own")

    assert problem == f"{tmp_path}/mine/own.yaml:2: not YAML at column 1 (found duplicate key a)."


def test_a_pickle_is_not_read():
    (problem,) = problems_of("--experimental-rerun", "config.pickle")

    assert "reads a pickle, which can run code" in problem


def test_secrets_in_files_are_refused_by_key(mine):
    words = mine(experiment__x=f"{GLOBAL}model:\n  api_key: abcdef\nseeds:\n  path: sk-{'0123456789'}\n")

    assert [text.split(" looks like a secret")[0] for text in problems_of(*words, "experiment=x")] == [
        "seeds.path",
        "model.api_key",
    ]


def test_text_that_no_file_can_hold_is_reported_by_key(mine):
    words = mine(experiment__x=GLOBAL + 'recipe:\n  instructions:\n    prompt:\n      template: "\\ud800"\n')

    assert problems_of(*words, "experiment=x") == [
        "recipe.instructions.prompt.template holds half of a surrogate pair, which no file can keep."
    ]


@pytest.mark.parametrize("content", ["random_seed: 1\n", "", "hello", "- a\n", b"\xef\xbb\xbf" + GLOBAL.encode()])
def test_an_experiment_whose_keys_would_be_lost_is_reported(content, mine, tmp_path):
    (problem,) = problems_of(*mine(experiment__x=content), "experiment=x")

    assert problem.startswith(f"{tmp_path}/mine/experiment/x.yaml:1: must begin with the line")


def test_a_byte_order_mark_and_windows_line_ends_are_harmless_elsewhere(mine):
    check([*mine(seeds__x=b"\xef\xbb\xbfpath: x\r\n"), "seeds=x"], entry.__file__)


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        ("random_seed: 1\n  x: : 2\n", ":3: not YAML at column 4 (mapping values are not allowed here)."),
        ("recipe:\n\tx: 3\n", ":3: not YAML at column 1 (found character '\\t' that cannot start any token)."),
        ("a: 1\na: 2\n", ":3: not YAML at column 1 (found duplicate key a)."),
        ("a: [1, 2", ":2: not YAML at column 9 (expected ',' or ']', but got '<stream end>')."),
        ("a: b\0", ": unacceptable character #x0000"),
        ("a: !!python/object/apply:os.system [touch hacked]\n", ":2: not YAML at column 4 (could not determine a"),
        (b"a: caf\xe9\n", ":2: byte 0xe9 at column 7 is not UTF-8. Save the file as UTF-8."),
        ("a: " + "[" * 5000, ": its brackets are nested too deep."),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_by_line_and_column(content, reported, mine, tmp_path):
    content = GLOBAL.encode() + (content if isinstance(content, bytes) else content.encode())
    words = mine(experiment__x=content, experiment__other=b"\xff")

    (problem,) = problems_of(*words, "experiment=x")
    assert problem.startswith(f"{tmp_path}/mine/experiment/x.yaml{reported}")


@pytest.mark.parametrize("content", ["42\n", "1.5", "true"])
def test_a_file_that_holds_no_keys_is_reported(content, mine, tmp_path):
    assert problems_of(*mine(experiment__x=content), "experiment=x") == [
        f"{tmp_path}/mine/experiment/x.yaml: cannot be read (it is one value, not keys with values)."
    ]


def test_every_file_that_was_asked_for_is_reported(mine):
    words = mine(seeds__mine=b"\xff", model__mine=b"a: 1\na: 2", recipe__other=b"\xff")

    assert [text.split("/mine/")[1] for text in problems_of(*words, "seeds=mine", "model=mine")] == [
        "model/mine.yaml:2: not YAML at column 1 (found duplicate key a).",
        "seeds/mine.yaml:1: byte 0xff at column 1 is not UTF-8. Save the file as UTF-8.",
    ]


def test_a_list_in_the_place_of_keys_is_reported_by_file_and_key(mine, tmp_path):
    words = mine(experiment__x=GLOBAL + "recipe:\n  instructions: [1]\nbudget:\n  usd: 5\n")

    assert problems_of(*words, "experiment=x") == [
        f"{tmp_path}/mine/experiment/x.yaml: recipe.instructions must be keys with values, not a list."
    ]


@pytest.mark.parametrize("words", [["nope=1"], ["model=nope"], ["experiment=nope"], ["random_seed=${"], ["a=[1,"]])
def test_what_hydra_refuses_is_left_to_its_own_words(words):
    with pytest.raises(HydraException) as error:
        check(words, entry.__file__)

    assert plain(error.value)


def test_defaults_that_lead_in_a_circle_are_reported(mine):
    words = mine(experiment__x=GLOBAL + "defaults: [x]\n")

    assert problems_of(*words, "experiment=x") == [
        "The defaults of the config lead in a circle, or a value lies within itself."
    ]


def test_a_list_of_defaults_that_is_none_is_left_to_hydras_words(mine):
    with pytest.raises(ValueError, match="defaults must be a list"):
        check([*mine(experiment__x=GLOBAL + "defaults: 3\n"), "experiment=x"], entry.__file__)


def test_hydras_search_path_is_that_of_the_run(mine, tmp_path):
    mine(seeds__x="path: one")
    Path(tmp_path / "other/seeds").mkdir(parents=True)
    Path(tmp_path / "other/seeds/y.yaml").write_text("path: sk-0123456789")

    (problem,) = problems_of(f"hydra.searchpath=[{tmp_path}/mine,{tmp_path}/other]", "seeds=y")
    assert problem.startswith("seeds.path looks like a secret")
