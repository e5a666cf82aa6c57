"""Capsules, written and read in this process; test_capsule.py runs the command."""

import json
import re
import shutil
import sqlite3
import stat
import struct
import zipfile
from functools import cache

import commands
import pytest
from hydra import compose, initialize_config_dir

from selfinstruct.actions.capsule import fingerprint, leaks
from selfinstruct.actions.export import write
from selfinstruct.actions.publication import archive, portable
from selfinstruct.actions.publication.archive import opened, pack, seal
from selfinstruct.actions.publication.history import extended
from selfinstruct.actions.publication.portable import command, needs_of, settled_words, without_places
from selfinstruct.cli import replay
from selfinstruct.cli.build import build
from selfinstruct.cli.hints import CONF
from selfinstruct.cli.job import answering, resolved, without_objective
from selfinstruct.cli.main import key_of
from selfinstruct.cli.papers import citation_of, settings_of
from selfinstruct.cli.replay import with_words
from selfinstruct.errors import ConfigError, RunFolderError, SelfInstructError
from selfinstruct.run import Run
from selfinstruct.run_info import RunInfo

pytestmark = pytest.mark.slow

WORDS = ("recipe.instructions.until=12", "formats=[alpaca]")
ACTIONS = "actions=[generate,export,capsule]"
THRESHOLD = "recipe.instructions.filters.similarity.threshold"


@cache
def composed_once(*words):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=list(words))


def packed(path):
    """The zip of a folder that a test has changed."""
    if path.is_dir():
        pack(path, path.with_suffix(".zip"))
    return path.with_suffix(".zip")


def words_of(path, has_folder=False):
    return replay.words_of(packed(path), has_folder)


def execute(folder, *words, actions="actions=[generate,export]", capsule=None):
    """Run the words in a folder, as the command does."""
    values, declared = map(without_objective, resolved(composed_once("trackers=[]", actions, *words)))
    start = RunInfo(
        folder=folder,
        name="test",
        group=None,
        recipe="self_instruct",
        job_type="generate",
        config=values,
        declared=declared,
        overrides=words,
        citation=citation_of("self_instruct"),
        settings_of=settings_of,
        spacy_model=values.pop("spacy_model"),
    )
    with answering(values, capsule and str(packed(capsule)), start) as (answered, check):
        run = build(answered, Run, start=start)
        run.execute()
        check(run)
    return run


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The folder of a run with its capsule."""
    folder = tmp_path_factory.mktemp("published") / "run"
    execute(folder, *WORDS, actions=ACTIONS)
    return folder


@pytest.fixture
def capsule(published, tmp_path):
    """A capsule that a test may spoil."""
    return shutil.copytree(published / "capsule", tmp_path / "capsule")


def sealed(folder, name, change):
    """Change a file, and the manifest with it, as somebody does who means it."""
    path = folder / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    seal(folder)
    return folder


def configured(folder, **changes):
    return sealed(folder, "config.json", lambda text: json.dumps(json.loads(text) | changes))


def repacked(path, entries):
    """A zip of these entries: name to content, or to (ZipInfo, content)."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def entries_of(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(f"capsule/{path.relative_to(folder).as_posix()}", path.read_bytes()) for path in files]


# what is written


def test_a_capsule_holds_what_others_need(published):
    names = {path.relative_to(published / "capsule").as_posix() for path in (published / "capsule").rglob("*.*")}

    assert names == {*archive.FILES, archive.MANIFEST, "dataset/alpaca.jsonl"}


def test_the_same_run_gives_the_same_bytes(published, tmp_path):
    execute(tmp_path / "run", *WORDS, actions=ACTIONS)

    assert (tmp_path / "run/capsule.zip").read_bytes() == (published / "capsule.zip").read_bytes()


def test_a_run_that_is_over_is_published_later(published, tmp_path):
    execute(tmp_path / "run", *WORDS)
    execute(tmp_path / "run", *WORDS, actions="actions=[capsule]")

    assert (tmp_path / "run/capsule.zip").read_bytes() == (published / "capsule.zip").read_bytes()


def test_replies_are_read_by_a_person_and_are_those_of_the_store(published):
    rows = [json.loads(text) for text in (published / "capsule/replies.jsonl").read_text().splitlines()]
    parts = [json.loads(text) for text in (published / "capsule/prompts.jsonl").read_text().splitlines()]
    texts = {part["name"]: part["text"] for part in parts}
    connection = sqlite3.connect(published / "completions.sqlite")
    stored = {row[0]: row[1:] for row in connection.execute("SELECT request, prompt, text FROM completions")}
    connection.close()

    assert {row["request"]: (texts.get(row["head"], "") + row["rest"], row["text"]) for row in rows} == stored
    assert {part["kind"] for part in parts} == {"identity", "decoding", "head"}
    assert [row["request"] for row in rows[:2]] == ["instructions/1/1", "instructions/1/2"]


def test_the_config_holds_what_shapes_the_data_and_no_folder_of_ours(published):
    config = json.loads((published / "capsule/config.json").read_text())

    assert config["overrides"] == list(WORDS)
    assert config["resolved"]["seeds"]["path"] == "seeds.jsonl"
    assert str(CONF) not in (published / "capsule/config.json").read_text()
    assert "actions" not in config["resolved"]


def test_the_provenance_shows_hashes_licenses_and_code(published):
    reported = json.loads((published / "capsule/provenance.json").read_text())

    assert reported["is_offline"] is True
    assert (reported["seeds"]["tasks"], reported["seeds"]["license"]) == (175, "Apache-2.0")
    assert set(reported["results"]) == {"pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/alpaca.jsonl"}
    assert reported["software"]["versions"]["selfinstruct"]


def test_a_run_that_was_extended_after_its_end_cannot_be_repeated(published, tmp_path):
    folder = shutil.copytree(published, tmp_path / "run")
    longer = ("recipe.instructions.until=20", WORDS[1])
    execute(folder, *longer)

    with pytest.raises(RunFolderError, match=r"with other settings after instructions had ended.*model.store"):
        execute(folder, *longer, actions="actions=[capsule]")


def test_a_run_that_was_ended_by_its_budget_is_repeated_with_it(tmp_path):
    execute(tmp_path / "run", *WORDS, "budget.requests=8", actions=ACTIONS)

    again = execute(tmp_path / "again", *words(tmp_path / "run/capsule"), capsule=tmp_path / "run/capsule")

    assert "budget.requests=8" in again.start.overrides
    assert again.stopped is not None


def test_a_budget_that_ended_nothing_is_no_part_of_a_capsule(tmp_path):
    execute(tmp_path / "run", *WORDS, "budget.requests=8000", actions=ACTIONS)

    assert words(tmp_path / "run/capsule") == list(WORDS)


def test_an_unfinished_run_is_not_published(tmp_path, published):
    folder = shutil.copytree(published, tmp_path / "run")
    rounds = (folder / "rounds.jsonl").read_text().splitlines(keepends=True)
    (folder / "rounds.jsonl").write_text("".join(rounds[:1]))
    (folder / "summary.json").unlink()

    with pytest.raises(RunFolderError, match=r"classification has not ended"):
        execute(folder, *WORDS, actions="actions=[capsule]")


def test_the_target_that_a_run_ended_at_is_the_one_that_repeats_it(published, tmp_path):
    folder = shutil.copytree(published, tmp_path / "run")

    execute(folder, "recipe.instructions.until=90", WORDS[1], actions="actions=[capsule]")

    assert words(folder / "capsule") == ["formats=[alpaca]", "recipe.instructions.until=12"]


def test_a_run_that_ended_with_its_minutes_is_not_published(published, tmp_path):
    folder = shutil.copytree(published, tmp_path / "run")
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"stopped_by": "minutes"}))

    with pytest.raises(RunFolderError, match=r"budget.minutes"):
        execute(folder, *WORDS, actions="actions=[capsule]")


def test_stages_that_come_again_are_seen():
    assert extended([{"stage": "a"}, {"stage": "a", "ended": "x"}, {"stage": "b"}]) is None
    assert extended([{"stage": "a"}, {"stage": "b"}, {"stage": "a"}]) == "a"
    assert extended([{"stage": "a", "ended": "x"}, {"stage": "a"}]) == "a"


@pytest.mark.parametrize(
    "text", ["OPENAI: sk-proj-abcdefghijklmnop1234", "https://me:secret@host/x", "AKIA" + 16 * "A"]
)
def test_what_looks_like_a_key_is_found_without_telling_it(text, tmp_path):
    (tmp_path / "replies.jsonl").write_text(f"fine\n{text}\n")

    (found,) = leaks(tmp_path, [])

    assert found.startswith("replies.jsonl:2 (lines in all: 1): what looks like a key or a password.")
    assert text not in found


def test_the_value_of_a_secret_variable_is_found_and_can_be_called_harmless(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "plain words of mine")
    (tmp_path / "a.txt").write_text("here are plain words of mine\n")

    (found,) = leaks(tmp_path, [])

    assert "the value of a secret environment variable" in found
    assert leaks(tmp_path, [fingerprint("plain words of mine")]) == []


def test_a_key_in_a_file_of_a_zip_is_found(tmp_path):
    rows = iter([{"a": 1}, {"a": "sk-" + "x" * 20}])
    write(tmp_path / "superni.zip", rows)

    (found,) = leaks(tmp_path, [])

    assert found.startswith("superni.zip:")


def test_a_capsule_that_would_tell_a_key_is_not_written(published, tmp_path, monkeypatch):
    folder = shutil.copytree(published, tmp_path / "run")
    shutil.rmtree(folder / "capsule")
    monkeypatch.setenv("MY_TOKEN", "Continue the list")

    with pytest.raises(RunFolderError, match=r"would hold a secret\.\nconfig.json:\d+ \(lines in all: 7\): the value"):
        execute(folder, *WORDS, actions="actions=[capsule]")

    assert not (folder / "capsule").exists()
    assert not (folder / "capsule.part").exists()


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("recipe=self_instruct", True),
        ("+model@recipe.classification.model=openai", True),
        ("~recipe.instructions.filters.keywords", True),
        ("filters@recipe.instructions.filters=[length]", True),
        ("structured=true", True),
        ("model.store=/my/replies.sqlite", False),
        ("seeds.path=/my/seeds.jsonl", False),
        ("budget.minutes=5", False),
        ("hydra.run.dir=/my/run", False),
        ("trackers.wandb.entity=me", False),
        ("actions=[capsule]", False),
        ("capsule.title=x", False),
        ("+trackers@recipe.x=wandb", False),
    ],
)
def test_only_what_shapes_the_data_is_kept(words, kept):
    assert (portable.kept([words]) == [words]) == kept


# what a config refers to outside itself


def test_variables_of_the_environment_are_written_out(tmp_path, monkeypatch):
    monkeypatch.setenv("HOSTNAME", "one machine, 7")
    execute(tmp_path / "run", *WORDS, "recipe.instructions.prompt.system=${oc.env:HOSTNAME}", actions=ACTIONS)
    monkeypatch.setenv("HOSTNAME", "another machine")
    found = words(tmp_path / "run/capsule")
    again = execute(tmp_path / "again", *found, capsule=tmp_path / "run/capsule")

    assert 'recipe.instructions.prompt.system="one machine, 7"' in found
    assert "oc.env" not in (tmp_path / "run/capsule/config.json").read_text()
    assert (tmp_path / "again/pool.jsonl").read_bytes() == (tmp_path / "run/pool.jsonl").read_bytes()
    assert again.stopped is None


@pytest.mark.parametrize(("value", "word"), [("12", 'a="12"'), ("x y", 'a="x y"'), ("plain", "a=plain")])
def test_a_variable_stays_a_text(value, word):
    config = {"random_seed": {"x": "${oc.env:USER}"}}

    assert settled_words([], config, {"random_seed": {"x": value}}) == [word.replace("a=", "random_seed.x=")]


def test_an_override_that_no_replay_takes_is_reported_when_the_capsule_is_made(tmp_path):
    execute(tmp_path / "run", *WORDS, "recipe.instructions.prompt.system=${oc.decode:A}")

    with pytest.raises(RunFolderError, match=r"cannot be a capsule: its override .* would read something outside"):
        execute(
            tmp_path / "run", *WORDS, "recipe.instructions.prompt.system=${oc.decode:A}", actions="actions=[capsule]"
        )


def test_a_run_that_needs_files_of_its_author_says_so_before_it_begins(published):
    start = RunInfo(
        folder=published,
        name="x",
        group=None,
        recipe="self_instruct",
        job_type="capsule",
        config={},
        declared={"recipe": {"a": {"_target_": "mine.filters.Short"}}, "trackers": {"x": {"_target_": "other.X"}}},
        flags={"config_dir": "/home/me/conf"},
    )
    needs = needs_of(start)

    assert needs == {"packages": ["mine"], "config_folder": "conf", "config_name": None}
    assert command(needs, "selfinstruct", "x.zip") == (
        "SELFINSTRUCT_ALLOW=mine selfinstruct --config-dir conf replay=x.zip"
    )


def test_a_capsule_of_an_allowed_package_is_accepted_only_while_it_is_allowed(capsule, monkeypatch):
    config = json.loads((capsule / "config.json").read_text())["config"]
    config["recipe"]["instructions"]["filters"]["x"] = {"_target_": "mine.filters.Short"}
    configured(capsule, config=config)

    with pytest.raises(SelfInstructError, match=r"allow it by name: SELFINSTRUCT_ALLOW=<package>"):
        words_of(capsule)
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", "mine")
    assert words_of(capsule)


def test_a_capsule_whose_config_files_are_missing_says_how_to_name_them(capsule):
    configured(capsule, needs={"packages": [], "config_folder": "conf", "config_name": None})

    with pytest.raises(SelfInstructError, match=r"config folder, 'conf': --config-dir <folder>"):
        words_of(capsule)
    assert words_of(capsule, has_folder=True)


def test_a_published_text_is_in_the_capsule_and_needs_no_copy_of_its_repository(tmp_path, capsys):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/prompt.txt").write_text('Their "words",\nwith {braces} and a \\ at the end\\')
    word = 'recipe.instructions.prompt.system="${published:${published},prompt.txt}"'
    execute(tmp_path / "run", *WORDS, word, f"published={tmp_path}/copy", actions=ACTIONS)
    (tmp_path / "copy/prompt.txt").unlink()
    found = words(tmp_path / "run/capsule")

    execute(tmp_path / "again", *found, capsule=tmp_path / "run/capsule")

    assert "${published" not in (tmp_path / "run/capsule/config.json").read_text()
    assert capsys.readouterr().out.endswith("identical\n")


def test_a_capsule_is_reported_with_its_size_and_the_command_that_replays_it(tmp_path, capsys):
    execute(tmp_path / "run", *WORDS, actions=ACTIONS)
    said = capsys.readouterr().out

    assert f"Capsule: {tmp_path}/run/capsule/ and {tmp_path}/run/capsule.zip (" in said
    assert re.search(r"\(\d+\.\d\d MB\)\n", said)
    assert re.search(rf"To replay it, run: .+ replay={tmp_path}/run/capsule.zip\n", said)


def test_where_a_capsule_is_stands_below_all_else(tmp_path):
    words = ("recipe.instructions.until=5", "formats=[alpaca]", "actions=[generate,capsule]", "trackers=[console]")
    done = commands.run(*words, f"hydra.run.dir={tmp_path}/run")

    *above, where, how = done.stdout.splitlines()
    assert above[-1].startswith("Files in ")
    assert where.startswith("Capsule: ")
    assert how.startswith("To replay it, run: ")


def test_a_store_of_replies_is_published_by_its_name():
    model = {"store": "/home/jane/replies.sqlite", "name": "m"}
    config = {"model": model, "recipe": {"a": {"model": model}, "b": {"model": {"store": None}}}}

    assert without_places(config) == {
        "model": {"store": "replies.sqlite", "name": "m"},
        "recipe": {"a": {"model": {"store": "replies.sqlite", "name": "m"}}, "b": {"model": {"store": None}}},
    }


# run again


def words(capsule):
    return json.loads((capsule / "config.json").read_text())["overrides"]


def test_a_capsule_runs_again_to_the_same_bytes(published, tmp_path, capsys):
    execute(tmp_path / "again", *WORDS, capsule=published / "capsule.zip")

    assert capsys.readouterr().out.endswith("identical\n")
    for name in ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/alpaca.jsonl"):
        assert (tmp_path / "again" / name).read_bytes() == (published / name).read_bytes()


def test_the_capsule_of_a_replay_is_the_capsule(published, tmp_path):
    execute(tmp_path / "again", *WORDS, capsule=published / "capsule", actions=ACTIONS)

    before, now = (
        json.loads((folder / "capsule/manifest.json").read_text()) for folder in (published, tmp_path / "again")
    )
    assert before == now


@pytest.mark.parametrize("share", range(1, 20))
def test_a_byte_that_was_changed_in_what_a_capsule_holds_is_reported(share, published, tmp_path):
    path = published / "capsule.zip"
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        # Not read: the header before a file, which the directory at the end repeats, and the mark of its last block.
        headers = [range(one.header_offset, one.header_offset + 31 + len(one.filename)) for one in archive.filelist]
    at = len(content) * share // 20
    content[next((header.stop for header in headers if at in header), at)] ^= 1
    (tmp_path / "x.zip").write_bytes(content)

    with pytest.raises(SelfInstructError, match="cannot be used: "), opened(tmp_path / "x.zip"):
        pass


def test_seeds_of_ones_own_are_in_the_capsule(published, tmp_path, capsys):
    seeds = tmp_path / "mine.jsonl"
    rows = (published / "capsule/seeds.jsonl").read_text().splitlines()[:20]
    seeds.write_text("\n".join(rows))
    execute(tmp_path / "run", *WORDS, f"seeds.path={seeds}", actions=ACTIONS)
    seeds.unlink()

    execute(tmp_path / "again", *words(tmp_path / "run/capsule"), capsule=tmp_path / "run/capsule")

    assert capsys.readouterr().out.endswith("identical\n")
    assert (tmp_path / "again/pool.jsonl").read_bytes() == (tmp_path / "run/pool.jsonl").read_bytes()


def test_a_filter_changed_on_the_way_shows_what_is_not_held(published, tmp_path):
    with pytest.raises(SelfInstructError) as error:
        execute(tmp_path / "again", *WORDS, f"{THRESHOLD}=0.2", capsule=published / "capsule")

    first, second = str(error.value).split("\n")
    assert first == f"Overridden for this replay: {THRESHOLD} was 0.7 and is 0.2."
    assert second.startswith("The capsule holds no reply to ")
    assert "rejected.jsonl names all" in second
    assert json.loads((tmp_path / "again/summary.json").read_text())["completed"] is True


def test_a_change_that_asks_for_nothing_new_is_reported(published, tmp_path, capsys):
    execute(tmp_path / "again", "recipe.instructions.until=8", WORDS[1], capsule=published / "capsule")

    assert capsys.readouterr().out == (
        "Overridden for this replay: recipe.instructions.until was 12 and is 8."
        " The capsule held the reply to every request.\n"
    )


def test_a_change_that_nothing_answers_is_reported(published, tmp_path):
    with pytest.raises(SelfInstructError, match=r"instructions kept nothing.*\nThe capsule holds no reply to \d+ of"):
        execute(tmp_path / "again", *WORDS, "random_seed=9", capsule=published / "capsule")


def test_a_failure_that_is_no_lack_of_replies_stays_as_it_is(published, tmp_path):
    with pytest.raises(ConfigError, match=r"seeds"):
        execute(tmp_path / "again", *WORDS, "seeds.path=none.jsonl", capsule=published / "capsule")


def test_a_reply_that_was_changed_with_its_manifest_shows_in_the_result(capsule, tmp_path):
    sealed(
        capsule,
        "replies.jsonl",
        lambda text: text.replace("\\n9. ", "\\n9. Please ", 1).replace('"9. ', '"9. Please ', 1),
    )

    with pytest.raises(SelfInstructError, match=r"Not identical. The first difference is in .*jsonl, line 1"):
        execute(tmp_path / "again", *WORDS, capsule=capsule)


def test_a_dataset_that_was_changed_is_reported_by_its_line(capsule, tmp_path):
    def change(text):
        reported = json.loads(text)
        reported["results"]["dataset/alpaca.jsonl"] = "0" * 64
        reported["software"]["versions"]["selfinstruct"] = "0.0.1"
        return json.dumps(reported)

    sealed(capsule, "dataset/alpaca.jsonl", lambda text: text.replace("instruction", "instructions", 1))
    sealed(capsule, "provenance.json", change)

    with pytest.raises(SelfInstructError, match=r'alpaca.jsonl, line 1.*\nVersions differ: selfinstruct was "0.0.1"'):
        execute(tmp_path / "again", *WORDS, capsule=capsule)


def test_rounds_that_only_one_side_has_are_reported(capsule, tmp_path):
    def change(text):
        reported = json.loads(text)
        reported["results"]["rounds.jsonl"] = "0" * 64
        return json.dumps(reported)

    sealed(capsule, "provenance.json", change)
    sealed(capsule, "rounds.jsonl", lambda text: text + '{"stage": "late", "round": 1}\n')

    with pytest.raises(SelfInstructError, match=r"rounds.jsonl, line \d+: stage was \"late\" and is"):
        execute(tmp_path / "again", *WORDS, capsule=capsule)


def test_a_file_that_is_known_by_its_hash_only_is_reported_by_its_name(capsule, tmp_path):
    pool = next(iter(json.loads((capsule / "provenance.json").read_text())["results"].values()))
    sealed(capsule, "provenance.json", lambda text: text.replace(pool, "0" * 64))

    with pytest.raises(SelfInstructError, match=r"The first difference is in pool.jsonl: its SHA-256 differs"):
        execute(tmp_path / "again", *WORDS, capsule=capsule)


def test_what_the_model_had_refused_is_refused_again(published, tmp_path):
    """A request without a reply, as after a provider's refusal: its reason comes back word for word."""
    folder = shutil.copytree(published / "capsule", tmp_path / "capsule")
    rows = (folder / "replies.jsonl").read_text().splitlines()
    rows[0] = json.dumps({"request": "instructions/1/1", "refused": "400 too long"})
    (folder / "replies.jsonl").write_text("\n".join(rows) + "\n")
    seal(folder)

    with pytest.raises(SelfInstructError, match=r"rounds.jsonl, line 1: failed was 0 and is 1"):
        execute(tmp_path / "again", *WORDS, capsule=folder)

    first = json.loads((tmp_path / "again/rejected.jsonl").read_text().splitlines()[0])
    assert (first["filter"], first["reason"]) == ("model", "400 too long")


def test_a_capsule_as_words_of_the_command_line(published, tmp_path):
    path = published / "capsule.zip"
    where = f'+replay="{path}"'

    assert words_of(path) == [*WORDS, "actions=[generate,export]", "trackers=[console]", where]
    assert with_words(["-m", f"replay={path}", "trackers=[]", f"{THRESHOLD}=0.5,0.6"], key_of) == [
        *("-m", *WORDS, "actions=[generate,export]", where, "trackers=[]", f"{THRESHOLD}=0.5,0.6")
    ]


# from a stranger


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("model._target_=os.system", "sets a _target_, and a capsule holds data only"),
        ("+model.extra={_target_: os.system}", "sets a _target_"),
        ("hydra/launcher=joblib", "sets something else than"),
        ("+hydra.callbacks.x=1", "sets something else than"),
        ("trackers.wandb.mode=online", "sets something else than"),
        ("actions=[push]", "sets something else than"),
        ("+push.repo=me/x", "sets something else than"),
        ("--config-dir=/tmp", "sets something else than"),
        ("-m", "sets something else than"),
        ("recipe.instructions.prompt.system=${oc.env:HOME}", "would read something outside"),
        ("recipe.instructions.prompt.system=${hydra.run.dir}", "would read something outside"),
        ("model=../../evil", "does not name an option"),
        ("recipe=/etc/passwd.yaml", "does not name an option"),
        ("filters@recipe..x=[length]", None),
    ],
)
def test_an_override_that_a_capsule_may_not_bring_is_refused(override, reason, capsule):
    configured(capsule, overrides=[override])

    if reason is None:
        assert words_of(capsule)
        return
    with pytest.raises(SelfInstructError, match=reason):
        words_of(capsule)


@pytest.mark.parametrize("target", ["os.system", "subprocess.Popen", 3])
def test_a_config_that_would_run_other_code_is_refused(target, capsule):
    config = json.loads((capsule / "config.json").read_text())["config"]
    config["recipe"]["instructions"]["filters"]["x"] = [{"_target_": target}]
    configured(capsule, config=config)

    with pytest.raises(SelfInstructError, match=r"recipe.instructions.filters.x.0._target_ is .*holds data only"):
        words_of(capsule)


@pytest.mark.parametrize("changes", [{"overrides": "x"}, {"overrides": [1]}, {"config": 1}])
def test_a_config_that_is_not_is_refused(changes, capsule):
    with pytest.raises(SelfInstructError, match=r"is refused: config.json"):
        words_of(configured(capsule, **changes))


def test_one_changed_byte_is_reported(capsule):
    path = capsule / "replies.jsonl"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(SelfInstructError, match=r"replies.jsonl was changed: it does not have the SHA-256"):
        words_of(capsule)


def test_a_file_that_is_longer_than_reported_is_refused(capsule):
    (capsule / "README.md").write_text("more")

    with pytest.raises(SelfInstructError, match=r"README.md does not have the size that manifest.json says"):
        words_of(capsule)


@pytest.mark.parametrize("name", ["run.py", "dataset/x/y.jsonl", "dataset/.hidden", "model.pickle"])
def test_an_unknown_file_is_refused(name, capsule):
    (capsule / name).parent.mkdir(exist_ok=True)
    (capsule / name).write_text("x")
    seal(capsule)

    with pytest.raises(SelfInstructError, match=r"is not a file of a capsule"):
        words_of(capsule)


def test_a_missing_file_is_reported(capsule):
    (capsule / "seeds.jsonl").unlink()
    with pytest.raises(SelfInstructError, match=r"it has no seeds.jsonl"):
        words_of(capsule)


def test_a_manifest_that_names_other_files_is_refused(capsule):
    path = capsule / "manifest.json"
    path.write_text(path.read_text().replace("alpaca.jsonl", "../../x"))

    with pytest.raises(SelfInstructError, match=r"does not list the files that are there"):
        words_of(capsule)


def test_another_format_is_refused(capsule):
    path = capsule / "manifest.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))

    with pytest.raises(SelfInstructError, match=r"its format is 2, and this program reads 1"):
        words_of(capsule)


def test_a_zip_that_claims_ten_gigabytes_is_refused_unread(capsule, tmp_path):
    path = repacked(tmp_path / "x.zip", entries_of(capsule))
    content = path.read_bytes()
    place = content.rindex(b"capsule/seeds.jsonl") - 46 + 24  # the size in the directory at its end
    path.write_bytes(content[:place] + struct.pack("<I", 0xF0000000) + content[place + 4 :])

    with pytest.raises(SelfInstructError, match=r"it claims 4,0.* bytes"):
        words_of(path)


@pytest.mark.parametrize("name", ["../evil.jsonl", "/etc/passwd", "capsule/../../evil", "capsule/dataset/..", "evil"])
def test_an_entry_outside_its_folder_is_refused(name, capsule, tmp_path):
    path = repacked(tmp_path / "x.zip", [*entries_of(capsule), (name, b"x")])

    with pytest.raises(SelfInstructError, match=r"is not a file of a capsule"):
        words_of(path)

    assert not (tmp_path / "evil").exists()


def test_a_link_in_a_zip_is_refused(capsule, tmp_path):
    link = zipfile.ZipInfo("capsule/dataset/x.jsonl")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = repacked(tmp_path / "x.zip", [*entries_of(capsule), (link, b"/etc/passwd")])

    with pytest.raises(SelfInstructError, match=r"is a link, and a capsule has none"):
        words_of(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_is_there_twice_is_refused(capsule, tmp_path):
    entries = entries_of(capsule)
    path = repacked(tmp_path / "x.zip", [*entries, entries[0]])

    with pytest.raises(SelfInstructError, match=r"it has two files of one name"):
        words_of(path)


def test_another_way_of_packing_is_refused(capsule, tmp_path):
    packed = zipfile.ZipInfo("capsule/dataset/x.jsonl")
    packed.compress_type = zipfile.ZIP_LZMA
    path = repacked(tmp_path / "x.zip", [*entries_of(capsule), (packed, b"x")])

    with pytest.raises(SelfInstructError, match=r"is compressed in a way that no capsule is"):
        words_of(path)


def test_too_many_files_are_refused(capsule):
    for number in range(archive.MOST_FILES):
        (capsule / f"dataset/{number}.jsonl").touch()

    with pytest.raises(SelfInstructError, match=r"more than 100 files"):
        words_of(capsule)


def test_a_large_config_is_not_read(capsule):
    with (capsule / "manifest.json").open("r+b") as file:
        file.truncate(archive.MOST_CONFIG + 1)

    with pytest.raises(SelfInstructError, match=r"manifest.json is larger than"):
        words_of(capsule)


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(content, capsule):
    (capsule / "manifest.json").write_bytes(content)

    with pytest.raises(SelfInstructError, match=r"manifest.json: (not JSON|must be an object|its brackets|byte 0xff)"):
        words_of(capsule)


def test_a_path_without_a_capsule_is_reported(tmp_path):
    (tmp_path / "x.zip").write_text("no zip")

    with pytest.raises(SelfInstructError, match=r"none.zip cannot be used: No such file"):
        words_of(tmp_path / "none")
    with pytest.raises(SelfInstructError, match=r"x.zip cannot be used: File is not a zip file"):
        words_of(tmp_path / "x.zip")


def first_row(**changes):
    def change(text):
        first, _, rest = text.partition("\n")
        return json.dumps(json.loads(first) | changes) + "\n" + rest

    return change


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("replies.jsonl", {"text": 1}, "replies.jsonl:1: 'text': Input should be a valid string"),
        ("replies.jsonl", {"text": "\ud800"}, "replies.jsonl:1: .*half of a surrogate pair"),
        ("replies.jsonl", {"cost_usd": float("nan")}, "'cost_usd': Input should be"),
        ("replies.jsonl", {"prompt_tokens": -1}, "'prompt_tokens': Input should be greater than or equal to 0"),
        ("replies.jsonl", {"more": 1}, "replies.jsonl:1: 'more': Extra inputs"),
        ("replies.jsonl", {"head": "x"}, "names 'x', which is not in prompts.jsonl"),
        ("replies.jsonl", {"rest": "another question"}, "its key is not that of its request"),
        ("prompts.jsonl", {"text": None}, "prompts.jsonl:1: 'text': Input should be a valid string"),
        ("seeds.jsonl", {"origin": "grow"}, "seeds.jsonl holds an id twice, or a task that is not a seed"),
        ("seeds.jsonl", {"instruction": 3}, "seeds.jsonl:1: 'instruction'"),
        ("seeds.jsonl", {"instances": [3]}, "seeds.jsonl:1: 'instances.0'"),
        ("seeds.jsonl", {"id": "seed_task_1"}, "seeds.jsonl holds an id twice"),
        ("provenance.json", {"results": {}}, "provenance.json does not have the hashes"),
    ],
)
def test_a_row_that_no_run_has_written_is_refused(name, changes, reason, capsule, tmp_path):
    if name == "provenance.json":
        sealed(capsule, name, lambda text: json.dumps(json.loads(text) | changes))
    else:
        sealed(capsule, name, first_row(**changes))

    with pytest.raises(SelfInstructError, match=reason):
        execute(tmp_path / "again", *WORDS, capsule=capsule)

    assert not (tmp_path / "again").exists()


def test_a_zip_of_the_same_files_is_the_same_bytes(capsule, tmp_path):
    pack(capsule, tmp_path / "a.zip")
    for path in capsule.rglob("*.*"):
        path.touch()
    pack(capsule, tmp_path / "b.zip")

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with opened(tmp_path / "a.zip") as found:
        assert found.dataset == ["dataset/alpaca.jsonl"]
