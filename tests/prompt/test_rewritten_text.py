import pytest

from selfinstruct.prompt.rewritten_text import RewrittenText
from selfinstruct.request import Completion

TEXT = "Name three rivers, and say where each of them ends."


def parsed(text, **changes):
    return RewrittenText().parse(Completion(text=text, **changes), {})


@pytest.mark.parametrize(
    "reply",
    [
        TEXT,
        f"  {TEXT}\n",
        f"#Rewritten Prompt#: {TEXT}",
        f"#Rewritten Prompt#:\n{TEXT}",
        f"#Rewritten Prompt#\n{TEXT}",
        f"**Rewritten Prompt:** {TEXT}",
        f"Rewritten prompt: {TEXT}",
        f"# Created Prompt\n\n#Created Prompt#:\n{TEXT}".replace("# Created Prompt\n\n", ""),
        f"The rewritten prompt: {TEXT}",
        f'"{TEXT}"',
        f"“{TEXT}”",
        f"**{TEXT}**",
        f"Sure! Here is the rewritten prompt:\n\n{TEXT}",
        f"Here is a more complex version:\n{TEXT}".replace("a more complex", "your new"),
        f'Certainly!\n\n#Rewritten Prompt#: "{TEXT}"\n\nLet me know if you need more!',
        f"<think>\nIt wants another prompt.\n</think>\n\n{TEXT}",
        f"```\n{TEXT}\n```",
        f" {TEXT}\n\nGiven prompt:\nSing a song.\n\nRewritten prompt:\nSing two.",
    ],
)
def test_what_stands_around_the_text_is_taken_away(reply):
    (found,) = parsed(reply)

    assert found.instruction == TEXT


@pytest.mark.parametrize(
    "text",
    [
        'Say "yes" or "no".',
        '"Yes" or "no"? Decide.',
        "Sort these:\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "Write a function.\n\n```python\ndef f():\n    pass\n```",
        "Explain the given prompt to me.",
        "Sure-footed animals: name five.",
        "Describe this: the rewritten prompt of yesterday.",
    ],
)
def test_what_belongs_to_the_text_stays(text):
    (found,) = parsed(text)

    assert found.instruction == text


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty reply"),
        ("#Rewritten Prompt#:", "no text"),
        ("I'm sorry, but I can't do that.", "refusal"),
        ("<think>hm", "unfinished thought"),
    ],
)
def test_a_reply_without_a_text_is_a_rejection(reply, reason):
    (found,) = parsed(reply)

    assert (found.filter, found.reason) == ("parse", reason)


def test_a_text_that_was_cut_off_says_so():
    (found,) = parsed(TEXT[:20], finish_reason="length")

    assert found.truncated
    assert RewrittenText().reply_format == "rewritten_text"


@pytest.mark.parametrize(
    "reply",
    [
        f"---\n\n{TEXT}\n\n---",
        f"Sure! Here is the rewritten prompt:\n\n---\n\n{TEXT}\n\n---\n\nLet me know if you need more!",
        f"#Rewritten Prompt#:\n\n---\n\n{TEXT}\n***",
        f"{TEXT}\n\n---\n\n*This version asks for one thing more.*",
        f"{TEXT}\n\n---\n\n(I kept it short.)",
        f"{TEXT}\n\n***\n\nNote: it now asks for the mouth of each river.",
        f"{TEXT}\n\n---\n\nThis prompt adds a condition.",
        f"{TEXT}\n\n---\n\nI've added a condition.",
        f"'{TEXT}'",
        f"Here is the new prompt:\n'{TEXT}'",
        f"«{TEXT}»",
        f"「{TEXT}」",
        f"<|channel|>analysis<|message|>Harder.<|end|><|start|>assistant<|channel|>final<|message|>{TEXT}<|return|>",
        f"{TEXT}<|im_end|>",
    ],
)
def test_rules_and_remarks_and_quotes_around_the_text_are_left_out(reply):
    (piece,) = parsed(reply)

    assert piece.instruction == TEXT


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\n\n---\n\nThe Nile is long. The Rhine is short.",
        f"{TEXT}\n\n---\n\nThis is the data: 1, 2, 3",
        f"{TEXT}\n\n---\n\n**Nile**",
        f"{TEXT}\n\n(Name no river twice.)",
        f"{TEXT}\n\n*Name no river twice.*",
        "Name the rivers' ends, and the lakes' ends.",
        "'Nile' and 'Rhine' are rivers. Which is longer?",
        "'It's a river' is a sentence. Translate it.",
        "| river | end |\n|---|---|\n| Nile | sea |",
        "---\ntitle: Rivers\n---\n\nComplete this page.",
    ],
)
def test_what_may_be_part_of_the_text_stays(text):
    (piece,) = parsed(text)

    assert piece.instruction == text
