import string

import pytest

from selfinstruct.filters.script import Script
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import HUMAN, Task


def judged(instruction: str, *, ascii_only: bool = False, **allowed: bool) -> str | None:
    part = Script(allowed={"latin": True, "digits": True, **allowed}, ascii_only=ascii_only)
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


def seeded(*instructions: str) -> Pool:
    return Pool(Task(id=f"s{number}", origin=HUMAN, instruction=text) for number, text in enumerate(instructions))


def by_seeds(instruction: str, seeds: Pool) -> str | None:
    kinds = ("latin", "han", "kana", "hangul")
    part = Script(allowed={"digits": True, **dict.fromkeys(kinds)}, ascii_only=False)
    return part.reject(Candidate(instruction=instruction), seeds)


def test_a_script_that_a_seed_begins_with_is_allowed() -> None:
    seeds = seeded("写一首诗", "“列出三种水果”")

    assert by_seeds("解释光合作用", seeds) is None
    assert by_seeds("Write a poem", seeds) == "begins with 'W' (latin)"


def test_letters_inside_a_seed_do_not_allow_their_script() -> None:
    assert by_seeds("Write a poem", seeded("用 Python 写一个函数")) == "begins with 'W' (latin)"


def test_japanese_seeds_allow_both_of_their_scripts() -> None:
    assert by_seeds("カタカナで書いてください", seeded("果物の名前を三つ挙げてください")) is None
    assert by_seeds("果物の名前", seeded("りんごについて")) is None


def test_tasks_that_a_model_wrote_allow_no_script() -> None:
    pool = seeded("Write a poem")
    pool.add(Task(id="m", origin="instructions", instruction="写一首诗"))

    assert by_seeds("列出三种水果", pool) == "begins with '列' (han)"


def test_without_seeds_every_listed_script_is_allowed() -> None:
    assert by_seeds("한국어 문장", Pool()) is None


def test_the_seeds_do_not_allow_what_the_config_forbids() -> None:
    part = Script(allowed={"han": False}, ascii_only=False)

    assert part.reject(Candidate(instruction="写一首诗"), seeded("写一首诗")) == "begins with '写' (han)"
