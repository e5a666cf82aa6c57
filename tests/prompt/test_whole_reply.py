import pytest

from selfinstruct.prompt.whole_reply import WholeReply
from selfinstruct.request import Completion
from selfinstruct.task import Instance


def parsed(text, **changes):
    return WholeReply().parse(Completion(text=text, **changes), {})


@pytest.mark.parametrize("text", ["Sure! Here it is:\n\n1. One\n2. Two", "```\ncode\n```", '"Quoted."'])
def test_all_that_is_said_is_the_answer(text):
    (found,) = parsed(f"\n{text} \n")

    assert found.instances == (Instance(input="", output=text),)
    assert not found.truncated


def test_what_was_thought_before_is_no_part_of_it():
    (found,) = parsed("<think>\nHm.\n</think>\n\nForty-two.", finish_reason="length")

    assert found.instance.output == "Forty-two."
    assert found.truncated


@pytest.mark.parametrize(
    ("text", "reason"), [("", "empty reply"), (" \n", "empty reply"), ("<think>hm", "unfinished thought")]
)
def test_nothing_said_is_no_answer(text, reason):
    (found,) = parsed(text)

    assert (found.filter, found.reason) == ("parse", reason)
    assert WholeReply().reply_format == "whole_reply"


@pytest.mark.parametrize("text", ["Forty-two.", "---\n\nForty-two.\n\n---", "One.\n\n---\n\nLet me know!"])
def test_control_tokens_are_cut_off_and_rules_are_not(text):
    (found,) = parsed(f"<|im_start|>assistant\n{text}<|im_end|>\n<|im_start|>user\nThanks", finish_reason="length")

    assert found.instance.output == text
    assert not found.truncated


def test_a_channel_for_thoughts_without_an_answer_is_an_unfinished_thought():
    (found,) = parsed("<|channel|>analysis<|message|>Hm")

    assert (found.reason, found.text) == ("unfinished thought", "Hm")
