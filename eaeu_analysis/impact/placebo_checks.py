"""Checks of the gap before the event for the estimators that put every donor in the treated unit's place.

The rules on fit and trend are those of synthetic control (:mod:`.checks`), so that estimators can be set side by side;
a third check asks how unusual the gap is among those of the placebos, where nothing happened.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..results import Check
from .checks import EFFECTIVE, FIT_LEVEL, FIT_SHARE, FLAGGED_WEIGHT, TREND_SHARE
from .effect import PRE_FIT, PRE_TREND, number, p_text
from .simplex import Array

TREND_LEVEL = 0.10  # p-value of the gap's trend at or below which its size is asked about


def rank_p(actual: float, draws: Array) -> float:
    """Share of placebos at least as large, the treated unit among them: (1 + #) / (1 + B)."""
    draws = np.asarray(draws)
    tolerance = 1e-9 * (abs(actual) + float(np.abs(draws).max(initial=0.0)))
    return (1 + int((draws >= actual - tolerance).sum())) / (1 + len(draws))


def slopes(gaps: Array) -> Array:
    """Least squares slope per period of each row of ``gaps`` (B, T0)."""
    t = np.arange(gaps.shape[1]) - (gaps.shape[1] - 1) / 2
    norm = float(t @ t)
    return np.asarray(gaps @ t / norm if norm else np.zeros(len(gaps)), dtype=np.float64)


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
    """Fails when the gap has a trend (p <= ``TREND_LEVEL``) that, drawn on to the middle of the periods after the
    event, would make up more than half of the estimate."""
    slope, p, share = drift(gap, times, reach, estimate)
    return Check(
        PRE_TREND,
        not (p <= TREND_LEVEL and share > TREND_SHARE),
        p,
        TREND_LEVEL,
        f"the gap before the event moves by {number(slope, signed=True)} a period (p = {p_text(p)}), which drawn on "
        f"would make {share:.0%} of the estimate; fails at p <= {TREND_LEVEL:g} with more than {TREND_SHARE:.0%}",
    )


def placebo_gap_checks(pre: Array, placebo_pre: Array, estimate: float, draws: Array, level: float) -> list[Check]:
    """The gap before the event and the estimate among those of the placebos: ``pre`` (T0,) of the treated,
    ``placebo_pre`` (B, T0), ``draws`` (B,) estimates. The first fails when size or slope of the gap is among the most
    extreme (1 - ``level``) / 2 of all units; it only informs when there are too few placebos for that."""
    alpha = 1 - level
    p_fit = rank_p(float(np.sqrt((pre**2).mean())), np.sqrt((placebo_pre**2).mean(axis=1)))
    p_slope = rank_p(abs(float(slopes(pre[None, :])[0])), np.abs(slopes(placebo_pre)))
    able = 1 / (1 + len(draws)) <= alpha / 2 + 1e-12
    p_rank = rank_p(abs(estimate), np.abs(draws))
    return [
        Check(
            "gap among placebos",
            min(p_fit, p_slope) > alpha / 2 + 1e-12 if able else None,
            min(p_fit, p_slope),
            alpha / 2,
            f"{p_fit:.0%} of units have as large a gap before the event, {p_slope:.0%} as steep a one; fails at "
            f"{alpha / 2:.0%} or less",
        ),
        Check(
            "placebo rank",
            None,
            p_rank,
            alpha,
            f"exact rank p = {p_text(p_rank)} of the estimate among {len(draws)} placebos and the treated unit; "
            f"no smaller p than {1 / (1 + len(draws)):.3f} can come of them",
        ),
    ]


def weight_check(weights: Array) -> Check:
    """Effective number of donors, 1 / sum of squared weights (Kish), at least ``EFFECTIVE``."""
    effective = 1.0 / float((np.asarray(weights) ** 2).sum())
    return Check(
        "effective donors",
        effective >= EFFECTIVE,
        effective,
        EFFECTIVE,
        f"{effective:.1f} effective donors (1 / sum of squared weights); fails below {EFFECTIVE:g}",
    )


def donor_notes(dropped: Mapping[str, str], flagged: Mapping[str, str], weights: Mapping[str, float]) -> list[Check]:
    """Donors left out, and the weight of donors with an event of their own (fails above ``FLAGGED_WEIGHT``)."""
    reasons = [f"{name} ({why})" for name, why in list(dropped.items())[:4]]
    more = len(dropped) - 4
    text = "; ".join(reasons) + (f"; and {more} more" if more > 0 else "") if reasons else "none"
    checks = [Check("donors left out", None, float(len(dropped)), None, text)]
    if flagged:
        parts = {name: abs(float(weights[name])) for name in flagged if name in weights}
        total = sum(parts.values())
        ranked = sorted((item for item in parts.items() if item[1] > 0.005), key=lambda item: (-item[1], item[0]))
        heavy = [f"{name} {weight:.0%}: {flagged[name]}" for name, weight in ranked[:4]]
        if len(ranked) > len(heavy):
            heavy.append(f"and {len(ranked) - len(heavy)} more")
        checks.append(
            Check(
                "contamination",
                total <= FLAGGED_WEIGHT + 1e-12,
                total,
                FLAGGED_WEIGHT,
                f"donors with an event of their own in the window weigh {total:.0%}, passes up to {FLAGGED_WEIGHT:.0%}"
                + (f" ({'; '.join(heavy)})" if heavy else ""),
            )
        )
    return checks
