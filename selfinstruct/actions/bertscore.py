"""BERTScore: how close in meaning an induced instruction is to those that people wrote.

Instruction Induction (Honovich et al., 2022, section 3.2) takes the F1 of BERTScore (Zhang et al., 2020) with the
nearest of the references, rescaled by its baseline, so that unrelated sentences come to about 0.  The `bert-score`
package measures it, with a model of a gigabyte and more; it is an extra, and imported only when it is asked for.

The package has baselines by the names of models, and says nothing but a printed line where it has none, as for a model
in a folder: its scores are then raw, and unrelated sentences have 0.1 to 0.8.  So the baseline is looked up here, it
can be named, and scores that are not rescaled are labelled as raw.  An empty text scores 0; the package fails at one
since transformers 5.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from selfinstruct.errors import SelfInstructError

PACKAGE = "bert_score"
MISSING = (
    "score.bertscore needs the package bert-score, which is not installed. Run pip install"
    " 'selfinstruct[bertscore]', or set score.bertscore=false."
)
LANGUAGE = "en"
DEFAULT = "roberta-large"
"""The package's own choice for English."""


def is_installed() -> bool:
    """Return whether the package is installed, without importing it."""
    return find_spec(PACKAGE) is not None


def baselines() -> Mapping[str, Path]:
    """Return the files of baselines that the package has, by the names of their models."""
    spec = find_spec(PACKAGE)
    places = (spec and spec.submodule_search_locations) or ()
    roots = [Path(place, "rescale_baseline", LANGUAGE) for place in places]
    return {path.relative_to(root).as_posix()[:-4]: path for root in roots for path in sorted(root.rglob("*.tsv"))}


def problems(model: str | None, layers: int | None, baseline: str | None) -> list[str]:
    """Return what keeps scores from being measured and rescaled as asked."""
    if not is_installed():
        return [MISSING]
    found, known = [], baselines()
    if model is not None and layers is None and Path(model).is_dir():
        found.append(f"score.bertscore_layers must be set for a model in a folder (got {model}).")
    if baseline is None or baseline in known:
        return found
    return [
        *found,
        f"score.bertscore_baseline={baseline}: bert-score has no such baseline; it has {', '.join(known)}.",
    ]


def baseline_of(model: str | None, baseline: str | None) -> str | None:
    """Return the name of the baseline that rescales the scores of a model; None where they stay raw."""
    name = baseline or model or DEFAULT
    return name if name in baselines() else None


def similarities(
    texts: Sequence[str],
    references: Sequence[Sequence[str]],
    model: str | None,
    layers: int | None,
    baseline: str | None = None,
) -> list[float]:
    """Return the score of each text with the nearest of its references; 0 for an empty text, or without references.

    Raises SelfInstructError where the package or the model is not available.
    """
    full = [[reference for reference in group if reference.strip()] for group in references]
    asked = [number for number, text in enumerate(texts) if text.strip() and full[number]]
    scores = [0.0] * len(texts)
    if asked:
        found = measured(
            [texts[number] for number in asked], [full[number] for number in asked], model, layers, baseline
        )
        for number, value in zip(asked, found, strict=True):
            scores[number] = value
    return scores


def measured(
    texts: list[str], references: list[list[str]], model: str | None, layers: int | None, baseline: str | None
) -> list[float]:
    """Return the scores of non-empty texts, measured by the package."""
    try:
        from bert_score import score
    except ImportError as error:
        missing = MISSING if error.name == PACKAGE else f"bert-score cannot be imported: {error}."
        raise SelfInstructError(missing) from None
    name = baseline_of(model, baseline)
    try:
        _, _, found = score(
            texts,
            references,
            model_type=model,
            num_layers=layers,
            lang=LANGUAGE,
            rescale_with_baseline=name is not None,
            baseline_path=None if name is None else str(baselines()[name]),
        )
    except (OSError, KeyError, RuntimeError, ValueError, AssertionError, IndexError, OverflowError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SelfInstructError(
            f"The model of BERTScore, {model or DEFAULT}, cannot be used ({first}). With a network it is"
            " downloaded; without one, set score.bertscore_model to a folder that holds it, and"
            " score.bertscore_layers (17 for roberta-large), or set score.bertscore=false."
        ) from None
    return [float(value) for value in found]
