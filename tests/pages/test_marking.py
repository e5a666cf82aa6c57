from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.pages.marking import marked


def test_words_that_only_one_text_has_are_marked():
    assert marked("Now write a poem.", "Write a long poem.") == (
        [("Now ", True), ("write a ", False), ("poem.", False)],
        [("Write a ", False), ("long ", True), ("poem.", False)],
    )


def test_scripts_without_spaces_are_compared_letter_by_letter():
    left, right = marked("写一首诗", "写两首诗")

    assert [text for text, differs in left if differs] == ["一"]
    assert [text for text, differs in right if differs] == ["两"]


def test_very_long_texts_are_not_compared():
    assert marked("a " * 2000, "b")[0] == [("a " * 2000, False)]


@given(st.text(), st.text())
def test_no_letter_is_lost(one, other):
    left, right = marked(one, other)

    assert "".join(text for text, _ in left) == one
    assert "".join(text for text, _ in right) == other
