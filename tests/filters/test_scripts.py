import pytest

from selfinstruct.filters.scripts import has_unspaced, occurrence, script


@pytest.mark.parametrize(
    ("letter", "name"),
    [("a", "latin"), ("é", "latin"), ("ж", "cyrillic"), ("写", "han"), ("々", "han"), ("か", "kana"), ("ー", "kana")],
)
def test_every_letter_has_a_script(letter: str, name: str) -> None:
    assert script(letter) == name


def test_a_character_without_a_name_has_none() -> None:
    assert script("\x00") == ""


@pytest.mark.parametrize("text", ["写", "か", "ก", "ກ", "က", "ក", "ｶ", "a写"])
def test_scripts_without_spaces_are_known(text: str) -> None:
    assert has_unspaced(text)


@pytest.mark.parametrize("text", ["", "abc", "é", "한국", "हिन्दी", "ж", "。"])
def test_scripts_with_spaces_are_known(text: str) -> None:
    assert not has_unspaced(text)


def test_the_last_word_of_a_text_may_go_on_without_ends() -> None:
    assert occurrence("a map", ends=False).search("see a mapping")
    assert not occurrence("a map", ends=False).search("see a  lamp")


def test_signs_of_a_text_are_no_pattern() -> None:
    assert not occurrence("a.b").search("axb")
