"""Poisson fits that plain reweighting gives up: damped steps, so that the likelihood never falls.

Iteratively reweighted least squares takes the full step; from a poor start, with a regressor of very long tails, flows
overflow, or the weights become so uneven that the fixed effects cannot be taken out. Here the coefficients take Newton
steps of the likelihood with the effects profiled out, halved until it rises, and after each the effects are moved, one
after the other, to where fitted flows add up to the observed. The likelihood is concave: this leads to its maximum
wherever there is one, which the search for separated rows has made sure of.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Array, Ints
from ...errors import BadInputError, NotConvergedError
from .sample import GravitySample

STEPS = 100
SWEEPS = 200  # of the fixed effects after a step
HALVINGS = 40
CONVERGED = 1e-12  # gain of the likelihood that a step promises, as a share of the deviance
BALANCED = 1e-11  # logarithm of observed over fitted flows of a level
LOWEST = -300.0  # index below which a fitted flow is as good as zero
STEEP = 30.0  # above the logarithm of the largest flow: an index that no step may reach


def damped(sample: GravitySample, x: Array) -> tuple[tuple[int, ...], Array, Array, Array]:
    """Places of the columns of ``x`` (n, K) that are not collinear, their coefficients (K',), the fitted flows (n,),
    and the influence (n, K') of each row on the coefficients.

    Raises NotConvergedError, and BadInputError when nothing is left to estimate.
    """
    y = sample.y
    weights = np.ones(len(y)) if sample.weights is None else sample.weights
    effects = sample.effects or (np.zeros(len(y), dtype=np.int64),)
    kept = _independent(outside(x, effects, weights) * np.sqrt(weights)[:, None])
    if not kept:
        raise BadInputError("every regressor is explained by the fixed effects: nothing is left to estimate")
    x = x[:, list(kept)]
    index = np.zeros(len(y)) if sample.offset is None else sample.offset
    index = balanced(index, y, weights, effects)
    beta: Array = np.zeros(x.shape[1])
    deviance = _deviance(y, index, weights)
    for _ in range(STEPS):
        mu: Array = np.asarray(np.exp(index), dtype=np.float64)
        tilde = outside(x, effects, weights * mu)
        score = tilde * (weights * (y - mu))[:, None]
        hessian = (tilde * (weights * mu)[:, None]).T @ tilde
        step = np.linalg.solve(hessian, score.sum(axis=0))
        done = float(step @ score.sum(axis=0)) <= CONVERGED * (deviance + 0.1)
        share = 0.0 if done else _share(y, index, tilde @ step, weights, deviance)
        if share == 0.0:
            return kept, beta, mu, np.asarray(np.linalg.solve(hessian, score.T).T, dtype=np.float64)
        beta = beta + share * step
        index = balanced(index + share * (tilde @ step), y, weights, effects)
        deviance = _deviance(y, index, weights)
    raise NotConvergedError(f"the Poisson fit did not converge in {STEPS} damped steps")


def _share(y: Array, index: Array, move: Array, weights: Array, deviance: float) -> float:
    """The longest of the halved steps that lowers the deviance; 0 where none does."""
    ceiling = float(np.log(y.max())) + STEEP
    for halving in range(HALVINGS):
        new = index + move / 2**halving
        if float(new.max()) < ceiling and _deviance(y, new, weights) < deviance:
            return float(0.5**halving)
    return 0.0


def balanced(index: Array, y: Array, weights: Array, effects: tuple[Ints, ...]) -> Array:
    """The index with each level of the effects moved to where its fitted flows add up to the observed, in turns."""
    observed = [np.bincount(codes, weights=weights * y) for codes in effects]
    for _ in range(SWEEPS):
        worst = 0.0
        for codes, total in zip(effects, observed, strict=True):
            index = np.maximum(index, LOWEST)
            move = np.log(total / np.bincount(codes, weights=weights * np.exp(index)))
            worst = max(worst, float(np.abs(move).max()))
            index = index + move[codes]
        if worst < BALANCED:
            break
    return index


def _deviance(y: Array, index: Array, weights: Array) -> float:
    safe = np.where(y > 0, y, 1.0)
    return float(2 * np.sum(weights * (y * (np.log(safe) - index) - y + np.exp(index))))


def outside(x: Array, effects: tuple[Ints, ...], weights: Array) -> Array:
    """(n, K): residuals of weighted least squares on the effects."""
    from pyfixest.core.demean import demean, demean_within

    levels = np.column_stack(effects)
    out, converged = demean(x, levels.astype(np.uint64), weights, 1e-10, 500)
    if not converged:
        out, converged, _ = demean_within(x, levels.astype(np.uint32), weights, 1e-12, 2000)
    if not converged:
        raise NotConvergedError("the fixed effects could not be taken out: the projections did not converge")
    return np.asarray(out)


def _independent(columns: Array) -> tuple[int, ...]:
    """Places of the columns that are no combination of those before them."""
    kept: list[int] = []
    scale = np.sqrt((columns**2).sum(axis=0))
    for k in np.flatnonzero(scale > 0).tolist():
        own = columns[:, k] / scale[k]
        others = columns[:, kept] / scale[kept]
        rest = own - others @ np.linalg.lstsq(others, own, rcond=None)[0] if kept else own
        if float(rest @ rest) > 1e-9:
            kept.append(k)
    return tuple(kept)
