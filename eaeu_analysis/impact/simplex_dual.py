"""Weights on the simplex found in the dual, which has as many unknowns as there are periods, not as there are donors.

Of weights that fit equally well the shortest are taken, those nearest to equal weights: they are the one choice that
hangs neither on the order of the donors nor on the solver.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv

from ..arrays import Array
from ..errors import NotConvergedError

# objective, in mean squared lengths of the columns, below which the fit counts as perfect: rounding leaves some 1e-30,
# and no weights, short or long, meet a target that is just outside the donors' hull
PERFECT = 1e-20
STEPS = 200


def shortest(distance: Array, side: float) -> Array:
    """The shortest weights (J,) on the simplex with ``distance`` w = 0, known to exist; ``side``: length of columns."""
    rows, count = distance.shape
    stacked = np.vstack([distance / side, np.ones((1, count))])
    target = np.append(np.zeros(rows), 1.0)
    weights = dual_newton(stacked, target, np.zeros(rows + 1))
    weights /= weights.sum()
    return weights


def dual_newton(a: Array, b: Array, soft: Array) -> Array:
    """w = max(a' y, 0) at the maximum of b'y - |max(a'y, 0)|^2 / 2 - sum(soft y^2) / 2.

    With ``soft`` zero this is the shortest w >= 0 with a w = b; a positive entry turns that row into a penalty
    (a w - b)^2 / soft. Newton steps on the positive part, halved until the dual rises; ends when a w + soft y = b.
    """
    y = np.zeros(len(b))
    y[-1] = b[-1] / float(a[-1] @ a[-1])
    product = y @ a
    w = np.maximum(product, 0.0)
    value = _dual(y, b, soft, w)
    size = float(np.abs(b).max())
    floor = 1e-14 * float(np.einsum("ij,ij->", a, a)) / len(b)
    for _ in range(STEPS):
        slope = b - a @ w - soft * y
        if float(np.abs(slope).max()) <= 1e-11 * size:
            return w
        on = a[:, product > 0.0]
        hessian = on @ on.T
        hessian.flat[:: len(b) + 1] += soft + floor
        _, direction, info = dposv(hessian, slope)
        if info != 0:
            direction = np.linalg.lstsq(hessian, slope, rcond=1e-13)[0]
        rise = float(direction @ slope)
        step = 1.0
        for _ in range(40):
            trial = y + step * direction
            trial_product = trial @ a
            trial_w = np.maximum(trial_product, 0.0)
            trial_value = _dual(trial, b, soft, trial_w)
            if trial_value >= value + 1e-4 * step * rise - 1e-15 * abs(value):
                break
            step /= 2.0
        else:
            break
        if trial_value <= value and float(np.abs(slope).max()) <= 1e-8 * size:
            return w  # rounding: no step rises any more
        y, product, w, value = trial, trial_product, trial_w, trial_value
    slope = b - a @ w - soft * y
    off = float(np.abs(slope).max()) / size
    if off > 1e-7:
        raise NotConvergedError(f"weights of {a.shape[1]} donors did not converge: conditions are off by {off:.1e}")
    return w


def _dual(y: Array, b: Array, soft: Array, w: Array) -> float:
    return float(b @ y) - 0.5 * float(w @ w) - 0.5 * float(soft @ (y * y))
