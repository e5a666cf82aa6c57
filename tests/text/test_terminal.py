from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.text.terminal import printable, shown


def test_what_a_terminal_might_obey_is_seen_and_nothing_else_changes():
    assert printable("a\x1b[31m\u202e\u2028\r\x00é\u200d\n\tb") == "a\\x1b[31m\\u202e\\u2028\\r\\x00é\u200d\n\tb"


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_printed(text):
    shown = printable(text)

    assert "\x1b" not in shown
    assert "\r" not in shown
    shown.encode()  # can be written
    assert printable(shown) == shown


def test_half_a_pair_is_an_escape():
    assert shown("\ud800") == "\\ud800"
