import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from selfinstruct.cli import job  # noqa: F401  (for the resolvers that the config names)
from selfinstruct.cli.hints import CONF
from selfinstruct.cli.strangers import foreign_places, is_foreign, refused_of
from selfinstruct.run_info import RunInfo


def hydra_of(*words):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", [*words], return_hydra_config=True)
    return OmegaConf.to_container(config.hydra, resolve=False)


def test_our_own_defaults_are_not_refused():
    assert list(refused_of(hydra_of(), ())) == []


def test_what_a_package_registers_for_its_launcher_is_not_refused():
    assert list(refused_of(hydra_of("hydra/launcher=submitit_slurm"), ())) == []


def test_a_text_for_a_launcher_is_refused_until_it_is_typed():
    word = "hydra.launcher.partition=gpu"
    hydra = hydra_of("hydra/launcher=submitit_slurm", word)

    assert list(refused_of(hydra, {"hydra.launcher.partition"})) == []
    (problem,) = refused_of(hydra, ())
    assert problem.startswith("hydra.launcher.partition may reach a shell.")


@pytest.mark.parametrize(("place", "count"), [("pkg://theirs", 1), ("file:///theirs", 0)])
def test_a_package_in_a_search_path_is_refused_before_it_is_imported(tmp_path, place, count):
    path = tmp_path / "config.yaml"
    path.write_text(f"hydra:\n  searchpath: [{place}]\n")

    assert len(foreign_places(path)) == count


def test_a_file_that_cannot_be_read_is_reported_later(tmp_path):
    assert foreign_places(tmp_path / "missing.yaml") == []


def start(declared=(), is_own=True):
    return RunInfo(
        folder="run", name="x", group=None, recipe="x", job_type="x", config={}, declared=dict(declared), is_own=is_own
    )


def composed_of(*paths, schema="file"):
    """The `hydra` part of a job whose config was composed of these folders and our own."""
    known = [{"path": "hydra.conf", "schema": "pkg"}, {"path": str(CONF), "schema": "file"}]
    more = [{"path": str(path), "schema": schema} for path in paths]
    return {"runtime": {"config_sources": [*known, *more, {"path": "", "schema": "structured"}]}}


def test_texts_of_our_own_files_and_typed_words_are_the_users():
    assert not is_foreign(start(), composed_of())
    assert not is_foreign(start(), composed_of(CONF.parent / "conf" / "."))
    assert not is_foreign(start(), composed_of("allowed.conf", schema="pkg"))


def test_texts_of_another_folder_or_run_or_repository_are_not(tmp_path):
    assert is_foreign(start(), composed_of(tmp_path))
    assert is_foreign(start(is_own=False), composed_of())
    assert is_foreign(start({"recipe": {"a": "${published:${published},x.py}"}}), composed_of())
