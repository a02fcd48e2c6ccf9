"""Permutation tests of the tariff design: of the estimate, and of a trend in the years before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...arrays import Array
from .fit import ExposureWindows, fit_windows, group_means, group_sums


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
    add, groups = group_sums(data.cluster), group_sums(data.group)
    time = np.arange(years.shape[1]) - (years.shape[1] - 1) / 2

    def scores(x: Array) -> Array:
        deviation = x - group_means(x, np.broadcast_to(weight, x.shape), groups)[data.group]
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
    add = group_sums(data.group)
    if data.estimator == "log_difference":
        logs = np.log(years)
        logs = logs - logs.mean(axis=1, keepdims=True)
        ones = np.ones_like(logs)
        return logs - group_means(logs, ones, add)[data.group], np.ones((len(logs), 1))
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
