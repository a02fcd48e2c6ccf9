"""Donor weights by the thousand: the problem of :mod:`.simplex` where speed decides, as in placebos within a curve.

Without a penalty, weights on the simplex that minimise |D w|^2 (D the donors less the target) are those of non-negative
least squares on D with one more row s 1'w = s, scaled to sum to one: for w = t v with v on the simplex the objective is
t^2 |D v|^2 + s^2 (t - 1)^2, whose minimum over t rises with |D v|^2 alone. Compiled Lawson-Hanson does it in tens of
microseconds. Where several weights fit equally well (a perfect fit with donors to spare) the shortest is taken, so that
nothing hangs on the order of the donors; it and the ridge penalty are solved in the dual, which has as many unknowns
as there are periods, by Newton's method on its piecewise quadratic.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv
from scipy.optimize import nnls

from ..errors import NotConvergedError
from .simplex import Array

# objective, in mean squared lengths of the columns, below which the fit counts as perfect: rounding leaves some 1e-30,
# and no weights, short or long, meet a target that is just outside the donors' hull
PERFECT = 1e-20
ACCEPTED = 1e-8  # bound of the objective's distance from the optimum, in the same; above it the fit is refused
STEPS = 200


def simplex_nnls(distance: Array) -> Array:
    """Weights (J,) on the simplex that minimise |``distance`` w|, for ``distance`` (rows, J): donors less the target.

    Of weights that fit perfectly the shortest. Raises NotConvergedError when the optimality bound is not met.
    """
    rows, count = distance.shape
    scale = float(np.einsum("ij,ij->", distance, distance)) / count
    if scale == 0.0:
        return np.full(count, 1.0 / count)
    side = np.sqrt(scale)
    stacked = np.empty((rows + 1, count))
    stacked[:rows] = distance
    stacked[rows] = side
    target = np.zeros(rows + 1)
    target[rows] = side
    try:
        weights, _ = nnls(stacked, target, maxiter=20 * count + 100)
    except RuntimeError as error:
        raise NotConvergedError(f"weights of {count} donors did not converge: {error}") from None
    weights /= weights.sum()
    fitted = distance @ weights
    objective = float(fitted @ fitted)
    if objective <= PERFECT * scale:
        return shortest(distance, side) if count > rows else weights
    gap = 2.0 * (objective - float((fitted @ distance).min()))
    if gap > ACCEPTED * scale:
        raise NotConvergedError(
            f"weights of {count} donors did not converge: the optimality bound is {gap / scale:.1e} of the scale"
        )
    return np.asarray(weights, dtype=np.float64)


def simplex_ridge(distance: Array, ridge: float) -> Array:
    """Weights (J,) on the simplex that minimise |``distance`` w|^2 + ``ridge`` |w|^2, with
    ``ridge`` > 0 in squared units of ``distance``. Raises NotConvergedError."""
    rows, count = distance.shape
    scale = float(np.einsum("ij,ij->", distance, distance)) / count + ridge
    stacked = np.vstack([distance, np.full((1, count), np.sqrt(scale))])
    target = np.zeros(rows + 1)
    target[rows] = np.sqrt(scale)
    soft = np.append(np.full(rows, ridge), 0.0)
    weights = _dual_newton(stacked, target, soft)
    weights /= weights.sum()
    gradient = (distance @ weights) @ distance + ridge * weights
    gap = 2.0 * float(weights @ gradient - gradient.min())
    if gap > ACCEPTED * scale:
        raise NotConvergedError(
            f"weights of {count} donors did not converge: the optimality bound is {gap / scale:.1e} of the scale"
        )
    return weights


def shortest(distance: Array, side: float) -> Array:
    """The shortest weights (J,) on the simplex with ``distance`` w = 0, known to exist; ``side``: length of columns."""
    rows, count = distance.shape
    stacked = np.vstack([distance / side, np.ones((1, count))])
    target = np.append(np.zeros(rows), 1.0)
    weights = _dual_newton(stacked, target, np.zeros(rows + 1))
    weights /= weights.sum()
    return weights


def _dual_newton(a: Array, b: Array, soft: Array) -> Array:
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
