"""Wild cluster bootstrap of a two-way fixed effects regression with one regressor of interest.

Cameron, Gelbach & Miller (2008), "Bootstrap-based improvements for inference with clustered errors", Review of
Economics and Statistics 90(3), with the null imposed (WCR), and the six-point weights of Webb (2023), "Reworking wild
bootstrap-based inference for clustered errors", Canadian Journal of Economics 56(3), which few clusters call for.
"""

from __future__ import annotations

import math

import numpy as np

from ..arrays import Array
from .inversion import invert_test

WEBB = np.array([-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)])


def webb_weights(draws: int, clusters: int, seed: int) -> Array:
    """(draws, clusters) independent weights of mean 0 and variance 1 on Webb's six points."""
    return WEBB[np.random.default_rng(seed).integers(0, 6, (draws, clusters))]


def within(z: Array) -> Array:
    """(..., N, T) with unit and period means taken out."""
    rows = z.mean(axis=-1, keepdims=True)
    columns = z.mean(axis=-2, keepdims=True)
    return np.asarray(z - rows - columns + z.mean(axis=(-2, -1), keepdims=True), dtype=np.float64)


def t_statistics(y: Array, d: Array, null: float = 0.0) -> tuple[Array, Array]:
    """Coefficient on ``d`` (N, T) in the two-way regression of ``y`` (..., N, T), and its t against ``null`` with
    cluster-robust variance by unit, up to the small-sample factor, which a bootstrap of t does not need."""
    d = within(d)
    y = within(y)
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
    d = within(d)
    residual = within(y) - null * d
    norms = (d * d).sum(axis=1)
    cross = residual @ d.T
    scores = weights * cross.diagonal() - weights @ cross / len(y)
    beta = scores.sum(axis=1) / norms.sum()
    rest = scores - beta[:, None] * norms
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = beta * norms.sum() / np.sqrt((rest**2).sum(axis=1))
    return float((np.abs(drawn) >= abs(float(actual)) - 1e-12).mean())


def interval(y: Array, d: Array, weights: Array, level: float) -> tuple[float, float]:
    """Coefficients that the bootstrap test does not reject; an end is infinite when too few treated clusters reject
    nothing."""
    beta, t = t_statistics(y, d)
    centre = float(beta)
    se = abs(centre / float(t)) if float(t) != 0 else float(np.std(within(y)))
    return invert_test(lambda x: bootstrap_p(y, d, weights, x), centre, se, level)
