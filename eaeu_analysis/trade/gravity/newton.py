"""Poisson fits by damped Newton steps of all coefficients and effects together, so that the likelihood never falls.

The weights of a step change little from one to the next, so that an exact projection off the fixed effects, the dear
part, is kept for as long as each step promises a small part of what the one before did. One in iterations starts from
what the last one left of the regressors, and is as precise as the step that it is for. A step that would lower the
likelihood, or send flows beyond what a computer can represent, is halved. The likelihood is concave: this leads to its
maximum wherever there is one, which the search for separated rows has made sure of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Array, Ints
from ...errors import BadInputError, NotConvergedError
from .projection import PRECISION, Iterated, Projection, off_effects
from .sample import GravitySample

STEPS = 200
FIRST_SWEEPS = 5  # of them from the start: the steps do the rest
HALVINGS = 40
CONVERGED = 1e-14  # gain of the likelihood that a step promises, as a share of the deviance of a row
COARSE = 1e-3  # precision of projections in iterations at the start
POLISHED = 12  # steps at most by the last exact projection
SETTLED = 1e-11  # of the index: what is left of such a step is rounding
PERFECT = 1e-14  # of the sum of flows, added to the deviance: what is left of it in a fit without error
SMALL = (
    1e-9  # of the deviance: a gain below it cannot be seen in the likelihood; if exact steps stop there it is rounding
)
FASTER = 0.2  # share of the promise before from which on a projection is renewed
BALANCED = 1e-11  # logarithm of observed over fitted flows of a level
LOWEST = -300.0  # index below which a fitted flow is as good as zero
STEEP = 30.0  # above the logarithm of the largest flow: an index that no step may reach


@dataclass(frozen=True)
class _Direction:
    """The projection at some fitted flows, what it leaves of the regressors (n, K), and their information (K, K)."""

    off: Projection | Iterated
    x: Array
    hessian: Array

    def step(self, score: Array) -> tuple[Array, Array]:
        """Newton's move of the coefficients (K,) and of the index (n,) for the score (n,) of the index."""
        beta: Array = np.zeros(self.x.shape[1])
        if len(beta):
            beta = np.asarray(np.linalg.solve(self.hessian, self.x.T @ score))
        scaled = score / self.off.weights
        effects = scaled - self.off.residual(scaled[:, None])[:, 0]
        return beta, effects + self.x @ beta


def damped(sample: GravitySample, x: Array) -> tuple[tuple[int, ...], Array, Array, Array, Projection | Iterated]:
    """Places of the columns of ``x`` (n, K), free of the effects, that are not collinear, their coefficients (K',), the
    fitted flows (n,), the influence (n, K') of each row on the coefficients, and the projection at the fitted flows.

    Raises NotConvergedError, and BadInputError when nothing is left to estimate.
    """
    kept = _independent(x)
    if not kept:
        raise BadInputError("every regressor is explained by the fixed effects: nothing is left to estimate")
    try:
        beta, mu, last, score = _climb(sample, x if len(kept) == x.shape[1] else x[:, list(kept)])
        influence = np.linalg.solve(last.hessian, (last.x * score[:, None]).T).T
    except np.linalg.LinAlgError:
        raise NotConvergedError("the Poisson fit came to flows at which the regressors are collinear") from None
    return kept, beta, mu, np.asarray(influence), last.off


def effects_alone(sample: GravitySample) -> Array:
    """Fitted flows (n,) of an equation with fixed effects and an offset alone."""
    return _climb(sample, np.empty((len(sample.y), 0)))[1]


def _climb(sample: GravitySample, x: Array) -> tuple[Array, Array, _Direction, Array]:
    """The maximum: coefficients, fitted flows, the directions there and the score of the index there.

    The ascent is followed by more steps of its last directions until they are rounding, and an exact one of the
    coefficients (of all first, where they were not): without them the ninth digit depends on the processor. Arrays of
    the length of the data are let go as soon as they can be.
    """
    y = sample.y
    weights = np.ones(1) if sample.weights is None else sample.weights
    effects = sample.effects or (np.zeros(len(y), dtype=np.int64),)
    beta, index, at = _ascend(sample, weights, effects, x)
    exact, settled, size = isinstance(at.off, Projection), False, 1.0
    for _ in range(POLISHED if exact else 0):
        move, along = at.step(weights * (y - np.exp(index)))
        before, size = size, float(np.abs(along).max())
        if not size < before / 2:
            break
        beta, index = beta + move, np.maximum(index + along, LOWEST)
        settled = size < SETTLED
    for _ in range(1 if settled else 2):
        left = x if exact else at.x
        del at
        index = np.maximum(index, LOWEST)
        mu = np.exp(index)
        score = weights * (y - mu)
        at = _directions(left, weights * mu, effects, PRECISION)
        del left
        move, along = at.step(score)
        beta, index = beta + move, index + along
    return beta, mu, at, score


def _ascend(
    sample: GravitySample, weights: Array, effects: tuple[Ints, ...], x: Array
) -> tuple[Array, Array, _Direction]:
    """Coefficients, index and last directions, where the likelihood rises no more."""
    y = sample.y
    index = np.zeros(len(y)) if sample.offset is None else sample.offset - sample.offset.max()
    index = _balanced(index, y, weights, effects, FIRST_SWEEPS)
    beta: Array = np.zeros(x.shape[1])
    deviance = _deviance(y, index, weights)
    least = PERFECT * float(np.sum(weights * y))
    promise, at, exact, precision, left = np.inf, None, False, COARSE, x
    for _ in range(STEPS):
        mu = np.exp(index)
        score = weights * (y - mu)
        fresh = at is None
        if at is None:
            at = _directions(left, weights * mu, effects, precision)
            left = at.x if isinstance(at.off, Iterated) else x  # the next projection has less to take out
        del mu
        move, along = at.step(score)
        gain = float(along @ score)
        coarse = isinstance(at.off, Iterated) and at.off.precision > PRECISION
        precision = max(PRECISION, min(COARSE, 0.1 * gain / float(at.off.weights.sum())))  # steps shrink like squares
        slow = gain > FASTER * promise
        if gain <= CONVERGED * (deviance + least) / len(y) or (slow and exact and gain <= SMALL * (deviance + least)):
            if coarse:
                at, precision = None, PRECISION
                continue
            return beta + move, index + along, at
        if slow:
            promise, at, exact = np.inf, None, False
            continue
        share = 1.0 if gain <= SMALL * deviance else _share(y, index, along, weights, deviance)
        if share == 0.0 and fresh and coarse:
            at, precision = None, PRECISION
            continue
        if share == 0.0 and fresh:
            raise NotConvergedError("the Poisson fit stopped short of its maximum: no step raises the likelihood")
        if share < 1.0 or isinstance(at.off, Iterated):
            at = None
        promise, exact = gain, fresh
        if share > 0.0:
            beta, index = beta + share * move, np.maximum(index + share * along, LOWEST)
            deviance = _deviance(y, index, weights)
        del along
    raise NotConvergedError(f"the Poisson fit did not converge in {STEPS} damped steps")


def _directions(x: Array, weights: Array, effects: tuple[Ints, ...], precision: float) -> _Direction:
    off = off_effects(weights, effects, x.shape[1], precision)
    tilde = off.residual(x) if x.shape[1] else x
    return _Direction(off, tilde, (tilde * weights[:, None]).T @ tilde)


def _share(y: Array, index: Array, move: Array, weights: Array, deviance: float) -> float:
    """The longest of the halved steps that lowers the deviance; 0 where none does."""
    ceiling = float(np.log(y.max())) + STEEP
    for halving in range(HALVINGS):
        new = index + move / 2**halving
        if float(new.max()) < ceiling and _deviance(y, new, weights) < deviance:
            return float(0.5**halving)
    return 0.0


def _balanced(index: Array, y: Array, weights: Array, effects: tuple[Ints, ...], sweeps: int) -> Array:
    """The index with each level of the effects moved to where its fitted flows add up to the observed, in turns."""
    observed = [np.bincount(codes, weights=weights * y) for codes in effects]
    for _ in range(sweeps):
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


def _independent(columns: Array) -> tuple[int, ...]:
    """Places of the columns that are no combination of those before them."""
    kept: list[int] = []
    scale = np.sqrt((columns**2).sum(axis=0))
    triangle: Array = np.asarray(np.linalg.qr(columns / np.where(scale > 0, scale, 1.0), mode="r"))
    for k in np.flatnonzero(scale > 0).tolist():
        own, others = triangle[:, k], triangle[:, kept]
        rest = own - others @ np.linalg.lstsq(others, own, rcond=None)[0] if kept else own
        if float(rest @ rest) > 1e-9:
            kept.append(k)
    return tuple(kept)
