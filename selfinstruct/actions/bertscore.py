"""BERTScore: how near in meaning an induced instruction is to those that people gave.

Instruction Induction (Honovich et al., 2022, section 3.2) takes the F1 of BERTScore (Zhang et al., 2020) with the
nearest of the references, rescaled by its baseline, so that unrelated sentences come to about 0.  The `bert-score`
package measures it, with a model of a gigabyte and more; it is an extra, and imported only when it is asked for.
"""

from collections.abc import Sequence
from importlib.util import find_spec

from selfinstruct.errors import SelfInstructError

PACKAGE = "bert_score"
MISSING = (
    "actions.score.bertscore needs the package bert-score, which is not installed. Run pip install"
    " 'selfinstruct[bertscore]', or set actions.score.bertscore=false."
)
LANGUAGE = "en"


def is_installed() -> bool:
    """Whether the package is there, without importing it."""
    return find_spec(PACKAGE) is not None


def similarities(
    texts: Sequence[str], references: Sequence[Sequence[str]], model: str | None, layers: int | None
) -> list[float]:
    """The score of each text with the nearest of its references.

    Raises SelfInstructError where package or model are not to be had, with what to do.
    """
    try:
        from bert_score import score
    except ImportError as error:
        missing = MISSING if error.name == PACKAGE else f"bert-score cannot be imported: {error}."
        raise SelfInstructError(missing) from None
    try:
        _, _, found = score(
            list(texts),
            [list(group) for group in references],
            model_type=model,
            num_layers=layers,
            lang=LANGUAGE,
            rescale_with_baseline=True,
        )
    except (OSError, KeyError, RuntimeError, ValueError, AssertionError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SelfInstructError(
            f"The model of BERTScore, {model or 'roberta-large'}, cannot be used ({first}). Where there is a network it"
            " is fetched by itself; else set actions.score.bertscore_model to a folder that holds it, and"
            " actions.score.bertscore_layers (17 for roberta-large), or set actions.score.bertscore=false."
        ) from None
    return [float(value) for value in found]
