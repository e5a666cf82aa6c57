import time

import pytest

from selfinstruct.prompt.control_tokens import ReplyTurns, answer_turns, leaks

LIST = "9. Name a tree.\n10. Name a river."


def said(text: str) -> str:
    return (answer_turns(text).texts or ("",))[0].strip()


@pytest.mark.parametrize(
    "token",
    [
        *(
            "<|im_end|>",
            "<|endoftext|>",
            "</s>",
            "<|eot_id|>",
            "<|end_of_text|>",
            "<end_of_turn>",
            "<|end|>",
            "<|return|>",
        ),
        *("<｜end▁of▁sentence｜>", "<eos>", "[|endofturn|]", "<turn|>", "<|END_OF_TURN_TOKEN|>", "<|never_seen|>"),
        *("[/INST]", "<|im_end|>\n<|endoftext|>", "\n<|im_end|>", " </s>\n", "<|user|>", "[INST]", "<pad><pad>"),
    ],
)
def test_a_token_at_the_end_ends_the_reply(token: str) -> None:
    assert answer_turns(LIST + token) == ReplyTurns(
        (answer_turns(LIST + token).texts[0],), has_tokens=True, is_ended=True
    )
    assert said(LIST + token) == LIST


@pytest.mark.parametrize(
    "header",
    [
        *(
            "<s>",
            "<bos>",
            "<|begin_of_text|>",
            "[/INST] ",
            "<|assistant|>\n",
            "<|im_start|>assistant\n",
            "<｜Assistant｜>",
        ),
        *("<|start_header_id|>assistant<|end_header_id|>\n\n", "<start_of_turn>model\n", "<|turn>model\n"),
        *("<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>", "<|START_RESPONSE|>"),
        *("<s>[INST] Name things. [/INST] ", "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"),
        *(
            "<|begin_of_text|><|start_header_id|>assistant<|end_header_id|>\n\n",
            "<|im_assistant|>assistant<|im_middle|>",
        ),
    ],
)
def test_a_header_opens_the_reply(header: str) -> None:
    assert said(header + LIST) == LIST
    assert leaks(header + LIST)
    assert not answer_turns(header + LIST).is_ended


def test_any_token_at_the_beginning_is_no_part_of_the_reply() -> None:
    assert answer_turns(f"<|never_seen|>{LIST}") == ReplyTurns((LIST,), has_tokens=True)


@pytest.mark.parametrize(
    ("row", "after"),
    [
        ("<|endoftext|>", ()),
        ("<|im_end|>\n<|im_start|>user\n", ()),
        ("<|im_end|>\n<|im_start|>assistant\n", ("11. No.",)),
        ("<|end|><|start_thinking|>", ()),
    ],
)
def test_only_a_turn_that_the_model_opens_may_be_the_reply_beside_the_first(row: str, after: tuple[str, ...]) -> None:
    assert tuple(text.strip() for text in answer_turns(f"{LIST}{row}11. No.").texts) == (LIST, *after)


@pytest.mark.parametrize(
    "turn",
    [
        "<|im_end|>\n<|im_start|>user\nThanks!<|im_end|>\n<|im_start|>assistant\n11. No.",
        "<|im_end|>\nuser\nThanks!",
        "</s><s>[INST] More. [/INST] 11. No.",
        "</s> <s>11. No.</s>",
        "\n[INST] More. [/INST] 11. No.",
        "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nThanks!",
        "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n11. No.",
        "<end_of_turn>\n<start_of_turn>user\n11. No.",
        "<|endoftext|>The history of rivers is long.",
        "<|endoftext|>\n11. No.",
        "<|endoftext|>11. No.<|endoftext|>",
        "\n<|im_end|> 11. No.",
        " <|im_end|>\n11. No.",
        "<|user|>\n11. No.",
    ],
)
def test_a_turn_that_the_model_made_up_is_no_part_of_the_reply(turn: str) -> None:
    assert said(LIST + turn) == LIST
    assert answer_turns(LIST + turn).is_ended


@pytest.mark.parametrize(
    "text",
    [
        f"<|channel|>analysis<|message|>1. Foo.<|end|><|start|>assistant<|channel|>final<|message|>{LIST}<|return|>",
        f"analysis<|message|>1. Foo.<|end|><|start|>assistant<|channel|>final<|message|>{LIST}",
        f"1. Foo.<|end|><|start|>assistant<|channel|>final<|message|>{LIST}<|return|>",
        f"<|channel|>commentary to=functions.f <|constrain|>json<|message|>x<|call|><|channel|>final<|message|>{LIST}",
        f"analysis1. Foo.assistantfinal{LIST}",
        f"<|channel>thought\n1. Foo.<channel|>{LIST}",
        f"<|START_THINKING|>1. Foo.<|END_THINKING|><|START_RESPONSE|>{LIST}<|END_RESPONSE|>",
    ],
)
def test_the_final_channel_is_the_reply_and_the_others_are_thoughts(text: str) -> None:
    assert said(text) == LIST
    assert leaks(text)
    assert answer_turns(text).thought is None


def test_thoughts_without_a_reply_are_a_thought() -> None:
    assert answer_turns("<|channel|>analysis<|message|>We need") == ReplyTurns((), "We need", has_tokens=True)


@pytest.mark.parametrize(
    "text",
    [
        "Explain what the </s> token does.",
        "9. Explain the token <|im_end|>\n10. Name a tree.",
        "9. What is `<|im_end|>`?\n10. Name a tree.",
        '9. Say what "<|eot_id|>" means.\n10. Name a tree.',
        "9. Say what “ <|eot_id|> ” means.\n10. Name a tree.",
        "9. Name the end token (<|im_end|>)\n10. Name a tree.",
        "```\n<|im_start|>user\nHello<|im_end|>\n```\nExplain it.",
        "Tokenize hello<|endoftext|>world as one text.",
        "Dear <|name|>,\n<|date|>\nyours",
        "a <|> b, a [|] b, a <b> c </b> d",
        "Analysis of assistantfinal words",
    ],
)
def test_a_token_that_is_shown_is_text(text: str) -> None:
    assert answer_turns(text) == ReplyTurns((text,))
    assert not leaks(text)


def test_of_tokens_alone_nothing_is_left() -> None:
    assert answer_turns("<s></s>").texts == ()
    assert answer_turns("<s></s>").thought is None


@pytest.mark.parametrize(
    "piece", ["<|im_end|>", "</s>\n", "<|a", "[INST]", "<|im_start|>user\n", "`<s>`\n", "<s>" + " " * 50]
)
def test_a_reply_of_tokens_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    def seconds(count: int) -> float:
        started = time.process_time()
        answer_turns(f"9. {piece * count}x")
        return time.process_time() - started

    assert seconds(20_000) < 40 * seconds(2_000) + 0.2


def test_tokens_around_the_reply_and_behind_it_are_no_html() -> None:
    assert said(f"<s> {LIST}</s><s>[INST] More. [/INST] 11. No.") == LIST


def test_tokens_in_a_second_code_fence_are_text_and_those_between_two_are_not() -> None:
    code = "```\n<|im_start|>user\n```"

    assert not leaks(f"{code}\nthen\n{code}\nExplain both.")
    assert said(f"{code}\nExplain it.<|im_end|>\n<|im_start|>user\n{code}\nmore") == f"{code}\nExplain it."
