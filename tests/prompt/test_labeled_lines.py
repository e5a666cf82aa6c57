import pytest

from selfinstruct.prompt import Parser
from selfinstruct.prompt.labeled_lines import LabeledLines
from selfinstruct.request import Completion
from selfinstruct.round import Candidate

LINES = LabeledLines(
    lines={
        "Output": {"attribute": "correct_output", "answers": ["yes", "no"]},
        "Rating": {"attribute": "quality", "answers": [1, 2, 3, 4, 5]},
    }
)


def read(text, finish_reason="stop"):
    (piece,) = LINES.parse(Completion(text=text, finish_reason=finish_reason), {})
    return dict(piece.attributes) if isinstance(piece, Candidate) else piece.reason


def test_it_is_a_parser_and_says_what_it_expects():
    assert isinstance(LINES, Parser)
    assert LINES.reply_format == "labeled_lines"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Output: yes\nRating: 4",
            "output: YES.\nrating: 4/5",
            "**Output:** yes\n**Rating:** 4",
            "Rating：4\nOutput：yes",
        ),
        *(
            "The output: it is fine.\n\nOutput: yes\nRating: 4\n",
            "<think>Rating: 1\n</think>Output: yes\nRating: **4**",
        ),
        "```\nOutput: yes\nRating: 4\n```",
        "Output: yes\nRating: 4\nRating: 4",
    ],
)
def test_each_answer_is_read_behind_its_label_among_reasons_and_marks(text):
    assert read(text) == {"correct_output": "yes", "quality": 4}


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        *(("Output: yes", "Rating"), ("Output: yes\nRating: 6", "Rating"), ("Output: yes\nRating: 3 or 4", "Rating")),
        *(("Output: yes | no\nRating: 4", "Output"), ("Output: yes\nOutput: no\nRating: 4", "Output")),
        *(("Output: no/yes\nRating: 4", "Output"), ("Output: yes\nRating: 4/4", "Rating")),
        *(("Yes, 4", "Output, Rating"), ("Output: perhaps\nRating: 4.5", "Output, Rating")),
    ],
)
def test_a_verdict_is_never_guessed(text, lost):
    assert read(text) == f"no answer to {lost}"


def test_a_reply_that_was_cut_off_has_no_verdict():
    assert read("Output: yes\nRating: 1", "length") == "no answer to Output, Rating"


def test_a_refusal_is_called_so():
    assert read("I'm sorry, but I can't assist with that.") == "refusal"
