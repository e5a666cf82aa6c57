import pytest
from pydantic import ValidationError

from selfinstruct.filters.keywords import Keywords
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


def judged(instruction: str, *words: str) -> str | None:
    return Keywords(words=dict.fromkeys(words, True)).reject(Candidate(instruction=instruction), Pool())


@pytest.mark.parametrize(
    "instruction",
    [
        "Open the file and read it.",
        "FILE the report",
        "a file-system",
        "the file's name",
        "(file)",
        "file",
        "a\nfile\n",
    ],
)
def test_a_whole_word_is_found_in_any_case(instruction: str) -> None:
    assert judged(instruction, "file") == "contains 'file'"


@pytest.mark.parametrize("instruction", ["a profile", "filed papers", "file_name", "files", "filé", ""])
def test_a_part_of_a_word_is_not_found(instruction: str) -> None:
    assert judged(instruction, "file") is None


@pytest.mark.parametrize("instruction", ["Go to the shop", "where to go  to", "go\nto"])
def test_a_phrase_is_found_over_any_white_space(instruction: str) -> None:
    assert judged(instruction, "go to") == "contains 'go to'"


@pytest.mark.parametrize("instruction", ["going to", "go today", "go, to"])
def test_a_phrase_is_whole_too(instruction: str) -> None:
    assert judged(instruction, "go to") is None


@pytest.mark.parametrize(("instruction", "found"), [("See plan B.", True), ("plan  b", True), ("plan Berlin", False)])
def test_a_phrase_may_end_with_a_word_of_one_letter(instruction: str, found: bool) -> None:
    assert judged(instruction, "plan b") == ("contains 'plan b'" if found else None)


@pytest.mark.parametrize(
    ("instruction", "found"), [("What is C?", True), ("c", True), ("C_1", False), ("CO2", False), ("abc", False)]
)
def test_a_word_may_have_one_letter(instruction: str, found: bool) -> None:
    assert judged(instruction, "C") == ("contains 'C'" if found else None)


def test_a_phrase_may_end_with_one_letter_of_a_script_that_ties_words_together() -> None:
    assert judged("给我看a 图片吧", "a 图") == "contains 'a 图'"
    assert judged("给我看图 apple", "图 a") is None


def test_the_first_word_of_the_list_is_named() -> None:
    assert judged("Plot a graph on a map.", "map", "graph") == "contains 'map'"


def test_a_word_switched_off_is_not_looked_for() -> None:
    part = Keywords(words={"draw": False, "map": True})

    assert part.reject(Candidate(instruction="Draw a tree."), Pool()) is None
    assert part.reject(Candidate(instruction="Draw a map."), Pool()) == "contains 'map'"


@pytest.mark.parametrize(
    ("instruction", "word"),
    [
        ("请画一张图片给我看", "图片"),
        ("看这个jpg图片", "图片"),
        ("图片abc", "图片"),
        ("그림을 그려 주세요", "그림"),
        ("この画像を説明して", "画像"),
        ("วาดรูปภาพให้หน่อย", "รูปภาพ"),
        ("请描述这个image的内容", "image"),
        ("이 image를 설명하세요", "image"),
    ],
)
def test_scripts_that_tie_words_together_need_no_boundary(instruction: str, word: str) -> None:
    assert judged(instruction, word) == f"contains {word!r}"


def test_cyrillic_words_are_whole() -> None:
    assert judged("Открой файл", "файл") == "contains 'файл'"
    assert judged("Опиши профайл", "файл") is None


def test_a_word_may_end_in_a_sign() -> None:
    assert judged("Explain C++ templates.", "c++") == "contains 'c++'"
    assert judged("Explain C to me.", "c++") is None


def test_no_words_reject_nothing() -> None:
    assert judged("Draw a map.") is None


@pytest.mark.parametrize("word", ["", "  "])
def test_a_blank_word_is_refused(word: str) -> None:
    with pytest.raises(ValidationError, match="words"):
        Keywords(words={word: True})
