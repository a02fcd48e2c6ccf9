"""Synthetic difference-in-differences on arrays: unit weights, time weights, the weighted double difference.

Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), "Synthetic Difference-in-Differences", American Economic
Review 111(12). Units are rows, periods are columns. With control units (N0, T), treated units (N1, T), the first
T0 periods before the event and T1 after it:

    tau = (mean of the treated - omega'controls)(mean of the post periods - lambda'pre periods)

method   unit weights omega (N0,)                       time weights lambda (T0,)
sdid     simplex, intercept, zeta = (N1 T1)^(1/4) s      simplex, intercept, zeta = 1e-6 s
sc       simplex, no intercept, zeta = 1e-6 s            zero (levels are compared)
difp     simplex, intercept, zeta = 1e-6 s               1/T0
did      1/N0                                            1/T0

with s the standard deviation of the first differences of the controls before the event, and zeta^2 T0 |omega|^2
(zeta^2 N0 |lambda|^2) added to the squared error: the conventions of the authors' R package synthdid. These
problems are solved exactly; the package's own Frank-Wolfe iteration, which the published tables rest on, is in the
tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from ...arrays import Array
from ...errors import BadInputError, require_option
from ..weights.simplex import is_unique, simplex_fit

METHODS = {
    "sdid": "synthetic difference-in-differences",
    "sc": "synthetic control (outcomes only)",
    "did": "difference-in-differences",
    "difp": "synthetic control with intercept (difference-in-differences with unit weights)",
}
TINY = 1e-6  # zeta of the weights that are regularised only to be unique, relative to the noise level
MANY = 12  # columns from which a start for the solver is worth its while
SLIGHT = 1e-8  # a ridge below this share of the mean squared column does not decide between exact solutions


Solver = Callable[[Array, Array, float, bool], Array]


@dataclass(frozen=True)
class CohortEstimate:
    """One cohort: ``omega`` (N0,), ``lam`` (T0,), ``effects`` (N1, T) per treated unit and period (their mean over
    the post periods is ``estimate``), ``noise`` the standard deviation s, ``zeta`` the unit weights' penalty."""

    estimate: float
    omega: Array
    lam: Array
    effects: Array
    noise: float
    zeta: float

    @property
    def curve(self) -> Array:
        """(T,) mean effect over the treated units, each period."""
        return np.asarray(self.effects.mean(axis=0), dtype=np.float64)


def noise_level(control: Array, pre: int) -> float:
    """Sample standard deviation of the first differences of ``control`` (N0, T) over the first ``pre`` periods."""
    steps = np.diff(control[:, :pre], axis=1)
    return float(steps.std(ddof=1)) if steps.size > 1 else 0.0


def estimate_cohort(
    control: Array,
    treated: Array,
    pre: int,
    method: str = "sdid",
    zeta: float | None = None,
    solve: Solver | None = None,
) -> CohortEstimate:
    """The estimator on one block: ``control`` (N0, T), ``treated`` (N1, T), first treated column ``pre``.

    ``zeta`` overrides the penalty of the unit weights, in units of the outcome; ``solve`` takes the place of
    :func:`exact_weights`. Raises BadInputError for an unknown ``method`` and NotConvergedError when weights cannot be
    found.
    """
    require_option("method", method, METHODS, METHODS)
    n_control, periods = control.shape
    post = periods - pre
    noise = noise_level(control, pre)
    solve = solve or exact_weights
    factor = (len(treated) * post) ** 0.25 if method == "sdid" else TINY
    zeta = factor * noise if zeta is None else zeta

    if method == "did":
        omega = np.full(n_control, 1.0 / n_control)
    else:
        target = treated[:, :pre].mean(axis=0)
        omega = solve(control[:, :pre].T, target, zeta, method != "sc")
    if method == "sdid":
        lam = solve(control[:, :pre], control[:, pre:].mean(axis=1), TINY * noise, True)
    else:
        lam = np.full(pre, 0.0 if method == "sc" else 1.0 / pre)

    gap = treated - omega @ control
    effects = gap - (gap[:, :pre] @ lam)[:, None]
    return CohortEstimate(float(effects[:, pre:].mean()), omega, lam, effects, noise, zeta)


def exact_weights(
    a: Array,
    b: Array,
    zeta: float = 0.0,
    intercept: bool = False,
    start: Array | None = None,
) -> Array:
    """Weights on the simplex that minimise |a w + c - b|^2 + zeta^2 rows |w|^2; c is zero without ``intercept``.

    Where several weights do equally well (more columns than rows, no penalty to speak of) the shortest of them.
    ``start``: weights of a nearby problem, for speed only.
    """
    if intercept:
        a = a - a.mean(axis=0)
        b = b - b.mean()
    a, b = a - b[:, None], np.zeros_like(b)  # weights sum to one: only the differences matter, however high the level
    rows, count = a.shape
    ridge = zeta**2 * rows
    scale = float((a**2).sum()) / count
    decides = ridge > SLIGHT * scale
    if start is None and decides and count > MANY:
        start = _nearby(a, ridge)
    fit = simplex_fit(a, b, ridge, start=start)
    if scale > 0 and not decides and not is_unique(a, b, fit.weights):
        return _shortest(a, fit.weights, scale)
    return fit.weights


def _nearby(a: Array, ridge: float, steps: int = 15) -> Array:
    """Start for the exact solver where many weights are positive: a few steps of accelerated projected gradient on
    |a w|^2 + ridge |w|^2."""
    gram = a.T @ a
    gram.flat[:: len(gram) + 1] += ridge
    gram /= float(np.linalg.eigvalsh(gram)[-1])
    counts: Array = np.arange(1.0, len(gram) + 1)
    w = np.full(len(gram), 1.0 / len(gram))
    ahead, momentum = w, 1.0
    for _ in range(steps):
        new = _projected(ahead - gram @ ahead, counts)
        faster = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        if float((ahead - new) @ (new - w)) > 0:
            faster = 1.0
        ahead = new + (momentum - 1) / faster * (new - w)
        w, momentum = new, faster
    return w


def _projected(v: Array, counts: Array) -> Array:
    """The point of the simplex nearest to ``v``; ``counts``: 1 to its length."""
    falling = np.sort(v)[::-1]
    level = (falling.cumsum() - 1) / counts
    nearest: Array = np.maximum(v - level[np.count_nonzero(falling > level) - 1], 0.0)
    return nearest


def _shortest(a: Array, weights: Array, scale: float) -> Array:
    """Of all weights on the simplex that give the same fit as ``weights`` the shortest, so that the answer does not
    hang on the order of the donors: minimal |w|^2 with the fit and the sum held by heavy rows."""
    heavy = 1.0 / np.sqrt(SLIGHT)
    scaled = a * (heavy / np.sqrt(scale))
    rows = np.vstack([scaled, np.full((1, a.shape[1]), heavy), np.eye(a.shape[1])])
    target = np.concatenate([scaled @ weights, [heavy], np.zeros(a.shape[1])])
    found = np.asarray(nnls(rows, target)[0], dtype=np.float64)
    return np.asarray(found / found.sum(), dtype=np.float64)


# Variance of synthetic difference-in-differences: placebo, jackknife, bootstrap, each where it is valid.

INFERENCE = ("placebo", "jackknife", "bootstrap")


@dataclass(frozen=True)
class Cohorts:
    """Never-treated units and the treated by first treated period.

    ``control`` (N0, T); ``treated``: first treated column -> (N_a, T), in order of the column.
    """

    control: Array
    treated: Mapping[int, Array]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(block) for block in self.treated.values())

    @property
    def cells(self) -> Array:
        """Treated cells per cohort, N_a T_a."""
        periods = self.control.shape[1]
        return np.array([len(block) * (periods - pre) for pre, block in self.treated.items()], dtype=np.float64)


Estimator = Callable[[Array, Array, int], CohortEstimate]


@dataclass(frozen=True)
class InferenceDraws:
    """``draws`` (B,) of the estimate, ``effects`` (B, N1, T) by treated unit and period (placebo only, else None),
    ``exact``: all placebos were enumerated, ``se``."""

    draws: Array
    effects: Array | None
    exact: bool
    se: float


def estimate_cohorts(cohorts: Cohorts, estimator: Estimator) -> list[CohortEstimate]:
    """The estimator on each cohort against the never-treated."""
    return [estimator(cohorts.control, block, pre) for pre, block in cohorts.treated.items()]


def pooled(cohorts: Cohorts, blocks: Sequence[CohortEstimate]) -> float:
    """Average effect over all treated cells: cohorts weighted by N_a T_a."""
    return float(np.average([block.estimate for block in blocks], weights=cohorts.cells))


def make_estimator(method: str, zeta: float | None) -> Estimator:
    """The estimator with its options fixed."""

    def estimator(control: Array, treated: Array, pre: int) -> CohortEstimate:
        return estimate_cohort(control, treated, pre, method, zeta)

    return estimator


def require_valid_inference(inference: str, cohorts: Cohorts, method: str) -> None:
    """BadInputError in one sentence where ``inference`` is not valid for this design."""
    require_option("inference", inference, INFERENCE)
    smallest, total, controls = min(cohorts.sizes), sum(cohorts.sizes), len(cohorts.control)
    if inference == "jackknife":
        if smallest < 2:
            raise BadInputError(
                "inference 'jackknife' needs at least two treated units per date of adoption: leaving out the only one "
                "leaves no effect to estimate; use inference='placebo'"
            )
        if method == "sc":
            raise BadInputError(
                "inference 'jackknife' is not valid for method 'sc', whose weights are not regularised; "
                "use 'placebo' or 'bootstrap'"
            )
    if inference == "bootstrap" and total < 2:
        raise BadInputError(
            "inference 'bootstrap' needs several treated units: with one, every draw has it or has no effect to "
            "estimate; use inference='placebo'"
        )
    if inference == "placebo" and controls < total + 2:
        raise BadInputError(
            f"inference 'placebo' needs at least two more control than treated units; got {controls} and {total}"
        )


def inference_draws(
    inference: str,
    cohorts: Cohorts,
    blocks: Sequence[CohortEstimate],
    estimator: Estimator,
    method: str,
    draws: int,
    seed: int,
) -> InferenceDraws:
    """Replicates and standard error by the named rule; raises where it is not valid."""
    require_valid_inference(inference, cohorts, method)
    if inference == "placebo":
        return placebo(cohorts, estimator, draws, seed)
    if inference == "jackknife":
        return jackknife(cohorts, blocks)
    return bootstrap(cohorts, estimator, draws, seed)


def placebo(cohorts: Cohorts, estimator: Estimator, draws: int, seed: int) -> InferenceDraws:
    """Algorithm 4: controls take the treated units' place and dates, the treated are left out.

    All assignments are enumerated when there are no more than ``draws`` of them (with one treated unit:
    when the donors are no more), else ``draws`` are drawn. The variance has divisor B.
    """
    sizes, dates = cohorts.sizes, list(cohorts.treated)
    picks, exact = placebo_picks(len(cohorts.control), sum(sizes), draws, seed)
    estimates: list[float] = []
    effects: list[Array] = []
    for pick in picks:
        rest = np.delete(cohorts.control, pick, axis=0)
        parts = np.split(pick, np.cumsum(sizes)[:-1])
        fake = Cohorts(rest, {date: cohorts.control[part] for date, part in zip(dates, parts, strict=True)})
        found = estimate_cohorts(fake, estimator)
        estimates.append(pooled(fake, found))
        effects.append(np.vstack([block.effects for block in found]))
    values = np.array(estimates)
    return InferenceDraws(values, np.array(effects), exact, float(values.std()))


def placebo_picks(count: int, size: int, draws: int, seed: int) -> tuple[list[NDArray[np.intp]], bool]:
    """Sets of ``size`` of the ``count`` donors that take the treated units' place, and whether all sets are listed."""
    if size == 1 and count <= draws:
        return [np.array([i], dtype=np.intp) for i in range(count)], True
    rng = np.random.default_rng(seed)
    return [rng.permutation(count)[:size].astype(np.intp) for _ in range(draws)], False


def jackknife(cohorts: Cohorts, blocks: Sequence[CohortEstimate]) -> InferenceDraws:
    """Algorithm 3: each unit left out in turn, weights held (those of the controls rescaled to sum to one)."""
    periods, count = cohorts.control.shape[1], len(cohorts.control)
    whole = pooled(cohorts, blocks)
    for block in blocks:
        if np.any(block.omega > 1 - 1e-12):
            raise BadInputError(
                "inference 'jackknife' is not available: one control unit carries all the weight, and leaving it out "
                "leaves no counterfactual"
            )
    estimates: list[float] = []
    for out in range(count):
        parts = []
        for (pre, _), block in zip(cohorts.treated.items(), blocks, strict=True):
            weights = np.delete(block.omega, out)
            shift = weights @ np.delete(cohorts.control, out, axis=0) / weights.sum() - block.omega @ cohorts.control
            parts.append(block.estimate - float(shift[pre:].mean() - shift[:pre] @ block.lam))
        estimates.append(float(np.average(parts, weights=cohorts.cells)))
    for c, (pre, treated) in enumerate(cohorts.treated.items()):
        cells = cohorts.cells.copy()
        cells[c] -= periods - pre
        for out in range(len(treated)):
            parts = [block.estimate for block in blocks]
            parts[c] = float(np.delete(blocks[c].effects, out, axis=0)[:, pre:].mean())
            estimates.append(float(np.average(parts, weights=cells)))
    values = np.array(estimates)
    n = len(values)
    se = math.sqrt((n - 1) / n * float(((values - whole) ** 2).sum()))
    return InferenceDraws(values, None, False, se)


def bootstrap(cohorts: Cohorts, estimator: Estimator, draws: int, seed: int) -> InferenceDraws:
    """Algorithm 2: units drawn with replacement, weights fitted anew; draws without a treated or with fewer than two
    control units are drawn again. A cohort absent from a draw drops out of that draw's average."""
    rng = np.random.default_rng(seed)
    count = len(cohorts.control)
    dates = [pre for pre, block in cohorts.treated.items() for _ in block]
    rows = np.vstack(list(cohorts.treated.values()))
    estimates: list[float] = []
    for _ in range(draws):
        while True:
            pick = rng.integers(0, count + len(rows), count + len(rows))
            if (pick >= count).any() and (pick < count).sum() >= 2:
                break
        chosen = pick[pick >= count] - count
        treated = {pre: rows[[i for i in chosen if dates[i] == pre]] for pre in cohorts.treated}
        sample = Cohorts(cohorts.control[pick[pick < count]], {pre: some for pre, some in treated.items() if len(some)})
        estimates.append(pooled(sample, estimate_cohorts(sample, estimator)))
    values = np.array(estimates)
    return InferenceDraws(values, None, False, float(values.std()))
