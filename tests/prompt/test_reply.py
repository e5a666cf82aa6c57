import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.prompt import Parser
from selfinstruct.prompt.input_first import InputFirst
from selfinstruct.prompt.label_first import LabelFirst
from selfinstruct.prompt.numbered_list import NumberedList
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, read
from selfinstruct.prompt.yes_no import YesNo
from selfinstruct.request import Completion
from selfinstruct.round import Candidate

PARSERS = (NumberedList(casing="keep", cut_off="keep_whole"), YesNo(), LabelFirst(), InputFirst())
PIECES = (
    *("<think>", "</think>", "```", "**", "\n", "\n\n", " ", "1. ", "2) ", "- ", "Task 3:", "Task: ", "９．", "①"),
    *("Example 1", "Input:", "Output:", "Class label:", "Yes", "No", "Here are the tasks:", "Write a poem.", "(", ")"),
    *("<|im_end|>", "</s>", "<|channel|>final<|message|>", "[INST]", "<s>", "***", "assistant"),
    *("I'm sorry, but I can't", "->", ":", "\r\n", "\ufeff", "\u200b", "1 + 2 = 3", "# ", "---", "Step 1: add"),
)


def answer(text: str) -> str:
    return read(Completion(text=text)).text


def reasons(text: str) -> list[str]:
    return [rejection.reason for rejection in read(Completion(text=text)).rejections]


def test_a_thought_is_not_part_of_the_answer() -> None:
    assert answer("<think>\n9. Not this.\n</think>\n\n9. This.").strip() == "9. This."
    assert reasons("<think>\n9. Not this.\n</think>\n\n9. This.") == []


def test_everything_after_a_thought_that_never_ends_is_thought() -> None:
    reply = read(Completion(text="Before.\n<think>\n9. Not this."))

    assert reply.text.strip() == "Before."
    assert [(rejection.reason, rejection.text) for rejection in reply.rejections] == [
        ("unfinished thought", "9. Not this.")
    ]


def test_everything_before_a_closing_tag_without_an_opening_one_is_thought() -> None:
    assert answer("Let me see.\n9. Not this.\n</think>\n9. This.").strip() == "9. This."


def test_tags_inside_a_thought_do_not_come_through() -> None:
    assert answer("<think>a<think>b</think>c").strip() == "c"
    assert "<think>" not in answer("<thi<think>x</think>nk>y")


@pytest.mark.parametrize("tag", ["THINK", "thinking", "reasoning"])
def test_other_names_of_the_tag_are_known(tag: str) -> None:
    assert answer(f"<{tag}>a</{tag}>b").strip() == "b"


def test_a_fence_around_the_whole_is_taken_off() -> None:
    assert answer("```markdown\n1. a\n2. b\n```") == "1. a\n2. b"
    assert answer("```\n1. a") == "1. a"


def test_a_fence_inside_is_left() -> None:
    assert answer("Output:\n```\nx\n```") == "Output:\n```\nx\n```"


def test_line_ends_and_invisible_characters_are_made_plain() -> None:
    assert answer("\ufeff1. a\r\n2. b\u200b\r3. c") == "1. a\n2. b\n3. c"


@pytest.mark.parametrize("text", ["", " \n ", "\ufeff", "<think>a</think>", "```\n```"])
def test_a_reply_without_an_answer_says_so(text: str) -> None:
    assert reasons(text) == ["empty reply"]


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that request.",
        "I apologize, but I cannot fulfill this request.",
        "As an AI language model, I have no opinion.",
        "I’m unable to help with this.",
        "抱歉，我无法满足你的请求。",
    ],
)
def test_refusals_are_known(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text", ["Write an apology.", "I'm sorry for your loss. Write a card.", "As an AI engineer, plan."]
)
def test_an_instruction_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


@pytest.mark.parametrize("text", ["Sure! Here is what I came up with:", "**Certainly!**", "Here are 8 more tasks:"])
def test_preambles_are_known(text: str) -> None:
    assert is_preamble(text)


@pytest.mark.parametrize(
    "text", ["Here is a sentence. Translate it.", "Surely you know a joke?", "다음은 대화입니다. 요약하세요."]
)
def test_an_instruction_is_no_preamble(text: str) -> None:
    assert not is_preamble(text)


@pytest.mark.parametrize(
    "text", ["Let me know if you would like more!", "These tasks cover many topics.", "I hope this helps!"]
)
def test_farewells_are_known(text: str) -> None:
    assert is_farewell(text)


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)),
    st.booleans(),
    st.sampled_from(["stop", "length"]),
)
def test_every_parser_says_something_about_any_reply(text: str, chat: bool, finish_reason: str) -> None:
    for parser in PARSERS:
        found = parser.parse(Completion(text=text, finish_reason=finish_reason), {"chat": chat})

        assert found
        for piece in found:
            if isinstance(piece, Candidate):
                said = [piece.instruction, *(field for one in piece.instances for field in (one.input, one.output))]
            else:
                said = [piece.text]
            assert not any("<think>" in text for text in said)


@pytest.mark.parametrize(
    ("opening", "unit", "count", "end"),
    [
        ("", "1. ", 160_000, ""),
        ("", "<think>", 40_000, ""),
        ("", "</think>", 40_000, ""),
        ("", "*", 400_000, ""),
        ("", "\n", 400_000, ""),
        ("1. **", "a", 400_000, ""),
        ("1. ", "(", 400_000, ""),
        ("", "1. a:\n", 8_000, ""),
        ("", "Example 1\nOutput: a\n", 8_000, ""),
        ("", "Class label: a\nb\n", 8_000, ""),
        ("", "```\n", 16_000, ""),
        ("", "Task: a\n", 8_000, ""),
        ("1. a", " ", 400_000, "b"),
    ],
)
def test_time_grows_no_faster_than_the_reply(opening: str, unit: str, count: int, end: str) -> None:
    for parser in PARSERS:

        def seconds(units: int, parser: Parser = parser) -> float:
            start = time.process_time()
            parser.parse(Completion(text=opening + unit * units + end), {"chat": True})
            return time.process_time() - start

        # 64 times as long where it is squared; a pause of Python's may come between
        assert any(seconds(count) < 24 * seconds(count // 8) + 0.2 for _ in range(3))


def test_control_tokens_are_cut_inside_a_fence_and_around_it() -> None:
    assert answer("<s>```\n9. This.<|im_end|>\n```<|im_end|>") == "9. This."
    assert answer("```\n9. This.</s>\n```") == "9. This."


@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>assistant\n<think>\nHm.\n</think>\n\n9. This.<|im_end|>",
        "<think>\nHm.\n</think>\n\n<|im_start|>assistant\n9. This.<|im_end|>",
        "<think>\nIs it <|im_end|>?\n</think>\n9. This.",
    ],
)
def test_a_thought_and_control_tokens_may_stand_in_any_order(text: str) -> None:
    assert answer(text).strip() == "9. This."


def test_a_thought_in_a_channel_that_never_ends_is_a_rejection() -> None:
    assert answer("<|channel|>analysis<|message|>9. Not this.") == ""
    assert reasons("<|channel|>analysis<|message|>9. Not this.") == ["unfinished thought"]


def test_a_reply_of_control_tokens_alone_is_empty() -> None:
    assert reasons("<s></s>") == ["empty reply"]


def test_a_reply_is_cut_off_unless_a_control_token_ended_it() -> None:
    assert read(Completion(text="This", finish_reason="length")).is_cut_off
    assert read(Completion(text="<s>This", finish_reason="length")).is_cut_off
    assert not read(Completion(text="This</s>", finish_reason="length")).is_cut_off
    assert not read(Completion(text="<s>This")).is_cut_off


@pytest.mark.parametrize(
    "inside", ["Output: ```x = 1\n```", "```python\nx = 1\n```", "a\n```js\nb\n```\nc\n```\nd\n```"]
)
def test_a_fence_around_the_whole_may_hold_others(inside: str) -> None:
    assert answer(f"```\n{inside}\n```") == inside


@pytest.mark.parametrize("text", ["```\na\n```\nb\n```\nc\n```", "```\na\n```\nb", "a\n```\nb\n```"])
def test_a_fence_around_a_part_stays(text: str) -> None:
    assert answer(text) == text
