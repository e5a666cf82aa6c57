"""The published data of Instruction Induction, read as it is.

Its folder `data` holds, under the name of each family, `raw/induce` and `raw/execute` (the pairs), `annotations` (the
instructions that people gave) and `induction_input` (100 whole prompts).  Most rows are an `input` and an `output`, and
some list further right outputs.  Cause and effect are two sentences without an order: held out, both orders are asked;
to be shown, they alternate, since a prompt with both orders of one pair would give the answer away.

Unlike the evaluation code that came with it, this asks a held-out input that stands twice once, and notes that in
rhymes the input itself is among the accepted answers, so that strict scoring leaves it out.
"""

import re
from typing import Any

from selfinstruct.seeds.reading import object_in
from selfinstruct.text.files import Files

PUBLISHED = re.compile(r"(?P<root>(?:(?:[^/]+/)?data/)?)raw/execute/(?P<name>[^/]+)\.json", re.IGNORECASE)
"""The names of the files by which the families are known, in the folder of the data or in the repository around it."""
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


def published(files: Files, root: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """Return a family in the layout of ours, and what is wrong with its files."""
    wanted = {place: f"{root}{place}/{name}.json" for place in ("raw/induce", "raw/execute", "annotations")}
    if (prompts := f"{root}induction_input/{name}.json") in files.names():
        wanted["induction_input"] = prompts
    read = {place: object_in(files, file) for place, file in wanted.items()}
    problems = [text for _, mistakes in read.values() for text in mistakes]
    rows: dict[str, list[dict[str, Any]]] = {"induction_input": []}
    for place, (content, mistakes) in read.items():
        if place != "annotations" and not mistakes:
            examples = content.get("examples")
            rows[place] = list(examples.values()) if isinstance(examples, dict) else []
            if not rows[place]:
                problems.append(f"{files.place(wanted[place])}: holds no examples.")
    if problems:
        return {}, problems
    try:
        return family_of(name, read["annotations"][0]["annotations"], rows), []
    except (KeyError, TypeError, AttributeError) as error:
        what = f"{name} is not as it was published ({type(error).__name__}: {error})"
        return {}, [f"{files.place(root.rstrip('/'))}: {what}."]


def family_of(name: str, annotations: Any, rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return a family in the layout of ours; raises KeyError, TypeError or AttributeError for any other JSON."""
    if not isinstance(annotations, list):
        raise TypeError("annotations must be a list")
    if not (instructions := [text for text in annotations if text.strip()]):
        raise TypeError("it has no instructions")
    shown = [pairs(row)[number % len(pairs(row))][:2] for number, row in enumerate(rows["raw/induce"])]
    held = [pair for row in rows["raw/execute"] for pair in pairs(row)]
    prompts = [row["input"] for row in rows["induction_input"]]
    if not all(isinstance(text, str) for texts in (*shown, *held, prompts) for text in texts):
        raise TypeError("not all of it is text")
    return {
        "metric": METRIC.get(name, "exact_match"),
        "is_classification": name in CLASSIFICATION,
        "instructions": instructions,
        "induce": shown,
        "execute": held,
        "induce_attributes": {"prompts": prompts} if prompts else {},
        "execute_attributes": {"may_echo": False} if name == "rhymes" else {},
    }


def pairs(row: dict[str, Any]) -> list[list[str]]:
    """Return what a row asks, each with the output that it names and then all others that are right."""
    if "cause" in row:
        both = row["cause"], row["effect"]
        return [[f"Sentence 1: {one} Sentence 2: {other}", both[0]] for one, other in (both, both[::-1])]
    if "items" in row:
        return [[", ".join(row["items"]), row["concept"], *row["all_common_concepts"]]]
    further = [text for key in FURTHER for text in row.get(key, ())]
    return [[row["input"], row["output"], *further]]
