"""Predictor weights V: the outer problem of a synthetic control.

The weights of the donors are a function W(V) of the predictor weights; V is chosen so that W(V) tracks the outcome
before the event (Abadie & Gardeazabal 2003; Abadie, Diamond & Hainmueller 2010). W(V) is piecewise smooth, and on a
given set of weighted donors its derivative follows from the optimality conditions of the inner problem, so each start
of the search needs tens of evaluations, not thousands.

The search is bounded: every predictor that was named counts for at least ``floor`` of the most important one. Without
a bound the best V drives most predictors to nothing and the fit becomes one on past outcomes under another name
(Becker & Kloessner 2018 describe it). At 1/50, the default, the published optimum of the Basque study is found with
and without the total of Spain among the donors. A lower floor fits the past no worse, with fewer predictors, but the
loss then has many narrow valleys: eight times the starts are all tried, half of them near the best so far, and what
is found still moves a little with the seed (on the Basque study, at 1/1000, between 0.00429 and 0.00436).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dgesv
from scipy.optimize import minimize

from ...arrays import Array
from ...errors import NotConvergedError
from ..options import STARTS
from ..options import V_FLOOR as FLOOR
from .simplex import solve_gram

AGREED = 3  # starts that end at the best fit so far: enough to stop, within the default bound
WIDER = 8  # times the starts within a wider one
REDRAWN = 0.3  # of the weights, in a start near the best so far


@dataclass(frozen=True)
class VFit:
    """``v`` (K,) sums to one; ``weights`` (J,) are W(V); ``loss`` is the mean squared gap that the search minimised;
    ``evaluations`` the number of inner problems solved; ``agreeing`` how many of the ``starts`` ended there."""

    v: Array
    weights: Array
    loss: float
    evaluations: int
    starts: int
    agreeing: int


def weights_of(v: Array, x: Array, penalty: float = 0.0, start: Array | None = None) -> Array:
    """W(V): weights (J,) on the simplex that minimise sum_k v_k (x_k w)^2 + penalty sum_j w_j sum_k v_k x_kj^2.

    ``x`` (K, J): scaled predictors of the donors less those of the treated unit; ``penalty`` >= 0 is the price of
    donors that differ from the treated unit themselves (Abadie & L'Hour 2021, equation 5).
    """
    weighted = x * v[:, None]
    gram = weighted.T @ x
    slope = None if penalty == 0 else -0.5 * penalty * np.einsum("kj,kj->j", weighted, x)
    return solve_gram(gram, slope, start).weights


def search(
    x: Array,
    z: Array,
    floor: float = FLOOR,
    starts: int = STARTS,
    penalty: float = 0.0,
    seed: int = 0,
) -> VFit:
    """V in the box [floor, 1]^K that minimises |z W(V)|^2 / T, from several deterministic starts.

    ``x`` (K, J) scaled predictor differences, ``z`` (T, J) outcome differences (donor less treated). The starts are
    equal weights, the weights that a regression of the outcome on the predictors gives, and a lattice over the box in
    logarithms shifted by ``seed``; the best end is kept, and the search stops early when three starts have ended there.
    With a ``floor`` below the default it begins at the best end of the default box, so that it ends no worse, and tries
    eight times the starts, half of them near the best so far. Raises NotConvergedError when no start ends properly.
    """
    count = x.shape[0]
    counter = _Objective(x, z, penalty)
    low = float(np.log(floor))
    if count == 1 or floor >= 1.0:
        weights = weights_of(np.ones(count) / count, x, penalty)
        gap = z @ weights
        return VFit(np.ones(count) / count, weights, float(gap @ gap) / len(z), 1, 1, 1)
    wider = floor < FLOOR
    ends: list[tuple[float, Array]] = []
    agreeing = 0
    for begin in _wider(x, z, ends, floor, starts, penalty, seed) if wider else _starts(x, z, low, starts, seed):
        ends.append(_descend(counter, begin, low, 30, 1e-7))
        loss, best = min(ends, key=lambda item: item[0])
        agreeing = sum(value <= 1.01 * loss + 1e-7 for value, _ in ends)
        if agreeing >= AGREED and not wider:
            break
    loss, best = min(_descend(counter, best, low, 200, 1e-14), (loss, best), key=lambda item: item[0])
    if not np.isfinite(loss):
        raise NotConvergedError("the search for predictor weights found no finite fit from any start")
    v = np.exp(best)
    weights = weights_of(v, x, penalty)
    return VFit(v / v.sum(), weights, loss * counter.scale, counter.calls, len(ends), agreeing)


def _descend(objective: _Objective, begin: Array, low: float, steps: int, tolerance: float) -> tuple[float, Array]:
    """Loss and log V where L-BFGS-B, kept in the box [low, 0]^K, ends."""
    objective.near = None
    end = minimize(
        objective,
        begin,
        jac=True,
        method="L-BFGS-B",
        bounds=[(low, 0.0)] * len(begin),
        options={"maxiter": steps, "ftol": tolerance, "gtol": 1e-9},
    )
    return float(end.fun), np.asarray(end.x, dtype=np.float64)


class _Objective:
    """Loss, as a share of ``scale`` so that units do not matter, and its gradient in log V (K,); counts its calls."""

    def __init__(self, x: Array, z: Array, penalty: float) -> None:
        self.x, self.z, self.penalty = x, z, penalty
        self.calls = 0
        self.scale = float((z**2).mean()) or 1.0
        self.squares = x**2
        self.near: Array | None = None  # weights of the point before: the next one is near

    def __call__(self, log_v: Array) -> tuple[float, Array]:
        self.calls += 1
        x, z = self.x, self.z
        v = np.exp(log_v)
        gram = (x * v[:, None]).T @ x
        slope = None if self.penalty == 0 else -0.5 * self.penalty * (v @ self.squares)
        fit = solve_gram(gram, slope, self.near)
        self.near = fit.weights
        on = fit.support
        gap = z @ fit.weights
        loss = float(gap @ gap) / len(z) / self.scale
        if len(on) == 1:  # at a corner W does not move with V
            return loss, np.zeros(len(v))
        # W on the face solves [G 1; 1' 0][w; m] = [s; 1]; p is the adjoint of the loss through that system
        size = len(on)
        system = np.ones((size + 1, size + 1))
        mean = float(gram.trace()) / len(gram) or 1.0
        np.divide(gram[on][:, on], mean, out=system[:size, :size])
        system[size, size] = 0.0
        right = np.zeros(size + 1)
        right[:size] = (2.0 / len(z) / self.scale) * (z[:, on].T @ gap)
        adjoint = _solve(system, right)[:size] / mean
        own = x[:, on]
        gradient = -(own @ adjoint) * (own @ fit.weights[on])
        if self.penalty:
            gradient -= 0.5 * self.penalty * (self.squares[:, on] @ adjoint)
        return loss, gradient * v


def _solve(system: Array, right: Array) -> Array:
    _, _, solution, info = dgesv(system, right)
    if info == 0 and np.abs(solution).max() < 1e12 * max(float(np.abs(right).max()), 1e-300):
        return np.asarray(solution, dtype=np.float64)
    return np.asarray(np.linalg.lstsq(system, right, rcond=1e-12)[0], dtype=np.float64)


def _starts(x: Array, z: Array, low: float, number: int, seed: int) -> list[Array]:
    """Points of the box [low, 0]^K: equal weights, by regression, then a lattice (Kronecker sequence)."""
    count = x.shape[0]
    points = [np.zeros(count), np.log(np.maximum(_by_regression(x, z), np.exp(low)))]
    root = 2.0  # of g^(K+1) = g + 1, whose powers are far from rational: even cover in every direction
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (count + 1))
    steps = (1.0 / root) ** np.arange(1, count + 1)
    offset = (0.5 + 0.6180339887498949 * seed) % 1.0
    for i in range(1, max(number - 1, 1)):
        points.append(low * np.mod(offset + i * steps, 1.0))
    return points[: max(number, 1)]


def _wider(
    x: Array, z: Array, ends: list[tuple[float, Array]], floor: float, starts: int, penalty: float, seed: int
) -> Iterator[Array]:
    """Points of a box wider than the default one: its best end, the usual starts, then the best of the ``ends`` so far
    with some of its weights drawn anew, since the valleys are narrow and lie next to each other."""
    low, count = float(np.log(floor)), x.shape[0]
    inner = search(x, z, FLOOR, starts, penalty, seed)
    yield np.log(inner.v / inner.v.max())
    half = starts * WIDER // 2
    yield from _starts(x, z, low, half, seed)
    rng = np.random.default_rng(seed)
    for _ in range(half):
        moved = min(ends, key=lambda item: item[0])[1].copy()
        drawn = np.less(rng.random(count), REDRAWN)
        drawn[rng.integers(count)] = True
        moved[drawn] = rng.uniform(low, 0.0, int(drawn.sum()))
        yield moved


def _by_regression(x: Array, z: Array) -> Array:
    """Importance in (0, 1] from least squares of the outcomes on the predictors across donors (ridge 1e-6)."""
    gram = x @ x.T
    gram[np.diag_indices_from(gram)] += 1e-6 * float(gram.diagonal().mean()) + 1e-300
    slopes = np.linalg.solve(gram, x @ z.T)
    strength = (slopes**2).sum(axis=1)
    top = float(strength.max())
    return np.asarray(strength / top if top > 0 else np.ones(len(strength)), dtype=np.float64)
