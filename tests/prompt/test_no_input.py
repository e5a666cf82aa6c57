import pytest

from selfinstruct.prompt.no_input import says_none


@pytest.mark.parametrize(
    "text", ["", " \n", "<noinput>", "None", "N/A", "na", "(No input)", "**none**", "Not applicable."]
)
def test_there_is_no_input(text):
    assert says_none(text)


@pytest.mark.parametrize("text", ["None of these", "0", "no", "-", "the input", "no input " * 50, "Anna", "?"])
def test_there_is_an_input(text):
    assert not says_none(text)
