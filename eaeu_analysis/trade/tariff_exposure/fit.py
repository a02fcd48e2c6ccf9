"""The estimate on two windows, fast enough for thousands of permutations (:mod:`.permutation`).

PPML with unit effects, period effects (by group) and one regressor ``x * after`` depends on the data only through the
totals of the two windows: given the total of a unit, what falls into the window after is binomial with log odds
``alpha[group] + beta * x``. The differences of logarithms are the same question with equal weights and a normal error.
Both are solved here for many regressors, or many samples, at once; ``B`` is their number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.special import expit

from ...arrays import Array, Ints
from ...errors import NoDataError, NotConvergedError

Estimator = Literal["ppml", "log_difference"]
STEPS, TOLERANCE = 60, 1e-9


@dataclass(frozen=True)
class ExposureWindows:
    """Units in the two windows.

    ``before``, ``after``: (P,) totals; ``x``: (P,) exposure; ``group``: (P,) place of the group whose period
    effect a unit has; ``cluster``: (P,) place of its cluster; ``product``: (P,) place of its product.
    """

    before: Array
    after: Array
    x: Array
    group: Ints
    cluster: Ints
    product: Ints
    estimator: Estimator

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return int(self.cluster.max()) + 1


@dataclass(frozen=True)
class WindowsFit:
    """``beta``, ``se`` (clustered, G/(G-1)): (B,). ``weight``, ``deviation``, ``response``: (P, B), the weights of the
    units, their exposure less the mean of the group, and what the regression explains."""

    beta: Array
    se: Array
    weight: Array
    deviation: Array
    response: Array


def fit_windows(data: ExposureWindows, x: Array | None = None, keep: Array | None = None) -> WindowsFit:
    """The estimate for each column of ``x`` (P, B) or of ``keep`` (P, B; 1 for a unit used, 0 for one left out).

    Raises NotConvergedError when an estimate did not converge, NoDataError when the exposure does not vary.
    """
    exposure = data.x[:, None] if x is None else x
    used = np.ones((len(data.x), 1)) if keep is None else keep
    width = max(exposure.shape[1], used.shape[1])
    exposure, used = (np.broadcast_to(a, (len(data.x), width)) for a in (exposure, used))
    add = group_sums(data.group)
    if data.estimator == "log_difference":
        response = np.broadcast_to(np.log(data.after / data.before)[:, None], exposure.shape)
        weight, beta = used, _slope(exposure, response, used, add, data.group)
    else:
        weight, response, beta = _binomial(data, exposure, used, add)
    deviation = exposure - group_means(exposure, weight, add)[data.group]
    bread = (weight * deviation**2).sum(axis=0)
    rest = response - deviation * beta
    rest = rest - group_means(rest, weight, add)[data.group]
    scores = group_sums(data.cluster)(weight * deviation * rest)
    there = (group_sums(data.cluster)(used) > 0).sum(axis=0)
    se = np.sqrt((scores**2).sum(axis=0) * there / np.maximum(there - 1, 1)) / bread
    return WindowsFit(beta, se, weight, deviation, response)


def _binomial(
    data: ExposureWindows, x: Array, used: Array, add: Callable[[Array], Array]
) -> tuple[Array, Array, Array]:
    """Newton's method: weights, working response and slopes at the maximum of the likelihood."""
    total = (data.before + data.after)[:, None] * used
    after = data.after[:, None] * used
    groups = data.group
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = np.log(add(after) / (add(total) - add(after)))
    alpha = np.where(np.isfinite(alpha), alpha, 0.0)
    beta = np.zeros(x.shape[1])
    for _ in range(STEPS):
        share = expit(alpha[groups] + x * beta)
        weight = total * share * (1 - share)
        miss = after - total * share
        centre = group_means(x, weight, add)
        deviation = x - centre[groups]
        bread = (weight * deviation**2).sum(axis=0)
        _require_variation(bread, weight, x)
        step = (deviation * miss).sum(axis=0) / bread
        step = np.clip(step, -5 / np.abs(x).max(), 5 / np.abs(x).max())  # at most 5 in log odds
        base = add(weight)
        alpha = alpha + np.where(base > 0, add(miss) / np.where(base > 0, base, 1), 0.0) - centre * step
        beta = beta + step
        if np.abs(step).max() * np.abs(x).max() < TOLERANCE:
            with np.errstate(divide="ignore", invalid="ignore"):
                working = np.where(weight > 0, miss / weight, 0.0) + deviation * beta
            return weight, working, beta
    raise NotConvergedError(f"the PPML estimate on two windows did not converge in {STEPS} steps")


def _slope(x: Array, y: Array, weight: Array, add: Callable[[Array], Array], group: Ints) -> Array:
    deviation = x - group_means(x, weight, add)[group]
    bread = (weight * deviation**2).sum(axis=0)
    _require_variation(bread, weight, x)
    slope: Array = (weight * deviation * y).sum(axis=0) / bread
    return slope


def _require_variation(bread: Array, weight: Array, x: Array) -> None:
    if (bread <= 1e-14 * (weight * x**2).sum(axis=0)).any():
        raise NoDataError("the exposure does not vary within a group of products, so that no effect can be estimated")


def group_means(values: Array, weight: Array, add: Callable[[Array], Array]) -> Array:
    """(G, B) weighted means by group, zero where a group has no weight."""
    base = add(weight)
    mean: Array = np.where(base > 0, add(weight * values) / np.where(base > 0, base, 1), 0.0)
    return mean


def group_sums(codes: Ints) -> Callable[[Array], Array]:
    """Sums by group: (P, B) to (G, B)."""
    indicator = sparse.csr_matrix(
        (np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(int(codes.max()) + 1, len(codes))
    )
    return lambda values: np.asarray(indicator @ values)


def leave_clusters_out(data: ExposureWindows) -> Array:
    """(G,) the estimate without each cluster."""
    keep = (data.cluster[:, None] != np.arange(data.clusters)[None, :]).astype(np.float64)
    return fit_windows(data, keep=keep).beta


def jackknife_error(estimate: float, without: Array) -> float:
    """Standard error of the jackknife over clusters (CV3 of MacKinnon, Nielsen and Webb 2023)."""
    groups = len(without)
    return float(np.sqrt((groups - 1) / groups * ((without - estimate) ** 2).sum()))
