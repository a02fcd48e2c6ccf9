"""Randomisation inference for difference-in-differences: exact where the assignments can be listed.

With few treated units cluster-robust errors are far too small (MacKinnon & Webb 2018, "The wild bootstrap for few
(treated) clusters", Econometrics Journal 21(2)). What remains valid is Fisher's test: had the events fallen on other
units of the pool, how often would the estimate have been as large? Intervals come from the same test, inverted
(:mod:`.inversion`).

Every estimate here is linear in the outcome: with a contrast per unit (one per date of adoption), the mean over the
treated minus the mean over the never-treated. So a thousand assignments are a matrix product.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...arrays import Array, Index
from .inversion import invert_test


@dataclass(frozen=True)
class Assignments:
    """``groups`` (B, N): per assignment and unit, the index of its date of adoption or -1; row 0 is the actual one.
    ``exact``: every assignment is listed once."""

    groups: Index
    exact: bool

    @property
    def smallest_p(self) -> float:
        return 1.0 / len(self.groups)

    @cached_property
    def comparisons(self) -> list[Array]:
        """(B, N) per date: 1/size on the treated of that date, -1/number on the never-treated."""
        never = (self.groups == -1).astype(np.float64)
        never /= never.sum(axis=1, keepdims=True)
        out = []
        for g in range(int(self.groups[0].max()) + 1):
            treated = (self.groups == g).astype(np.float64)
            out.append(treated / treated.sum(axis=1, keepdims=True) - never)
        return out

    def statistics(self, contrasts: Array, weights: Array) -> Array:
        """(B,) estimates, or (B, K) for K contrasts: ``contrasts`` (G, N) or (G, K, N) per date and unit (say mean
        after minus mean before), ``weights`` (G,) of the dates."""
        parts = [
            weight * (comparison @ contrast.T)
            for weight, comparison, contrast in zip(weights, self.comparisons, contrasts, strict=True)
            if weight
        ]
        return np.asarray(sum(parts), dtype=np.float64)


def assignments(groups: Index, draws: int, seed: int) -> Assignments:
    """All ways to give the dates of adoption in ``groups`` (N,) (-1 for none) to the N units when there are at most
    ``draws`` + 1, else ``draws`` random ones in addition to the actual."""
    count = len(groups)
    sizes = [int((groups == g).sum()) for g in range(int(groups.max()) + 1)]
    total, left = 1, count
    for size in sizes:
        total *= math.comb(left, size)
        left -= size
    if total <= draws + 1:
        rows = [groups]
        for row in _listed(count, sizes):
            if not np.array_equal(row, groups):
                rows.append(row)
        return Assignments(np.array(rows), True)
    rng = np.random.default_rng(seed)
    return Assignments(np.array([groups] + [rng.permutation(groups) for _ in range(draws)]), False)


def _listed(count: int, sizes: list[int]) -> list[Index]:
    partial = [np.full(count, -1, dtype=np.intp)]
    for g, size in enumerate(sizes):
        longer = []
        for row in partial:
            for chosen in itertools.combinations(np.flatnonzero(row == -1), size):
                new = row.copy()
                new[list(chosen)] = g
                longer.append(new)
        partial = longer
    return partial


def randomisation_p_value(values: Array) -> float:
    """Share of assignments whose estimate is as far from zero as the actual one (``values[0]``), itself included."""
    size = np.abs(values)
    return float((size >= size[0] - 1e-9 * size.max()).mean()) if size.max() > 0 else 1.0


# Wild cluster bootstrap of a two-way fixed effects regression with one regressor of interest.

WEBB = np.array([-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)])


def webb_weights(draws: int, clusters: int, seed: int) -> Array:
    """(draws, clusters) independent weights of mean 0 and variance 1 on Webb's six points."""
    return WEBB[np.random.default_rng(seed).integers(0, 6, (draws, clusters))]


def two_way_demeaned(z: Array) -> Array:
    """(..., N, T) with unit and period means taken out."""
    rows = z.mean(axis=-1, keepdims=True)
    columns = z.mean(axis=-2, keepdims=True)
    return np.asarray(z - rows - columns + z.mean(axis=(-2, -1), keepdims=True), dtype=np.float64)


def t_statistics(y: Array, d: Array, null: float = 0.0) -> tuple[Array, Array]:
    """Coefficient on ``d`` (N, T) in the two-way regression of ``y`` (..., N, T), and its t against ``null`` with
    cluster-robust variance by unit, up to the small-sample factor, which a bootstrap of t does not need."""
    d = two_way_demeaned(d)
    y = two_way_demeaned(y)
    norm = float((d * d).sum())
    beta = (y * d).sum(axis=(-2, -1)) / norm
    rest = y - np.asarray(beta)[..., None, None] * d
    scores = (rest * d).sum(axis=-1)
    se = np.sqrt((scores**2).sum(axis=-1)) / norm
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(beta), np.asarray((beta - null) / se)


def bootstrap_p(y: Array, d: Array, weights: Array, null: float = 0.0) -> float:
    """Two-sided p-value of coefficient = ``null``: ``y``, ``d`` (N, T) with clusters in rows, ``weights`` (B, N).

    A draw multiplies the restricted residuals r of unit i by w_i. They have no unit or period means, so the demeaned
    draw is w_i r_it - (1/N) sum_j w_j r_jt, and its scores are products with the (N, N) matrix of r_j'd_i.
    """
    _, actual = t_statistics(y, d, null)
    d = two_way_demeaned(d)
    residual = two_way_demeaned(y) - null * d
    norms = (d * d).sum(axis=1)
    cross = residual @ d.T
    scores = weights * cross.diagonal() - weights @ cross / len(y)
    beta = scores.sum(axis=1) / norms.sum()
    rest = scores - beta[:, None] * norms
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = beta * norms.sum() / np.sqrt((rest**2).sum(axis=1))
    return float((np.abs(drawn) >= abs(float(actual)) - 1e-12).mean())


def wild_bootstrap_interval(y: Array, d: Array, weights: Array, level: float) -> tuple[float, float]:
    """Coefficients that the bootstrap test does not reject; an end is infinite when too few treated clusters reject
    nothing."""
    beta, t = t_statistics(y, d)
    centre = float(beta)
    se = abs(centre / float(t)) if float(t) != 0 else float(np.std(two_way_demeaned(y)))
    return invert_test(lambda x: bootstrap_p(y, d, weights, x), centre, se, level)
