"""The offline model."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from omegaconf import OmegaConf
from pydantic import ValidationError

from selfinstruct.errors import ModelError
from selfinstruct.model import Model
from selfinstruct.model.grammar.replies import FORMS
from selfinstruct.model.offline import Offline
from selfinstruct.pool import Pool
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.round import Rejection

ROOT = Path(__file__).parents[2]
SHOWN = [
    "Explain how a sail catches the wind.",
    "Name three rivers that cross a border.",
    "Rewrite the sentence without adjectives.",
    "Which planet has the shortest day?",
    "Give the opposite of each word in the list.",
    "Invent a greeting for people who meet under water.",
    "Tell me how to fold a paper boat.",
    "Translate the proverb into Latin.",
]
LISTED = "Come up with tasks:\n" + "\n".join(f"{number}. {task}" for number, task in enumerate(SHOWN, 1)) + "\n"
CLOSED = "Is the number of kettles at the fish market even? Answer with yes or no."
FREE = "Write a calm poem about growing herbs."
GIVEN = "Add up the monthly bills of a dairy farm."


def model(mode: str = "completion", **faults: float) -> Offline:
    none = {"repeats": 0, "truncated": 0, "bad_format": 0, "chatty": 0, "thinking": 0}
    return Offline(mode=mode, **(none | faults))  # type: ignore[arg-type]


def request(reply_format: str, text: str, *, chat: bool = False, number: int = 1, **decoding: object) -> Request:
    return Request(
        id=f"stage/1/{number}",
        stage="stage",
        round=1,
        text=text,
        system=None,
        chat=chat,
        decoding=Decoding(**decoding),  # type: ignore[arg-type]
        reply_format=reply_format,
    )


def ask(reply_format: str, text: str, *, chat: bool = False, of: Offline | None = None, **more: object) -> Completion:
    made = request(reply_format, text, chat=chat, **more)  # type: ignore[arg-type]
    return completions(of or model("chat" if chat else "completion"), [made])[0]


def completions(of: Offline, requests: Iterable[Request]) -> list[Completion]:
    with of.session() as line:
        return [future.result() for future in line.submit(list(requests))]


def about(task: str) -> str:
    return f"Complete the tasks.\n\nTask: Name a bird.\nOutput: owl\n\nTask: {task}\n"


def rate(reply_format: str, text: str, is_fault: object, of: Offline, count: int = 400) -> float:
    replies = completions(of, (request(reply_format, text, number=number) for number in range(count)))
    return sum(bool(is_fault(reply)) for reply in replies) / count  # type: ignore[operator]


def test_it_is_a_model_that_says_it_is_none() -> None:
    offline = model("chat")

    assert isinstance(offline, Model)
    assert (offline.name, offline.mode, offline.is_offline, offline.problems()) == ("offline", "chat", True, [])
    assert ask("numbered_list", LISTED + "9.").model == "offline"


def test_its_fingerprint_is_its_name_mode_and_fault_rates() -> None:
    assert model(repeats=0.5).fingerprint() == {
        "name": "offline",
        "mode": "completion",
        "repeats": 0.5,
        "truncated": 0,
        "bad_format": 0,
        "chatty": 0,
        "thinking": 0,
    }


def test_the_option_in_conf_builds_it() -> None:
    option = OmegaConf.to_container(OmegaConf.load(ROOT / "conf" / "model" / "offline.yaml"))

    assert isinstance(option, dict)
    assert option.pop("_target_") == "selfinstruct.model.offline.Offline"
    assert Offline(**option).name == "offline"


@pytest.mark.parametrize("key", ["repeats", "truncated", "bad_format", "chatty", "thinking"])
def test_a_rate_above_one_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        model(**{key: 1.1})


def test_the_same_request_gets_the_same_reply() -> None:
    faulty = model(repeats=0.3, truncated=0.3, bad_format=0.3, chatty=0.3)

    assert ask("numbered_list", LISTED + "9.", of=faulty) == ask("numbered_list", LISTED + "9.", of=faulty)


@pytest.mark.parametrize(
    "other",
    [
        request("numbered_list", LISTED + "9.", number=2),
        request("numbered_list", LISTED.replace("sail", "kite") + "9."),
        request("numbered_list", LISTED + "9.", temperature=0.5),
    ],
)
def test_another_number_text_or_decoding_gets_another_reply(other: Request) -> None:
    first, second = completions(model(), [request("numbered_list", LISTED + "9."), other])

    assert first.text != second.text


def test_another_process_gets_the_same_reply() -> None:
    script = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[2]]; import test_offline as t; "
        "print([t.ask(e, t.about(t.GIVEN), of=t.model(chatty=0.5)).text for e in ('numbered_list', 'input_first')])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(ROOT), str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(outputs) == 1


def test_replies_come_in_the_order_asked_and_are_there_at_once() -> None:
    with model().session() as line:
        futures = line.submit([request("numbered_list", LISTED + "9.", number=number) for number in range(3)])
        assert all(future.done() for future in futures)

    expected = [ask("numbered_list", LISTED + "9.", number=number) for number in range(3)]
    assert [future.result() for future in futures] == expected


def test_it_is_ready_without_preparation() -> None:
    offline = model()

    assert offline.problems() == []


def test_a_reply_costs_nothing_and_its_tokens_are_counted_by_words() -> None:
    reply = ask("yes_no", "one two three")

    assert (reply.cost_usd, reply.seconds, reply.prompt_tokens, reply.completion_tokens) == (0.0, 0.0, 4, 1)


def test_a_completion_continues_right_after_the_open_number() -> None:
    text = ask("numbered_list", LISTED + "9.", stop=["\n17."]).text

    assert text.startswith(" ")
    assert re.findall(r"^(\d+)\. \S", "9." + text, re.MULTILINE) == [str(number) for number in range(9, 17)]


def test_a_chat_reply_restates_the_numbers() -> None:
    text = ask("numbered_list", LISTED + "Continue the list with 5 more tasks.", chat=True).text

    assert [line.split(".")[0] for line in text.splitlines()] == ["9", "10", "11", "12", "13"]


@pytest.mark.parametrize(
    ("ending", "stop", "count"),
    [
        ("9.", ["\n12."], 3),
        ("9.", ["\n\n", "12 ."], 3),
        ("9.", [], 8),
        ("Go on with 4 further tasks.", [], 4),
        ("Go on with tasks numbered 9 to 14.", [], 6),
        ("Go on.", [], 8),
    ],
)
def test_it_writes_as_many_tasks_as_the_prompt_asks_for(ending: str, stop: list[str], count: int) -> None:
    text = ask("numbered_list", LISTED + ending, chat=not ending.startswith("9"), stop=stop).text

    assert len(text.strip().splitlines()) == count


def test_a_reply_ends_before_the_first_stop_text() -> None:
    whole = ask("numbered_list", LISTED + "9.", stop=["@@@", "\n17."]).text
    word = whole.split()[6]
    stopped = ask("numbered_list", LISTED + "9.", stop=[word, "\n17."])

    assert word not in stopped.text
    assert stopped.finish_reason == "stop"


def test_a_reply_ends_at_max_tokens_with_the_reason_length() -> None:
    reply = ask("numbered_list", LISTED + "9.", max_tokens=40)

    assert len(reply.text.split()) == 30
    assert reply.is_cut_off


def test_a_reply_within_max_tokens_is_whole() -> None:
    assert ask("yes_no", about(CLOSED), max_tokens=1) == ask("yes_no", about(CLOSED), max_tokens=1)
    assert ask("yes_no", about(CLOSED), max_tokens=1).finish_reason == "stop"


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        (CLOSED, "Yes"),
        (FREE, "No"),
        (GIVEN, "No"),
        ("Classify the tweet as angry or calm.", "Yes"),
        ("Tell me if the claim is true or false.", "Yes"),
        ("Write three sentences about classification.", "No"),
        ("Name a river.", "No"),
    ],
)
def test_it_tells_classification_tasks_from_others(task: str, answer: str) -> None:
    text = f"Task: Is rain wet?\nIs it classification? Yes\n\nTask: {task}\nIs it classification?"

    assert ask("yes_no", text).text == f" {answer}"
    assert ask("yes_no", text, chat=True).text == answer


def test_without_a_task_line_the_last_line_is_the_task() -> None:
    assert ask("yes_no", f"{FREE}\n\n{CLOSED}\n").text == " Yes"
    assert ask("yes_no", "").text == " No"


def test_label_first_gives_each_label_with_distinct_inputs() -> None:
    blocks = ask("label_first", about(CLOSED)).text.split("\n\n")
    pairs = [re.fullmatch(r"Class label: (yes|no)\nNumber: (\d+)", block) for block in blocks]

    assert all(pairs)
    assert {match[1] for match in pairs if match} == {"yes", "no"}
    assert len({match[2] for match in pairs if match}) == len(pairs)
    assert all((int(match[2]) % 2 == 0) is (match[1] == "yes") for match in pairs if match)


def test_label_first_takes_the_labels_from_an_instruction_that_it_does_not_know() -> None:
    text = ask("label_first", about('Is the ship old? Answer "vintage" or "modern".')).text

    assert set(re.findall("Class label: (.+)", text)) == {"vintage", "modern"}
    assert "placeholder" in text


def test_input_first_gives_inputs_with_outputs() -> None:
    blocks = ask("input_first", about(GIVEN)).text.split("\n\n")

    for number, block in enumerate(blocks, 1):
        lines = block.splitlines()
        figures = [int(figure) for figure in re.findall(r"\d+", lines[1])]
        assert lines[0] == f"Example {number}"
        assert lines[2] == f"Output: {sum(figures)}"


def test_input_first_goes_straight_to_the_output_where_no_input_is_needed() -> None:
    text = ask("input_first", about(FREE)).text

    assert text.startswith("Output: ")
    assert "growing herbs" in text


@pytest.mark.parametrize(("reply_format", "task"), [("label_first", CLOSED), ("input_first", GIVEN)])
def test_no_more_instances_are_given_than_the_prompt_allows(reply_format: str, task: str) -> None:
    for number in range(10):
        text = ask(reply_format, "Write examples, at most 1 for a task." + about(task), number=number).text
        assert len(text.split("\n\n")) == 1


def test_input_first_answers_a_classification_task_by_its_label() -> None:
    assert re.search(r"Output: (yes|no)$", ask("input_first", about(CLOSED)).text)


@pytest.mark.parametrize(
    ("task", "start"),
    [("Hum the following tune.", "Example 1\n"), ("Hum a tune of your own.", "Output: ")],
)
def test_an_instruction_that_it_does_not_know_gets_a_placeholder_that_says_so(task: str, start: str) -> None:
    text = ask("input_first", about(task)).text

    assert text.startswith(start)
    assert "placeholder of the offline model" in text


@pytest.mark.parametrize(
    ("reply_format", "reason"), [("scores", "its parser expects 'scores'"), ("answer", "it does not")]
)
def test_a_prompt_that_it_cannot_answer_stops_the_run_with_the_reason(reply_format: str, reason: str) -> None:
    reply = ask(reply_format, "Rate this.")

    assert reply.failure is not None
    assert reply.failure.kind == "fatal"
    assert reply.failure.message.startswith(f"it cannot answer the prompt of stage stage: {reason}")
    assert "model=scripted" in reply.failure.message


@dataclass(frozen=True)
class Lines:
    """A parser of somebody's own."""

    reply_format: str = "lines"

    def parse(self, completion: Completion, shown: object) -> list[Rejection]:
        return [Rejection("parse", "no line")]


def test_a_recipe_with_a_new_parser_stops_before_its_first_round(composed, built, tmp_path) -> None:  # type: ignore[no-untyped-def]
    run = built(composed("trackers=[]", "actions=[generate]"), tmp_path)
    stage = run.recipe["instructions"]
    run.recipe["instructions"] = replace(stage, prompt=replace(stage.prompt, parser=Lines()))

    with pytest.raises(
        ModelError, match="offline: it cannot answer the prompt of stage instructions: its parser expects"
    ):
        run.execute()
    assert not run.journal.rounds


@pytest.mark.parametrize("recipe", ["self_instruct", "alpaca", "evol_instruct", "instruction_induction"])
def test_it_knows_the_form_of_every_reply_of_every_recipe(recipe, composed, built, tmp_path) -> None:  # type: ignore[no-untyped-def]
    judge = () if recipe == "instruction_induction" else ("recipe/judge@recipe=[choice,quality,difficulty]",)
    run = built(composed(f"recipe={recipe}", *judge, "trackers=[]"), tmp_path)

    assert {stage.prompt.parser.reply_format for stage in run.recipe.values()} <= set(FORMS)


@pytest.mark.parametrize("recipe", ["self_instruct", "alpaca", "evol_instruct", "instruction_induction", "superni"])
def test_its_replies_conform_to_the_schema_of_every_prompt(recipe, composed, built, tmp_path) -> None:  # type: ignore[no-untyped-def]
    judge = ("recipe/judge@recipe=difficulty",) if recipe == "evol_instruct" else ()
    faults = ("model.bad_format=1", "model.chatty=1", "model.thinking=1", "structured=true")
    run = built(composed(f"recipe={recipe}", *judge, *faults, "trackers=[]"), tmp_path)
    pool = Pool(run.seeds.load())

    for stage in run.recipe.values():
        sample = stage.preview(pool, Random(1))
        requests = [stage.prompt.render(sample, True, "stage", 1, number) for number in range(40)]
        replies = completions(replace(run.model, truncated=0.0), requests)
        assert not any(stage.prompt.held.is_ignored(reply) for reply in replies)
        pieces = [piece for reply in replies for piece in stage.prompt.parse(reply, sample, True)]
        assert [piece for piece in pieces if isinstance(piece, Rejection)] == []


def test_repeats_are_near_copies_of_what_is_shown_or_written() -> None:
    shown = " ".join(SHOWN).lower()
    text = ask("numbered_list", LISTED + "9.", of=model(repeats=1), stop=["\n17."]).text
    items = re.split(r"\n\d+\. ", text)

    for item in items:
        words = re.findall("[a-z]+", item.lower())
        assert sum(word in shown for word in words) / len(words) > 0.6


def test_truncated_replies_break_off() -> None:
    whole, reply = ask("input_first", about(FREE)), ask("input_first", about(FREE), of=model(truncated=1))

    assert reply.is_cut_off
    assert len(reply.text) < len(whole.text)
    assert whole.text.startswith(reply.text)


@pytest.mark.parametrize("number", range(12))
def test_a_badly_formed_list_is_not_numbered_on(number: int) -> None:
    text = ask("numbered_list", LISTED + "9.", of=model(bad_format=1), number=number, stop=["\n17."]).text

    assert re.findall(r"^(\d+)\. \S", "9." + text, re.MULTILINE) != [str(place) for place in range(9, 17)]


def test_a_badly_formed_list_of_one_task_has_no_number() -> None:
    text = ask("numbered_list", LISTED + "Go on.", chat=True, of=model("chat", bad_format=1), stop=["\n10."]).text

    assert not text.startswith("9.")


@pytest.mark.parametrize("number", range(5))
def test_a_badly_formed_yes_or_no_is_neither(number: int) -> None:
    text = ask("yes_no", about(CLOSED), of=model(bad_format=1), number=number).text

    assert text.strip() not in {"Yes", "No"}


@pytest.mark.parametrize("number", range(5))
def test_badly_formed_instances_lack_their_markers(number: int) -> None:
    of = model(bad_format=1)

    assert "Class label:" not in ask("label_first", about(CLOSED), of=of, number=number).text
    assert "Output:" not in ask("input_first", about(GIVEN), of=of, number=number).text
    assert ask("input_first", about(FREE), of=of, number=number).text in {"", "Output:", "Example 1\n"}


@pytest.mark.parametrize("reply_format", ["numbered_list", "label_first", "input_first"])
def test_a_chatty_reply_stands_between_a_preamble_and_a_farewell(reply_format: str) -> None:
    lines = ask(reply_format, LISTED + about(CLOSED), chat=True, of=model("chat", chatty=1)).text.splitlines()

    assert lines[0].endswith(":")
    assert lines[-1].endswith((".", "!"))
    assert lines[1] == lines[-2] == ""


def test_a_chatty_completion_begins_its_list_after_the_preamble() -> None:
    text = ask("numbered_list", LISTED + "9.", of=model(chatty=1)).text

    assert text.startswith(" ")
    assert "\n\n9. " in text


def test_a_chatty_yes_gives_a_reason() -> None:
    assert ask("yes_no", about(CLOSED), of=model(chatty=1)).text.startswith(" Yes, because")


def test_a_thinking_reply_opens_with_its_thoughts() -> None:
    text = ask("yes_no", about(CLOSED), of=model(thinking=1)).text

    assert re.fullmatch(r"<think>\n.+\n</think>\n\nYes", text)


@pytest.mark.parametrize(
    ("fault", "is_fault"),
    [
        ("truncated", lambda reply: reply.is_cut_off),
        ("bad_format", lambda reply: "Output:" not in reply.text),
        ("chatty", lambda reply: not reply.text.startswith("Example")),
        ("thinking", lambda reply: reply.text.startswith("<think>")),
    ],
)
def test_faults_come_about_as_often_as_their_rate_says(fault: str, is_fault: object) -> None:
    assert rate("input_first", about(GIVEN), is_fault, model(**{fault: 0.3})) == pytest.approx(0.3, abs=0.07)
    assert rate("input_first", about(GIVEN), is_fault, model(), 50) == 0


def test_repeats_come_about_as_often_as_their_rate_says() -> None:
    marked = "".join(f"{number}. Zanzibar zanzibar zanzibar {number}.\n" for number in range(1, 9)) + "9."
    asked = [request("numbered_list", marked, number=number) for number in range(100)]
    replies = completions(model(repeats=0.25), asked)
    share = sum(reply.text.lower().count("zanzibar zanzibar zanzibar") for reply in replies) / 800

    assert 0.15 < share < 0.3
