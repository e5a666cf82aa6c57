"""The published data of Instruction Induction, read as it is.

Its folder `data` holds, under the name of each family, `raw/induce` and `raw/execute` (the pairs), `annotations` (the
instructions that people gave) and `induction_input` (100 whole prompts).  The rows differ by family:

- most are an `input` and an `output`, and some list further outputs that are right;
- cause and effect are two sentences without an order.  Held out, both orders are asked, as in the paper; to be shown,
  the orders alternate from row to row, since a prompt with both orders of one pair would give the answer away;
- a common concept has `items` and every wording that is accepted.

Kept apart from the evaluation code that came with it:

- a held-out input that stands twice (one in common_concept) is asked and counted once;
- `sentence_similarity` works: that code asks for a key which the file does not have;
- in rhymes the input itself is among the accepted answers; that is noted, and strict scoring leaves it out.
"""

from typing import Any

from selfinstruct.seeds.family import Family, Place, parsed

METRIC = {
    "common_concept": "token_f1",
    "informal_to_formal": "token_f1",
    "orthography_starts_with": "exact_set",
    "taxonomy_animal": "exact_set",
    "synonyms": "contains",
}
"""How answers are scored, where not by exact match."""
CLASSIFICATION = ("sentiment", "sentence_similarity", "word_in_context")
FURTHER = ("possible_translations", "possible_outputs", "other_rhymes")
"""Where a row lists all outputs that are right."""


def root(place: Place) -> Place | None:
    """The folder that holds the data, in the repository or in an archive of it; None if the layout is another."""
    inner = [item for item in place.iterdir() if item.is_dir()]
    for folder in (place, place / "data", *(item / "data" for item in inner)):
        if files(folder).is_dir():
            return folder
    return None


def files(folder: Place) -> Place:
    """Return where the files stand by which the families are named."""
    return folder / "raw" / "execute"


def read(folder: Place, name: str, problems: list[str]) -> Family | None:
    """Return a family; what is wrong with its files is noted."""
    before = len(problems)
    shown, held = (rows(folder / "raw" / kind / f"{name}.json", problems) for kind in ("induce", "execute"))
    annotations = parsed(folder / "annotations" / f"{name}.json", problems)
    prompts = folder / "induction_input" / f"{name}.json"
    inputs = rows(prompts, problems) if prompts.is_file() else []
    if len(problems) > before:
        return None
    try:
        if not isinstance(annotations["annotations"], list):
            raise TypeError("annotations must be a list")
        family = Family(
            name=name,
            metric=METRIC.get(name, "exact_match"),
            is_classification=name in CLASSIFICATION,
            instructions=[text for text in annotations["annotations"] if text.strip()],
            induce=[pairs(row)[number % len(pairs(row))][:2] for number, row in enumerate(shown)],
            execute=[pair for row in held for pair in pairs(row)],
            prompts=tuple(row["input"] for row in inputs),
            may_echo=name != "rhymes",
        )
    except (KeyError, TypeError, AttributeError) as error:
        problems.append(f"{folder}: {name} is not as it was published ({type(error).__name__}: {error}).")
        return None
    if wrong := not_text(family):
        problems.append(f"{folder}: {name} is not as it was published ({wrong}).")
    return family if not wrong else None


def not_text(family: Family) -> str | None:
    """Return what of a family is no text, or missing."""
    if not family.instructions:
        return "it has no instructions"
    pairs = (*family.induce, *family.execute, family.prompts)
    return None if all(isinstance(text, str) for pair in pairs for text in pair) else "not all of it is text"


def rows(place: Place, problems: list[str]) -> list[dict[str, Any]]:
    """Return the examples of a file."""
    before = len(problems)
    examples = parsed(place, problems).get("examples")
    if len(problems) > before:
        return []
    if not isinstance(examples, dict) or not examples:
        problems.append(f"{place}: holds no examples.")
        return []
    return list(examples.values())


def pairs(row: dict[str, Any]) -> list[list[str]]:
    """Return what a row asks, each with the output that it names and then all others that are right."""
    if "cause" in row:
        both = row["cause"], row["effect"]
        return [[f"Sentence 1: {one} Sentence 2: {other}", both[0]] for one, other in (both, both[::-1])]
    if "items" in row:
        return [[", ".join(row["items"]), row["concept"], *row["all_common_concepts"]]]
    further = [text for key in FURTHER for text in row.get(key, ())]
    return [[row["input"], row["output"], *further]]
