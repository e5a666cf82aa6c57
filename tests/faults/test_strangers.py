"""The run folder of somebody else: it sends no key anywhere, writes to no store, and cannot make a command wait."""

import json
import os
import re
import shlex

import pytest

STORED = "config.json"
LITELLM = ("model=openai", "model.name=openai/m", "model.timeout_seconds=1", "model.attempts=1", "trackers=[]")


@pytest.fixture
def theirs(run, words, server, tmp_path):
    """The run folder of somebody else, with one round, whose server refuses the key; `server` has forgotten it."""

    def made(*changes):
        server.begin(**{"401": 1.0})
        state = {"XDG_STATE_HOME": str(tmp_path / "their_state")}
        code, _, errors = run(*words, *changes, "hydra.run.dir=theirs", THEIR_VARIABLE="x", **state)
        assert code == 1
        assert "To resume" in errors
        server.begin()
        return tmp_path / "theirs"

    return made


def stored(folder):
    return json.loads((folder / STORED).read_text(encoding="utf-8"))


def test_a_run_of_ones_own_is_resumed_with_its_folder_alone(run, words, server, tmp_path):
    server.begin(**{"401": 1.0})
    assert run(*words, "recipe.instructions.until=4", "hydra.run.dir=mine")[0] == 1
    assert len(stored(tmp_path / "mine")["seal"]) == 64
    server.begin()

    code, _, errors = run("hydra.run.dir=mine")

    assert (code, errors) == (0, "")
    assert server.asked


def test_a_folder_of_somebody_else_sends_no_key_until_key_and_address_are_typed(theirs, run, server, tmp_path):
    folder = theirs("model.key_env=THEIR_VARIABLE", "recipe.instructions.until=4")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    code, _, errors = run("hydra.run.dir=theirs", THEIR_VARIABLE="precious")

    assert (code, server.asked) == (1, [])
    assert f"model.key_env=THEIR_VARIABLE; model.api_base={server.url}" in errors
    assert "Runs of another machine or user, or of version 0.1.0, are not recognized." in errors
    assert "precious" not in errors
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before

    command = shlex.split(re.search(r"type it again: (.*)", errors)[1])
    typed = command[command.index("hydra.run.dir=theirs") :]
    code, _, errors = run(*typed, THEIR_VARIABLE="mine")
    assert (code, errors) == (0, "")
    assert server.asked


def test_what_was_typed_once_is_not_remembered_by_a_folder_of_somebody_else(theirs, run, server):
    folder = theirs("model.key_env=THEIR_VARIABLE", "recipe.instructions.until=4")
    typed = ("model.key_env=OPENAI_API_KEY", f"model.api_base={server.url}")
    more = "recipe.output_first.prompt.decoding.temperature=0.5"

    assert run("hydra.run.dir=theirs", *typed, more)[0] == 0
    assert "seal" not in stored(folder)
    server.begin()

    code, _, errors = run("hydra.run.dir=theirs", "recipe.instructions.until=8")
    assert (code, server.asked) == (1, [])
    assert "Nothing shows that the run in theirs is your own" in errors


def test_a_part_of_it_is_not_enough(theirs, run, server):
    theirs("recipe.instructions.until=4")

    code, _, errors = run("hydra.run.dir=theirs", "model.key_env=OPENAI_API_KEY")

    assert (code, server.asked) == (1, [])
    assert errors.rstrip().endswith(f"model.key_env=OPENAI_API_KEY model.api_base={server.url}")


def test_a_folder_that_has_only_what_hydra_wrote_is_somebody_elses(theirs, run, server):
    folder = theirs("recipe.instructions.until=4")
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()

    code, _, errors = run("hydra.run.dir=theirs")

    assert (code, server.asked) == (1, [])
    assert "model.key_env=OPENAI_API_KEY" in errors


def test_a_server_that_needs_no_key_is_asked_again_at_once(theirs, run, server):
    theirs("model.key_env=null", "recipe.instructions.until=4")

    code, _, errors = run("hydra.run.dir=theirs")

    assert (code, errors) == (0, "")
    assert server.asked


def test_looking_at_it_sends_no_key_and_is_free(theirs, run, server):
    theirs("model.key_env=THEIR_VARIABLE", "recipe.instructions.until=4")

    code, _, errors = run("hydra.run.dir=theirs", "actions=[plan]")

    assert (code, server.asked) == (0, []), errors


@pytest.mark.parametrize("typed", [(), ("actions=[capsule,push]",)])
def test_nothing_is_uploaded_to_where_it_says(typed, theirs, run, server):
    push = ("push.repo=them/data", "push.dry_run=false", "push.token_env=THEIR_VARIABLE")
    theirs("model.key_env=null", "recipe.instructions.until=4", "actions=[generate,export,capsule,push]", *push)

    code, _, errors = run("hydra.run.dir=theirs", *typed, THEIR_VARIABLE="precious", HF_ENDPOINT=server.url)

    assert (code, server.asked) == (1, [])
    assert "or where data is sent: push.repo=them/data; push.dry_run=false; push.token_env=THEIR_VARIABLE." in errors


@pytest.mark.parametrize("how", ["typed", "stage", "config folder"])
def test_litellm_sends_no_key_either(how, run, server, tmp_path):
    said = {"model.key_env": "THEIR_VARIABLE", "model.api_base": server.url}
    words, flags, key = [f"{name}={value}" for name, value in said.items()], [], "model"
    they = {"XDG_STATE_HOME": str(tmp_path / "their_state"), "SELFINSTRUCT_ALLOW": "model"}
    if how == "stage":
        key = "recipe.instructions.model"
        words = ["+model@recipe.instructions.model=openai", *(f"recipe.instructions.{word}" for word in words)]
    if how == "config folder":
        (tmp_path / "configs/experiment").mkdir(parents=True)
        (tmp_path / "configs/experiment/x.yaml").write_text(
            f"# @package _global_\nmodel:\n  key_env: THEIR_VARIABLE\n  api_base: {server.url}\n"
        )
        words, flags = ["experiment=x"], ["--config-dir=configs"]
    server.begin(**{"401": 1.0})
    code, _, errors = run(*LITELLM, *words, *flags, "hydra.run.dir=theirs", THEIR_VARIABLE="x", **they)
    assert (code, "To resume" in errors) == (1, True), errors
    server.begin()

    code, _, errors = run("hydra.run.dir=theirs", THEIR_VARIABLE="precious")

    assert (code, server.asked) == (1, [])
    assert f"{key}.key_env=THEIR_VARIABLE; {key}.api_base={server.url}; {key}.name=openai/" in errors


def test_a_store_of_somebody_else_is_not_written(theirs, run, server, tmp_path):
    folder = theirs("model.key_env=null", "recipe.instructions.until=4")
    config = stored(folder)
    config["overrides"].append(f"model.store={tmp_path}/store.sqlite")
    del config["sha256"]
    (folder / STORED).write_text(json.dumps(config))

    code, _, errors = run("hydra.run.dir=theirs")

    assert (code, server.asked) == (1, [])
    assert f"model.store={tmp_path}/store.sqlite" in errors
    assert not (tmp_path / "store.sqlite").exists()
    assert run("hydra.run.dir=theirs", "model.store=mine.sqlite")[0] == 0
    assert (tmp_path / "mine.sqlite").exists()


def test_words_of_somebody_else_stay_so_in_a_run_that_refilters_them(theirs, run, server, tmp_path):
    server.begin()
    folder = theirs("model.key_env=THEIR_VARIABLE", "recipe.instructions.until=4")
    url = f"model.api_base={server.url}"
    assert run("hydra.run.dir=theirs", "model.key_env=OPENAI_API_KEY", url)[0] == 0

    code, _, errors = run("recipe=refilter", f"refilter.run={folder}", "hydra.run.dir=again")

    assert code == 0, errors
    assert "seal" not in stored(tmp_path / "again")
    server.begin()
    code, _, errors = run("hydra.run.dir=again", "actions=[generate]", "recipe.instructions.until=30")
    assert (code, server.asked) == (1, [])
    assert "Nothing shows that the run in again is your own" in errors


def test_a_machine_that_remembers_nothing_runs_and_says_what_to_type(run, words, server, tmp_path):
    (tmp_path / "file").write_text("")
    state = {"XDG_STATE_HOME": str(tmp_path / "file")}
    assert run(*words, "recipe.instructions.until=4", "hydra.run.dir=mine", **state)[0] == 0

    code, _, errors = run("hydra.run.dir=mine", "recipe.instructions.until=8", **state)

    assert code == 1
    assert f"{tmp_path}/file/selfinstruct/seal.key, which cannot be written or read here" in errors


LOOKING = {
    "resume": ["hydra.run.dir=theirs"],
    "explain": ["hydra.run.dir=theirs", "actions=[explain]"],
    "compare": ["actions=[compare]", "compare.runs=[theirs]", "hydra.run.dir=out"],
    "plan": ["actions=[plan]", "plan.like=theirs", "hydra.run.dir=out"],
    "seeds": ["seeds=run", "seeds.path=theirs", "hydra.run.dir=out"],
    "refilter": ["recipe=refilter", "refilter.run=theirs", "hydra.run.dir=out"],
    "capsule": ["replay=theirs", "hydra.run.dir=out"],
    "capsule file": ["replay=theirs/pool.jsonl", "hydra.run.dir=out"],
}
FILES = ("config.json", "pool.jsonl", "rounds.jsonl", "timings.jsonl", "completions.sqlite", ".hydra/overrides.yaml")


@pytest.fixture(scope="module")
def finished(uninterrupted):
    return uninterrupted


@pytest.mark.parametrize("how", LOOKING)
@pytest.mark.parametrize("name", ["config.json", "pool.jsonl"])
def test_no_command_waits_for_a_pipe_in_a_run_folder(how, name, finished, run, tmp_path):
    (tmp_path / "theirs").mkdir()
    for path in finished.iterdir():
        if path.is_file() and path.name != name:
            (tmp_path / "theirs" / path.name).write_bytes(path.read_bytes())
    os.mkfifo(tmp_path / "theirs" / name)

    _, output, errors = run(*LOOKING[how], "trackers=[]")

    said = "neither a file nor a folder" if how == "capsule file" and name == "pool.jsonl" else "named pipe"
    assert how.startswith("capsule") or said in output + errors, errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("how", ["explain", "compare", "plan", "seeds", "refilter"])
def test_no_command_follows_a_link_in_a_run_folder(how, finished, run, tmp_path):
    (tmp_path / "theirs").mkdir()
    for path in finished.iterdir():
        if path.is_file():
            (tmp_path / "theirs" / path.name).symlink_to(path)

    _, output, errors = run(*LOOKING[how], "trackers=[]")

    assert "is a symbolic link" in output + errors
