import sys
from typing import Annotated

import pytest
from pydantic import Field

from selfinstruct.cli.build import build, trainer_from
from selfinstruct.errors import ConfigError
from selfinstruct.filters.contamination import Contamination
from selfinstruct.part import part
from selfinstruct.sampler import Sampler
from selfinstruct.sampler.mixed import Mixed

MIXED = "selfinstruct.sampler.mixed.Mixed"


@part
class Whole:
    """Stands for a run."""

    sampler: Sampler
    samplers: dict[str, Sampler]
    threshold: Annotated[float, Field(gt=0, le=1)]
    words: list[str]


def config(**changes):
    values = {
        "sampler": {"_target_": MIXED, "human": 6, "machine": 2},
        "samplers": {"few": {"_target_": MIXED, "human": 1, "machine": 0}},
        "threshold": 0.7,
        "words": ["a"],
    }
    return values | changes


def problems_of(**changes):
    with pytest.raises(ConfigError) as error:
        build(config(**changes), Whole)
    return error.value.problems


def test_builds_parts_wherever_a_target_stands():
    built = build(config(), Whole)

    assert built.sampler == Mixed(human=6, machine=2)
    assert built.samplers == {"few": Mixed(human=1, machine=0)}
    assert built.words == ["a"]


def test_every_mistake_is_reported_under_its_key():
    reported = problems_of(
        sampler={"_target_": MIXED, "human": "abc", "machin": 2},
        samplers={"few": {"_target_": MIXED, "human": -1, "machine": "???"}},
        threshold=7,
        tresholds=1,
    )

    assert sorted(reported) == [
        "sampler.human must be a valid integer, unable to parse string as an integer (got 'abc').",
        "sampler.machin is not a key of Mixed; did you mean 'machine'?",
        "sampler.machine is missing.",
        "samplers.few.human must be greater than or equal to 0 (got -1).",
        "samplers.few.machine must be set: samplers.few.machine=<value>.",
        "threshold must be less than or equal to 1 (got 7).",
        "tresholds is not a key of Whole; did you mean 'threshold'?",
    ]


def test_an_unknown_key_without_a_neighbor_is_reported_with_those_there_are():
    assert problems_of(zzz=1) == ["zzz is not a key of Whole; there are: sampler, samplers, threshold, words."]


def test_code_of_others_is_not_run():
    (problem,) = problems_of(sampler={"_target_": "os.system", "command": "false"})

    assert problem == (
        "sampler._target_ must begin with 'selfinstruct.': a config may not run other code (got 'os.system')."
        " To allow a package, name it in the environment: SELFINSTRUCT_ALLOW=<package>."
    )


@pytest.mark.parametrize(
    "target",
    [
        "selfinstruct.sampler.mixed.Nothing",
        "selfinstruct.storage.completions.key_of",
        "selfinstruct.errors.ConfigError",
        "selfinstruct.seeds.jsonl.Path",
    ],
)
def test_a_target_that_is_no_part_is_reported(target):
    assert problems_of(sampler={"_target_": target}) == [
        f"sampler._target_ is not a selfinstruct component (got {target!r})."
    ]


def test_a_target_whose_module_cannot_be_imported_is_reported():
    target = "selfinstruct.sampler.nothing.Mixed"

    assert problems_of(sampler={"_target_": target}) == [
        f"sampler._target_ cannot be imported: No module named 'selfinstruct.sampler.nothing' (got {target!r})."
    ]


MINE = """
from pathlib import Path
from pydantic import BaseModel
from pydantic.dataclasses import dataclass
from selfinstruct.part import part

@part
class Always:
    human: int
    def sample(self, pool, rng, count, stage):
        return []
    def preview(self, pool, rng):
        raise ValueError("nothing to see")

class Loose:
    pass

class Model(BaseModel):
    pass
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the user's own, that can be imported."""
    (tmp_path / "package_of_mine").mkdir()
    (tmp_path / "package_of_mine" / "__init__.py").write_text("")
    (tmp_path / "package_of_mine" / "always.py").write_text(MINE)
    (tmp_path / "package_of_mine" / "broken.py").write_text("raise RuntimeError('not today')")
    monkeypatch.syspath_prepend(tmp_path)
    yield "package_of_mine"
    for name in [name for name in sys.modules if name.startswith("package_of_mine")]:
        del sys.modules[name]


def test_a_package_that_is_not_allowed_is_not_even_imported(package):
    (problem,) = problems_of(sampler={"_target_": f"{package}.always.Always", "human": 1})

    assert "SELFINSTRUCT_ALLOW" in problem
    assert not [name for name in sys.modules if name.startswith(package)]


def test_a_part_of_an_allowed_package_is_built_and_checked_as_any_other(package, monkeypatch):
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", package)

    assert build(config(sampler={"_target_": f"{package}.always.Always", "human": 3}), Whole).sampler.human == 3
    assert problems_of(sampler={"_target_": f"{package}.always.Always", "humen": 3}) == [
        "sampler.human is missing.",
        "sampler.humen is not a key of Always; did you mean 'human'?",
    ]


@pytest.mark.parametrize("name", ["Loose", "Model", "Path", "part", "nothing"])
def test_what_is_no_part_of_an_allowed_package_is_refused(name, package, monkeypatch):
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", package)
    target = f"{package}.always.{name}"

    assert problems_of(sampler={"_target_": target}) == [
        f"sampler._target_ is not a selfinstruct component (got {target!r})."
    ]


def test_an_allowed_module_that_fails_is_reported(package, monkeypatch):
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", package)

    (problem,) = problems_of(sampler={"_target_": f"{package}.broken.X"})
    assert problem == f"sampler._target_ cannot be imported: not today (got '{package}.broken.X')."


def test_an_allowed_package_that_is_not_found_is_reported_with_pythonpath(monkeypatch):
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", "absent_parts")

    (problem,) = problems_of(sampler={"_target_": "absent_parts.one.X"})
    assert problem.startswith("sampler._target_ cannot be imported: No module named 'absent_parts' (got ")
    assert problem.endswith(" Install absent_parts, or put the folder that holds it on PYTHONPATH.")


def test_a_config_cannot_allow_a_package():
    (problem, unknown) = problems_of(sampler={"_target_": "os.path.X"}, SELFINSTRUCT_ALLOW="os")

    assert "a config may not run other code" in problem
    assert unknown.startswith("SELFINSTRUCT_ALLOW is not a key of Whole")


def test_a_key_that_is_a_number_is_reported():
    (problem,) = problems_of(sampler={"_target_": MIXED, "human": 1, "machine": 1, 5: 1})

    assert problem == "sampler.5 is not a key of Mixed; there are: human, machine."


def test_what_the_program_gives_is_no_key():
    with pytest.raises(ConfigError, match="words of Whole is set internally"):
        build(config(), Whole, words=["b"])


def test_a_part_of_another_group_is_reported():
    (problem,) = problems_of(sampler={"a": 1})

    assert problem.startswith("sampler must be an instance of Sampler")
    assert "a mapping of a" in problem


def test_a_text_in_the_place_of_one_of_several_parts_is_reported_once():
    with pytest.raises(ConfigError) as error:
        build({"benchmarks": {"mine": "test.jsonl"}, "threshold": 0.7}, Contamination)

    assert error.value.problems == [
        "benchmarks.mine must be an option of a group, or a mapping with _target_ (got 'test.jsonl')."
    ]


def test_a_mapping_that_must_not_be_empty_is_reported():
    with pytest.raises(ConfigError) as error:
        build({"benchmarks": {}, "threshold": 0.7}, Contamination)

    assert error.value.problems == ["benchmarks must not be empty."]


def test_a_mistake_in_a_list_is_reported_by_its_place():
    assert problems_of(words=["a", {"b": "???"}]) == ["words.1.b must be set: words.1.b=<value>."]


def test_a_mistake_that_concerns_several_values_is_reported():
    (problem,) = problems_of(sampler={"_target_": "selfinstruct.filters.length.Length", "min_words": 9, "max_words": 1})

    assert problem.startswith("sampler.min_words (9) is above max_words (1)")
    assert not problem.endswith("..")


def test_a_mistake_that_begins_with_a_key_of_its_part_names_it_in_full(composed):
    trainer = composed("trainer=lora", "trainer.base_model=a/model")["trainer"]
    wrong = {"checkpoint_steps": 3, "log_steps": 2}

    with pytest.raises(ConfigError) as caught:
        trainer_from(trainer | wrong)

    assert caught.value.problems == ["trainer.checkpoint_steps must be a multiple of log_steps, which is 2."]


def test_what_sound_parts_find_wrong_is_reported_with_the_mistakes_of_others(tmp_path):
    seeds = {"_target_": "selfinstruct.seeds.jsonl.Jsonl", "path": str(tmp_path / "none.jsonl")}
    with pytest.raises(ConfigError) as error:
        build({"sampler": seeds, "samplers": {}, "threshold": 7, "words": []}, Whole)

    assert any("none.jsonl: cannot be read" in problem for problem in error.value.problems)
