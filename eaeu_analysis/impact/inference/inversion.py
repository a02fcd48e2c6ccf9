"""Intervals as the effects that a test does not reject, so that p-value and interval never disagree.

Rosenbaum (2002), "Observational Studies", section 2.6, for tests by assignment; bisection for any other test; Student.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...arrays import Array

FARTHEST = 1000.0  # standard errors from the estimate beyond which an end counts as infinite


def invert_linear(values: Array, slopes: Array, level: float) -> tuple[float, float]:
    """The effects x that the two-sided test does not reject at ``level``, exactly.

    Taking x away from the treated cells turns estimate b into ``values[b]`` - x ``slopes[b]``, with ``slopes`` the
    estimate of assignment b on the actual treatment indicator (``slopes[0]`` = 1). As far from zero as the actual
    estimate it is between two roots on either side of ``values[0]``, so that p(x) falls away from there on both sides.
    An end is infinite when too few assignments exist to reject anything.
    """
    actual = values[0]
    tolerance = 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(np.abs(1 - slopes) > tolerance, (actual - values) / (1 - slopes), np.nan)
        second = np.where(np.abs(1 + slopes) > tolerance, (actual + values) / (1 + slopes), np.nan)
    both = np.stack([first, second])
    # slope 1 is the actual assignment (or one that treats the same units): as extreme for every x
    low = np.where(np.isnan(both).any(axis=0), -np.inf, both.min(axis=0))
    high = np.where(np.isnan(both).any(axis=0), np.inf, both.max(axis=0))
    rank = math.floor((1 - level) * len(values) + 1e-9)  # x stays while more than this many are as extreme
    return float(np.sort(low)[rank]), float(np.sort(high)[::-1][rank])


def invert_test(
    p_of: Callable[[float], float], centre: float, se: float, level: float, steps: int = 25
) -> tuple[float, float]:
    """Ends of the values around ``centre`` whose p-value ``p_of`` is above 1 - ``level``, by doubling and bisection to
    2^-``steps`` of the bracket; infinite beyond ``FARTHEST`` standard errors ``se``."""
    ends = []
    for sign in (-1.0, 1.0):
        inside, outside = 0.0, 2.0
        while outside <= FARTHEST and p_of(centre + sign * outside * se) > 1 - level:
            inside, outside = outside, 2 * outside
        if outside > FARTHEST:
            ends.append(sign * math.inf)
            continue
        for _ in range(steps):
            middle = (inside + outside) / 2
            if p_of(centre + sign * middle * se) > 1 - level:
                inside = middle
            else:
                outside = middle
        ends.append(centre + sign * inside * se)
    return ends[0], ends[1]


def student(estimate: float, se: float, df: int, level: float) -> tuple[float, tuple[float, float], float]:
    """Quantile, interval estimate +- quantile * ``se`` and two-sided p-value of zero from Student's t."""
    from scipy.stats import t

    quantile = float(t.ppf((1 + level) / 2, df))
    interval = (estimate - quantile * se, estimate + quantile * se)
    if se == 0:
        return quantile, interval, 0.0 if estimate else 1.0
    return quantile, interval, float(2 * t.sf(abs(estimate) / se, df))
