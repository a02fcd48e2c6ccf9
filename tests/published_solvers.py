"""The optimisers of the published packages, which published numbers rest on; slow references elsewhere.

Synthetic difference-in-differences: the Frank-Wolfe iteration of the R package synthdid, with its stopping rule and its
sparsifying step. Synthetic control: one Nelder-Mead run over the predictor weights from equal ones, as in Synth for R
and in pysyncon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from eaeu_analysis.arrays import Array
from eaeu_analysis.data.panel import Panel
from eaeu_analysis.impact.estimators.synthetic_did_core import CohortEstimate, estimate_cohort, noise_level
from eaeu_analysis.impact.question.predictors import Predictor
from eaeu_analysis.impact.question.problem import state_problem
from eaeu_analysis.impact.weights.fit import WeightSettings, make_setup


def published_cohort(control: Array, treated: Array, pre: int, method: str = "sdid") -> CohortEstimate:
    """The estimate with the weights of the authors' package."""
    solve = partial(package_weights, noise_level(control, pre))
    return estimate_cohort(control, treated, pre, method, solve=solve)


def published_synthetic_control(
    panel: Panel, question: tuple[Any, ...], predictors: list[Predictor], fit_years: tuple[int, int] | None = None
) -> tuple[pd.Series[float], pd.Series[float], float]:
    """Weights by donor, gaps by period and the mean squared gap before the event; ``question``: outcome, unit, event
    and donors."""
    problem = state_problem(panel, *question, fit_years=fit_years)
    setup = make_setup(panel, problem, predictors, WeightSettings(v="equal"), "drop")
    problem, y = setup.problem, setup.problem.outcomes
    assert setup.x is not None
    z = (y[:, 1:] - y[:, [0]])[problem.fit]
    weights = nelder_mead(setup.x, 0, range(1, y.shape[1]), z)[1]
    gap = pd.Series(y[:, 0] - y[:, 1:] @ weights, index=problem.index)
    return pd.Series(weights, index=problem.donors), gap, float((gap[problem.fit] ** 2).mean())


def package_weights(noise: float, a: Array, b: Array, zeta: float, intercept: bool) -> Array:
    """The package's route: 100 Frank-Wolfe steps, weights up to a quarter of the largest set to zero, 10,000 more."""
    stop = 1e-5 * noise
    first = frank_wolfe(a, b, zeta, intercept, stop, 100)
    first = np.where(first <= first.max() / 4, 0.0, first)
    return frank_wolfe(a, b, zeta, intercept, stop, 10_000, first / first.sum())


def frank_wolfe(
    a: Array, b: Array, zeta: float, intercept: bool, stop: float, most: int, start: Array | None = None
) -> Array:
    """Frank-Wolfe with exact line search on |a w + c - b|^2 / rows + zeta^2 |w|^2 over the simplex.

    Ends when a step lowers the objective by no more than ``stop``^2, or after ``most`` steps, which the published
    procedure accepts as an answer: for replication and as a slow reference only.
    """
    if intercept:
        a = a - a.mean(axis=0)
        b = b - b.mean()
    rows, count = a.shape
    penalty = rows * zeta**2
    w = np.full(count, 1.0 / count) if start is None else start.copy()
    fitted = a @ w
    last = np.inf
    for _ in range(most):
        half_gradient = (fitted - b) @ a + penalty * w
        corner = int(np.argmin(half_gradient))
        towards = -w
        towards[corner] += 1.0
        move = a[:, corner] - fitted
        curvature = float(move @ move + penalty * (towards @ towards))
        if curvature > 0:
            step = min(1.0, max(0.0, float(-(half_gradient @ towards)) / curvature))
            w = w + step * towards
            fitted = fitted + step * move
        error = fitted - b
        value = float(zeta**2 * (w @ w) + error @ error / rows)
        if last - value <= stop**2:
            break
        last = value
    return w


def nelder_mead(x: Array, column: int, pool: Sequence[int], z: Array) -> tuple[Array, Array, Mapping[str, float]]:
    """V (K,), weights (J,) and a note; ``x`` (K, 1 + J) raw predictors, ``z`` (T, J) outcome differences."""
    from scipy.optimize import minimize

    spread = x[:, [column, *pool]].std(axis=1, ddof=1)
    donors, own = x[:, list(pool)] / spread[:, None], x[:, column] / spread

    def loss(raw: Array) -> float:
        gap = z @ _slsqp(donors, own, np.abs(raw) / np.abs(raw).sum())
        return float(gap @ gap) / len(z)

    begin = np.full(len(x), 1.0 / len(x))
    end = minimize(loss, begin, method="Nelder-Mead", options={"maxiter": 1000})
    v = np.abs(end.x) / np.abs(end.x).sum()
    return v, _slsqp(donors, own, v), {"loss": float(end.fun), "evaluations": float(end.nfev), "starts": 1.0}


def _slsqp(donors: Array, own: Array, v: Array) -> Array:
    from scipy.optimize import Bounds, LinearConstraint, minimize

    count = donors.shape[1]
    gram = donors.T @ (donors * v[:, None])
    slope = donors.T @ (v * own)

    def loss(w: Array) -> float:
        return float(0.5 * w @ gram @ w - slope @ w)

    end = minimize(
        loss,
        np.full(count, 1.0 / count),
        bounds=Bounds(np.zeros(count), np.ones(count)),
        constraints=LinearConstraint(np.ones((1, count)), 1.0, 1.0),
        method="SLSQP",
        options={"maxiter": 1000},
    )
    return np.asarray(end.x, dtype=np.float64)
