"""Whether two kinds of request differ in how long they take: Welch's t over samples that were taken in turn.

Over the quicker half of each sample, for the slower one tells of the machine: trimmed means over winsorised variances,
as Yuen has it (Biometrika 61, 1974), so that what was left out does not make the test surer than it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, variance

SURE = 5.0
"""Beyond it, twice and on the same side, is no accident."""
_KEPT = 0.5


def t(one: Sequence[float], other: Sequence[float]) -> float:
    """Positive where *one* takes longer."""
    (a, error_a), (b, error_b) = _trimmed(one), _trimmed(other)
    return (a - b) / sqrt(error_a + error_b)


def _trimmed(sample: Sequence[float]) -> tuple[float, float]:
    """The mean of what is kept, and the square of its standard error."""
    ordered = sorted(sample)
    kept = ordered[: int(len(ordered) * _KEPT)]
    winsorised = kept + kept[-1:] * (len(ordered) - len(kept))
    return fmean(kept), variance(winsorised) / (_KEPT**2 * len(ordered))


def found(first: float, second: float) -> bool:
    """Whether two runs agree that there is a difference."""
    return abs(first) > SURE and abs(second) > SURE and first * second > 0
