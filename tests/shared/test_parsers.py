"""Our parsers on recorded replies of real models, beside the reference rules, which are written here anew as facts."""

import gzip
import importlib.util
import json
import re
import string
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from selfinstruct.prompt.input_first import InputFirst
from selfinstruct.prompt.label_first import LabelFirst
from selfinstruct.prompt.numbered_list import NumberedList
from selfinstruct.prompt.yes_no import YesNo
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Task

SHARED = Path(__file__).parents[2].parent / "shared"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="needs the recorded replies")

FAMILIES = {
    "gpt-3.5-turbo-instruct": "gpt-3.5-turbo-instruct",
    "gpt-3.5-turbo-16k": "gpt-3.5-turbo-16k",
    "gpt-3.5-turbo-1106": "gpt-3.5-turbo-1106",
    "gpt-3.5-turbo (chat)": "gpt-3.5-turbo (chat)",
    "llama-v3p1": "Llama-3.1-8B-Instruct",
    "Llama-3-8B": "Llama-3-8B base",
    "Qwen3": "Qwen3 thinking",
    "Qwen1.5": "Qwen1.5-chat",
    "falcon": "Falcon-7B",
    "gpt-4o": "GPT-4o",
    "gpt-4 ": "GPT-4",
    "Mixtral": "Mixtral-8x7B",
    "llama2": "Llama-2",
    "Yi": "Yi-34B",
    "OpenAI davinci": "davinci",
    "davinci": "davinci",
}
COMPLETION = ("davinci", "gpt-3.5-turbo-instruct", "gpt-3.5-turbo-16k", "Llama-3-8B base", "Falcon-7B")
CHAT = ("Llama-3.1-8B-Instruct", "Qwen3 thinking")
Found = list[Candidate | Rejection]


@cache
def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(SHARED / "data" / f"completions_{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    for row in found:
        row["family"] = next(family for start, family in FAMILIES.items() if row["model"].startswith(start))
    return found


def completion(row: dict[str, Any]) -> Completion:
    return Completion(text=row["completion"], finish_reason=row.get("finish_reason") or "stop")


def candidates(found: Found) -> list[Candidate]:
    return [piece for piece in found if isinstance(piece, Candidate)]


def flat(text: str) -> str:
    return " ".join(text.split())


def table(title: str, figures: dict[str, Counter[str]], columns: list[str]) -> None:
    print(f"\n{title}\n{'':24}" + "".join(f"{column:>16}" for column in columns))
    for family, counts in sorted(figures.items()):
        print(f"{family:24}" + "".join(f"{counts[column]:16}" for column in columns))


# The reference rules.


def reference_pieces(text: str) -> list[str]:
    """Steps b to d: split at numbered lines, collapse, capitalize, drop empty."""
    return [piece for piece in (flat(part).capitalize() for part in re.split(r"\n\d+\s?\. ", text)) if piece]


UNSUITABLE = re.compile(r"\b(?:images?|graphs?|pictures?|files?|maps?|draw|plot|go to)\b", re.IGNORECASE)


def reference_keeps(piece: str) -> bool:
    """Steps e to i: length, keywords, openings, first character."""
    return (
        3 < len(piece.split()) <= 150
        and not UNSUITABLE.search(piece)
        and not piece.startswith("Write a program")
        and piece[0] not in string.punctuation
        and piece[0].isascii()
    )


def reference_answer(text: str) -> bool | None:
    """Exactly one of three spellings is a yes; of no, the same spellings are taken as read."""
    return {"yes": True, "no": False}.get(text.strip().lower())


def reference_instances(text: str) -> list[tuple[str, str]]:
    if "Class label:" in text:
        blocks = (block.strip().partition("\n") for block in text.split("Class label:")[1:])
        return [(rest.strip(), label.strip()) for label, _, rest in blocks]
    text = text.strip()
    if re.search(r"Example\s?\d*\.?", text):
        return [reference_pair(block) for block in re.split(r"Example\s?\d*\.?", text) if block.strip()]
    return [reference_pair(text)] if re.search(r"Output\s*\d*\s*:", text) else []


def reference_pair(block: str) -> tuple[str, str]:
    before, *after = re.split(r"Output\s*\d*\s*:", block)
    given, output = (before, after[0]) if after else ("", before)
    output = re.split(r"Input\s*\d*\s*:", output)[0]
    return re.sub(r"^Input\s*\d*\s*:", "", given.strip()).strip(), output.strip()


# Instructions.


def read_list(row: dict[str, Any], *, chat: bool | None = None) -> Found:
    shown = len(re.findall(r"^\d+\. \S", row.get("prompt", ""), re.MULTILINE)) or 8
    tasks = [Task(id=str(number), origin="human", instruction="") for number in range(shown)]
    parser = NumberedList(casing="keep", cut_off="keep_whole")
    return parser.parse(completion(row), {"tasks": tasks, "chat": row["family"] in CHAT if chat is None else chat})


def difference(row: dict[str, Any]) -> tuple[Counter[str], Counter[str]]:
    """What only the reference reads, and what only we do, in its casing."""
    theirs = Counter(reference_pieces(row["completion"]))
    ours = Counter(flat(one.instruction).capitalize() for one in candidates(read_list(row)))
    return theirs - ours, ours - theirs


def kind_of_loss(lost: str, found: Counter[str]) -> str:
    if any(lost.startswith(one.rstrip(".")) for one in found):
        return "marker cut off" if re.search(r" \d+$", lost) else "solution cut from task"
    if any(lost.endswith(one.lower()) or flat(re.sub(r"^\d+\. ", "", lost)).capitalize() == one for one in found):
        return "number said again"
    return "prompt said again" if lost.endswith(":") else "lost"


def test_the_yield_of_instructions() -> None:
    figures: dict[str, Counter[str]] = {}
    for row in rows("instructions"):
        counts = figures.setdefault(row["family"], Counter())
        theirs, found = reference_pieces(row["completion"]), read_list(row)
        ours = [flat(one.instruction).capitalize() for one in candidates(found)]
        counts.update({"replies": 1, "reference": len(theirs), "ours": len(ours), "rejected": len(found) - len(ours)})
        counts.update(
            {"reference kept": sum(map(reference_keeps, theirs)), "ours kept": sum(map(reference_keeps, ours))}
        )
    table(
        "Instructions (kept: after the reference's own filters)",
        figures,
        ["replies", "reference", "ours", "rejected", "reference kept", "ours kept"],
    )

    assert figures["Llama-3-8B base"]["reference"] == 418
    assert figures["Llama-3-8B base"]["ours"] == 417  # one item is the heading of the prompt
    assert figures["gpt-3.5-turbo-instruct"]["ours"] == figures["gpt-3.5-turbo-instruct"]["reference"] == 3054


def test_nothing_is_lost_that_the_reference_reads_from_completion_models() -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    for row in rows("instructions"):
        if row["family"] in COMPLETION:
            lost, found = difference(row)
            kinds.update((row["family"], kind_of_loss(one, found)) for one in lost.elements())

    assert kinds == {
        ("gpt-3.5-turbo-instruct", "solution cut from task"): 30,  # three replies that go on to solve the tasks
        ("gpt-3.5-turbo-16k", "prompt said again"): 2,
        ("gpt-3.5-turbo-16k", "number said again"): 1,
        ("Llama-3-8B base", "prompt said again"): 1,
        ("davinci", "prompt said again"): 1,
        ("Falcon-7B", "prompt said again"): 6,  # the pipeline gives the prompt with the reply
        ("Falcon-7B", "marker cut off"): 2,
    }


def test_completion_models_yield_nothing_beside_what_the_reference_reads() -> None:
    extra = 0
    for row in rows("instructions"):
        if row["family"] in COMPLETION:
            lost, found = difference(row)
            extra += max(0, found.total() - lost.total())

    assert extra == 0


TALK = re.compile(
    "|".join(
        (
            r"here (?:is|are)\b|here's|sure\b|certainly|of course|let me know|i hope|i'm ready|i'll |i'd be|let's",
            r"unfortunately|please provide (?:more|the .*(?:i'll|so i))|you(?:'ve| have)? (?:already|didn't)|note:",
            r"which one would|these tasks|this task\b|none\b|no .* (?:provided|found)",
            r"step \d|the (?:answer|result|output) is|to (?:solve|find|simplify) .*, (?:we|i)\b|answer:|output:",
            r"first, (?:add|multiply)|(?:add|subtract|divide|multiply|simplify)\b.*:.*=|[\d\s()+=*/.-]+$",
            r".*(?:what are the tasks|\bi'll (?:need|provide|assume)|no toxic word|with my responses)",
        )
    ),
    re.IGNORECASE,
)


@pytest.mark.parametrize("chat", [True, False])
def test_a_model_that_solves_the_tasks_yields_no_talk_and_no_working(chat: bool) -> None:
    texts = [
        one.instruction
        for row in rows("instructions")
        if row["family"] == "Llama-3.1-8B-Instruct"
        for one in candidates(read_list(row, chat=chat))
    ]

    assert [text for text in texts if TALK.match(text)] == []
    assert len(texts) > 440


def test_a_reasoning_model_yields_nothing_that_it_thought() -> None:
    for row in rows("instructions"):
        if row["family"] == "Qwen3 thinking":
            _, end, said = row["completion"].partition("</think>")
            found = read_list(row)
            assert all(one.instruction[:20] in flat(said) for one in candidates(found))
            assert len(candidates(found)) == bool(end)


def test_every_reply_says_something() -> None:
    assert all(read_list(row) for row in rows("instructions"))


# Yes or no.


def test_the_yield_of_answers() -> None:
    figures: dict[str, Counter[str]] = {}
    for row in rows("classification"):
        counts = figures.setdefault(row["family"], Counter())
        expected = reference_answer(row["completion"])
        (found,) = YesNo().parse(completion(row), {})
        answer = found.is_classification if isinstance(found, Candidate) else None
        counts.update(["replies", "unreadable" if answer is None else "yes" if answer else "no"])
        if expected is not None:
            counts["agree" if answer is expected else "disagree"] += 1
        elif answer is not None:
            counts["only ours"] += 1
    table("Yes or no", figures, ["replies", "agree", "disagree", "only ours", "unreadable", "yes", "no"])

    assert not any(counts["disagree"] for counts in figures.values())
    assert sum(counts["only ours"] for counts in figures.values()) == 755
    assert {family: counts["unreadable"] for family, counts in figures.items() if counts["unreadable"]} == {
        "gpt-3.5-turbo (chat)": 170,
        "davinci": 1,  # empty
    }
    assert figures["Mixtral-8x7B"]["only ours"] == 664


# Instances.


def read_instances(row: dict[str, Any]) -> Found:
    parser = LabelFirst() if "Class label:" in row["completion"] else InputFirst()
    task = Task(id="", origin="human", instruction=row["instruction"])
    return parser.parse(completion(row), {"task": task, "chat": row["family"] in ("GPT-4", "gpt-3.5-turbo-1106")})


def kind_of_difference(row: dict[str, Any], theirs: list[tuple[str, str]], ours: list[tuple[str, str]]) -> str:
    text = row["completion"]
    if theirs == ours:
        return "same"
    if re.search(r"^Task\s*:", text, re.MULTILINE):
        return "other tasks"
    if "Example" in text:
        return "the word Example"
    if re.search(r"^.*\S.*Output\s*\d*\s*:", text, re.MULTILINE):
        return "Output: in a line"
    return "Input:" if "Input:" in text else "Output : again"


def test_the_yield_of_instances() -> None:
    figures: dict[str, Counter[str]] = {}
    kinds: dict[str, Counter[str]] = {}
    for row in rows("instances"):
        theirs = [(flat(given), flat(output)) for given, output in reference_instances(row["completion"]) if output]
        found = read_instances(row)
        ours = [(flat(one.instance.input), flat(one.instance.output)) for one in candidates(found) if one.instance]
        counts = figures.setdefault(row["family"], Counter())
        counts.update({"replies": 1, "reference": len(theirs), "ours": len(ours), "rejected": len(found) - len(ours)})
        kinds.setdefault(row["family"], Counter())[kind_of_difference(row, theirs, ours)] += 1
        assert found
    table("Instances", figures, ["replies", "reference", "ours", "rejected"])
    table("Replies by difference", kinds, sorted({kind for counts in kinds.values() for kind in counts}))

    assert kinds["davinci"] == {"same": 181, "Input:": 2}
    assert kinds["gpt-3.5-turbo-1106"] == {"same": 25}
    assert kinds["GPT-4"] == {"same": 38, "the word Example": 2}
    assert kinds["Falcon-7B"] == {"other tasks": 2}
    assert kinds["Llama-2"] == {"same": 8}
    assert kinds["Qwen1.5-chat"] == {
        "same": 1675,
        "other tasks": 5,
        "the word Example": 110,  # the reference splits at the mere word, and keeps the colon after it
        "Output: in a line": 15,  # the reference splits inside code and sentences
        "Input:": 14,  # the reference leaves an empty "Input:" at the end of the input
        "Output : again": 5,  # one of them ends with a row of stars, which is left out
    }


# The replies of the server that the program is tested with.


@pytest.fixture(scope="module")
def server() -> ModuleType:
    pytest.importorskip("aiohttp")
    spec = importlib.util.spec_from_file_location("replay_llm", SHARED / "tools" / "replay_llm.py")
    if spec is None or spec.loader is None or not Path(str(spec.origin)).exists():
        pytest.skip("needs the server")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def writer(server: ModuleType) -> Any:
    return server.Writer(server.parse_arguments([]))


SHOWN = "\n".join(f"{number}. Do the thing of number {number}." for number in range(1, 9))
PROMPTS = {
    False: f"Tasks:\n{SHOWN}\n9.",
    True: f"Tasks:\n{SHOWN}\n\nContinue the list with 8 more tasks, numbered 9 to 16.",
}
DRESSED = ("chat", "markdown", "bullets", "thinking")
Read = Callable[[str], Found]


@pytest.mark.parametrize(
    ("style", "chat"),
    [("gpt3", False), ("restart", False), *((style, True) for style in ("gpt3", "restart", *DRESSED))],
)
def test_every_style_of_list_gives_its_items(writer: Any, style: str, chat: bool) -> None:
    tasks = [Task(id=str(number), origin="human", instruction="") for number in range(8)]
    parser = NumberedList(casing="keep", cut_off="keep_whole")
    right = total = 0
    for seed in range(40):
        said = writer.instructions(PROMPTS[True], "gpt3", Random(seed))
        expected = [flat(re.sub(r"^\d+\. ", "", line)) for line in said.split("\n")]
        text, _ = writer.reply(PROMPTS[chat], "instructions", style, Random(seed))
        found = [
            flat(one.instruction)
            for one in candidates(parser.parse(Completion(text=text), {"tasks": tasks, "chat": chat}))
        ]
        total += len(expected)
        right += (Counter(found) & Counter(expected)).total()

    assert right / total > 0.98


def pairs(found: Found) -> list[tuple[str, str]]:
    return [(flat(one.instance.input), flat(one.instance.output)) for one in candidates(found) if one.instance]


@pytest.mark.parametrize("style", [*DRESSED, "restart"])
@pytest.mark.parametrize("stage", ["classification", "output-first", "input-first"])
def test_every_style_of_annotation_is_read_as_the_plain_one(writer: Any, stage: str, style: str) -> None:
    parser = {"classification": YesNo(), "output-first": LabelFirst(), "input-first": InputFirst()}[stage]
    tail = "Is it classification?" if stage == "classification" else ""
    right = 0
    for seed in range(60):
        row = Random(seed).choice(writer.corpus.labelled)
        shown = {"task": Task(id="", origin="human", instruction=row.instruction), "chat": style != "restart"}
        prompt = f"Task: {row.instruction}\n{tail}"
        read: Read = lambda text, shown=shown: parser.parse(Completion(text=text), shown)  # type: ignore[misc]  # noqa: E731
        plain, _ = writer.reply(prompt, stage, "gpt3", Random(seed))
        dressed, _ = writer.reply(prompt, stage, style, Random(seed))
        expected, found = read(plain), read(dressed)
        if stage == "classification":
            right += candidates(expected) == candidates(found) != []
        else:
            right += pairs(expected) == pairs(found) != []

    assert right >= 57


@pytest.mark.parametrize("stage", ["instructions", "classification", "output-first", "input-first"])
def test_recorded_replies_and_refusals_are_never_silent(writer: Any, server: ModuleType, stage: str) -> None:
    parsers = (NumberedList(casing="keep", cut_off="keep_whole"), YesNo(), LabelFirst(), InputFirst())
    texts = [writer.reply("Task: Write.\n", stage, "recorded", Random(seed))[0] for seed in range(50)]
    for text in texts:
        assert all(parser.parse(Completion(text=text), {"chat": True}) for parser in parsers)
    for text in server.REFUSALS:
        for parser in parsers:
            (found,) = parser.parse(Completion(text=text), {"chat": True})
            assert isinstance(found, Rejection)
            assert found.reason == "refusal"
