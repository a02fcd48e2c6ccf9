"""Intervals of an event study that remain valid when trends are not parallel (Rambachan & Roth 2023), on arrays.

The coefficients before the event show how far trends bend of themselves. Two restrictions on what they may do after it:

- relative: each step from one period to the next is at most M times the largest step before the event. The set is a
  union over the largest step and its sign; in each part the test is that of Andrews, Roth & Pakes (2023), conditional
  with a least favourable first stage. Their linear programme has here few vertices that can be written down: the bound
  on the effect from either side, and one per period that says the step has the assumed sign. Every part of the test is
  a function of two normal variables, so that nothing is simulated.
- smooth: the slope changes by at most M from one period to the next. The interval has fixed length around an affine
  estimator whose largest bias and variance are weighed against each other (their section 4.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr, ndtri

from ...arrays import Array, Mask
from ...errors import NotConvergedError

FIRST_STAGE = 0.1  # share of the size that the first stage of the hybrid test has
ANGLES = 2_000  # of the quadrature of a probability of two normal variables
GRID = 801  # values of the effect that are tested before the ends are refined
LARGEST = 20.0  # bounds above this are not searched for a breakdown value
STEPS = 24  # bounds tried between zero and the largest


@dataclass(frozen=True)
class Study:
    """Coefficients of an event study: ``before`` (K,) oldest first, without the base period, which is the last before
    the event and zero; ``after`` (L,); ``covariance`` (K + L, K + L); ``weights`` (L,) of the effect asked about."""

    before: Array
    after: Array
    covariance: Array
    weights: Array

    @property
    def estimate(self) -> float:
        return float(self.weights @ self.after)

    @property
    def error(self) -> float:
        v = np.concatenate([np.zeros(len(self.before)), self.weights])
        return float(np.sqrt(v @ self.covariance @ v))


def relative_interval(study: Study, bound: float, level: float) -> tuple[float, float]:
    """Values of the effect that are not rejected when steps after the event are at most ``bound`` times the largest
    before it."""
    steps, parts = _steps(study), _parts(study, bound, level)
    reach = float(np.abs(steps.cumulated).sum()) * bound * float(np.abs(steps.values[: len(study.before)]).max())
    half = reach + (10.0 + 10.0 * bound) * study.error
    values = study.estimate + np.linspace(-half, half, GRID)
    kept = _accepted(parts, values)
    if not kept.any():
        return study.estimate, study.estimate
    first, last = int(np.argmax(kept)), GRID - 1 - int(np.argmax(kept[::-1]))
    if first == 0 or last == GRID - 1:
        raise NotConvergedError(f"the interval at bound {bound:g} is wider than the values searched")

    def end(inside: float, outside: float) -> float:
        for _ in range(4):
            tried = np.linspace(inside, outside, 101)
            at = int(np.flatnonzero(_accepted(parts, tried)).max(initial=0))
            inside, outside = float(tried[at]), float(tried[min(at + 1, 100)])
        return inside

    return end(values[first], values[first - 1]), end(values[last], values[last + 1])


def smooth_interval(study: Study, bound: float, level: float) -> tuple[float, float]:
    """The shortest interval of fixed length when the slope changes by at most ``bound`` from a period to the next.

    With weights w on the steps before the event that sum to those of a straight line, the largest bias is ``bound``
    times (a constant + the sum of the absolute cumulated w), and the variance is quadratic in w: the least variance for
    each bias is a lasso problem, and the length is minimised along its path.
    """
    problem = _smooth_problem(study)
    alpha = 1.0 - level

    def at(price: float, start: Array | None = None) -> tuple[float, Array]:
        u = _lasso(problem, price, start)
        sd = float(np.sqrt(max(problem.variance(u), 0.0)))
        bias = bound * (problem.constant + float(np.abs(u).sum()))
        return (sd * folded_quantile(bias / sd, alpha) if sd > 0 else bias), u

    top = float(np.abs(problem.slope(np.zeros(len(problem.b)))).max()) if len(problem.b) else 0.0
    if bound == 0.0 or top == 0.0:
        half, u = at(0.0)
    else:
        found = minimize_scalar(
            lambda x: at(top * np.exp(x))[0], bounds=(-18.0, 0.0), method="bounded", options={"xatol": 1e-7}
        )
        half, u = min((at(top * float(np.exp(x))) for x in (float(found.x), 0.0, -18.0)), key=lambda one: one[0])
    centre = problem.centre(u)
    return centre - half, centre + half


def breakdown(excludes_zero: Callable[[float], bool], scale: float = 1.0) -> float:
    """The largest bound up to which ``excludes_zero`` is true: zero when it never is, infinite when it is up to
    ``LARGEST`` times ``scale``."""
    if not excludes_zero(0.0):
        return 0.0
    low = 0.0
    for high in scale * LARGEST * (np.arange(1, STEPS + 1) / STEPS) ** 2:
        if not excludes_zero(float(high)):
            break
        low = float(high)
    else:
        return float("inf")
    high = float(high)
    while high - low > 1e-4 * scale * max(1.0, high / scale):
        middle = (low + high) / 2
        low, high = (middle, high) if excludes_zero(middle) else (low, middle)
    return low


def relative_excludes_zero(study: Study, bound: float, level: float) -> bool:
    """Whether an effect of zero is rejected under the relative restriction."""
    return not bool(_accepted(_parts(study, bound, level), np.zeros(1))[0])


# The relative restriction.


@dataclass(frozen=True)
class _Steps:
    """``values`` (K + L,) steps from period to period, ``covariance`` of them, ``cumulated`` (L,) weight of each step
    after the event in the effect."""

    values: Array
    covariance: Array
    cumulated: Array


def _steps(study: Study) -> _Steps:
    count, later = len(study.before), len(study.after)
    turn = np.zeros((count + later, count + later))
    for k in range(count):  # step k leads from coefficient k to the next, the last one to the base period
        turn[k, k] = -1.0
        if k + 1 < count:
            turn[k, k + 1] = 1.0
    for j in range(later):
        turn[count + j, count + j] = 1.0
        if j:
            turn[count + j, count + j - 1] = -1.0
    beta = np.concatenate([study.before, study.after])
    return _Steps(turn @ beta, turn @ study.covariance @ turn.T, np.cumsum(study.weights[::-1])[::-1])


@dataclass(frozen=True)
class _Part:
    """One part of the union, in which a certain step before the event is the largest and has a certain sign.

    ``base`` (J,) statistic of each vertex at an effect of zero, ``slope`` (J,) its change with the effect, ``cross``
    (J, J) covariance of the vertices, ``limit`` of the first stage, ``size`` of the second.
    """

    base: Array
    slope: Array
    cross: Array
    limit: float
    size: float

    def accepts(self, values: Array) -> Mask:
        """(V,) whether each of ``values`` of the effect is accepted."""
        y = self.base[:, None] + self.slope[:, None] * values
        best, eta = y.argmax(axis=0), y.max(axis=0)
        rejected = eta > self.limit
        for j in np.unique(best[~rejected]):
            at = np.flatnonzero((best == j) & ~rejected)
            variance = float(self.cross[j, j])
            if variance <= 1e-14 * float(np.diag(self.cross).max()):
                rejected[at] = eta[at] > 0
                continue
            lead = 1.0 - self.cross[:, j] / variance
            rest = y[:, at] - (1.0 - lead)[:, None] * y[j, at]
            above, below = lead > 1e-10, lead < -1e-10
            low = (rest[above] / lead[above, None]).max(axis=0, initial=-np.inf)
            high = (rest[below] / lead[below, None]).min(axis=0, initial=self.limit)
            sd = np.sqrt(variance)
            critical = sd * _truncated_quantile(1.0 - self.size, low / sd, high / sd)
            rejected[at] = eta[at] > np.maximum(critical, 0.0)
        return np.asarray(~rejected)


def _accepted(parts: list[_Part], values: Array) -> Mask:
    """(V,) whether each of ``values`` of the effect is accepted in some part of the union."""
    return np.asarray(np.any([part.accepts(values) for part in parts], axis=0))


def _parts(study: Study, bound: float, level: float) -> list[_Part]:
    """The parts of the union: the largest step before the event may be any of them, up or down.

    With v that step, moments are +-(step_t - effect_t) - M v <= 0 for every t after the event. Vertices: the effect
    from above and from below, each the sum of one moment per t, and the two moments of one t, which add to -2 M v.
    All are divided by the sum of the standard deviations of their moments.
    """
    steps = _steps(study)
    count, later, spread = len(study.before), len(study.after), steps.covariance
    plus, minus = np.maximum(steps.cumulated, 0.0), np.maximum(-steps.cumulated, 0.0)
    after = np.eye(count + later)[count:]
    alpha = 1.0 - level
    first = FIRST_STAGE * alpha
    parts = []
    for step in range(2 * count):
        largest = np.eye(count + later)[step // 2] * (1.0 if step % 2 else -1.0)
        up, down = after - bound * largest, -after - bound * largest  # (L, K + L) moments
        sd_up, sd_down = (np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", m, spread, m), 0.0)) for m in (up, down))
        rows = [plus @ up + minus @ down, minus @ up + plus @ down]
        sizes = [float(plus @ sd_up + minus @ sd_down), float(minus @ sd_up + plus @ sd_down)]
        if later > 1:
            rows += list(up + down)
            sizes += list(sd_up + sd_down)
        size = np.array(sizes)
        slope = np.array([-1.0, 1.0, *[0.0] * (len(size) - 2)])
        used = size > 0
        g = np.array(rows)[used] / size[used, None]
        cross = g @ spread @ g.T
        limit = _least_favourable(cross, first)
        parts.append(_Part(g @ steps.values, slope[used] / size[used], cross, limit, (alpha - first) / (1.0 - first)))
    return parts


def _truncated_quantile(p: float, low: Array, high: Array) -> Array:
    """Quantile of a standard normal variable between ``low`` and ``high``, computed in the nearer tail."""
    flip = low > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    q = np.where(flip, 1.0 - p, p)
    found = ndtri(ndtr(a) + q * (ndtr(b) - ndtr(a)))
    found = np.clip(found, a, b)
    return np.asarray(np.where(flip, -found, found), dtype=np.float64)


def _least_favourable(cross: Array, size: float) -> float:
    """The value that the largest of jointly normal variables with covariance ``cross`` of rank two exceeds with
    probability ``size``: an integral over the angle of two standard normal variables."""
    values, vectors = np.linalg.eigh(cross)
    loadings = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0.0))
    angle = 2.0 * np.pi * (np.arange(ANGLES) + 0.5) / ANGLES
    largest = (loadings @ np.vstack([np.cos(angle), np.sin(angle)])).max(axis=0)
    largest = largest[largest > 0]
    top = float(largest.max())

    def excess(c: float) -> float:
        return float(np.exp(-0.5 * (c / largest) ** 2).sum()) / ANGLES - size

    return float(brentq(excess, 0.0, 10.0 * top, xtol=1e-10 * top)) if excess(0.0) > 0 else 0.0


# The smoothness restriction.


@dataclass(frozen=True)
class _Smooth:
    """Variance u'Qu + 2 b'u + c of the estimator in the cumulated weights ``u`` (K - 1,), the last of which is given by
    the straight line; ``constant`` of the bias; ``offset`` (K + L,) and ``turn`` (K - 1, K + L): the estimator is
    (offset + turn'u)'beta."""

    q: Array
    b: Array
    c: float
    constant: float
    offset: Array
    turn: Array
    beta: Array

    def variance(self, u: Array) -> float:
        return float(u @ self.q @ u + 2.0 * self.b @ u + self.c)

    def slope(self, u: Array) -> Array:
        return np.asarray(2.0 * (self.q @ u + self.b), dtype=np.float64)

    def centre(self, u: Array) -> float:
        return float((self.offset + u @ self.turn) @ self.beta)


def _smooth_problem(study: Study) -> _Smooth:
    count, later = len(study.before), len(study.after)
    line = float(np.arange(1, later + 1) @ study.weights)
    # weights of the steps are differences of u; those of the coefficients are differences of the weights of the steps
    to_steps = np.zeros((count, count))
    to_steps[np.arange(count), np.arange(count)] = 1.0
    to_steps[np.arange(1, count), np.arange(count - 1)] = -1.0
    on_steps = np.zeros((count, count))  # minus each step: + on its earlier coefficient, - on its later one
    on_steps[np.arange(count), np.arange(count)] = 1.0
    on_steps[np.arange(count - 1), np.arange(1, count)] = -1.0
    by_u = (to_steps.T @ on_steps) if count else np.zeros((0, 0))  # (K, K) coefficients' weights by entry of u
    offset = np.concatenate([line * by_u[-1], study.weights])
    turn = np.hstack([by_u[:-1], np.zeros((count - 1, later))])
    s = study.covariance
    tail = [abs(float(np.arange(1, k + 1) @ study.weights[later - k :])) for k in range(1, later + 1)]
    constant = float(sum(tail)) - line + abs(line)
    return _Smooth(
        turn @ s @ turn.T,
        turn @ s @ offset,
        float(offset @ s @ offset),
        constant,
        offset,
        turn,
        np.concatenate([study.before, study.after]),
    )


def _lasso(problem: _Smooth, price: float, start: Array | None = None, most: int = 100_000) -> Array:
    """The ``u`` of least variance + price x sum |u|, by coordinate descent."""
    u = np.zeros(len(problem.b)) if start is None else start.copy()
    if not len(u):
        return u
    if price == 0.0:
        return np.asarray(np.linalg.lstsq(problem.q, -problem.b, rcond=None)[0], dtype=np.float64)
    q, b = problem.q, problem.b
    scale = float(np.diag(q).max())
    for _ in range(most):
        moved = 0.0
        for k in range(len(u)):
            if q[k, k] <= 1e-15 * scale:
                continue
            pull = -(b[k] + q[k] @ u - q[k, k] * u[k])
            new = float(np.sign(pull) * max(abs(pull) - price / 2.0, 0.0)) / q[k, k]
            moved = max(moved, abs(new - u[k]))
            u[k] = new
        if moved <= 1e-11 * max(1.0, float(np.abs(u).max())):
            return u
    raise NotConvergedError("the weights of the smoothness interval did not converge")


def folded_quantile(mean: float, alpha: float) -> float:
    """Quantile 1 - ``alpha`` of the absolute value of a normal variable with ``mean`` and variance 1."""
    if mean > 8.0:
        return float(mean + ndtri(1.0 - alpha))
    high = mean + float(ndtri(1.0 - alpha / 2.0)) + 1e-9
    return float(brentq(lambda x: ndtr(x - mean) - ndtr(-x - mean) - (1.0 - alpha), 0.0, high, xtol=1e-12))
