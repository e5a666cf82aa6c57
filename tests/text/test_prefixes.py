from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.text.prefixes import HEADS, SHORTEST_HEAD, PromptPrefixes, shared

HEAD = "h" * SHORTEST_HEAD


def test_the_first_text_shares_nothing_and_the_second_shows_the_beginning():
    beginnings = PromptPrefixes()

    assert [len(beginnings.of(f"{HEAD}{end}")) for end in ("one", "two", "three")] == [0, SHORTEST_HEAD, SHORTEST_HEAD]


def test_a_short_beginning_is_not_worth_it():
    beginnings = PromptPrefixes()
    texts = [f"{HEAD[1:]}{end}" for end in ("x", "y", "z")]

    assert [beginnings.of(text) for text in texts] == ["", "", ""]


def test_the_longest_beginning_is_found():
    beginnings = PromptPrefixes()
    for text in (f"{HEAD}a", f"{HEAD}b", f"{HEAD}{HEAD}c", f"{HEAD}{HEAD}d"):
        beginnings.of(text)

    assert len(beginnings.of(f"{HEAD}{HEAD}e")) == 2 * SHORTEST_HEAD
    assert len(beginnings.of(f"{HEAD}e")) == SHORTEST_HEAD


def test_it_forgets_the_oldest_of_many():
    beginnings = PromptPrefixes()
    for letter in "abcdefghijklm":
        for end in "xy":
            beginnings.of(letter * SHORTEST_HEAD + end)

    assert len(beginnings._known) == HEADS
    assert beginnings.of("a" * SHORTEST_HEAD + "z") == ""


@given(st.text(), st.text(), st.text())
def test_what_two_texts_share_is_all_they_share(start, one, other):
    found = shared(start + one, start + other)

    assert found.startswith(start)
    assert (start + one).startswith(found)
    assert (start + other).startswith(found)
    rest = (start + one)[len(found) :], (start + other)[len(found) :]
    assert not all(rest) or rest[0][0] != rest[1][0]
