from importlib.metadata import version
from pathlib import Path

from selfinstruct.storage.environment import git, versions


def test_names_the_commit_where_the_code_is_a_checkout():
    is_checkout = (Path(__file__).parents[2] / ".git").exists()

    assert (git()["commit"] is not None) == is_checkout


def test_versions_are_those_of_the_installed_packages():
    assert versions()["pydantic"] == version("pydantic")
