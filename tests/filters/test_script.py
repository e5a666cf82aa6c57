import string

import pytest

from selfinstruct.filters.script import Script
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


def judged(instruction: str, *, ascii_only: bool = False, **welcome: bool) -> str | None:
    part = Script(welcome={"latin": True, "digits": True, **welcome}, ascii_only=ascii_only)
    return part.reject(Candidate(instruction=instruction), Pool())


@pytest.mark.parametrize(
    "instruction", ["Write", "écrivez", "Ångström", "5 ways", "② ways", "¿Cuál es?", "  Write", "Ｗrite"]
)
def test_latin_letters_and_digits_pass(instruction: str) -> None:
    assert judged(instruction) is None


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("写一首诗", "begins with '写' (han)"),
        ("かいて", "begins with 'か' (kana)"),
        ("カタカナ", "begins with 'カ' (kana)"),
        ("한국어", "begins with '한' (hangul)"),
        ("Напиши", "begins with 'Н' (cyrillic)"),
        ("اكتب", "begins with 'ا' (arabic)"),
        ("लिखो", "begins with 'ल' (devanagari)"),
        ("- a list", "begins with '-' (punctuation)"),
        ("$5 is little", "begins with '$' (punctuation)"),
        ("🎉 party", "begins with '🎉' (punctuation)"),
        ("[insert text]", "begins with '[' (quotes)"),
        ('"A proverb."', "begins with '\"' (quotes)"),
        ("¿写", "begins with '写' (han)"),
    ],
)
def test_what_is_not_welcome_is_named(instruction: str, reason: str) -> None:
    assert judged(instruction) == reason


def test_a_script_can_be_welcomed() -> None:
    assert judged("한국어 문장", hangul=True) is None


def test_behind_welcome_quotes_the_next_character_decides() -> None:
    assert judged("«“To be” is said by whom?", quotes=True) is None
    assert judged("「写", quotes=True) == "begins with '写' (han)"
    assert judged("(- a)", quotes=True) == "begins with '-' (punctuation)"


def test_nothing_but_welcome_quotes_passes() -> None:
    assert judged('""', quotes=True) is None


def test_ascii_only_turns_accented_letters_away() -> None:
    assert judged("Écrivez un poème", ascii_only=True) == "begins with 'É', which is not ASCII"


@pytest.mark.parametrize("character", string.printable.strip() + "éß写한")
def test_ascii_only_is_the_rule_of_the_reference_code(character: str) -> None:
    rejected = judged(character + "bc", ascii_only=True) is not None

    assert rejected == (character in string.punctuation or not character.isascii())


def test_an_empty_instruction_is_left_to_others() -> None:
    assert judged("", ascii_only=True) is None
