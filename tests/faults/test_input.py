"""Files that are missing, cut off, of another encoding or of another shape: reported, with nothing overwritten."""

import json
import os
import re
import shutil
import sqlite3

import commands
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.actions.export import write
from selfinstruct.errors import DataError
from selfinstruct.seeds.jsonl import Jsonl, mistakes_in
from selfinstruct.seeds.reading import LONGEST_TASK
from selfinstruct.storage.journal import line
from selfinstruct.task import Task
from selfinstruct.text.json_objects import parsed
from selfinstruct.text.no_input import real_input

GLOBAL = b"# @package _global_\n"
SEED = {"instruction": "Do it.", "instances": [{"input": "", "output": "x"}], "is_classification": False}


def command(folder, *words):
    """Run `python run.py` in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    return commands.run(*words[:1], "trackers=[console]", *words[1:], folder=folder, environment=environment)


def assert_reported(done, *messages):
    """The command ended with these messages, and without a trace."""
    assert done.returncode == 1, done.stderr
    assert [message for message in messages if message not in done.stderr] == []
    assert "Traceback" not in done.stdout + done.stderr
    assert "Error executing job" not in done.stderr


def contents(folder):
    """Every file of a folder that a run keeps, with its bytes."""
    passing = ("run.log", ".lock", "summary.json")
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in passing and ".hydra" not in path.parts
    }


@pytest.fixture
def mine(tmp_path):
    """Write a config folder; the words that name it."""

    def write_files(**files):
        for name, content in files.items():
            path = tmp_path / "mine" / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return ["--config-dir", "mine"]

    return write_files


def test_everything_that_is_wrong_with_the_seeds_is_told_at_once(tmp_path):
    seed = json.dumps(SEED).encode()
    rows = [seed, b"caf\xe9", b'{"instruction": "\\ud800"}', b"[1]", b'{"a": NaN, "a": 1}', seed, seed[:30]]
    (tmp_path / "seeds.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(rows))

    assert_reported(
        command(tmp_path, "seeds.path=seeds.jsonl"),
        "seeds.jsonl:2: byte 0xe9 at column 4 is not UTF-8. Save the file as UTF-8.",
        "seeds.jsonl:3: holds half of a surrogate pair, which no file can keep.",
        "seeds.jsonl:4: must be an object, not [1].",
        'seeds.jsonl:5: "a" stands twice in one object.',
        "seeds.jsonl:5: 'instances' is missing.",
        "seeds.jsonl:7: not JSON at column 27 (Unterminated string starting); the file ends within this line.",
    )
    assert not list(tmp_path.glob("outputs/**/*.sqlite"))


def test_no_more_than_twenty_mistakes_are_listed(tmp_path):
    (tmp_path / "seeds.jsonl").write_text("x\n" * 5000)
    done = command(tmp_path, "seeds.path=seeds.jsonl")

    assert_reported(done, "There are 5,000 mistakes:", "seeds.jsonl:20: not JSON", "and 4,980 more.")
    assert len(done.stderr.splitlines()) == 22


def test_a_mistake_in_a_group_of_ones_own_names_its_key(mine, tmp_path, monkeypatch):
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", "model")
    few_shot = (
        b"one:\n  instruction: 5\n  instances: [7]\ntwo: 3\nthree: {instruction: x, is_classification: no, a: 1}\n"
    )
    words = mine(few_shot__own=few_shot, model__own=b"_target_: selfinstruct.model.litellm.LiteLLM\nname: [1]\n")
    shown = "recipe.classification.prompt.few_shot"

    assert_reported(
        command(tmp_path, f"few_shot@{shown}=own", "model=own", *words),
        f"{shown}.one.instruction must be a valid string (got 5).",
        f"{shown}.one.is_classification is missing.",
        f"{shown}.one.instances.0 must be a dictionary or an instance of Instance (got 7).",
        f"{shown}.two must be a dictionary or an instance of Demonstration (got 3).",
        f"{shown}.three.a is a key that does not belong there.",
        "model.name must be a valid string (got [1]).",
        "model.mode is missing.",
    )


CONFIGS = {
    "that is cut off": (b"a: [1, 2", "x.yaml:2: not YAML at column 9"),
    "in Latin-1": (b"# caf\xe9", "x.yaml:2: byte 0xe9 at column 6 is not UTF-8. Save the file as UTF-8."),
    "with a key that stands twice": (b"a: 1\na: 2", "x.yaml:3: not YAML at column 1 (found duplicate key a)."),
    "with NUL": (b"a: \0", "x.yaml: unacceptable character #x0000"),
    "whose reference leads nowhere": (b"random_seed: ${nope.x}", "random_seed: Interpolation key 'nope.x' not found"),
    "whose reference is cut off": (b"random_seed: ${nope", "random_seed: no interpolation that can be read: '${nope'"),
    "that names itself": (b"defaults:\n  - x\n", "The defaults of the config lead in a circle"),
    "with a list of defaults that is none": (b"defaults: 3", "defaults must be a list (got int)"),
    "whose header is wrong": (b"# @package\nrandom_seed: 1", "x.yaml:2: must read '# @package <name>'."),
    "with numbers for keys": (b"seeds:\n  1: 2", "seeds.1 is not a key of Jsonl; there are: path."),
    "with a list for keys": (b"recipe: [1]", "x.yaml: recipe must be keys with values, not a list."),
    "with nothing for a part": (b"model: null", "model must be an instance of Model, one of the options of its group"),
    "with a date for a number": (b"random_seed: 2020-01-01", "random_seed must be a valid integer"),
}


@pytest.mark.parametrize("what", CONFIGS)
def test_an_experiment_is_told_by_file_and_line_or_by_key(what, mine, tmp_path):
    content, message = CONFIGS[what]

    assert_reported(command(tmp_path, "experiment=x", *mine(experiment__x=GLOBAL + content)), message)


def test_what_hides_a_part_is_not_told_as_a_key_that_is_unknown(mine, tmp_path):
    words = mine(experiment__x=GLOBAL + b"recipe:\n  instructions: null\n")

    assert_reported(
        command(tmp_path, "recipe.instructions.until=5", "experiment=x", *words),
        "A config file or another option has put something else in the place of recipe.instructions.",
    )


def test_a_config_folder_that_is_not_there_is_told(tmp_path):
    assert_reported(command(tmp_path, "random_seed=1", "--config-dir", "nowhere"), "nowhere' not found")


def test_a_job_of_a_sweep_whose_config_leads_nowhere_stops_no_other(mine, tmp_path):
    words = mine(experiment__x=GLOBAL + b"random_seed: ${nope}", experiment__y=GLOBAL + b"random_seed: 1")
    done = command(tmp_path, "-m", "experiment=x,y", "recipe.instructions.until=1", "hydra.sweep.dir=sweep", *words)

    assert_reported(done, "1 of the sweep's jobs failed:", "random_seed: Interpolation key 'nope' not found")
    assert [path.parent.name[0] for path in (tmp_path / "sweep").glob("*/summary.json")] == ["1"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a small run."""
    folder = tmp_path_factory.mktemp("finished")
    assert command(folder, "experiment=smoke", "formats=[chat]", "hydra.run.dir=run").returncode == 0
    return folder / "run"


FOLDERS = {
    "an empty config": ("config.json", lambda old: b"", "config.json cannot be read"),
    "half a config": ("config.json", lambda old: old[:300], "config.json cannot be read"),
    "a config in another encoding": ("config.json", lambda old: b"\xff" + old, "config.json cannot be read"),
    "a config of another shape": ("config.json", lambda old: b"[1]", "config.json cannot be read"),
    "rounds that are none": ("rounds.jsonl", lambda old: old + b"x\n", ": not JSON at column 1"),
    "rounds with a mark": (
        "rounds.jsonl",
        lambda old: b"\xef\xbb\xbf" + old,
        "rounds.jsonl:1: begins with a byte order mark",
    ),
    "a pool with numbers for texts": (
        "pool.jsonl",
        lambda old: re.sub(
            rb'"instruction": "[^"\\]+"', lambda found: b'"instruction": ' + b"1" * (len(found[0]) - 15), old
        ),
        "pool.jsonl:1: 'instruction': Input should be a valid string",
    ),
    "rounds in another encoding": ("rounds.jsonl", lambda old: b"\xff" + old, "rounds.jsonl:1: byte 0xff at column 1"),
    "half a pool": ("pool.jsonl", lambda old: old[:1000], "pool.jsonl is shorter than rounds.jsonl says it was"),
    "a pool in another encoding": ("pool.jsonl", lambda old: b"\xff" + old[1:], "pool.jsonl:1: byte 0xff at column 1"),
    "a store that is none": ("completions.sqlite", lambda old: b"x" * 99, "completions.sqlite is damaged"),
}


@pytest.mark.parametrize("what", FOLDERS)
def test_a_run_folder_that_is_damaged_is_told_and_left_as_it_is(what, finished, tmp_path):
    name, damage, message = FOLDERS[what]
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(damage((finished / name).read_bytes()))
    before = contents(tmp_path / "run")

    assert_reported(command(tmp_path, "hydra.run.dir=run", "recipe.instructions.until=12"), message)

    assert contents(tmp_path / "run") == before


def test_a_database_of_something_else_in_the_place_of_the_store_is_left_as_it_is(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run/completions.sqlite").unlink()
    with sqlite3.connect(tmp_path / "run/completions.sqlite") as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = contents(tmp_path / "run")

    assert_reported(
        command(tmp_path, "hydra.run.dir=run", "recipe.instructions.until=12"),
        "completions.sqlite cannot be used: it holds other tables (mine), so no run has made it.",
    )

    assert contents(tmp_path / "run") == before


def test_a_folder_with_rounds_and_no_config_goes_on_under_no_other(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run/config.json").unlink()
    shutil.rmtree(tmp_path / "run/.hydra")
    before = contents(tmp_path / "run")

    assert_reported(
        command(tmp_path, "hydra.run.dir=run", "recipe.instructions.until=12"),
        "run holds rounds.jsonl but no config.json, so nobody knows which config its rounds were made by.",
    )

    assert contents(tmp_path / "run") == before


@pytest.mark.parametrize("name", ["pool.jsonl", "run.log", ".hydra"])
def test_nothing_is_written_through_a_link_in_a_run_folder(name, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    shutil.move(tmp_path / "run" / name, tmp_path / "mine")
    (tmp_path / "run" / name).symlink_to(tmp_path / "mine")
    before = contents(tmp_path)

    assert_reported(
        command(tmp_path, "hydra.run.dir=run", "recipe.instructions.until=12"), f"run/{name} is a symbolic link"
    )

    assert contents(tmp_path) == before


def test_a_file_in_the_place_of_the_dataset_is_told_before_anything_is_spent(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    shutil.rmtree(tmp_path / "run/dataset")
    (tmp_path / "run/dataset").write_text("mine")
    before = contents(tmp_path / "run")

    assert_reported(
        command(tmp_path, "hydra.run.dir=run", "recipe.instructions.until=12"), "dataset is a link or a file"
    )

    assert contents(tmp_path / "run") == before


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_any_text_survives_seeds_pool_and_dataset(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("texts")
    rows = [
        SEED | {"id": f"{number}", "instruction": f"x{text}x", "instances": [{"input": text, "output": text}]}
        for number, text in enumerate(texts)
    ]
    (folder / "seeds.jsonl").write_text("".join(map(line, rows)), encoding="utf-8", newline="\n")

    tasks = Jsonl(path=folder / "seeds.jsonl").load()
    pool = "".join(line(task.row()) for task in tasks).encode()
    assert [Task.from_row(json.loads(row)) for row in pool.split(b"\n")[:-1]] == tasks
    write(folder / "dataset.jsonl", (task.row() for task in tasks))
    assert (folder / "dataset.jsonl").read_bytes() == pool
    assert [task.instances[0].input for task in tasks] == [real_input(text) for text in texts]
    assert [task.instances[0].output for task in tasks] == texts


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_seeds_or_are_told_by_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "seeds.jsonl"
    path.write_bytes(content)

    problems = []
    try:
        tasks = Jsonl(path=path).load()
    except DataError as error:
        tasks, problems = [], error.problems

    assert problems or tasks
    assert all(problem.startswith(f"{path}:") for problem in problems)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("id", "instruction", "instances", "is_classification")


@given(st.dictionaries(st.sampled_from(KEYS), JSON) | JSON)
def test_any_json_is_a_seed_or_has_its_mistakes(row):
    read_row, mistakes, _ = parsed(json.dumps(row), LONGEST_TASK)
    mistakes = mistakes or mistakes_in(read_row)

    assert mistakes or set(read_row) >= set(KEYS[1:])
