"""Whole tasks read from real blocks, joined in every style by the server that replays them; it knows what it joined."""

import importlib.util
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import pytest

from selfinstruct.pool import Pool
from selfinstruct.prompt.whole_tasks import WholeTasks
from selfinstruct.request import Completion
from selfinstruct.round import Candidate
from selfinstruct.text.no_input import says_none

SHARED = Path(__file__).parents[2].parent / "shared"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="needs the recorded texts")
REPLIES = 150
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060"))
DRESS = re.compile(
    r"^(?:- |\*\*)?((?:\d+\. )?(?:Example \d+|Instruction:|Input:|Sentence:|Output:|Class label:))(?:\*\*)?", re.M
)
MERGED = re.compile(r"^\W*\d+\. (?:Instruction|Input|Output):", re.M)
"""A recorded text of this kind is itself two tasks in one, the known defect of the released data."""
RUN_ON = re.compile(r"\n\s*\nTask:[^\n]*\Z")


@cache
def server():
    spec = importlib.util.spec_from_file_location("replay_llm", SHARED / "tools" / "replay_llm.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["replay_llm"] = module
    spec.loader.exec_module(module)
    return module


@cache
def writer():
    """The server's writer, which also says what it joined."""

    class Telling(server().Writer):
        def alpaca(self, text, rng):
            again = Random()
            again.setstate(rng.getstate())
            plain = super().alpaca(text, rng)
            self.rows = []
            while again.getstate() != rng.getstate():
                self.rows.append(again.choice(self.corpus.answered))
            return plain

    return Telling(server().parse_arguments([]))


@pytest.fixture(scope="module")
def asked(composed, built, tmp_path_factory):
    run = built(composed("recipe=alpaca"), tmp_path_factory.mktemp("run"))
    return run.recipe["tasks"], Pool(run.seeds.load())


def words(text):
    """A text without white space, and without the dress that the server's styles give to what looks like a label."""
    return " ".join(DRESS.sub(r"\1", text.translate(INVISIBLE)).split())


def task_of(row):
    """A task as it is to be read; one that runs on into the next, as some of the recorded ones do, without that."""
    output = RUN_ON.sub("", row.output)
    return words(row.instruction), "" if says_none(row.input) else words(row.input), words(output)


def read(candidate):
    return words(candidate.instruction), words(candidate.instance.input), words(candidate.instance.output)


def replies(asked, style, *, chat):
    """Each reply: the tasks in it as the server joined them, and the pieces found."""
    stage, pool = asked
    for number in range(REPLIES):
        rng = Random(f"{style}/{number}")
        sample = stage.preview(pool, rng)
        text = stage.prompt.render(sample, chat, "tasks", 1, number).text
        assert server().detect_stage(text) == "alpaca"
        reply, reason = writer().reply(text, "alpaca", style, rng)
        if any(MERGED.search(text) for row in writer().rows for text in row):
            continue
        yield writer().rows, stage.prompt.parse(Completion(text=reply, finish_reason=reason), sample, chat)


@pytest.mark.parametrize("chat", [True, False], ids=["chat", "completion"])
@pytest.mark.parametrize("style", ["gpt3", "chat", "markdown", "bullets", "restart", "thinking"])
def test_every_whole_task_is_found_and_none_is_two(style, chat, asked):
    counts, unlike = Counter(), []
    for rows, pieces in replies(asked, style, chat=chat):
        wanted = Counter(map(task_of, rows))
        found = [read(piece) for piece in pieces if isinstance(piece, Candidate)]
        counts["tasks"] += wanted.total()
        counts["lost"] += (wanted - Counter(found)).total()
        strange = [task for task in found if task not in wanted]
        counts["strange"] += len(strange)
        unlike += strange
        assert len(pieces) >= len(found) > 0
    print(style, "chat" if chat else "completion", dict(counts))
    assert counts["tasks"] >= REPLIES * 10
    assert unlike == []
    assert counts["lost"] == 0


def test_real_tasks_without_numbers_or_rules_are_kept_as_they_are_or_told():
    """Bare labels also stand in real texts, and some fences are never closed; next to nothing is kept wrong."""
    rng, counts = Random(7), Counter()
    for _ in range(REPLIES):
        rows = [rng.choice(writer().corpus.answered) for _ in range(12)]
        if any(MERGED.search(text) for row in rows for text in row):
            continue
        text = "\n\n".join(f"Instruction: {row[0]}\nInput: {row[1] or 'None'}\nOutput: {row[2]}" for row in rows)
        wanted = Counter(map(task_of, rows))
        found = [
            read(one)
            for one in WholeTasks().parse(Completion(text=text), {"tasks": (), "chat": True})
            if isinstance(one, Candidate)
        ]
        counts["tasks"] += wanted.total()
        counts["found"] += (wanted & Counter(found)).total()
        counts["strange"] += (Counter(found) - wanted).total()
    print(dict(counts))
    assert counts["found"] >= 0.99 * counts["tasks"]
    assert counts["strange"] <= 0.004 * counts["tasks"]
