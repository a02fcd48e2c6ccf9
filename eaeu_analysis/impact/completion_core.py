"""Matrix completion with the nuclear norm on arrays.

Athey, Bayati, Doudchenko, Imbens & Khosravi (2021), "Matrix Completion Methods for Causal Panel Data Models",
Journal of the American Statistical Association 116(536), estimator (4.3) with unregularised unit and time effects:

    minimise over L, g, d:   1/|O| * sum over observed (Y - L - g_i - d_t)^2  +  lam * |L|_*

In the fitted matrix M = L + g + d the problem is a smooth loss plus a function with a closed proximal step (unit and
time means are left alone, the doubly demeaned rest has its singular values lowered), so that accelerated proximal
gradient with restarts (Beck & Teboulle 2009; O'Donoghue & Candes 2015) solves it to the stated tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Mask
from ..errors import BadInputError, NotConvergedError

TOLERANCE = 1e-7  # of the fixed-point residual, relative to the amount by which singular values are lowered
FLAT = 1e-11  # the same residual relative to the spread of the observed cells: below it nothing moves any more
LAMBDAS = 25  # penalties tried, log-spaced from the smallest that gives L = 0 down to a thousandth of it, then zero
FOLDS = 5
ROUGH = 1e-3  # TOLERANCE of the fits of cross-validation; errors closer to the least than this, relative, tie with it


@dataclass(frozen=True)
class Completion:
    """``fitted`` (N, T) = low-rank part plus unit and time effects; ``rank`` of the low-rank part; ``residual`` the
    relative fixed-point residual at the end; ``iterations``."""

    fitted: Array
    rank: int
    residual: float
    iterations: int


def two_way_means(z: Array) -> Array:
    """(N, T) row mean + column mean - grand mean."""
    return np.asarray(z.mean(axis=1, keepdims=True) + z.mean(axis=0, keepdims=True) - z.mean(), dtype=np.float64)


def complete(
    y: Array,
    observed: Mask,
    lam: float,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    most: int = 20_000,
) -> Completion:
    """Fit at penalty ``lam`` (units of the outcome over cells): ``y`` (N, T), ``observed`` (N, T) true where used.

    Every row and column needs an observed cell, else BadInputError. Raises NotConvergedError when the fixed-point
    residual stays above ``tolerance`` after ``most`` steps.
    """
    if not (observed.any(axis=0).all() and observed.any(axis=1).all()):
        raise BadInputError("matrix completion needs at least one observed cell in every unit and every period")
    values = np.where(observed, y, 0.0)
    threshold = lam * int(observed.sum()) / 2.0
    middle = float(y[observed].mean())
    scale = float(np.sqrt(((y[observed] - middle) ** 2).sum()))
    if scale == 0.0:
        return Completion(np.full_like(values, middle), 0, 0.0, 0)
    allowed = max(tolerance * min(threshold, scale), FLAT * scale)
    fitted = np.full_like(values, middle) if start is None else start
    ahead, momentum = fitted, 1.0
    residual = np.inf
    for iteration in range(1, most + 1):
        new, rank = _proximal(np.where(observed, values, ahead), threshold)
        residual = float(np.linalg.norm(new - ahead))
        if residual <= allowed:
            return Completion(new, rank, residual / scale, iteration)
        if float(((ahead - new) * (new - fitted)).sum()) > 0:  # momentum points uphill: start it anew
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / faster * (new - fitted)
        fitted, momentum = new, float(faster)
    raise NotConvergedError(
        f"matrix completion did not converge at penalty {lam:.3g}: the residual is {residual / scale:.1e} of the "
        f"spread after {most} steps, above {allowed / scale:.0e}"
    )


def _proximal(z: Array, threshold: float) -> tuple[Array, int]:
    """Unit and period means kept, singular values of the rest lowered by ``threshold``; and how many are left.

    By the eigenvectors of the smaller Gram matrix, several times faster than a singular value decomposition; what is
    lost concerns singular values near zero, which the threshold takes away.
    """
    means = two_way_means(z)
    rest = z - means
    tall = rest if rest.shape[0] >= rest.shape[1] else rest.T
    squares, vectors = np.linalg.eigh(tall.T @ tall)
    sizes = np.sqrt(np.maximum(squares, 0.0))
    kept = sizes > threshold
    basis = vectors[:, kept]
    low_rank = (tall @ basis * (1.0 - threshold / np.maximum(sizes[kept], 1e-300))) @ basis.T
    if rest.shape[0] < rest.shape[1]:
        low_rank = low_rank.T
    return np.asarray(means + low_rank, dtype=np.float64), int(kept.sum())


def largest_penalty(y: Array, observed: Mask) -> float:
    """The smallest ``lam`` at which the low-rank part vanishes: 2/|O| times the spectral norm of the residual of the
    two-way fit (0 when the two-way fit is exact)."""
    fitted = complete(y, observed, lam=np.inf).fitted
    rest = np.where(observed, y - fitted, 0.0)
    spread = float(np.linalg.norm(np.where(observed, y - y[observed].mean(), 0.0)))
    norm = float(np.linalg.norm(rest, 2))
    return 2.0 * norm / int(observed.sum()) if norm > 1e-6 * spread else 0.0


def penalty_grid(y: Array, observed: Mask, count: int = LAMBDAS) -> Array:
    """``count`` penalties in falling order, the last one zero is left out: log-spaced over three decades."""
    top = largest_penalty(y, observed)
    return np.zeros(1) if top == 0 else top * np.logspace(0, -3, count)


def folds(observed: Mask, count: int, seed: int) -> list[Mask]:
    """Random partition of the observed cells into ``count`` held-out sets (N, T); each row and column keeps some."""
    cells = np.flatnonzero(observed)
    for attempt in range(100):
        order = np.random.default_rng([seed, attempt]).permutation(cells)
        held = []
        for part in np.array_split(order, count):
            mask = np.zeros(observed.size, dtype=bool)
            mask[part] = True
            held.append(mask.reshape(observed.shape))
        if all((observed & ~h).any(axis=0).all() and (observed & ~h).any(axis=1).all() for h in held):
            return held
    raise BadInputError("too few observed cells to hold some out of every unit and period in cross-validation")


def cross_validate(y: Array, observed: Mask, penalties: Sequence[float], held: Sequence[Mask]) -> Array:
    """Mean squared error (len(penalties),) on the held-out cells, averaged over the folds; penalties in falling order
    so that each fit starts from the one before."""
    errors = np.zeros((len(held), len(penalties)))
    for k, out in enumerate(held):
        training = observed & ~out
        start: Array | None = None
        for i, lam in enumerate(penalties):
            start = complete(y, training, float(lam), start, tolerance=ROUGH).fitted
            errors[k, i] = float(((y - start)[out] ** 2).mean())
    return np.asarray(errors.mean(axis=0), dtype=np.float64)


def best_penalty(penalties: Sequence[float] | Array, errors: Array) -> float:
    """The largest of ``penalties`` whose cross-validated error (len(penalties),) ties with the least.

    Ties are common: once no singular value of the held-in cells falls to zero, smaller penalties predict the same.
    """
    tied = np.asarray(errors) <= (1.0 + ROUGH) * float(np.min(errors))
    return float(np.asarray(penalties, dtype=np.float64)[tied].max())
