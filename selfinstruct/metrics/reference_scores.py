"""Score answers by the references of a benchmark, as the published evaluation of Super-NaturalInstructions does.

ROUGE-L is the F measure of rouge-score with its stemmer, exact match is equality after lower-casing, without ASCII
punctuation and with single spaces; each is the maximum over the references of an input, and a score is the mean over
inputs (Wang et al., 2022, section 5; Self-Instruct, section 5.3).  An input without an answer counts as an empty one.

The novelty filter of the recipes has no stemmer; its figures are no scores and are not comparable with these.
"""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import field_validator

from selfinstruct.metrics.table import Interval, Item, Line, lines_of
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.task import Reference, Task

NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
OFFICIAL = {
    "Textual Entailment": "exact_match",
    "Cause Effect Classification": "exact_match",
    "Coreference Resolution": "exact_match",
    "Dialogue Act Recognition": "exact_match",
    "Answerability Classification": "exact_match",
    "Word Analogy": "exact_match",
    "Overlap Extraction": "rouge_l",
    "Keyword Tagging": "rouge_l",
    "Question Rewriting": "rouge_l",
    "Title Generation": "rouge_l",
    "Data to Text": "rouge_l",
    "Grammar Error Correction": "rouge_l",
}
"""The metric in which each category of the test track is reported (Wang et al., 2022, appendix)."""


@part
class ReferenceScores:
    """ROUGE-L and exact match of every answer."""

    benchmark: str
    """The name under which the scores stand in `summary.json`."""
    group: str
    """The attribute of a task that says to which group it belongs: `category`, `application`."""
    tokenizer: str | None
    """Name or folder of a tokenizer whose pieces ROUGE-L compares, for other languages than English (`gpt2`, as the
    published cross-lingual track); null for words of ASCII letters and digits, stemmed. Needs transformers."""
    meanings: ClassVar[Mapping[str, str]] = {
        "rouge_l": "ROUGE-L F with stemmer, the best over the references",
        "exact_match": "equal to a reference after lower-casing, without punctuation",
        "official": "the metric in which the published evaluation reports a category",
        "words": "mean number of words of an answer",
        "unanswered": "share of inputs without an answer, which score 0",
    }

    @field_validator("tokenizer")
    @classmethod
    def _is_available(cls, name: str | None) -> str | None:
        if name is not None and find_spec("transformers") is None:
            raise ValueError("needs the package transformers. Run pip install transformers, or set it to null")
        return name

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float]:
        """Return `rouge_l` and `exact_match`, the means over the answers of a round."""
        asked = {(sample.task.id, sample.input) for sample in round_.samples if sample.task is not None}
        answered = [
            self.item(task, reference, number)
            for task in map(pool.__getitem__, sorted({name for name, _ in asked}))
            for number, reference in enumerate(task.references)
            if (task.id, reference.input) in asked
        ]
        if not answered:
            return {}
        return {
            key: round(sum(item.figures[key] for item in answered) / len(answered), 6)
            for key in ("rouge_l", "exact_match")
        }

    def items(self, pool: Pool) -> list[Item]:
        """Return every input of the benchmark with the scores of its answer."""
        return [self.item(task, reference, number) for task in pool for number, reference in enumerate(task.references)]

    def lines(self, pool: Pool) -> list[Line]:
        """Return the table: all, by group and by task."""
        bootstrapped: dict[str, Interval] = {"rouge_l": "bootstrap", "exact_match": "bootstrap"}
        return [self._with_official(line) for line in lines_of(self.items(pool), self.group, bootstrapped)]

    def item(self, task: Task, reference: Reference, number: int) -> Item:
        """Return the scores of one input; `number` counts the references of its task from 0."""
        answer = next((pair.output for pair in task.instances or () if pair.input == reference.input), None)
        said = answer or ""
        figures = {
            "rouge_l": rouge_l(said, reference.outputs, self.tokenizer),
            "exact_match": exact_match(said, reference.outputs),
            "words": float(len(said.split())),
            "unanswered": float(answer is None),
        }
        group = str(task.attributes.get(self.group, "none"))
        return Item(id=f"{task.id}-{number}", task=task.id, group=group, figures=figures, answer=answer)

    def _with_official(self, line: Line) -> Line:
        """Return the line of a category with the metric in which it is reported."""
        metric = OFFICIAL.get(line.name) if line.level == self.group else None
        if metric is None:
            return line
        return replace(line, figures={**line.figures, "official": line.figures[metric]}, notes={"metric": metric})


def exact_match(answer: str, references: Sequence[str]) -> float:
    """Return 1 where an answer is equal to a reference in its normal form, else 0."""
    return float(normal(answer) in map(normal, references))


def normal(text: str) -> str:
    """Return a text as exact match compares it."""
    return " ".join(text.lower().translate(NO_PUNCTUATION).split())


def rouge_l(answer: str, references: Sequence[str], tokenizer: str | None = None) -> float:
    """Return the best ROUGE-L F of an answer over its references."""
    return best(answer, tuple(references), tokenizer)


@lru_cache(maxsize=1 << 15)  # an answer is scored for its round, for its line and for the list of answers
def best(answer: str, references: tuple[str, ...], tokenizer: str | None) -> float:
    """Return the best ROUGE-L F, worked out once."""
    score = scorer(tokenizer).score
    return float(max((score(text, answer)["rougeL"].fmeasure for text in references), default=0.0))


@cache
def scorer(tokenizer: str | None) -> Any:
    """Return the scorer of rouge-score, which is imported when the first answer is scored."""
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], tokenizer=Words() if tokenizer is None else Pieces(tokenizer))


class Words:
    """Splits a text as rouge-score does with its stemmer, which takes most of the time, so that its stems are kept."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer  # what rouge-score takes

        self.stem: Callable[[str], str] = lru_cache(maxsize=1 << 17)(PorterStemmer().stem)

    def tokenize(self, text: str) -> list[str]:
        """Return the stemmed words, in the order of the text."""
        from rouge_score.tokenize import tokenize

        found: list[str] = tokenize(text, self)
        return found


class Pieces:
    """Splits a text into the pieces of a tokenizer of transformers."""

    def __init__(self, name: str) -> None:
        from transformers import AutoTokenizer

        self._split: Callable[[str], list[str]] = AutoTokenizer.from_pretrained(name).tokenize

    def tokenize(self, text: str) -> list[str]:
        """Return the pieces, in the order of the text."""
        return self._split(text)
