import json
import logging
import sqlite3
from contextlib import ExitStack, closing

import commands
import embedding_server
import pytest

from selfinstruct.actions.embedding import embedders
from selfinstruct.actions.publication.vectors import Vectors
from selfinstruct.embedder import Embedder, decode, embedded, encode, request_of
from selfinstruct.embedder.offline import Offline
from selfinstruct.embedder.replay import ReplayedEmbedder
from selfinstruct.errors import ConfigError, ModelError

pytestmark = pytest.mark.slow

MEANING = "+filters@recipe.instructions.filters=meaning"
KEY = "recipe.instructions.filters.meaning"
SMALL = (MEANING, f"{KEY}.threshold=0.4", "recipe.instructions.until=12", "trackers=[]", "formats=[chat]")
FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/chat.jsonl")


@pytest.fixture
def execute(composed, built):
    def run(folder, *overrides):
        made = built(composed(*SMALL, *overrides), folder)
        made.execute()
        return made

    return run


def served(url, **changes):
    """The words that have a server embed."""
    values = {"api_base": url, **changes}
    return [f"embedder@{KEY}.embedder=endpoint", *(f"{KEY}.embedder.{name}={value}" for name, value in values.items())]


def contents(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def rows(path):
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def stored(folder):
    with closing(sqlite3.connect(folder / "vectors.sqlite")) as connection:
        return {text for (text,) in connection.execute("SELECT prompt FROM completions")}


def test_a_run_rejects_by_meaning_and_stores_every_vector(execute, tmp_path):
    execute(tmp_path)
    rejected = [row for row in rows(tmp_path / "rejected.jsonl") if row["filter"] == "meaning"]
    pool = rows(tmp_path / "pool.jsonl")

    assert rejected
    assert all(row["score"] == "cosine" and row["nearest"][1] > 0.4 for row in rejected)
    assert stored(tmp_path) >= {row["instruction"] for row in [*rejected, *pool]}
    made = [row for row in pool if row["origin"] == "instructions"]
    assert all(row["attributes"]["nearest_meaning"][1] <= 0.4 for row in made)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["embedded"] == {"texts": len(stored(tmp_path)), "tokens": 0, "cost_usd": 0.0}


def test_a_run_without_it_has_no_vectors(composed, built, tmp_path):
    built(composed("recipe.instructions.until=3", "trackers=[]", "actions=[generate]"), tmp_path).execute()

    assert not (tmp_path / "vectors.sqlite").exists()
    assert "embedded" not in json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))


def test_a_run_killed_while_it_embeds_ends_with_the_same_bytes_and_asks_for_no_stored_vector_again(tmp_path):
    with embedding_server.serving() as (url, _):
        done = commands.run(*SMALL, *served(url), f"hydra.run.dir={tmp_path / 'whole'}", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    begun = []

    def kill(count):
        if count in (150, 188):
            begun[-1].kill()

    with embedding_server.serving(watch=kill) as (url, asked):
        words = [*SMALL, *served(url), f"hydra.run.dir={tmp_path / 'killed'}"]
        for _ in range(2):
            begun.append(commands.begin(*words, folder=tmp_path))
            begun[-1].communicate(timeout=100)
            assert begun[-1].returncode != 0
            known, before = stored(tmp_path / "killed"), len(asked)
        done = commands.run(*words, folder=tmp_path)
        assert done.returncode == 0, done.stderr

    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert known
    assert not known & {body["input"] for _, body in asked[before:]}


def test_refilter_uses_the_stored_vectors_and_its_own_settings_give_the_same_bytes(execute, tmp_path):
    with embedding_server.serving() as (url, asked):
        execute(tmp_path / "old", *served(url))
        count, again = len(asked), ("actions=[refilter,export]", f"refilter.run={tmp_path / 'old'}", *served(url))
        execute(tmp_path / "same", *again)
        assert len(asked) == count
        execute(tmp_path / "other", *again, f"{KEY}.threshold=0.35")

    assert contents(tmp_path / "same") == contents(tmp_path / "old")
    rejected = [row for row in rows(tmp_path / "other" / "rejected.jsonl") if row["filter"] == "meaning"]
    assert min(row["nearest"][1] for row in rejected) < 0.4


def test_refilter_can_add_it_to_a_run_that_had_none(execute, composed, built, tmp_path):
    built(composed(*SMALL[2:]), tmp_path / "old").execute()

    execute(tmp_path / "new", "actions=[refilter]", f"refilter.run={tmp_path / 'old'}", f"{KEY}.threshold=0.4")

    assert any(row["filter"] == "meaning" for row in rows(tmp_path / "new" / "rejected.jsonl"))


def test_a_capsule_replays_without_the_server_that_embedded(tmp_path):
    similarity = "recipe.instructions.filters.similarity.threshold"
    with embedding_server.serving() as (url, _):
        words = [
            *SMALL,
            *served(url),
            f"{similarity}=0.3",
            "actions=[generate,export,capsule]",
            f"hydra.run.dir={tmp_path / 'old'}",
        ]
        done = commands.run(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr

    capsule = tmp_path / "old" / "capsule.zip"
    done = commands.run(f"replay={capsule}", f"hydra.run.dir={tmp_path / 'new'}", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "identical" in done.stdout
    assert contents(tmp_path / "new") == contents(tmp_path / "old")

    changed = f"{similarity}=0.9"  # more texts come to the filter after it
    done = commands.run(f"replay={capsule}", changed, f"hydra.run.dir={tmp_path / 'changed'}", folder=tmp_path)

    assert done.returncode == 1
    assert "The capsule holds no vector of " in done.stderr
    assert "leave out what was changed for it" in done.stderr
    assert "To resume" not in done.stderr


class Lines:
    """A capsule with a vector and a text that was refused."""

    has_vectors = True

    def rows(self, name, of):
        fingerprint, vector = json.dumps(Offline().fingerprint(), sort_keys=True), encode([3.0, 4.0])
        lines = [{"embedder": fingerprint, "text": "Name a city.", "vector": vector}, {"text": "Long", "vector": None}]
        return [of(b"", line) for line in lines]


def test_a_replayed_embedder_gives_what_was_recorded_and_says_what_was_not():
    replayed = ReplayedEmbedder(model=Offline(), recordings=Vectors(Lines()))
    with replayed.session() as session:
        found, refused = (
            future.result() for future in session.submit([request_of("Name a city."), request_of("Long")])
        )
        with pytest.raises(ModelError, match="The capsule holds no vector of 'Name a fruit"):
            session.submit([request_of("Name a fruit.")])

    assert isinstance(replayed, Embedder)
    assert decode(found.text).tolist() == [2400, 3200]
    assert refused.failure.kind == "refused"


def test_runs_that_share_a_store_pay_for_a_vector_once(built, composed, tmp_path):
    with embedding_server.serving() as (url, asked):
        run = built(composed(*SMALL, *served(url, store=tmp_path / "shared.sqlite")), tmp_path / "run")
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            with ExitStack() as lines:
                client = embedders(run.recipe, tmp_path / name, lines)["instructions"]["meaning"]
                found = list(embedded(["Name a fruit.", "Name a city."], client))

    assert len(asked) == 2
    assert len(found) == 2
    assert stored(tmp_path / "other") == {"Name a fruit.", "Name a city."}


def test_the_offline_embedder_beside_a_real_model_is_warned_of(execute, tmp_path, caplog):
    replies = tmp_path / "replies.jsonl"
    replies.write_text("", encoding="utf-8")

    with caplog.at_level(logging.WARNING), embedding_server.serving() as (url, _), pytest.raises(Exception):  # noqa: B017, PT011
        execute(tmp_path / "run", "model=endpoint", f"model.api_base={url}", "model.attempts=1")

    assert "has the offline embedder, which compares how instructions are spelled and not what they mean" in caplog.text


def test_a_stage_that_makes_no_instructions_refuses_it(composed, built, tmp_path):
    run = built(composed("+filters@recipe.output_first.filters=meaning"), tmp_path)

    with pytest.raises(ConfigError, match="output_first makes none"):
        run.execute()


def test_a_wrong_address_of_the_embedder_is_reported_with_its_key_and_as_it_was_written(execute, tmp_path):
    with pytest.raises(ConfigError, match=rf"{KEY}.embedder.api_base must be a URL .*got 'ftp://model.example'"):
        execute(tmp_path, *served("ftp://model.example"))


def test_a_missing_key_of_the_embedder_is_reported_before_anything_is_asked(execute, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
        execute(tmp_path, f"embedder@{KEY}.embedder=openai")


@pytest.mark.parametrize("option", ["offline", "openai", "endpoint", "transformers"])
def test_every_embedder_builds(option, composed, built, tmp_path):
    words = [f"embedder@{KEY}.embedder={option}"]
    words += [f"{KEY}.embedder.api_base=http://127.0.0.1/v1"] if option == "endpoint" else []

    run = built(composed(*SMALL, *words), tmp_path)

    assert run.recipe["instructions"].filters["meaning"].embedder.reads_meaning is (option != "offline")
