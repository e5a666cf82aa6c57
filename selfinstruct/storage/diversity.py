"""How unlike each other the instructions of a finished pool are, in a few figures.

- `distinct_1` to `distinct_3`: different n-grams over all (Li et al., 2016); they fall with the number of tasks.
  `distinct_1_of_500` to `distinct_3_of_500`: the same of 500 instructions, so that runs of any size can be compared.
- `compression_ratio`: how many times zlib makes the instructions smaller; higher is more repetition.  Shaib et al.
  (2403.00553) find it as telling as far slower figures.  Alpaca has 3.1, Dolly 2.6, a run that has collapsed 6.
- `nearest`, `nearest_seed`: the mean ROUGE-L F of an instruction with the nearest other one of the pool, and with the
  nearest seed; lower is more diverse.  `self_similarity`: the mean over all pairs.
- `verbs`, `verb_noun_pairs`, `verb_noun_entropy` (bits), `verb_noun_share`: how many root verbs and pairs of verb and
  noun there are, how evenly used, and in what share of the instructions they are known, by a rule or a spaCy model
  (`selfinstruct.text.verb_pairs`).

Only what the run has made is measured, with the `unicode` tokenizer whichever the run used.  Of a large pool an even
sample is measured, always the same one, against everything.  What cannot be known of so few tasks is None.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from math import fsum, log2
from typing import TypeVar

from selfinstruct.filters.pairwise_rouge import highest, mean_of_pairs
from selfinstruct.filters.tokens import unicode
from selfinstruct.task import Task
from selfinstruct.text.verb_pairs import verb_noun_pairs
from selfinstruct.text.verbs import Pair

MEASURED = 2000
"""So many tasks at most are compared with the whole pool."""
PAIRED = 500
"""So many tasks at most are compared with each other."""
DRAWN = 500
"""So many instructions are drawn for the figures that do not depend on the number of tasks."""
LONGEST = 1000
"""Words of an instruction that are measured; what is longer is no instruction, and would take minutes."""

Value = TypeVar("Value")


def diversity(pool: Iterable[Task], spacy_model: str | None = None) -> dict[str, float | None]:
    """Return the diversity of what was made in a pool, under the names that `summary.json` gives it."""
    tasks = list(pool)
    texts = [unicode(task.instruction)[:LONGEST] for task in tasks]
    made = [place for place, task in enumerate(tasks) if not task.is_human]
    seeds = [text for text, task in zip(texts, tasks, strict=True) if task.is_human]
    sample = even(made, MEASURED)
    sampled = [texts[place] for place in sample]
    drawn = [texts[place] for place in even(made, DRAWN)] if len(made) >= DRAWN else []
    instructions = [tasks[place].instruction for place in made]
    pairs = [pair for pair in verb_noun_pairs(instructions, spacy_model) if pair]
    figures = {
        **{f"distinct_{size}": distinct([texts[place] for place in made], size) for size in (1, 2, 3)},
        **{f"distinct_{size}_of_{DRAWN}": distinct(drawn, size) for size in (1, 2, 3)},
        "compression_ratio": compression_ratio(instructions),
        "nearest": mean(highest(sampled, texts, sample)) if len(texts) > 1 else None,
        "nearest_seed": mean(highest(sampled, seeds)) if seeds else None,
        "self_similarity": mean_of_pairs([texts[place] for place in even(made, PAIRED)]),
        "verbs": float(len({verb for verb, _ in pairs})) if made else None,
        "verb_noun_pairs": float(len(set(pairs))) if made else None,
        "verb_noun_entropy": entropy(pairs),
        "verb_noun_share": len(pairs) / len(made) if made else None,
    }
    return {
        name: None if value is None else int(value) if value == int(value) else round(value, 6)
        for name, value in figures.items()
    }


def even(items: Sequence[Value], count: int) -> list[Value]:
    """Return at most `count` items, evenly spread over all of them and always the same."""
    size = min(count, len(items))
    return [items[number * len(items) // size] for number in range(size)]


def distinct(texts: Iterable[Sequence[str]], size: int) -> float | None:
    """Return the share of different n-grams among all n-grams."""
    found = [gram for text in texts for gram in zip(*(text[start:] for start in range(size)), strict=False)]
    return len(set(found)) / len(found) if found else None


def compression_ratio(texts: Sequence[str]) -> float | None:
    """Return how many times smaller some texts become, each in a line."""
    content = "\n".join(texts).encode(errors="replace")
    return len(content) / len(zlib.compress(content)) if content else None


def entropy(pairs: Sequence[Pair]) -> float | None:
    """Return how evenly the pairs are used, in bits."""
    shares = [count / len(pairs) for count in Counter(pairs).values()]
    return -fsum(share * log2(share) for share in shares) + 0.0 if shares else None


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, or None for an empty list."""
    return fsum(values) / len(values) if values else None
