"""Matrix completion for many units in the treated unit's place: the problem of :mod:`.completion_core`, side by side.

One matrix per unit, all of one shape, differ only in whose cells after the event are missing. They take the same
accelerated proximal steps together; a matrix leaves the batch when its own residual is small enough. The singular
values come from the eigenvalues of the smaller Gram matrix, which suffices where small ones are set to zero anyway.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask
from ..errors import NotConvergedError
from .completion_core import FLAT, FOLDS, ROUGH, best_penalty, complete, folds, penalty_grid
from .completion_rows import TOLERANCE, complete_rows

STEPS = 20_000
CELLS = 2_000_000  # numbers in a batch: what keeps memory below some 100 MB


def completion_gaps(outcomes: Array, donors: int, pre: int, seed: int) -> Array:
    """(T, 1 + J + K) gaps of the treated unit, its J donors and K units outside, in the order of ``outcomes``.

    ``outcomes`` (T, 1 + J + K); ``pre`` years before the event. The penalty is that of the treated unit and its donors
    by cross-validation with ``seed``, and is held for all. Raises NotConvergedError.
    """
    y = outcomes.T
    control = y[1 : donors + 1]
    own = np.vstack([control, y[:1]])  # the treated unit last, as in the public estimator: its folds, its penalty
    observed = np.ones(own.shape, dtype=bool)
    observed[-1, pre:] = False
    lam = choose_penalty(own, observed, seed)
    base = complete(own, observed, lam).fitted
    gaps = np.empty_like(outcomes)
    inside = np.broadcast_to(control, (donors, *control.shape))
    gaps[:, 1 : donors + 1] = _gaps(inside, np.arange(donors, dtype=np.intp), pre, lam, base[:-1, pre:]).T
    outside = [0, *range(donors + 1, len(y))]
    stacked = np.empty((len(outside), *own.shape))
    stacked[:, :-1] = control
    stacked[:, -1] = y[outside]
    level = (stacked[:, -1, :pre] - base[:-1, :pre].mean(axis=0)).mean(axis=1)
    start = base[:-1, pre:].mean(axis=0) + level[:, None]
    start[0] = base[-1, pre:]
    gaps[:, outside] = _gaps(stacked, np.full(len(outside), donors), pre, lam, start).T
    return gaps


def choose_penalty(y: Array, observed: Mask, seed: int) -> float:
    """The penalty of least error on held-out cells, as :func:`.completion_core.cross_validate` finds it; the folds run
    side by side. ``y`` (N, T), ``observed`` (N, T)."""
    penalties = penalty_grid(y, observed)
    if len(penalties) == 1:
        return float(penalties[0])
    held = np.array(folds(observed, FOLDS, seed))
    hidden = ~(observed & ~held)
    values = np.broadcast_to(y, hidden.shape)
    counts = (~hidden).sum(axis=(1, 2))
    middle = np.where(hidden, 0.0, values).sum(axis=(1, 2)) / counts
    fitted = np.broadcast_to(middle[:, None, None], hidden.shape)
    errors = np.empty(len(penalties))
    for i, lam in enumerate(penalties):
        fitted = complete_batch(values, hidden, float(lam), fitted, tolerance=ROUGH)
        squares = np.where(held, (values - fitted) ** 2, 0.0).sum(axis=(1, 2))
        errors[i] = float((squares / held.sum(axis=(1, 2))).mean())
    return best_penalty(penalties, errors)


def _gaps(y: Array, missing: NDArray[np.intp], pre: int, lam: float, start: Array) -> Array:
    """(B, T) observed less fitted of the row ``missing`` (B,) of each of ``y`` (B, N, T), in pieces that fit memory."""
    count, rows, periods = y.shape
    size = max(1, CELLS // (rows * periods))
    out = np.empty((count, periods))
    for first in range(0, count, size):
        part = slice(first, first + size)
        own = y[part][np.arange(len(missing[part])), missing[part]]
        out[part] = own - complete_rows(y[part], missing[part], pre, lam, start[part])
    return out


def complete_batch(y: Array, hidden: Mask, lam: float, start: Array, tolerance: float = TOLERANCE) -> Array:
    """(B, N, T) fitted matrices of ``y`` (B, N, T) at penalty ``lam``; ``hidden`` (B, N, T) cells are not used.

    ``lam`` and ``tolerance`` as in :func:`.completion_core.complete`, ``start`` (B, N, T). Raises NotConvergedError.
    """
    count = len(y)
    cells = (~hidden).sum(axis=(1, 2))
    threshold = lam * cells / 2.0
    middle = np.where(hidden, 0.0, y).sum(axis=(1, 2)) / cells
    scale = np.sqrt((np.where(hidden, 0.0, y - middle[:, None, None]) ** 2).sum(axis=(1, 2)))
    allowed = np.maximum(tolerance * np.minimum(threshold, scale), FLAT * scale)
    out = np.empty(y.shape)
    live = np.arange(count)
    values, fitted = y, np.asarray(start)
    ahead, momentum = fitted, np.ones(count)
    for _ in range(STEPS):
        new = _proximal(np.where(hidden, ahead, values), threshold)
        away = new - ahead
        residual = np.sqrt(np.einsum("bnt,bnt->b", away, away))
        moved = new - fitted
        momentum = np.where(np.einsum("bnt,bnt->b", away, moved) < 0, 1.0, momentum)
        done = residual <= allowed
        if done.any():
            out[live[done]] = new[done]
            keep = ~done
            if not keep.any():
                return out
            live, hidden, values, allowed, threshold, new, moved, momentum = (
                part[keep] for part in (live, hidden, values, allowed, threshold, new, moved, momentum)
            )
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + ((momentum - 1) / faster)[:, None, None] * moved
        fitted, momentum = new, faster
    raise NotConvergedError(
        f"matrix completion of {len(live)} of {count} placebos did not converge at penalty {lam:.3g} in {STEPS} steps"
    )


def _proximal(z: Array, threshold: Array) -> Array:
    """Unit and period means kept, singular values of the rest lowered: ``z`` (B, N, T), ``threshold`` (B,)."""
    by_unit = z.mean(axis=2, keepdims=True)
    by_time = z.mean(axis=1, keepdims=True)
    means = by_unit + by_time - by_unit.mean(axis=1, keepdims=True)
    rest = z - means
    wide = rest.shape[1] < rest.shape[2]
    flipped = rest.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(rest @ flipped if wide else flipped @ rest)
    sizes = np.sqrt(np.maximum(values, 0.0))
    low = threshold[:, None]
    kept = np.where(sizes > low, 1.0 - low / np.maximum(sizes, 1e-300), 0.0)
    projector = (vectors * kept[:, None, :]) @ vectors.transpose(0, 2, 1)
    return np.asarray(means + (projector @ rest if wide else rest @ projector), dtype=np.float64)
