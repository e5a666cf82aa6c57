import pytest

from selfinstruct.prompt.rating import Rating
from selfinstruct.request import Completion

DIFFICULTY = Rating(attribute="difficulty", lowest=1, highest=10)


def parsed(text):
    return DIFFICULTY.parse(Completion(text=text), {})


@pytest.mark.parametrize(
    ("reply", "rating"),
    [
        *(("7", 7), (" 10\n", 10), ("**8**", 8), ("8/10", 8), ("7.0", 7), ("Rating: 3", 3), ("3 out of 10", 3)),
        ("I would say 6, for it takes some knowledge.", 6),
        ("<think>4? 5?</think>5", 5),
        ("5\n\nPrompt: Name 3 rivers.", 5),
    ],
)
def test_the_number_of_the_first_line_that_has_one_counts(reply, rating):
    (found,) = parsed(reply)

    assert found.attributes == {"difficulty": rating}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        *((text, "no number from 1 to 10") for text in ("Quite hard", "Between 3 and 8", "11", "0", "7.5", "3-4")),
        ("9" * 5000, "no number from 1 to 10"),
        ("I'm sorry, but I can't rate that.", "refusal"),
        ("", "empty reply"),
    ],
)
def test_a_rating_is_never_guessed(reply, reason):
    (found,) = parsed(reply)

    assert (found.filter, found.reason) == ("parse", reason)


def test_a_scale_goes_up():
    assert DIFFICULTY.reply_format == "rating"
    with pytest.raises(ValueError, match="must be below"):
        Rating(attribute="difficulty", lowest=3, highest=3)


@pytest.mark.parametrize(
    "reply",
    [
        "---\n7\n---",
        "<|start_header_id|>assistant<|end_header_id|>\n\n7<|eot_id|>",
        "7<end_of_turn>\n<start_of_turn>user\n8",
        "analysis8 or 9?assistantfinal7",
    ],
)
def test_control_tokens_and_rules_are_no_part_of_a_rating(reply):
    (found,) = parsed(reply)

    assert found.attributes == {"difficulty": 7}
