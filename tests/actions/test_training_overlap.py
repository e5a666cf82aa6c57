"""References of a benchmark within training data."""

import json

import pytest

from selfinstruct.actions.training_overlap import LENGTH, overlaps
from selfinstruct.pool import Pool
from selfinstruct.task import Reference

THIRTEEN = "the quick brown fox jumps over the lazy dog and then it sleeps"


@pytest.fixture
def data(tmp_path):
    """Write a file of training data."""

    def write(text, name="train.jsonl"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def benchmark(task):
    """Makes a benchmark of one task from its inputs and right outputs."""

    def make(*pairs):
        return Pool([task(references=tuple(Reference(given, outputs) for given, outputs in pairs))])

    return make


def test_thirteen_words_in_a_row_are_an_overlap_and_twelve_are_not(benchmark, data):
    assert len(THIRTEEN.split()) == LENGTH
    pool = benchmark(("x", (f"So {THIRTEEN} again.",)), ("y", ("another",)))
    twelve = THIRTEEN.rpartition(" ")[0]

    assert overlaps(pool, [data(f"Once {THIRTEEN}, they say.\n")]) == ["seed_task_0-0"]
    assert overlaps(pool, [data(f"Once {twelve}, they say {THIRTEEN.split()[-1]}.\n")]) == []


@pytest.mark.parametrize("between", ["\n", "\t", "\r\n", '"', ' "', ": ", " – ", "’", "\\"])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_case_punctuation_and_the_escapes_of_json_do_not_hide_an_overlap(is_ascii, between, benchmark, data):
    text = THIRTEEN.replace("fox jumps", f"fox{between}jumps")
    line = json.dumps({"output": text.upper()}, ensure_ascii=is_ascii)

    assert overlaps(benchmark(("x", (text,))), [data(line)]) == ["seed_task_0-0"]


@pytest.mark.parametrize("is_ascii", [True, False])
def test_text_outside_ascii_is_found_however_it_is_encoded(is_ascii, benchmark, data):
    text = "é ü ö ñ ß ø å æ ç ê î ô û"

    assert overlaps(benchmark(("x", (text,))), [data(json.dumps(text, ensure_ascii=is_ascii))]) == ["seed_task_0-0"]


def test_a_short_reference_is_sought_with_its_input(benchmark, data):
    pool = benchmark((THIRTEEN.rpartition(" ")[0], ("yes",)), ("b", ("no",)))

    assert overlaps(pool, [data("yes and no, yes b no")]) == []
    assert overlaps(pool, [data(f"{THIRTEEN.rpartition(' ')[0]}: yes")]) == ["seed_task_0-0"]


def test_a_long_reference_is_sought_without_its_input(benchmark, data):
    assert overlaps(benchmark(("an input", (THIRTEEN,))), [data(f"another input {THIRTEEN}")]) == ["seed_task_0-0"]


def test_every_reference_is_sought_in_every_file_and_reported_once(benchmark, data):
    other = " ".join(reversed(THIRTEEN.split()))
    pool = benchmark(("a", ("no", THIRTEEN)), ("b", (other,)), ("c", (THIRTEEN,)), ("d", ("e",)))
    files = [data(f"{other}\n{other}\n", "one.txt"), data(f"{THIRTEEN} {other}", "two.txt")]

    assert overlaps(pool, files) == ["seed_task_0-1", "seed_task_0-0", "seed_task_0-2"]


def test_bytes_that_are_not_utf_8_hide_nothing_else(benchmark, tmp_path):
    path = tmp_path / "train.txt"
    path.write_bytes(b"caf\xe9\n" + THIRTEEN.encode())

    assert overlaps(benchmark(("a", (THIRTEEN,))), [path]) == ["seed_task_0-0"]


def test_without_training_data_or_references_there_is_no_overlap(benchmark, data, pool):
    assert overlaps(benchmark(("a", (THIRTEEN,))), []) == []
    assert overlaps(pool, [data(THIRTEEN)]) == []
