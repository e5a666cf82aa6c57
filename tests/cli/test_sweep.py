import sqlite3
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec

import commands
import pytest
from omegaconf import OmegaConf

from selfinstruct.cli.job import note_failure
from selfinstruct.cli.sweep import failures_in, remove_traces

pytestmark = pytest.mark.slow


def test_failures_are_reported_in_the_order_of_the_jobs(tmp_path):
    for number, error in ((10, "tenth"), (2, "second")):
        note_failure(tmp_path / f"{number}_a" / "failure.json", [f"a={number}", "b=1"], ValueError(error))
    (tmp_path / "3_fine").mkdir()

    assert failures_in(tmp_path) == ["2: a=2 b=1\n     second", "10: a=10 b=1\n     tenth"]


def test_a_sweep_in_which_all_went_well_has_none(tmp_path):
    assert failures_in(tmp_path) == []


LAUNCHERS = {
    "basic": "hydra",
    "joblib": "hydra_plugins.hydra_joblib_launcher",
    "submitit_local": "hydra_plugins.hydra_submitit_launcher",
    "ray": "ray",
}
SMALL = ("recipe.instructions.until=5", "trackers=[]", "formats=[alpaca]", "hydra.sweep.dir=sweep")


def command(tmp_path, *words):
    return commands.run(*words, folder=tmp_path)


def test_the_plan_of_a_sweep_leaves_no_folder_of_a_job(tmp_path):
    done = command(tmp_path, "-m", "actions=[plan]", "random_seed=1,2", *SMALL)

    assert done.returncode == 0, done.stderr
    assert "Jobs of the sweep planned so far: 2, none of them finished" in done.stdout
    assert sorted(path.relative_to(tmp_path / "sweep").as_posix() for path in (tmp_path / "sweep").rglob("*")) == [
        *("multirun.yaml", "plan", "plan/0_random_seed-1.json", "plan/1_random_seed-2.json")
    ]


def test_a_job_that_failed_or_has_a_run_keeps_what_hydra_wrote(tmp_path):
    for name in ("failure.json", "config.json", ".lock", None):
        (tmp_path / f"0_{name}" / ".hydra").mkdir(parents=True)
        if name is not None:
            (tmp_path / f"0_{name}" / name).touch()

    remove_traces(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["0_.lock", "0_config.json", "0_failure.json"]
    assert len(list(tmp_path.glob("*/.hydra"))) == 3


def is_installed(module):
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="module")
def basic(tmp_path_factory):
    """The datasets of a small sweep, one run after the other."""
    folder = tmp_path_factory.mktemp("basic")
    done = command(folder, "-m", *SMALL, "random_seed=1,2")
    assert done.returncode == 0, done.stderr
    return datasets(folder)


def datasets(folder):
    return {path.parts[-3]: path.read_bytes() for path in folder.glob("sweep/*/dataset/alpaca.jsonl")}


@pytest.mark.parametrize("launcher", list(LAUNCHERS)[1:])
def test_every_launcher_makes_the_same_datasets_and_a_job_that_fails_leaves_the_others_whole(launcher, basic, tmp_path):
    if not is_installed(LAUNCHERS[launcher]):
        pytest.skip(f"the launcher {launcher} is not installed")

    words = ("-m", *SMALL, "random_seed=1,2", "recipe.instructions.sampler.human=6,999", f"hydra/launcher={launcher}")
    done = command(tmp_path, *words)

    assert done.returncode == 1
    assert "2 of the sweep's jobs failed" in done.stderr
    assert "wants 999 human tasks" in done.stderr.split("jobs failed")[1]
    assert sorted(datasets(tmp_path).values()) == sorted(basic.values())


def test_recipes_are_swept_and_compared(tmp_path):
    done = command(
        tmp_path, "-m", "recipe=self_instruct,alpaca", "trackers=[]", "formats=[alpaca]", "hydra.sweep.dir=sweep"
    )

    assert done.returncode == 0, done.stderr
    assert sorted(datasets(tmp_path)) == ["0_recipe-self_instruct", "1_recipe-alpaca"]
    assert (tmp_path / "sweep/comparison/index.html").exists()
    assert "glyf" not in done.stdout + done.stderr, "what a library says of the fonts of figures"


def test_a_sweep_that_goes_on_finishes_the_rest_only(tmp_path):
    words = ("-m", *SMALL, "random_seed=1,2")
    command(tmp_path, "-m", *SMALL, "random_seed=1")
    (first,) = (tmp_path / "sweep").glob("0_*")
    (first / "dataset/alpaca.jsonl").unlink()  # so that it shows whether it was made again

    done = command(tmp_path, *words)

    assert done.returncode == 0, done.stderr
    assert f"0: done already, in {first}" in done.stdout
    assert list(datasets(tmp_path)) == [path.name for path in (tmp_path / "sweep").glob("1_*")]


def test_a_sweeper_is_given_the_figure_that_it_optimises(tmp_path):
    if not is_installed("hydra_plugins.hydra_optuna_sweeper"):
        pytest.skip("the sweeper of Optuna is not installed")

    done = command(tmp_path, "experiment=sweep_search", *SMALL, "hydra.sweeper.n_trials=2", "objective=kept")

    assert done.returncode == 0, done.stderr
    best = OmegaConf.load(tmp_path / "sweep/optimization_results.yaml")
    assert best.best_value > 5


def test_a_search_is_resumed_from_its_storage(tmp_path):
    if not is_installed("hydra_plugins.hydra_optuna_sweeper"):
        pytest.skip("the sweeper of Optuna is not installed")
    if not version("sqlalchemy").startswith("1."):
        pytest.skip("the installed SQLAlchemy is not that of the extra 'optuna'")
    storage = ("hydra.sweeper.storage=sqlite:///search.db", "hydra.sweeper.study_name=one", "hydra.sweeper.n_trials=1")

    for _ in range(2):
        done = command(tmp_path, "experiment=sweep_search", *SMALL, *storage, "objective=kept")
        assert done.returncode == 0, done.stderr

    with closing(sqlite3.connect(tmp_path / "search.db")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM trials WHERE state = 'COMPLETE'").fetchone() == (2,)


def test_an_objective_that_is_no_key_is_reported(tmp_path):
    done = command(tmp_path, "-m", *SMALL, "random_seed=1", "objective=nothing")

    assert done.returncode == 1
    assert "objective=nothing: summary.json has no 'nothing' there; it has: recipe, models," in done.stderr
    assert not list((tmp_path / "sweep").glob("*/completions.sqlite"))  # nothing was asked
