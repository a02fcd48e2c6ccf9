"""Prediction intervals for a synthetic control, in the manner of Cattaneo, Feng & Titiunik (2021, JASA 116).

What is not known of the untreated outcome has two parts: the weights are estimated (in-sample), and the outcome would
not have followed the right weights exactly (out-of-sample). The first is bounded by simulating the noise of the fit
and taking, over all weights on the simplex that it could have led to, the extreme predictions (their section 4); the
second by a sub-Gaussian tail on the residuals. Each gets half of the error probability, so the sum covers at least
``level`` when the treated unit's outcome is a simplex combination of the donors' plus noise of steady size.

Departures, made because the pre-period is short here: residuals are those of fits that leave out the period in
question, since fitted ones shrink to nothing when donors outnumber periods; their conditional mean is taken as zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from ...arrays import Array
from ...errors import BadInputError
from ..weights.fit import Fitted, Setup, WeightSettings
from ..weights.simplex import simplex_weights, solve_gram

DRAWS = 200


@dataclass(frozen=True)
class PredictionUncertainty:
    """The two parts of a prediction interval of the average effect: ``in_sample`` bounds from the estimated weights and
    ``out_of_sample``, the half-width for noise after the event; ``sigma``: its size, from residuals left out."""

    in_sample: tuple[float, float]
    out_of_sample: float
    sigma: float


def left_out_residuals(y: Array, donors: Array) -> Array:
    """Residual (T0,) of each period from weights fitted to the others; ``y`` (T0,), ``donors`` (T0, J)."""
    out = np.empty(len(y))
    for t in range(len(y)):
        rest = np.arange(len(y)) != t
        out[t] = y[t] - donors[t] @ simplex_weights(donors[rest], y[rest])
    return out


def in_sample_bounds(
    donors: Array, weights: Array, sizes: Array, targets: Array, alpha: float, draws: int, seed: int
) -> tuple[Array, Array]:
    """Bounds (M,) of target'(weights - true weights) for each row of ``targets`` (M, J), at error ``alpha``.

    ``donors`` (T0, J) of the fit years, ``weights`` (J,) fitted, ``sizes`` (T0,) the residuals' sizes. For each draw of
    the score g ~ N(0, donors' diag(sizes^2) donors) the extremes of target'd over {d: weights + d on the simplex,
    d'Qd <= 2 g'd} are taken; the bounds are their alpha/2 and 1 - alpha/2 quantiles.
    """
    rng = np.random.default_rng(seed)
    gram = donors.T @ donors
    scores = (rng.standard_normal((draws, len(donors))) * sizes) @ donors
    lows, highs = np.empty((draws, len(targets))), np.empty((draws, len(targets)))
    for i, score in enumerate(scores):
        for m, target in enumerate(targets):
            highs[i, m] = farthest(gram, weights, score, target)
            lows[i, m] = -farthest(gram, weights, score, -target)
    return np.quantile(lows, alpha / 2, axis=0), np.quantile(highs, 1 - alpha / 2, axis=0)


def farthest(gram: Array, weights: Array, score: Array, target: Array) -> float:
    """Upper bound of the largest target'd over {d: weights + d on the simplex, d'Gd - 2 score'd <= 0}.

    By duality: for every price m > 0 of the constraint, max over the simplex of target'd - m (d'Gd - 2 score'd) is such
    a bound, and the smallest of them is the maximum itself. With s = 1 / 2m the maximiser w(s) moves from the least
    of the constraint towards the best corner, so the price at which the constraint just binds is bracketed and then
    found by Brent's method; the bound is off by the square of the error in s.
    """
    centre = gram @ weights + score
    offset = float(weights @ gram @ weights + 2.0 * score @ weights)
    top = int(target.argmax())
    reach = float(target[top] - target @ weights)
    if reach <= 0.0 or gram[top, top] - 2.0 * centre[top] + offset <= 0.0:  # the corner itself is allowed
        return max(reach, 0.0)
    best = reach
    near: Array | None = weights

    def excess(s: float) -> float:
        nonlocal best, near
        near = solve_gram(gram, centre + s * target, near).weights
        over = float(near @ gram @ near - 2.0 * centre @ near) + offset
        if s > 0.0:
            best = min(best, float(target @ (near - weights)) - over / (2.0 * s))
        return over

    low, high = 0.0, float(gram.trace()) / len(gram) / max(float(np.abs(target).max()), 1e-300)
    while excess(high) <= 0.0 and high < 1e12:
        low, high = high, 8.0 * high
    if low == 0.0:
        least = 1e-12 * high
        while excess(high / 8.0) > 0.0:
            high /= 8.0
            if high < least:  # little but d = 0 is allowed
                return max(best, 0.0)
        low = high / 8.0
    brentq(excess, low, high, rtol=1e-3, xtol=1e-3 * low, disp=False)
    return max(best, 0.0)  # d = 0 is always allowed


def prediction_answer(
    setup: Setup, recipe: WeightSettings, fitted: Fitted, level: float, seed: int
) -> tuple[tuple[float, float], Array, Array, str, PredictionUncertainty]:
    """Interval of the average effect, bounds (T,) of each period's, a description and the parts of the interval.

    Raises BadInputError for weights that do not match the outcome directly: the argument is about those.
    """
    if (setup.x is not None and recipe.v != "outcomes") or recipe.penalty:
        raise BadInputError("prediction intervals are for weights that match the outcome directly; use v='outcomes'")
    problem = setup.problem
    y = problem.outcomes[problem.fit, 0]
    donors = problem.outcomes[problem.fit][:, list(fitted.donors)]
    after = problem.times >= problem.event
    rows = np.flatnonzero(after & np.isfinite(problem.outcomes).all(axis=1))
    targets = problem.outcomes[rows][:, list(fitted.donors)]
    judged = problem.post[rows]
    if recipe.intercept:
        mean = donors.mean(axis=0)
        y, donors, targets = y - y.mean(), donors - mean, targets - mean
    residuals = left_out_residuals(y, donors)
    sigma = float(np.sqrt((residuals**2).mean()))
    alpha = 1.0 - level
    targets = np.vstack([targets[judged].mean(axis=0), targets])
    low, high = in_sample_bounds(donors, fitted.weights, np.abs(residuals), targets, alpha / 2, DRAWS, seed)
    # sub-Gaussian: P(|e| > t) <= 2 exp(-t^2 / 2 sigma^2); the average of dependent errors has no smaller tail
    tail = sigma * math.sqrt(2.0 * math.log(2.0 / (alpha / 2)))
    estimate = float(fitted.gap[problem.post].mean())
    interval = (estimate + float(low[0]) - tail, estimate + float(high[0]) + tail)
    lower, upper = np.full(len(problem.times), np.nan), np.full(len(problem.times), np.nan)
    lower[rows] = fitted.gap[rows] + low[1:] - tail
    upper[rows] = fitted.gap[rows] + high[1:] + tail
    text = (
        f"prediction intervals (Cattaneo, Feng & Titiunik 2021): estimated weights by {DRAWS} draws "
        f"({low[0]:+.3g} to {high[0]:+.3g}), noise after the event by a sub-Gaussian tail (+/- {tail:.3g}) on "
        "leave-one-out residuals; no p-value"
    )
    return interval, lower, upper, text, PredictionUncertainty((float(low[0]), float(high[0])), tail, sigma)
