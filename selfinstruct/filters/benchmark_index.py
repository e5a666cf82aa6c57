"""The items of benchmarks, ready to be compared with texts: by runs of thirteen words, and by ROUGE-L.

A benchmark is read by a part of `seeds` or `source`.  A task with references (or instances) is one item for each of
them, the first with the instruction.  A row of a source is one item: all texts in its columns, however deep they lie.

The runs are sought in all that an item holds and all that a candidate holds, in a row: instruction, input, output.
ROUGE-L compares what is asked with what is asked: instructions, inputs and both together, and every text of a row but
those in columns named as answers are.  Left out there is what is not an instruction and has fewer than five words, for
labels and names are everywhere, and what has more than 64: near copies of it share a run.

The index depends on the benchmarks alone, so that all jobs of a sweep in one process share it, whatever their
thresholds.
"""

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from selfinstruct.errors import DataError, first_few
from selfinstruct.filters.fixed_texts import FixedTexts
from selfinstruct.filters.lcs_threshold import LcsThreshold
from selfinstruct.filters.tokens import unicode
from selfinstruct.filters.vocabulary import Vocabulary
from selfinstruct.filters.word_runs import LENGTH, WordRuns
from selfinstruct.seeds import Seeds
from selfinstruct.source import Mistake, Source
from selfinstruct.task import Instance, Reference, Task

FEWEST = 5
"""Words of a text that is compared by ROUGE-L without being an instruction."""
MOST = 64
"""Words of a text that is compared by ROUGE-L."""
ANSWERS = ("answer", "completion", "label", "output", "response", "solution", "target")
"""How the names of columns end that hold answers, in the singular or plural."""
MOST_SHOWN = 5
"""Mistakes of a benchmark that are reported one by one."""


class Texts(NamedTuple):
    """What is compared: an item of a benchmark, or a candidate."""

    questions: Sequence[str]
    """What is asked: an instruction, and perhaps its input."""
    answers: Sequence[str] = ()
    is_instructed: bool = True
    """Whether the first of the questions is an instruction."""

    def cut(self) -> tuple[list[str], list[slice]]:
        """Return all words in their order, and where among them each text lies that ROUGE-L compares."""
        words, compared = list[str](), list[slice]()
        for place, question in enumerate(self.questions):
            found = unicode(question)
            if len(found) >= FEWEST or (self.is_instructed and not place):
                compared.append(slice(len(words), len(words) + len(found)))
            words += found
        if self.is_instructed and compared and len(words) > compared[0].stop:
            compared.append(slice(0, len(words)))
        for answer in self.answers:
            words += unicode(answer)
        return words, [one for one in compared if 0 < one.stop - one.start <= MOST]


class Hit(NamedTuple):
    """What a candidate shares with a benchmark."""

    benchmark: str
    item: str
    """The id of its task, with the number of the reference, or the file and line of its row."""
    words: str
    """The thirteen words, or the text that is so similar, in small letters."""
    rouge_l: float | None = None
    """The score, where that decided."""

    @property
    def text(self) -> str:
        """Return it as a reason."""
        what = f"{LENGTH} words in a row" if self.rouge_l is None else f"ROUGE-L {self.rouge_l:.4f}"
        return f"{what} with {self.benchmark} {self.item}: {self.words!r}"

    def row(self) -> dict[str, Any]:
        """Return it as a line of a file."""
        score = None if self.rouge_l is None else round(self.rouge_l, 6)
        return {key: value for key, value in self._replace(rouge_l=score)._asdict().items() if value is not None}


class BenchmarkIndex:
    """All items of some benchmarks."""

    def __init__(self, benchmarks: Mapping[str, Seeds | Source]) -> None:
        """Read the benchmarks; raises DataError with what is wrong in them."""
        self.items: dict[str, int] = {}
        """The items of each benchmark."""
        self._names: list[tuple[str, str]] = []
        self._vocabulary = Vocabulary()
        self._runs = WordRuns()
        self._compared = FixedTexts()
        self._seen = set[bytes]()
        self._item_of = array("I")  # the first item of each text that is compared
        self._read = hashlib.sha256()
        for name, part in benchmarks.items():
            before = len(self._names)
            for item, texts in items_in(name, part):
                self._add(texts, (name, item))
            self.items[name] = len(self._names) - before
            if not self.items[name]:
                raise DataError([f"benchmarks.{name} has no texts to compare with. Set another path, or leave it out."])

    @property
    def digest(self) -> str:
        """The SHA-256 of all items, in their order, with their names."""
        return self._read.hexdigest()

    def _add(self, texts: Texts, name: tuple[str, str]) -> None:
        self._read.update(f"{name} {texts}\n".encode("utf-8", "surrogatepass"))
        words, compared = texts.cut()
        if not words:
            return
        numbers = self._vocabulary.taken(words)
        self._runs.add(numbers)
        for place in compared:
            text = array("I", numbers[place])
            if (key := text.tobytes()) not in self._seen:
                self._seen.add(key)
                self._compared.add(text)
                self._item_of.append(len(self._names))
        self._names.append(name)

    def hit(self, texts: Texts, limit: LcsThreshold) -> Hit | None:
        """Return what the texts share with the benchmarks: the first run of words, or the text above the limit."""
        words, compared = texts.cut()
        numbers = self._vocabulary.known(words)
        if shared := self._runs.first(numbers):
            return Hit(*self._names[shared.text], " ".join(words[shared.at : shared.at + LENGTH]))
        for place in compared:
            if near := self._compared.above(numbers[place], limit):
                text, score = near
                return Hit(*self._names[self._item_of[text]], self._vocabulary.text(self._compared.at(text)), score)
        return None


_LAST: dict[str, BenchmarkIndex] = {}


def index_of(benchmarks: Mapping[str, Seeds | Source]) -> BenchmarkIndex:
    """Return the index of some benchmarks: the one that was made last in this process, if it is of the same."""
    key = repr(benchmarks)
    if key not in _LAST:
        _LAST.clear()
        _LAST[key] = BenchmarkIndex(benchmarks)
    return _LAST[key]


def items_in(name: str, part: Seeds | Source) -> Iterator[tuple[str, Texts]]:
    """Yield the items of a benchmark with their names; raises DataError with what is wrong in it."""
    yield from items_of_tasks(part.load()) if isinstance(part, Seeds) else items_of_rows(name, part)


def items_of_tasks(tasks: Sequence[Task]) -> Iterator[tuple[str, Texts]]:
    """Yield the items of tasks."""
    for task in tasks:
        pairs: Sequence[Reference | Instance] = task.references or task.instances or ()
        if not pairs:
            yield task.id, Texts((task.instruction,))
        for number, pair in enumerate(pairs):
            answers = pair.outputs if isinstance(pair, Reference) else (pair.output,)
            questions = (task.instruction, pair.input) if number == 0 else (pair.input,)
            yield f"{task.id}-{number}", Texts(questions, answers, is_instructed=number == 0)


def items_of_rows(name: str, source: Source) -> Iterator[tuple[str, Texts]]:
    """Yield the items of rows."""
    mistakes: list[str] = []
    for row in (row for task in source.tasks() for row in source.rows(task)):
        if isinstance(row, Mistake):
            mistakes.append(f"{row.place}: {row.text}.")
        else:
            answers = {column: value for column, value in row.values.items() if is_answer(column)}
            others = [value for column, value in row.values.items() if column not in answers]
            yield row.name, Texts(list(texts_in(others)), list(texts_in(answers)), is_instructed=False)
    if mistakes:
        raise DataError(first_few(mistakes, MOST_SHOWN, name))


def is_answer(column: str) -> bool:
    """Return whether a column holds answers, by its name."""
    return column.lower().removesuffix("s").endswith(ANSWERS)


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text within a value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)
