import pytest

from selfinstruct.text.no_input import real_input, says_none


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "<noinput>",
        "None",
        "N/A",
        "na",
        "(No input)",
        "**none**",
        "Not applicable.",
        "n.a.",
        "NoInput",
        "< noinput >",
    ],
)
def test_there_is_no_input(text):
    assert says_none(text)


@pytest.mark.parametrize("text", ["None of these", "0", "no", "-", "the input", "no input " * 50, "Anna", "?", "Na"])
def test_there_is_an_input(text):
    assert not says_none(text)


def test_an_input_that_says_there_is_none_is_empty():
    assert [real_input(text) for text in ("No Input", "< noinput >", "\n", "its text\n")] == [
        "",
        "",
        "\n",
        "its text\n",
    ]
