"""The estimate on two windows, fast enough for thousands of permutations.

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
    add = _adder(data.group)
    if data.estimator == "log_difference":
        response = np.broadcast_to(np.log(data.after / data.before)[:, None], exposure.shape)
        weight, beta = used, _slope(exposure, response, used, add, data.group)
    else:
        weight, response, beta = _binomial(data, exposure, used, add)
    deviation = exposure - _mean(exposure, weight, add)[data.group]
    bread = (weight * deviation**2).sum(axis=0)
    rest = response - deviation * beta
    rest = rest - _mean(rest, weight, add)[data.group]
    scores = _adder(data.cluster)(weight * deviation * rest)
    there = (_adder(data.cluster)(used) > 0).sum(axis=0)
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
        centre = _mean(x, weight, add)
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
    deviation = x - _mean(x, weight, add)[group]
    bread = (weight * deviation**2).sum(axis=0)
    _require_variation(bread, weight, x)
    slope: Array = (weight * deviation * y).sum(axis=0) / bread
    return slope


def _require_variation(bread: Array, weight: Array, x: Array) -> None:
    if (bread <= 1e-14 * (weight * x**2).sum(axis=0)).any():
        raise NoDataError("the exposure does not vary within a group of products, so that no effect can be estimated")


def _mean(values: Array, weight: Array, add: Callable[[Array], Array]) -> Array:
    base = add(weight)
    mean: Array = np.where(base > 0, add(weight * values) / np.where(base > 0, base, 1), 0.0)
    return mean


def _adder(codes: Ints) -> Callable[[Array], Array]:
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


def permuted_exposure(data: ExposureWindows, permutations: int, seed: int) -> Array:
    """(P, B) exposures under no effect: clusters exchange their means, products their deviations within a cluster.

    With a cluster of its own for every product this is the plain permutation of products.
    """
    draw = np.random.default_rng(seed)
    products = int(data.product.max()) + 1
    first = np.full(products, -1)
    first[data.product[::-1]] = np.arange(len(data.product))[::-1]
    x, cluster = data.x[first], data.cluster[first]
    count = np.bincount(cluster, minlength=data.clusters)
    mean = np.bincount(cluster, weights=x, minlength=data.clusters) / np.maximum(count, 1)
    rest = x - mean[cluster]
    order = np.argsort(cluster, kind="stable")
    out = np.empty((products, permutations))
    for b in range(permutations):
        shuffled = np.lexsort((draw.random(products), cluster))  # products of a cluster in random order
        within = np.empty(products)
        within[order] = rest[shuffled]
        out[:, b] = mean[draw.permutation(data.clusters)][cluster] + within
    return out[data.product]


def permutation_p(data: ExposureWindows, permutations: int, seed: int) -> float:
    """Share of permutations whose t-value is at least as large as the observed one, which counts among them."""

    def size_of(x: Array) -> Array:
        fit = fit_windows(data, x)
        return np.abs(fit.beta / fit.se)

    return _rank(size_of, data, permutations, seed)


def pre_trend_p(data: ExposureWindows, years: Array, permutations: int, seed: int) -> tuple[float, float]:
    """Permutation p-values of two score tests in the years before: all leads zero, and their slope zero.

    ``years``: (P, T) trade by year, positive in every year. Under no effect a unit's trade is its total times the share
    of the year in its group (or, for logarithms, the two means), so that the scores need no fit. They are divided by
    their variance over clusters, and then ranked among permutations: with trade concentrated in few products the
    distribution of such a statistic is far from the textbook one.
    """
    rest, weight = _residuals(data, years)
    add, groups = _adder(data.cluster), _adder(data.group)
    time = np.arange(years.shape[1]) - (years.shape[1] - 1) / 2

    def scores(x: Array) -> Array:
        deviation = x - _mean(x, np.broadcast_to(weight, x.shape), groups)[data.group]
        return np.stack([add(deviation * rest[:, [t]]) for t in range(years.shape[1])])  # (T, G, B)

    def joint(x: Array) -> Array:
        parts = scores(x)[:-1]
        total = parts.sum(axis=1).T  # (B, T - 1)
        spread = np.einsum("tgb,sgb->bts", parts, parts)
        return np.asarray(np.einsum("bt,bt->b", total, np.linalg.solve(spread, total[:, :, None])[:, :, 0]))

    def slope(x: Array) -> Array:
        parts = np.einsum("t,tgb->gb", time, scores(x))
        return np.asarray(parts.sum(axis=0) ** 2 / (parts**2).sum(axis=0))

    return _rank(joint, data, permutations, seed), _rank(slope, data, permutations, seed)


def _residuals(data: ExposureWindows, years: Array) -> tuple[Array, Array]:
    """(P, T) trade less what no effect predicts, and (P, 1) the weights of the units."""
    add = _adder(data.group)
    if data.estimator == "log_difference":
        logs = np.log(years)
        logs = logs - logs.mean(axis=1, keepdims=True)
        ones = np.ones_like(logs)
        return logs - _mean(logs, ones, add)[data.group], np.ones((len(logs), 1))
    total = years.sum(axis=1, keepdims=True)
    by_year = add(years)
    return years - total * (by_year / by_year.sum(axis=1, keepdims=True))[data.group], total


def _rank(statistic: Callable[[Array], Array], data: ExposureWindows, permutations: int, seed: int) -> float:
    """p-value of the observed exposure among permuted ones."""
    observed = float(statistic(data.x[:, None])[0])
    moved = permuted_exposure(data, permutations, seed)
    size = max(1, 2_000_000 // len(data.x))  # columns at a time, for memory
    found = sum(
        int((statistic(moved[:, start : start + size]) >= observed * (1 - 1e-9)).sum())
        for start in range(0, permutations, size)
    )
    return (1 + found) / (1 + permutations)
