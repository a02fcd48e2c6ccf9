"""Donor weights by the thousand: the problem of :mod:`.simplex` where speed decides, as in placebos within a curve.

Without a penalty, weights on the simplex that minimise |D w|^2 (D the donors less the target) are those of non-negative
least squares on D with one more row s 1'w = s, scaled to sum to one: for w = t v with v on the simplex the objective is
t^2 |D v|^2 + s^2 (t - 1)^2, whose minimum over t rises with |D v|^2 alone. Compiled Lawson-Hanson does it in tens of
microseconds. Where several weights fit equally well (a perfect fit with donors to spare) the shortest is taken, so that
nothing hangs on the order of the donors; it and the ridge penalty are solved in the dual (:mod:`.simplex_dual`).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from ..arrays import Array
from ..errors import NotConvergedError
from .simplex_dual import PERFECT, dual_newton, shortest

# bound of the objective from the optimum, in mean squared lengths of the columns, above which a fit is refused
ACCEPTED = 1e-8


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
    weights = dual_newton(stacked, target, soft)
    weights /= weights.sum()
    gradient = (distance @ weights) @ distance + ridge * weights
    gap = 2.0 * float(weights @ gradient - gradient.min())
    if gap > ACCEPTED * scale:
        raise NotConvergedError(
            f"weights of {count} donors did not converge: the optimality bound is {gap / scale:.1e} of the scale"
        )
    return weights
