"""Checks by the placebos of the estimators that put every donor in the treated unit's place, and of their donors.

How unusual is the gap before the event, and how unusual the estimate, among those of units that nothing happened to?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from ...arrays import Array
from ...results import Check
from ...text import format_p_equals
from .checks import EFFECTIVE, contamination, left_out, loo_check, time_check
from .inversion import student
from .placebo import TimePlacebo

NEGATIVE = 0.5  # sum of negative weights above which a counterfactual is extrapolated


def placebo_rank_p_value(actual: float, draws: Array) -> float:
    """Share of placebos at least as large, the treated unit among them: (1 + #) / (1 + B)."""
    draws = np.asarray(draws)
    tolerance = 1e-9 * (abs(actual) + float(np.abs(draws).max(initial=0.0)))
    return (1 + int((draws >= actual - tolerance).sum())) / (1 + len(draws))


def slopes(gaps: Array) -> Array:
    """Least squares slope per period of each row of ``gaps`` (B, T0)."""
    t = np.arange(gaps.shape[1]) - (gaps.shape[1] - 1) / 2
    norm = float(t @ t)
    return np.asarray(gaps @ t / norm if norm else np.zeros(len(gaps)), dtype=np.float64)


def placebo_gap_checks(pre: Array, placebo_pre: Array, estimate: float, draws: Array, level: float) -> list[Check]:
    """The gap before the event and the estimate among those of the placebos: ``pre`` (T0,) of the treated,
    ``placebo_pre`` (B, T0), ``draws`` (B,) estimates. The first fails when size or slope of the gap is among the most
    extreme (1 - ``level``) / 2 of all units; it only informs when there are too few placebos for that."""
    alpha = 1 - level
    p_fit = placebo_rank_p_value(float(np.sqrt((pre**2).mean())), np.sqrt((placebo_pre**2).mean(axis=1)))
    p_slope = placebo_rank_p_value(abs(float(slopes(pre[None, :])[0])), np.abs(slopes(placebo_pre)))
    p_gap = min(p_fit, p_slope)
    able = 1 / (1 + len(draws)) <= alpha / 2 + 1e-12
    p_rank = placebo_rank_p_value(abs(estimate), np.abs(draws))
    gap_text = (
        f"{p_fit:.0%} of units have as large a gap before the event, {p_slope:.0%} as steep a one; fails at "
        f"{alpha / 2:.0%} or less"
    )
    placebo_rank_text = (
        f"exact rank {format_p_equals(p_rank)} of the estimate among {len(draws)} placebos and the treated unit; "
        f"no smaller p than {1 / (1 + len(draws)):.3f} can come of them"
    )
    return [
        Check("gap among placebos", p_gap > alpha / 2 + 1e-12 if able else None, p_gap, alpha / 2, gap_text),
        Check("placebo rank", None, p_rank, alpha, placebo_rank_text),
    ]


def weight_check(weights: Array) -> Check:
    """Effective number of donors, 1 / sum of squared weights (Kish), at least ``EFFECTIVE``."""
    effective = 1.0 / float((np.asarray(weights) ** 2).sum())
    text = f"{effective:.1f} effective donors (1 / sum of squared weights); fails below {EFFECTIVE:g}"
    return Check("effective donors", effective >= EFFECTIVE, effective, EFFECTIVE, text)


def extrapolation_check(weights: Array) -> Check:
    """Fails when the negative weights (J,) add up to more than ``NEGATIVE``: the counterfactual is then drawn from far
    outside the donors."""
    negative = abs(float(np.minimum(weights, 0).sum()))  # no negative zero
    text = (
        f"negative weights sum to {negative:.2f}: how far the counterfactual lies outside the donors; fails above "
        f"{NEGATIVE:g}"
    )
    return Check("extrapolation", negative <= NEGATIVE, negative, NEGATIVE, text)


def donor_notes(dropped: Mapping[str, str], flagged: Mapping[str, str], weights: Mapping[str, float]) -> list[Check]:
    """Donors left out, and the weight of donors with an event of their own (fails above ``FLAGGED_WEIGHT``)."""
    checks = [left_out(dropped)]
    if flagged:
        parts = {name: abs(float(weights[name])) for name in flagged if name in weights}
        total = sum(parts.values())
        ranked = sorted((item for item in parts.items() if item[1] > 0.005), key=lambda item: (-item[1], item[0]))
        heavy = [f"{name} {weight:.0%}: {flagged[name]}" for name, weight in ranked[:4]]
        if len(ranked) > len(heavy):
            heavy.append(f"and {len(ranked) - len(heavy)} more")
        checks.append(contamination(total, heavy))
    return checks


# The estimate without each donor, and with the event moved into the years before it, for the weighting estimators.

TRACE = 0.005  # a donor that weighs less is not left out: it cannot have decided anything
FIT_LEAST, JUDGED_LEAST = 3, 2  # periods on either side of the moved event


def leave_one_out_estimates(
    without: Callable[[int], float], weights: Array, donors: Sequence[str], estimate: float
) -> tuple[pd.DataFrame, Check]:
    """Estimate without each donor that weighs (frame: donor, weight, estimate) and its check; ``without(i)`` estimates
    with the i-th donor left out."""
    weighty = [int(i) for i in np.flatnonzero(np.abs(weights) > TRACE)] if len(donors) > 2 else []
    rows = [(donors[i], float(weights[i]), without(i)) for i in weighty]
    table = pd.DataFrame(rows, columns=["donor", "weight", "estimate"])
    return table, loo_check(table, estimate)


def moved_start(periods: int) -> int | None:
    """Column of the moved event among ``periods`` before the true one: the first of their last third; None when too few
    would be left on either side."""
    cut = -(-2 * periods // 3)
    return cut if cut >= FIT_LEAST and periods - cut >= JUDGED_LEAST else None


def moved_check(
    control: Array,
    treated: Array,
    times: Sequence[object],
    effect: Callable[[Array, Array, int], float],
    level: float,
    estimate: float,
) -> Check:
    """The event moved to the last third of the periods before it: ``control`` (N0, T0), ``treated`` (N1, T0) and
    the labels ``times`` (T0,) before the event; ``effect(control, treated, start)`` estimates. Its p comes from the
    same placebos as the estimate's: every donor in place of the treated, Student's t on their spread."""
    start = moved_start(len(times))
    if start is None:
        return time_check(None, level, estimate)
    average = effect(control, treated, start)
    draws = [effect(np.delete(control, i, axis=0), control[[i]], start) for i in range(len(control))]
    _, _, p = student(average, float(np.std(draws)), len(draws) - 1, level)
    return time_check(TimePlacebo(times[start], average, p), level, estimate)
