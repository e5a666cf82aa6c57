import json
import sqlite3
from contextlib import closing

import pytest

from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.round import Rejection
from selfinstruct.storage.reader import RunReader, sample_of_refused


@pytest.fixture
def folder(composed, built, tmp_path):
    """A very small run."""
    built(composed("recipe.instructions.until=5", "trackers=[]", "actions=[generate]"), tmp_path / "run").execute()
    return tmp_path / "run"


def test_reads_what_is_committed_and_leaves_every_byte_as_it_is(folder):
    last = [json.loads(line) for line in (folder / "pool.jsonl").read_text().splitlines()][-1]
    with (folder / "pool.jsonl").open("a") as file:
        file.write(json.dumps(last | {"id": "later"}) + "\nhalf a li")
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    record = RunReader(folder)

    assert len(record.pool) == 175 + 5
    assert len(record.seeds) == 175
    assert record.pool_before(0).of("instructions") == []
    assert record.kept("instructions") == [0, 5]
    assert record.chat("instructions") is True
    with record.replies() as replies:
        assert list(replies.of("instructions", 1)) == [f"instructions/1/{number}" for number in range(1, 6)]
        assert replies.of("instructions", 99) == {}
        assert [reply.number for reply in replies][:1] != []
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_rejections_are_found_by_their_request(folder):
    rows = [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]

    found = RunReader(folder).rejections(rows[0]["request"])

    assert [item.reason for item in found] == [row["reason"] for row in rows if row["request"] == rows[0]["request"]]
    assert RunReader(folder).rejections("instructions/99/1") == []


def test_rejections_are_read_one_after_the_other_as_far_as_they_are_committed(folder):
    rows = [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]
    with (folder / "rejected.jsonl").open("a") as file:
        file.write(json.dumps(rows[-1]) + "\n")

    assert list(RunReader(folder).rejected()) == rows


def test_a_store_in_use_is_read_with_what_is_only_in_its_log(folder):
    with sqlite3.connect(folder / "completions.sqlite") as writing:
        writing.execute("UPDATE replies SET text = 'changed', hash = NULL WHERE request = 'instructions/1/1'")
        writing.commit()
        with RunReader(folder).replies() as replies:
            assert replies.of("instructions", 1)["instructions/1/1"][0].completion.text == "changed"
    writing.close()


def test_a_folder_that_no_run_has_left_so_is_refused(folder, tmp_path):
    with pytest.raises(RunFolderError, match="holds no rounds"):
        RunReader(tmp_path)
    (folder / "completions.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(RunFolderError, match="cannot be read"), RunReader(folder).replies() as replies:
        replies.of("instructions", 1)
    (folder / "completions.sqlite").write_bytes(b"")  # as it is for a moment when a run starts
    with pytest.raises(RunFolderError, match="holds no replies"), RunReader(folder).replies():
        pass
    (folder / "completions.sqlite").unlink()
    with pytest.raises(RunFolderError, match=r"holds no completions\.sqlite"), RunReader(folder).replies():
        pass
    content = (folder / "rejected.jsonl").read_bytes()
    (folder / "rejected.jsonl").write_bytes(b"?" + content[1:])
    with pytest.raises(RunFolderError, match=r"rejected\.jsonl:1: not JSON at column 1"):
        assert RunReader(folder).rounds
    (folder / "rounds.jsonl").write_text("{\n")
    with pytest.raises(RunFolderError, match=r"rounds\.jsonl:1: not JSON at column 2"):
        RunReader(folder)


@pytest.mark.parametrize("name", ["pool.jsonl", "rejected.jsonl"])
def test_a_byte_that_changed_since_it_was_committed_is_reported(name, folder):
    content = bytearray((folder / name).read_bytes())
    content[content.rindex(b'"instruction": "') + 20] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(RunFolderError, match=rf"{name}: .* changed since round 1 of \w+ was committed"):
        assert RunReader(folder).rounds


@pytest.mark.parametrize("name", ["pool.jsonl", "rejected.jsonl"])
def test_a_file_that_has_gone_is_reported(name, folder):
    (folder / name).unlink()

    with pytest.raises(RunFolderError, match=rf"{name} is missing"):
        assert len(RunReader(folder).pool) + len(list(RunReader(folder).rejected()))


def test_seeds_are_those_that_the_run_began_with_and_not_what_a_stage_made_of_them(tmp_path, composed, built):
    (tmp_path / "seeds.jsonl").write_text("".join(f'{{"instruction": "Name {n} rivers."}}\n' for n in range(2, 9)))
    config = composed("seeds=alpaca", f"seeds.path={tmp_path}/seeds.jsonl", "trackers=[]", "actions=[generate]")
    config["recipe"] = {name: stage for name, stage in config["recipe"].items() if name != "instructions"}
    built(config, tmp_path / "run").execute()

    record = RunReader(tmp_path / "run")

    assert [task.is_classification for task in record.seeds] == [None] * 7
    assert [task.is_classification for task in record.pool_before(1)] == [False] * 7
    assert all(task.models["classification"] == "offline" for task in record.pool)


@pytest.fixture
def resumed(composed, built, tmp_path):
    """A small run of three executions, so that some questions were asked ahead and not used."""
    overrides = ("recipe.instructions.until=60", "trackers=[]", "actions=[generate]")
    for requests in (4, 40, 1000):
        run = built(composed(*overrides, f"budget.requests={requests}"), tmp_path)
        run.execute()
    return run


def test_what_is_stored_of_every_request_renders_its_prompt(resumed, tmp_path):
    record = RunReader(tmp_path)
    for place, round_ in enumerate(record.rounds):
        prompt = resumed.recipe[round_.stage].prompt
        asked = record.asked(round_, record.pool_before(place), prompt)

        assert len(asked) == round_.asked
        for one in asked:
            assert prompt.render(one.sample, True, "x", 1, 1, one.attempt).text == one.reply.prompt
            made = [task for task in round_.tasks if task.request == one.id]
            assert all(task.parents == one.sample.parents for task in made if task.origin == round_.stage)


def test_of_a_request_that_was_sent_twice_the_reply_to_the_current_prompt_is_read(folder, resumed):
    record = RunReader(folder)
    round_, prompt = record.rounds[0], resumed.recipe["instructions"].prompt
    other = (
        "INSERT INTO replies SELECT request, x'00', 7, stage, round, identity, system, head, 'Hello', decoding, text,"
    )
    rest = " finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model, time + 9, sent, NULL, drawn,"
    with closing(sqlite3.connect(folder / "completions.sqlite")) as connection:
        connection.execute(f"{other}{rest} NULL FROM replies WHERE request = 'instructions/1/1'")
        connection.commit()

    asked = record.asked(round_, record.pool_before(0), prompt)

    assert not asked[0].reply.prompt.endswith("Hello")


def test_a_refused_request_has_what_its_rejection_says(task):
    rejection = Rejection("model", "no", task="seed_task_1", attributes={"input": "4", "operation": "deepen"})

    sample = sample_of_refused(rejection, Pool([task(1)]))

    assert (sample.task.id, sample.input, sample.attributes["operation"]) == ("seed_task_1", "4", "deepen")
    assert sample_of_refused(None, Pool()).task is None


def test_a_folder_without_rounds_is_read_where_it_may_be_empty(tmp_path):
    record = RunReader(tmp_path, may_be_empty=True)

    assert (record.rows, record.config, record.summary, len(record.pool)) == ([], {}, {}, 0)
