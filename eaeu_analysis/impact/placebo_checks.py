"""Checks that set the treated unit's record before the event beside those of the placebos, one rule each.

Shared by the estimators that put every donor in the treated unit's place. A donor's placebo gap before the event is
what the method's own error looks like where nothing happened.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..results import Check
from .effect import PRE_FIT, PRE_TREND, number, p_text
from .simplex import Array

FEWEST = 2.0  # effective donors below which a counterfactual is one country's history
FLAGGED = 0.10  # total weight that donors with an event of their own may have


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


def gap_checks(pre: Array, placebo_pre: Array, estimate: float, draws: Array, level: float) -> list[Check]:
    """Pre-period fit, pre-trend and the rank of the estimate: ``pre`` (T0,) gap of the treated before the event,
    ``placebo_pre`` (B, T0) gaps of the placebos, ``draws`` (B,) their estimates."""
    alpha = 1 - level
    size = float(np.sqrt((pre**2).mean()))
    sizes = np.sqrt((placebo_pre**2).mean(axis=1))
    p_fit = rank_p(size, sizes)
    slope = float(slopes(pre[None, :])[0])
    p_trend = rank_p(abs(slope), np.abs(slopes(placebo_pre)))
    p_rank = rank_p(abs(estimate), np.abs(draws))
    return [
        Check(
            PRE_FIT,
            p_fit > alpha + 1e-12,
            size,
            float(np.quantile(sizes, level)),
            f"root mean squared gap before the event {number(size)}; {p_fit:.0%} of units have one as large; "
            f"fails at {alpha:.0%} or less",
        ),
        Check(
            PRE_TREND,
            p_trend > alpha + 1e-12,
            p_trend,
            alpha,
            f"the gap before the event drifts by {number(slope, signed=True)} a period, p = {p_text(p_trend)} among "
            f"the placebos; fails at {alpha:.2f} or less",
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
    """Effective number of donors, 1 / sum of squared weights (Kish), at least ``FEWEST``."""
    effective = 1.0 / float((np.asarray(weights) ** 2).sum())
    return Check(
        "effective donors",
        effective >= FEWEST,
        effective,
        FEWEST,
        f"{effective:.1f} effective donors (1 / sum of squared weights); fails below {FEWEST:g}",
    )


def donor_notes(dropped: Mapping[str, str], flagged: Mapping[str, str], weights: Mapping[str, float]) -> list[Check]:
    """Donors left out, and the weight of donors with an event of their own (fails above ``FLAGGED``)."""
    reasons = [f"{name} ({why})" for name, why in list(dropped.items())[:4]]
    more = len(dropped) - 4
    text = "; ".join(reasons) + (f"; and {more} more" if more > 0 else "") if reasons else "none"
    checks = [Check("donors left out", None, float(len(dropped)), None, text)]
    if flagged:
        parts = {name: abs(float(weights[name])) for name in flagged if name in weights}
        total = sum(parts.values())
        heavy = [f"{name} {weight:.0%}: {flagged[name]}" for name, weight in parts.items() if weight > 0.005]
        checks.append(
            Check(
                "contamination",
                total <= FLAGGED + 1e-12,
                total,
                FLAGGED,
                f"donors with an event of their own in the window weigh {total:.0%}, passes up to {FLAGGED:.0%}"
                + (f" ({'; '.join(heavy)})" if heavy else ""),
            )
        )
    return checks
