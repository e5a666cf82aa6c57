"""BERTScore: how close in meaning an induced instruction is to those that people wrote.

Instruction Induction (Honovich et al., 2022, section 3.2) takes the F1 of BERTScore (Zhang et al., 2020) with the
nearest of the references, rescaled by its baseline, so that unrelated sentences come to about 0.

The `bert-score` package, an extra, knows layers and baselines by the names of models.  A model in a folder is known by
the name of the folder, and scores without a baseline are labelled as raw.  An empty text scores 0; the package fails
at one since transformers 5.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from selfinstruct.errors import SelfInstructError

PACKAGE = "bert_score"
MISSING = (
    "score.bertscore needs the package bert-score, which is not installed. Run pip install"
    " 'selfinstruct[bertscore]', or set score.bertscore=false."
)
LANGUAGE = "en"


def is_installed() -> bool:
    """Return whether the package is installed, without importing it."""
    return find_spec(PACKAGE) is not None


def baselines() -> Mapping[str, Path]:
    """Return the files of baselines that the package has, by the names of their models."""
    spec = find_spec(PACKAGE)
    places = (spec and spec.submodule_search_locations) or ()
    roots = [Path(place, "rescale_baseline", LANGUAGE) for place in places]
    return {path.relative_to(root).as_posix()[:-4]: path for root in roots for path in sorted(root.rglob("*.tsv"))}


def name_of(model: str, names: Iterable[str]) -> str | None:
    """Return which of some names is that of a model, or of the folder that holds it; None for none of them."""
    folder = Path(model).name
    return next((name for name in names if name == model or name.rpartition("/")[2] == folder), None)


def similarities(texts: Sequence[str], references: Sequence[Sequence[str]], model: str) -> list[float]:
    """Return the score of each text with the nearest of its references; 0 for an empty text, or without references.

    Raises SelfInstructError where the package or the model is not available.
    """
    full = [[reference for reference in group if reference.strip()] for group in references]
    asked = [number for number, text in enumerate(texts) if text.strip() and full[number]]
    scores = [0.0] * len(texts)
    if asked:
        found = measured([texts[number] for number in asked], [full[number] for number in asked], model)
        for number, value in zip(asked, found, strict=True):
            scores[number] = value
    return scores


def measured(texts: list[str], references: list[list[str]], model: str) -> list[float]:
    """Return the scores of non-empty texts, measured by the package."""
    try:
        from bert_score import score
        from bert_score.utils import model2layers
    except ImportError as error:
        missing = MISSING if error.name == PACKAGE else f"bert-score cannot be imported: {error}."
        raise SelfInstructError(missing) from None
    known, name = baselines(), name_of(model, baselines())
    try:
        _, _, found = score(
            texts,
            references,
            model_type=model,
            num_layers=model2layers[name_of(model, model2layers)],
            lang=LANGUAGE,
            rescale_with_baseline=name is not None,
            baseline_path=None if name is None else str(known[name]),
        )
    except (OSError, KeyError, RuntimeError, ValueError, AssertionError, IndexError, OverflowError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SelfInstructError(
            f"The model of BERTScore, {model}, cannot be used ({first}). With a network it is downloaded; without one,"
            " set score.bertscore_model to a folder that holds it and has its name, such as roberta-large, or set"
            " score.bertscore=false."
        ) from None
    return [float(value) for value in found]
