"""The rows of a dataset as examples."""

import codecs
import json
from dataclasses import replace

import pytest

from selfinstruct.errors import DataError
from selfinstruct.formats.alpaca import Alpaca
from selfinstruct.formats.chat import Chat
from selfinstruct.formats.preference import Preference
from selfinstruct.formats.self_instruct import SelfInstruct
from selfinstruct.formats.sharegpt import Sharegpt
from selfinstruct.task import Instance
from selfinstruct.trainer.rows import Example, examples_in

QUESTION, ANSWER = "Add the numbers.\n\n1 and 2", "3"


def turns(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


def exported(part, pool, task):
    """The rows that a format writes of one task."""
    pool.add(task(77, origin="instructions", instruction="Add the numbers.", instances=(Instance("1 and 2", "3"),)))
    return [row for _, rows in part.files(pool, 1) for row in rows]


@pytest.mark.parametrize(
    "part",
    [
        Chat(include_seeds=False, system=None),
        Sharegpt(include_seeds=False),
        SelfInstruct(include_seeds=False),
        Alpaca(include_seeds=False),
    ],
    ids=["chat", "sharegpt", "self_instruct", "alpaca"],
)
def test_every_format_of_rows_gives_the_same_example(part, pool, task, write_rows, tmp_path):
    rows = exported(part, pool, task)

    (found,) = examples_in(write_rows(tmp_path / "rows.jsonl", rows), "chat")

    assert found.prompt == turns(("user", QUESTION))
    assert found.completion == ANSWER


def test_a_system_message_and_several_turns_are_shown_and_the_last_answer_is_learned(write_rows, tmp_path):
    before = turns(("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"))
    path = write_rows(tmp_path / "rows.jsonl", [{"messages": [*before, *turns(("assistant", "See you"))]}])

    assert examples_in(path, "chat") == [Example("line 1", before, "See you")]


def test_prompt_and_completion_of_messages_are_read(write_rows, tmp_path):
    row = {"prompt": turns(("system", "Be brief."), ("user", "Hi")), "completion": turns(("assistant", "Hello"))}

    (found,) = examples_in(write_rows(tmp_path / "rows.jsonl", [row]), "chat")

    assert (found.prompt, found.completion) == (row["prompt"], "Hello")


def test_texts_are_one_message_each_for_a_chat_model_and_stay_texts_for_a_base_model(write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [{"prompt": "2 + 2 =", "completion": " 4<|endoftext|>", "id": "sum"}])

    assert examples_in(path, "completion") == [Example("sum", "2 + 2 =", " 4")]
    assert examples_in(path, "chat") == [Example("sum", turns(("user", "2 + 2 =")), " 4")]


def test_an_empty_answer_is_a_row(write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [{"instruction": "Say nothing.", "input": "", "output": ""}])

    assert [row.completion for row in examples_in(path, "chat")] == [""]


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ({"text": "Hi"}, "has none of the columns"),
        ({"messages": turns(("user", "Hi"))}, "must end with a turn of the assistant"),
        ({"messages": turns(("assistant", "Hi"))}, "must end with a turn of the assistant, after one of the user"),
        ({"messages": []}, "has none of the columns"),
        ({"messages": [{"role": "tool", "content": "4"}]}, "has a turn without a known role or a text"),
        ({"messages": [{"role": "user", "content": None}]}, "has a turn without a known role or a text"),
        ({"messages": ["Hi"]}, "has a turn without a known role or a text"),
        ({"instruction": "Add.", "input": [1, 2], "output": "3"}, "has an input that is not a text"),
        ({"messages": [{"role": ["user"], "content": "Hi"}]}, "has a turn without a known role or a text"),
        ({"prompt": "Hi", "completion": "\ud83d"}, "holds half of a surrogate pair"),
        (["Hi"], "must be an object, not"),
    ],
)
def test_a_row_that_is_no_example_is_a_mistake_of_its_line(row, mistake, chat, write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [chat("Hi", "Hello"), row])

    with pytest.raises(DataError) as caught:
        examples_in(path, "chat")

    (found,) = caught.value.problems
    assert found.startswith(f"{path}:2: {mistake}")


def test_messages_are_refused_for_a_model_that_continues_texts(dataset):
    with pytest.raises(DataError, match=r"formats=\[prompt_completion\]"):
        examples_in(dataset, "completion")


def test_ten_mistakes_are_shown_and_the_others_are_counted(write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [{"text": number} for number in range(12)])

    with pytest.raises(DataError) as caught:
        examples_in(path, "chat")

    assert [text.split(":")[1] for text in caught.value.problems[:10]] == [str(number) for number in range(1, 11)]
    assert caught.value.problems[10:] == [f"{path}: 2 more mistakes like these."]


def test_a_mark_at_the_beginning_windows_line_ends_and_empty_lines_do_not_matter(chat, tmp_path):
    path = tmp_path / "rows.jsonl"
    text = f"{json.dumps(chat('Hi', 'Hello'))}\r\n\r\n{json.dumps(chat('Bye', 'See you'))}"
    path.write_bytes(codecs.BOM_UTF8 + text.encode())

    assert [(row.name, row.completion) for row in examples_in(path, "chat")] == [
        ("line 1", "Hello"),
        ("line 3", "See you"),
    ]


def test_bytes_of_another_encoding_and_broken_lines_are_reported_together(chat, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json.dumps(chat("Hi", "Hello")).encode() + b'\n{"instruction": "Caf\xe9"}\n{"instruction": \n')

    with pytest.raises(DataError) as caught:
        examples_in(path, "chat")

    assert [text.removeprefix(f"{path}:")[:2] for text in caught.value.problems] == ["2:", "3:"]


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_rows_is_an_error(content, tmp_path):
    (tmp_path / "rows.jsonl").write_text(content)

    with pytest.raises(DataError, match="holds no rows to train on"):
        examples_in(tmp_path / "rows.jsonl", "chat")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        examples_in(tmp_path / "rows.jsonl", "chat")


@pytest.mark.parametrize(
    "prompt",
    [
        "Add the numbers.\nInput: 1 and 2\nOutput:",
        "Task: Add the numbers.\n\n1 and 2\n\n",
        "Add the numbers. Output:",
        "add the  numbers.",
        "Below is an instruction.\n\n### Instruction:\nAdd the numbers.\n\n### Response:",
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}],
    ],
)
def test_the_instruction_is_the_same_in_every_layout(prompt):
    assert Example("x", prompt, "3").instruction == "add the numbers."


TEXTS = {"prompt": QUESTION, "chosen": "3", "rejected": "4"}
TURNS = {
    "prompt": turns(("user", QUESTION)),
    "chosen": turns(("assistant", "3")),
    "rejected": turns(("assistant", "4")),
}


@pytest.mark.parametrize("row", [TEXTS, TURNS], ids=["texts", "messages"])
def test_a_pair_is_read_from_texts_and_from_messages(row, write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [row])

    assert examples_in(path, "chat", pairs=True) == [Example("line 1", turns(("user", QUESTION)), "3", "4")]


@pytest.mark.parametrize(("messages", "mode"), [(True, "chat"), (False, "completion")])
def test_the_pairs_of_a_run_are_read(messages, mode, pool, task, write_rows, tmp_path):
    alternatives = [{"output": text, "score": score, "chosen": text == "3"} for text, score in (("3", 5), ("4", 1))]
    found = task(77, origin="grow", instruction="Add the numbers.", instances=(Instance("1 and 2", "3"),))
    pool.add(replace(found, attributes={"alternatives": alternatives}))
    ((_, rows),) = Preference(include_seeds=False, messages=messages, operations={}).files(pool, 1)

    (pair,) = examples_in(write_rows(tmp_path / "rows.jsonl", rows), mode, pairs=True)

    assert pair.prompt == (turns(("user", QUESTION)) if messages else f"{QUESTION}\n\n")
    assert (pair.completion, pair.rejected) == ("3", "4")


def test_a_row_that_is_no_pair_is_a_mistake_of_its_line_among_pairs(write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [TEXTS, TEXTS | {"rejected": None}, TURNS | {"chosen": "3"}])

    with pytest.raises(DataError) as caught:
        examples_in(path, "chat", pairs=True)

    assert caught.value.problems == [
        f"{path}:{number}: must have prompt, chosen and rejected, as three texts or as three lists of messages."
        for number in (2, 3)
    ]


def test_a_file_without_any_pair_is_one_mistake_that_names_the_format(write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [{"instruction": "Add.", "output": "3"}] * 3)

    with pytest.raises(DataError) as caught:
        examples_in(path, "chat", pairs=True)

    (sentence,) = caught.value.problems
    assert sentence.startswith(f"{path} holds no pairs, from which trainer=dpo learns")
    assert "formats=[preference]" in sentence


def test_a_pair_of_messages_is_no_text_to_complete(write_rows, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [TEXTS, TURNS])

    with pytest.raises(DataError, match=r":2: trainer\.mode=completion needs texts; .*preference\.messages=false"):
        examples_in(path, "completion", pairs=True)
