"""Servers that leave the control tokens of their model in the replies: they cost no task, and are reported once."""

import json
import sqlite3
from contextlib import closing

import pytest

from selfinstruct.round import LEAK

WRAPPED = {
    "the end": "{}<|im_end|>\n<|endoftext|>",
    "a header": "<|start_header_id|>assistant<|end_header_id|>\n\n{}<|eot_id|>",
    "a turn": "<s> {}</s><s>[INST] Write ten more. [/INST] 1. Name a bird that sings at night.",
    "channels": (
        "<|channel|>analysis<|message|>1. Name a fish that flies.<|end|>"
        "<|start|>assistant<|channel|>final<|message|>{}<|return|>"
    ),
}
SMALL = ("trackers=[]", "formats=[alpaca]", "recipe.instructions.until=6", "recipe.instructions.requests_per_round=2")


def rows(folder, name):
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def execute(another, composed, built, plausible, tmp_path):
    """Run against a server that puts each reply into these words; its folder."""

    def run(words, *more):
        with another() as server:
            server.reply = lambda prompt, temperature: words.format(plausible(prompt, temperature))
            folder = tmp_path / str(len(list(tmp_path.iterdir())))
            built(composed(*SMALL, f"model.api_base={server.url}", *more), folder).execute()
        return folder

    return run


@pytest.mark.parametrize(
    ("what", "model"), [("channels", "endpoint"), ("a turn", "endpoint"), ("a header", "openai_compatible")]
)
def test_control_tokens_change_no_task_and_are_counted_in_each_round(what, model, execute, made, caplog):
    clean = made(execute("{}", f"model={model}"))
    assert LEAK not in caplog.messages
    assert b"control_tokens" not in clean["rounds.jsonl"]

    folder = execute(WRAPPED[what], f"model={model}")

    found = made(folder)
    assert {name: found[name] for name in found if name != "rounds.jsonl"} == {
        name: clean[name] for name in clean if name != "rounds.jsonl"
    }
    assert all(row["control_tokens"] == row["asked"] for row in rows(folder, "rounds"))
    assert caplog.messages.count(LEAK) == 1


def test_the_reply_in_the_store_stays_as_it_came(execute):
    folder = execute(WRAPPED["the end"], "model=endpoint")

    with closing(sqlite3.connect(folder / "completions.sqlite")) as store:
        texts = [text for (text,) in store.execute("SELECT text FROM completions")]
    assert texts
    assert all(text.endswith("<|im_end|>\n<|endoftext|>") for text in texts)


def test_the_leak_is_on_the_terminal_and_in_the_log_once(another, plausible, run, tmp_path):
    with another() as server:
        server.reply = lambda prompt, temperature: f"{plausible(prompt, temperature)}</s>"
        code, _, errors = run(*SMALL, "model=endpoint", f"model.api_base={server.url}", "hydra.run.dir=run")

    log = (tmp_path / "run" / "run.log").read_text(encoding="utf-8")
    assert code == 0
    assert errors.count(LEAK) == log.count(LEAK) == 1
