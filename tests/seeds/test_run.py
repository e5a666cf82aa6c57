import json
from dataclasses import replace

import pytest

from selfinstruct.round import Round
from selfinstruct.seeds import Seeds
from selfinstruct.seeds.run import Run, seed_of
from selfinstruct.storage.journal import Journal
from selfinstruct.task import HUMAN, Instance, Task

SEED = Task("seed_1", HUMAN, "Name a fruit.", is_classification=False, instances=(Instance("", "Apple"),))
MADE = Task(
    "grow_1",
    "grow",
    "Name a tree.",
    parents=("seed_1",),
    round=1,
    request="grow/1/1",
    most_similar=(("seed_1", 0.5),),
    average_similarity=0.5,
    models={"grow": "offline"},
    failed_stages={"answers": "parse: empty"},
)


@pytest.fixture
def folder(tmp_path):
    """The folder of a run of one round."""
    journal = Journal(tmp_path)
    journal.open()
    journal.begin([SEED])
    journal.commit(
        Round(
            stage="grow",
            number=1,
            asked=1,
            failed=0,
            parsed=1,
            kept=1,
            tasks=(MADE,),
            rejections=(),
            pool=2,
            prompt_tokens=None,
            completion_tokens=None,
            cost_usd=None,
        )
    )
    return tmp_path


def test_the_whole_pool_is_read_with_all_that_means_something_elsewhere(folder):
    seed, made = Run(path=folder).load()

    assert isinstance(Run(path=folder), Seeds)
    assert seed == SEED
    assert (made.id, made.instruction, made.parents) == ("grow_1", "Name a tree.", ("seed_1",))
    assert (made.most_similar, made.average_similarity) == ((("seed_1", 0.5),), 0.5)
    assert (made.round, made.request, made.failed_stages) == (0, "", {})


def test_a_models_task_is_a_seed_that_says_who_wrote_it(folder):
    _, made = Run(path=folder).load()

    assert made.origin == HUMAN
    assert made.models == {"seeds/grow": "offline"}
    assert made.writers == ("offline",)
    assert not made.is_touched


def test_who_wrote_a_seed_is_passed_on_unchanged(folder):
    path = folder / "pool.jsonl"
    seed, made = path.read_text().splitlines()
    row = json.loads(made) | {"models": {"seeds/grow": "offline", "seeds": "m"}}
    path.write_text(f"{seed}\n{json.dumps(row)}" + " " * (len(made) - len(json.dumps(row))) + "\n")
    write_size(folder)

    assert Run(path=folder).load()[1].models == {"seeds/grow": "offline", "seeds": "m"}


def write_size(folder):
    """Commit whatever the pool holds now, as an older program would have."""
    row = json.loads((folder / "rounds.jsonl").read_text())
    row = {key: value for key, value in row.items() if not key.startswith("sha256/")}
    row["bytes/pool.jsonl"] = (folder / "pool.jsonl").stat().st_size
    (folder / "rounds.jsonl").write_text(json.dumps(row) + "\n")


def test_the_last_line_of_an_id_wins_in_its_first_place(folder):
    with (folder / "pool.jsonl").open("a") as file:
        file.write(json.dumps(SEED.row() | {"is_classification": True}) + "\n")
    write_size(folder)

    assert [(task.id, task.is_classification) for task in Run(path=folder).load()] == [
        ("seed_1", True),
        ("grow_1", None),
    ]


def test_what_no_round_has_committed_is_not_read(folder):
    with (folder / "pool.jsonl").open("a") as file:
        file.write(json.dumps(MADE.row() | {"id": "grow_2"}) + "\n{torn")
    with (folder / "rounds.jsonl").open("a") as file:
        file.write('{"torn')

    assert [task.id for task in Run(path=folder).load()] == ["seed_1", "grow_1"]


@pytest.mark.parametrize(
    ("rounds", "problem"),
    [
        ("", ": holds no rounds of a run. Set seeds.path=<folder>"),
        ("x\n", "/rounds.jsonl:1: not JSON at column 1"),
        ("{}\n", "/rounds.jsonl:1: 'stage' is missing."),
        ("[]\n", "/rounds.jsonl:1: must be an object."),
        ('{"bytes/pool.jsonl": 99999999}\n', "/rounds.jsonl:1: 'stage' is missing."),
        ("[" * 100_000 + "\n", "/rounds.jsonl:1: its brackets are nested too deep."),
    ],
)
def test_a_folder_without_rounds_is_reported(rounds, problem, folder, problems_of):
    (folder / "rounds.jsonl").write_text(rounds)

    assert problems_of(Run(path=folder))[0].startswith(problem)


@pytest.mark.parametrize(("name", "line"), [("pool.jsonl", 2), ("rounds.jsonl", 1)])
def test_a_byte_that_changed_since_it_was_committed_is_reported(name, line, folder, problems_of):
    path = folder / name
    path.write_bytes(path.read_bytes().replace(b"tree", b"free").replace(b'"asked": 1', b'"asked": 7'))

    (problem,) = problems_of(Run(path=folder))

    assert problem.startswith((f"/{name}:{line}: this line has changed", f"/{name}: one of the lines 1 to {line} has"))


def test_a_folder_of_no_run_is_reported(tmp_path, problems_of):
    assert problems_of(Run(path=tmp_path))[0].endswith("Set seeds.path=<folder> to the folder of a run.")


def test_an_input_that_only_says_there_is_none_is_empty_and_the_words_of_a_family_stay():
    task = replace(SEED, instances=(Instance("None", "Apple"),))

    assert seed_of(task).instances == (Instance("", "Apple"),)
    assert seed_of(replace(task, attributes={"family": "antonyms"})).instances == (Instance("None", "Apple"),)


def test_a_line_that_no_run_has_written_is_reported(folder, problems_of):
    with (folder / "pool.jsonl").open("a") as file:
        file.write(json.dumps(MADE.row() | {"most_similar": [1]}) + "\n")
    write_size(folder)

    (problem,) = problems_of(Run(path=folder))
    assert problem.startswith("/pool.jsonl:3: 'most_similar.0'")
