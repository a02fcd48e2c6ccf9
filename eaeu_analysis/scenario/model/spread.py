"""What the draws of an outcome come to: median, interval, standard error, with the decimals that can be relied on.

Rounding errors of linear algebra differ between processors. In the outcomes of a scenario they come to at most 1e-10
(per cent, or million US$), so that numbers are published to 1e-7.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays import Array

PLACES = 7


def round_outcome(values: Any) -> Any:
    """Outcomes, or numbers computed from them, with the decimals of every processor; zero has no sign."""
    return np.round(values, PLACES) + 0.0


def ends_of(drawn: Array, level: float) -> tuple[float, float, float]:
    """Median and interval of the draws that have a solution; NaN without any."""
    whole = drawn[np.isfinite(drawn)]
    if not len(whole):
        return float("nan"), float("nan"), float("nan")
    low, middle, high = round_outcome(np.quantile(whole, [(1 - level) / 2, 0.5, (1 + level) / 2]))
    return float(middle), float(low), float(high)


def monte_carlo_error(drawn: Array) -> float:
    """Standard error of the median of the draws: half the width between the order statistics a standard deviation
    of the binomial count either side of it. Zero where nothing varies, NaN without two draws."""
    solved = np.sort(drawn[np.isfinite(drawn)])
    if len(solved) < 2:
        return float("nan")
    half = math.sqrt(len(solved)) / 2
    low, high = (int(np.clip(round(len(solved) / 2 + side * half), 0, len(solved) - 1)) for side in (-1, 1))
    return float(round_outcome((solved[high] - solved[low]) / 2))
