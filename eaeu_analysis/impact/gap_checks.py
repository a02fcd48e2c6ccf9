"""The gap before the event: whether it is small, and whether it drifts. One rule each, for every estimator.

The years are those that the estimator has before the event: its fit years, and where it leaves some between them and
the event, for the drift those too.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..results import Check
from ..text import p_equals
from .effect import PRE_FIT, PRE_TREND, number

FIT_SHARE = 0.5  # of the standard deviation of the outcome before the event
FIT_LEVEL = 0.05  # of its mean: a flat outcome has little deviation to compare with
TREND_LEVEL = 0.10  # p-value of the gap's trend at or below which its size is asked about
TREND_SHARE = 0.5  # of the estimate that the gap's own trend may explain


def fit_check(gap: Array, outcome: Array) -> Check:
    """Fails when the root mean squared gap before the event (T0,) exceeds half a standard deviation of the treated
    unit's outcome (T0,) then and 5 % of its mean."""
    size = float(np.sqrt((gap**2).mean()))
    deviation, mean = float(outcome.std()), float(np.abs(outcome).mean())
    limit = max(FIT_SHARE * deviation, FIT_LEVEL * mean)
    return Check(
        PRE_FIT,
        size <= limit,
        size,
        limit,
        f"root mean squared gap {number(size)} before the event; passes up to {FIT_SHARE:g} of the outcome's standard "
        f"deviation ({number(deviation)}) or {FIT_LEVEL:.0%} of its mean ({number(mean)})",
    )


def drift(gap: Array, times: Array, reach: float, estimate: float) -> tuple[float, float, float]:
    """Slope per period of the ``gap`` (T0,) before the event, its least squares p-value, and what the slope drawn on by
    ``reach`` periods would make of the ``estimate`` (a share)."""
    from scipy.stats import linregress

    if float(np.ptp(gap)) <= 1e-9 * (1.0 + float(np.abs(gap).max())):
        return 0.0, 1.0, 0.0
    line = linregress(times, gap)
    drawn = abs(float(line.slope)) * reach
    return float(line.slope), float(line.pvalue), drawn / abs(estimate) if estimate else float("inf")


def trend_check(gap: Array, times: Array, reach: float, estimate: float) -> Check:
    """Fails when the gap has a trend (p <= ``TREND_LEVEL``) that, drawn on by ``reach`` to the middle of the periods
    after the event, would make up more than half of the estimate."""
    slope, p, share = drift(gap, times, reach, estimate)
    return Check(
        PRE_TREND,
        not (p <= TREND_LEVEL and share > TREND_SHARE),
        p,
        TREND_LEVEL,
        f"the gap before the event moves by {number(slope, signed=True)} a period ({p_equals(p)}), which drawn on "
        f"would make {share:.0%} of the estimate; fails at p <= {TREND_LEVEL:g} with more than {TREND_SHARE:.0%}",
    )
