"""The rate of wins that would be seen between answers of equal length.

Judges favor longer answers: 68 % of the verdicts of one strong judge did.  So a logistic regression explains the
verdicts by a constant and by the difference in length, and its constant alone gives the rate at no difference (the idea
of AlpacaEval 2; here without its terms for single tasks).  Where it cannot be fitted, the reason is said.
"""

from collections.abc import Sequence
from math import exp

STEPS = 50
TOO_ALIKE = "length and verdict cannot be told apart"
FARTHEST = 15.0
"""Coefficients beyond this mean that length, or the system, decides every verdict: no finite value fits."""


def at_equal_length(wins: Sequence[float], lengths: Sequence[tuple[int, int]]) -> tuple[float | None, str]:
    """Return the rate at equal length, or None and the reason.

    `wins` are 1, 0.5 or 0 for the first answer, `lengths` the words of both answers.
    """
    import numpy as np

    result = np.asarray(wins, dtype=float)
    difference = np.asarray([first - second for first, second in lengths], dtype=float)
    if len(result) < 10:
        return None, "fewer than 10 comparisons"
    if result.min() == result.max():
        return None, "all verdicts are the same"
    if not (spread := difference.std()):
        return None, "all answers differ by the same number of words"
    longer = np.tanh(difference / spread)
    if longer.max() - longer.min() < 1e-3:  # saturated, since all differ by about the same large number
        return None, TOO_ALIKE
    columns = np.column_stack([np.ones_like(result), longer])
    weights = np.zeros(2)
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-columns @ weights))
        curvature = columns.T @ (columns * (expected * (1 - expected))[:, None])
        try:
            step = np.linalg.solve(curvature, columns.T @ (result - expected))
        except np.linalg.LinAlgError:
            return None, TOO_ALIKE
        weights = weights + step
        if not np.isfinite(weights).all() or abs(weights).max() > FARTHEST:
            return None, "length, or the system, decides every verdict"
        if abs(step).max() < 1e-8:
            return 1 / (1 + exp(-float(weights[0]))), ""
    return None, "the regression does not converge"
