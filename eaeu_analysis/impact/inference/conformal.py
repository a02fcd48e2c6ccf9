"""Conformal inference for one treated unit: p-values and intervals that come from the same test.

Chernozhukov, Wuthrich & Zhu (2021, JASA 116). Under a null for the effect after the event the untreated path is known
for every period; the weights are fitted to *all* of them, so that residuals before and after are alike if the null
holds, and the residuals after the event are ranked among their own rearrangements over time. The interval is the set
of nulls that the test does not reject, so it includes zero exactly when p exceeds 1 - level.

The weights are those of an outcomes-only synthetic control: predictor weights fitted before the event alone would
treat the periods unlike, which the argument forbids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...arrays import Array, Mask
from ..weights.simplex import simplex_weights

GRID = 61  # nulls tried in each of two rounds before the ends are refined


@dataclass(frozen=True)
class Conformal:
    """``p_value`` of no effect in any period after the event; ``interval`` of an effect that is alike in all of them;
    ``lower``, ``upper`` and ``p`` (T1,) for each period alone. ``holes``: whether a null tried inside an interval is
    rejected (it is then the smallest that contains the set). ``least_p``: the smallest p possible."""

    p_value: float
    interval: tuple[float, float]
    lower: Array
    upper: Array
    p: Array
    holes: bool
    least_p: float


def conformal_p_value(
    y: Array, donors: Array, post: Mask, effect: float | Array = 0.0, intercept: bool = False
) -> float:
    """p of the null that the effect after the event is ``effect`` (a number or an array over the post periods).

    ``y`` (T,) and ``donors`` (T, J) over the periods used, ``post`` (T,) those after the event. The statistic is
    sum |u| / sqrt(n) over the post residuals, among all T cyclic shifts, which is valid under weak dependence.
    Source: equations (5), (6) and definition 1 of the paper. Ties count against the null being rejected.
    """
    return residual_permutation_p_value(null_residuals(y, donors, post, effect, intercept), post)


def null_residuals(y: Array, donors: Array, post: Mask, effect: float | Array, intercept: bool = False) -> Array:
    """Residuals (T,) of the synthetic control fitted to all periods with the effect of the null taken off."""
    untreated = y.copy()
    untreated[post] -= effect
    others = donors
    if intercept:
        untreated = untreated - untreated.mean()
        others = donors - donors.mean(axis=0)
    return np.asarray(untreated - others @ simplex_weights(others, untreated), dtype=np.float64)


def residual_permutation_p_value(residuals: Array, post: Mask) -> float:
    """Rank of the post residuals' size among the rearrangements of all residuals, the observed one included."""
    sizes = np.abs(residuals)
    count = len(sizes)
    shifted = (np.flatnonzero(post)[None, :] + np.arange(count)[:, None]) % count
    statistics = sizes[shifted].sum(axis=1)
    observed = statistics[0]
    return float(np.count_nonzero(statistics >= observed - 1e-9 * max(observed, 1e-300))) / len(statistics)


def conformal_inference(y: Array, donors: Array, post: Mask, level: float, intercept: bool = False) -> Conformal:
    """Test of no effect, interval of a constant effect, and an interval per period; see :class:`Conformal`.

    An interval end is infinite when no null on that side can be rejected: always so when fewer than
    1 / (1 - level) rearrangements exist.
    """
    alpha = 1.0 - level + 1e-9  # 1 - 0.9 is a little less than 0.1, and p = 2/20 is to be rejected

    def joint(theta: float) -> float:
        return conformal_p_value(y, donors, post, theta, intercept)

    gap = null_residuals(y, donors, np.zeros_like(post), 0.0, intercept)
    least = 1.0 / len(y)
    scale = max(float(y.std()), float(np.abs(gap).max()), 1e-300)
    centre = _centre(y, donors, post, intercept)
    low, high, holes = acceptance_interval(joint, centre, scale, alpha)
    periods = np.flatnonzero(post)
    lower, upper, p = (np.full(len(periods), np.nan) for _ in range(3))
    for i, t in enumerate(periods):
        rows = ~post
        rows[t] = True
        only = np.zeros(int(rows.sum()), dtype=np.bool_)
        only[int(np.flatnonzero(np.flatnonzero(rows) == t)[0])] = True
        y_t, donors_t = y[rows], donors[rows]

        def single(theta: float, y_t: Array = y_t, donors_t: Array = donors_t, only: Mask = only) -> float:
            return conformal_p_value(y_t, donors_t, only, theta, intercept)

        p[i] = single(0.0)
        lower[i], upper[i], hole = acceptance_interval(single, _centre(y_t, donors_t, only, intercept), scale, alpha)
        holes = holes or hole
    return Conformal(joint(0.0), (low, high), lower, upper, p, holes, least)


def _centre(y: Array, donors: Array, post: Mask, intercept: bool) -> float:
    """Average effect by weights fitted before the event alone: where the accepted nulls are looked for first."""
    own, others = (y[~post].mean(), donors[~post].mean(axis=0)) if intercept else (0.0, np.zeros(donors.shape[1]))
    weights = simplex_weights(donors[~post] - others, y[~post] - own)
    return float(((y[post] - own) - (donors[post] - others) @ weights).mean())


def acceptance_interval(
    p_of: Callable[[float], float], centre: float, scale: float, alpha: float
) -> tuple[float, float, bool]:
    """Ends of the set {theta: p_of(theta) > alpha}, and whether a null between them is rejected.

    The set is bracketed by doubling outwards from ``centre``, past zero and until two values in a row are rejected,
    then scanned on a grid that includes zero and on a finer one around what was accepted, and its outermost ends are
    refined by bisection to 1e-6 of ``scale``. Ends are infinite when 24 doublings do not leave the set; both are NaN
    when no null at all is accepted on the grid.
    """
    ends = []
    for sign in (-1.0, 1.0):
        step, rejected, reach = 0.25 * scale, 0, np.inf
        for _ in range(24):
            rejected = rejected + 1 if p_of(centre + sign * step) <= alpha else 0
            if rejected >= 2 and step > abs(centre) + scale:  # the set may have holes: look past zero in any case
                reach = step
                break
            step *= 2.0
        ends.append(centre + sign * reach)
    left, right = ends
    if np.isinf(left) or np.isinf(right):
        return left, right, False
    grid = np.union1d(np.linspace(left, right, GRID), [0.0, centre])
    keep = np.array([p_of(float(theta)) > alpha for theta in grid])
    if not keep.any():
        return float("nan"), float("nan"), False
    step = (right - left) / (GRID - 1)
    near = np.linspace(grid[keep].min() - step, grid[keep].max() + step, GRID)
    grid, order = np.unique(np.concatenate([grid, near]), return_index=True)
    keep = np.concatenate([keep, [p_of(float(theta)) > alpha for theta in near]])[order]
    first, last = int(np.argmax(keep)), int(len(keep) - 1 - np.argmax(keep[::-1]))
    low = _edge(p_of, float(grid[first]), float(grid[first - 1]), alpha, scale) if first else left
    high = _edge(p_of, float(grid[last]), float(grid[last + 1]), alpha, scale) if last + 1 < len(grid) else right
    return low, high, bool(not keep[first : last + 1].all())


def _edge(p_of: Callable[[float], float], inside: float, outside: float, alpha: float, scale: float) -> float:
    """The last accepted null between one that is accepted and one that is rejected."""
    while abs(outside - inside) > 1e-6 * scale:
        middle = 0.5 * (inside + outside)
        if p_of(middle) > alpha:
            inside = middle
        else:
            outside = middle
    return inside
