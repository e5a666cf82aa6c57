"""What of a benchmark is compared, and with what."""

import json
from pathlib import Path

import pytest

from selfinstruct.errors import DataError
from selfinstruct.filters.benchmark_index import MOST, BenchmarkIndex, Hit, Texts
from selfinstruct.filters.lcs_threshold import LcsThreshold
from selfinstruct.part import part
from selfinstruct.source.jsonl import Jsonl
from selfinstruct.task import HUMAN, Instance, Reference, Task

LIMIT = LcsThreshold(0.7)
LONG = "the old clock in the hall strikes nine whenever a stranger walks up to our door"


@part
class Given:
    """Seeds that a test gives."""

    tasks: list[Task]

    def load(self) -> list[Task]:
        return self.tasks


def task(instruction: str, *pairs: tuple[str, str], number: int = 1) -> Task:
    references = tuple(Reference(given, (output,)) for given, output in pairs)
    return Task(id=f"task_{number}", origin=HUMAN, instruction=instruction, references=references)


def hit(tasks: list[Task], *questions: str, answers: tuple[str, ...] = ()) -> Hit | None:
    return BenchmarkIndex({"bench": Given(tasks=tasks)}).hit(Texts(questions, answers), LIMIT)


def jsonl(folder: Path, *rows: object) -> BenchmarkIndex:
    path = folder / "test.jsonl"
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return BenchmarkIndex({"mine": Jsonl(path=path)})


@pytest.mark.parametrize("where", range(3))
def test_thirteen_words_are_found_wherever_both_have_them(where: int) -> None:
    texts = ["Say this.", "", "Fine."]
    texts[where] = LONG
    found = [
        hit([task(LONG, ("x", "y"))], *texts[:2], answers=(texts[2],)),
        hit([task("Repeat it.", ("a", "b"), (LONG, "y"))], *texts[:2], answers=(texts[2],)),
        hit([task("Repeat it.", ("x", LONG))], *texts[:2], answers=(texts[2],)),
    ]

    assert [one.item if one else None for one in found] == ["task_1-0", "task_1-1", "task_1-0"]
    assert found[1] == Hit("bench", "task_1-1", " ".join(LONG.split()[:13]))


def test_a_run_may_go_from_the_instruction_into_the_input() -> None:
    words = LONG.split()

    assert hit([task(LONG, ("", "y"))], " ".join(words[:7]), " ".join(words[7:14])) is not None


def test_case_and_punctuation_do_not_hide_a_run() -> None:
    assert hit([task(LONG, ("x", "y"))], LONG.upper().replace(" ", ", ")) is not None


def test_chinese_is_compared_letter_by_letter() -> None:
    text = "请把下面这段文字翻译成英文并解释其中的成语"
    found = hit([task(text, ("x", "y"))], f"好的{text[:13]}吧")

    assert found is not None
    assert found.rouge_l is None


def test_a_near_copy_of_an_instruction_is_found_by_rouge_l() -> None:
    found = hit([task("Name three rivers of Spain.", ("x", "y"))], "Name four rivers of Spain")

    assert found == Hit("bench", "task_1-0", "name three rivers of spain", 0.8000000000000002)
    assert hit([task("Name three rivers of Spain.", ("x", "y"))], "Name four lakes of Norway") is None


def test_a_short_instruction_is_found_by_rouge_l() -> None:
    assert hit([task("Tell a joke.", ("x", "y"))], "Tell a joke") is not None


def test_an_input_is_compared_with_instructions_and_inputs_unless_it_is_a_label() -> None:
    tasks = [task("Answer.", ("Who wrote the first opera?", "Peri")), task("Be kind.", ("", "yes"), number=2)]

    assert hit(tasks, "Please respond briefly.", "who wrote the first opera") is not None
    assert hit(tasks, "Please respond briefly.", "be kind") is None


def test_an_instruction_with_its_input_in_it_is_found() -> None:
    tasks = [task("Put this into the past tense.", ("She sings well.", "She sang well."))]

    assert hit(tasks, "Put this into the past tense: She sings well.") is not None


def test_answers_are_not_compared_by_rouge_l() -> None:
    assert hit([task("Name three rivers of Spain.")], "Go on.", answers=("Name three rivers of Spain.",)) is None


def test_texts_of_many_words_are_compared_by_runs_only() -> None:
    words = [f"w{number}" for number in range(MOST + 1)]
    changed = ["x" if number % 10 == 0 else word for number, word in enumerate(words)]

    assert hit([task(" ".join(words[:MOST]))], " ".join(changed[:MOST])) is not None
    assert hit([task(" ".join(words))], " ".join(changed)) is None


def test_instances_of_seeds_are_items_too() -> None:
    seed = Task(id="s", origin=HUMAN, instruction="Go.", instances=(Instance("", "a"), Instance(LONG, "b")))
    found = hit([seed], LONG)

    assert found is not None
    assert found.item == "s-1"


def test_every_text_of_a_row_is_compared_however_deep_it_lies(tmp_path: Path) -> None:
    index = jsonl(tmp_path, {"id": 1, "turns": [{"content": "Name three rivers of Spain."}]}, {"question": LONG})

    assert index.items == {"mine": 2}
    assert index.hit(Texts(("Name three rivers of Spain",)), LIMIT) == Hit(
        "mine", "test.jsonl:1", "name three rivers of spain", 1.0
    )
    assert index.hit(Texts(("Go on.", LONG)), LIMIT) == Hit("mine", "test.jsonl:2", " ".join(LONG.split()[:13]))


@pytest.mark.parametrize("column", ["answers", "Label", "canonical_solution", "best_answer"])
def test_columns_of_answers_are_compared_by_runs_only(tmp_path: Path, column: str) -> None:
    index = jsonl(tmp_path, {column: "Name three rivers of Spain."}, {column: LONG})

    assert index.hit(Texts(("Name three rivers of Spain",)), LIMIT) is None
    assert index.hit(Texts((LONG,)), LIMIT) is not None


def test_rows_that_cannot_be_read_are_reported_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text('{"a": "b"}\n' + 7 * "nonsense\n", encoding="utf-8")

    with pytest.raises(DataError) as caught:
        BenchmarkIndex({"mine": Jsonl(path=path)})

    assert len(caught.value.problems) == 6
    assert "test.jsonl:2" in caught.value.problems[0]
    assert caught.value.problems[-1] == "mine: 2 more mistakes like these."


@pytest.mark.parametrize("text", ["", '{"number": 3}\n'])
def test_a_benchmark_without_texts_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DataError) as caught:
        BenchmarkIndex({"mine": Jsonl(path=path)})

    assert caught.value.problems == ["benchmarks.mine has no texts to compare with. Set another path, or leave it out."]
