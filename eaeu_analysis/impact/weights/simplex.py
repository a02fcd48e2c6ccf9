"""Least squares on the simplex: the one optimisation problem behind every set of donor weights.

    minimise  |A w - b|^2 + ridge |w|^2 + linear'w   over   w >= 0, sum(w) = 1

solved exactly by a primal active-set method (Wolfe 1976, "Finding the nearest point in a polytope", which this
is for ridge = linear = 0 after b is taken from every column of A). The support grows by the donor with the most
negative reduced gradient and shrinks where a weight would turn negative; the end is certified by the duality gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgesv, dposv
from scipy.optimize import nnls

from ...arrays import Array
from ...errors import BadInputError, NotConvergedError

# Weights on the simplex found in the dual, which has as many unknowns as there are periods, not as there are donors.

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


TOLERANCE = 1e-11  # of the duality gap, relative to the mean squared length of the columns
_NOTHING = np.zeros(1)  # the weight of a donor that enters
ACCEPTED = 1e-8  # the same, where rounding allows no less; above it the fit is refused


@dataclass(frozen=True)
class SimplexFit:
    """Weights (J,) with their objective, ``gap`` (proven bound of the objective's distance from the optimum,
    in the objective's units), ``support`` (indices of positive weights) and number of iterations."""

    weights: Array
    objective: float
    gap: float
    support: NDArray[np.intp]
    iterations: int


def simplex_weights(
    a: Array, b: Array, ridge: float = 0.0, linear: Array | None = None, start: Array | None = None
) -> Array:
    """Weights (J,) that minimise |a w - b|^2 + ridge |w|^2 + linear'w on the simplex; see :func:`simplex_fit`."""
    return simplex_fit(a, b, ridge, linear, start).weights


def simplex_fit(
    a: Array, b: Array, ridge: float = 0.0, linear: Array | None = None, start: Array | None = None
) -> SimplexFit:
    """Simplex-constrained least squares with its certificate.

    ``a``: (rows, J) donors in columns; ``b``: (rows,) target; ``ridge`` >= 0 in squared units of ``a``; ``linear``:
    (J,) cost per unit of weight, in squared units of ``a``; ``start``: (J,) weights of a nearby problem.
    When several weights fit perfectly (more donors than rows, or donors that equal each other) the shortest of them is
    returned, whatever the order of the donors; a positive ``ridge`` makes the answer unique.
    Raises BadInputError for shapes that do not fit or values that are not finite, NotConvergedError when the
    optimality conditions cannot be met.
    """
    a = np.asarray(a, dtype=np.float64)
    b = np.asarray(b, dtype=np.float64)
    if a.ndim != 2 or b.shape != a.shape[:1] or a.shape[1] == 0:
        raise BadInputError(
            f"weights need a (rows, donors) matrix and a target of as many rows; got {a.shape}, {b.shape}"
        )
    if ridge < 0:
        raise BadInputError(f"ridge {ridge} is negative; expected zero or more")
    distance = a - b[:, None]  # sum(w) = 1, so |a w - b| = |distance w|; the common level cancels here, not later
    gram = distance.T @ distance
    if ridge:
        gram[np.diag_indices_from(gram)] += ridge
    slope = None if linear is None else -0.5 * np.asarray(linear, dtype=np.float64)
    if not (np.isfinite(gram).all() and (slope is None or np.isfinite(slope).all())):
        raise BadInputError("weights cannot be fitted: a value is missing or infinite")
    fit = solve_gram(gram, slope, start)
    if linear is None and ridge == 0:
        fit = _shortened(_polished(fit, distance), distance)
    return fit


def solve_gram(gram: Array, slope: Array | None = None, start: Array | None = None) -> SimplexFit:
    """Minimise w'Gw - 2 s'w on the simplex for a positive semi-definite ``gram`` (J, J) and ``slope`` (J,).

    No input is checked: this is the inner step of searches. ``start`` (J,) only gives its support. Raises
    NotConvergedError when the duality gap stays above its tolerance.
    """
    count = len(gram)
    diagonal = gram.diagonal()
    scale = float(diagonal.sum()) / count
    if slope is not None:
        scale += float(np.abs(slope).max())
    if scale == 0.0:  # every donor equals the target
        return SimplexFit(np.full(count, 1.0 / count), 0.0, 0.0, np.arange(count), 0)
    support, values = _begin(gram, slope, start, scale)
    best, stalled, iteration, limit = np.inf, 0, 0, 20 * count + 100
    while True:
        iteration += 1
        at = np.array(support)
        gradient = values @ gram[at]
        level = float(values @ gradient[at])  # the quadratic part
        tilt = 0.0
        if slope is not None:
            tilt = float(values @ slope[at])
            gradient -= slope
        objective = level - 2.0 * tilt
        entering = int(gradient.argmin())
        gap = 2.0 * (level - tilt - float(gradient[entering]))  # bounds f(w) - min f, for f is convex
        if gap <= TOLERANCE * scale:
            break
        stalled = stalled + 1 if objective >= best - 1e-15 * scale else 0
        best = min(best, objective)
        if entering in support or stalled > 5 or iteration >= limit:
            break  # rounding: no donor can improve on what has been reached
        support.append(entering)
        support, values = _to_face_optimum(gram, slope, support, np.concatenate((values, _NOTHING)), scale)
    if not gap <= ACCEPTED * scale:  # true for NaN too
        raise NotConvergedError(
            f"weights of {count} donors did not converge: the duality gap is {gap / scale:.1e} of the scale after "
            f"{iteration} iterations"
        )
    weights = np.zeros(count)
    weights[at] = values
    return SimplexFit(weights, objective, max(gap, 0.0), np.flatnonzero(weights), iteration)


def _begin(gram: Array, slope: Array | None, start: Array | None, scale: float) -> tuple[list[int], Array]:
    """Support and its weights: the best single donor, or the optimum of the face that ``start`` is on."""
    if start is not None and (on := start > 0).any():
        values = start[on]
        return _to_face_optimum(gram, slope, np.flatnonzero(on).tolist(), values / values.sum(), scale)
    single = gram.diagonal() if slope is None else gram.diagonal() - 2.0 * slope
    return [int(single.argmin())], np.ones(1)


def _to_face_optimum(
    gram: Array, slope: Array | None, support: list[int], values: Array, scale: float
) -> tuple[list[int], Array]:
    """From ``values`` towards the optimum of the affine hull of ``support``, dropping what turns negative."""
    while len(support) > 1:
        step, bounded = _affine_step(gram, slope, support, values, scale)
        target = values + step
        if bounded and target.min() > 0:
            return support, target / target.sum()
        falling = target <= 0 if bounded else step < 0
        room = values[falling] / np.maximum(-step[falling], 1e-300)
        length = float(room.min())
        moved = values + (min(length, 1.0) if bounded else length) * step
        # the donors that hit zero leave; at least one does, so the loop ends
        leaving = falling & (moved <= 1e-14)
        leaving[np.flatnonzero(falling)[int(room.argmin())]] = True
        support = [donor for donor, gone in zip(support, leaving.tolist(), strict=True) if not gone]
        values = np.maximum(moved[~leaving], 0.0)
        values /= values.sum()
    return support, np.ones(1)


def _affine_step(
    gram: Array, slope: Array | None, support: list[int], values: Array, scale: float
) -> tuple[Array, bool]:
    """From ``values`` to the minimiser on the affine hull of the support, where weights may be negative; False with a
    direction in which the objective falls for ever when there is none. One bordered linear system."""
    m = len(support)
    at = np.array(support)
    system = np.ones((m + 1, m + 1))
    np.divide(gram[at][:, at], scale, out=system[:m, :m])
    system[m, m] = 0.0
    right = np.zeros(m + 1)
    right[m] = 1.0
    if slope is not None:
        right[:m] = slope[support] / scale
    _, _, solution, info = dgesv(system, right)
    if info == 0 and np.abs(solution[:m]).max() < 1e6:  # false for NaN too
        return np.asarray(solution[:m] - values, dtype=np.float64), True
    # donors on one line: any of the minimisers will do, the shortest is taken
    solution = np.linalg.lstsq(system, right, rcond=1e-12)[0]
    # what the system cannot reach lies in its null space: donors that cancel out, at a gain if there is a slope
    left = right - system @ solution
    if slope is not None and float(np.abs(left).max()) > 1e-9 * float(np.abs(right).max()):
        return np.asarray(left[:m] - left[:m].mean(), dtype=np.float64), False
    return np.asarray(solution[:m] - values, dtype=np.float64), True


def _polished(fit: SimplexFit, distance: Array) -> SimplexFit:
    """One solve of the final face by orthogonal factors: the Gram matrix squares the condition number."""
    support = fit.support
    if len(support) < 2 or fit.objective == 0.0:
        return fit
    base = distance[:, support[0]]
    rest = np.linalg.lstsq(distance[:, support[1:]] - base[:, None], -base, rcond=None)[0]
    weights = np.zeros_like(fit.weights)
    weights[support[1:]] = rest
    weights[support[0]] = 1.0 - rest.sum()
    residual = distance @ weights
    objective = float(residual @ residual)
    if weights.min() < 0 or objective > fit.objective:
        return fit
    return SimplexFit(weights, objective, fit.gap, support, fit.iterations)


def _shortened(fit: SimplexFit, distance: Array) -> SimplexFit:
    """The shortest of the perfect fits, where there is one."""
    rows, count = distance.shape
    scale = float(np.einsum("ij,ij->", distance, distance)) / count
    if scale == 0.0 or fit.objective > TOLERANCE * scale:
        return fit
    if count <= rows and is_unique(distance, np.zeros(rows), fit.weights):
        return fit
    try:
        weights = shortest(distance, float(np.sqrt(scale)))
    except NotConvergedError:  # the target is just outside the donors' hull: what was found is the only answer
        return fit
    residual = distance @ weights
    objective = float(residual @ residual)
    if objective > max(fit.objective, PERFECT * scale):
        return fit
    return SimplexFit(weights, objective, fit.gap, np.flatnonzero(weights), fit.iterations)


def is_unique(a: Array, b: Array, weights: Array, tolerance: float = 1e-8) -> bool:
    """Whether ``weights`` are the only optimum of |a w - b|^2: the donors that could carry weight at no loss are
    affinely independent."""
    distance = a - b[:, None]
    gradient = distance.T @ (distance @ weights)
    scale = float((distance**2).sum(axis=0).mean())
    if scale == 0:
        return bool(a.shape[1] == 1)
    free: NDArray[np.bool_] = gradient - weights @ gradient <= tolerance * scale
    stacked = np.vstack([distance[:, free] / np.sqrt(scale), np.ones(int(free.sum()))])
    rank = int(np.linalg.matrix_rank(stacked, tol=1e-7))
    return bool(rank == np.count_nonzero(free))


# Donor weights by the thousand: the problem of :mod:`.simplex` where speed decides, as in placebos within a curve.

# bound of the objective from the optimum, in mean squared lengths of the columns, above which a fit is refused
ACCEPTED_GAP = 1e-8


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
    if gap > ACCEPTED_GAP * scale:
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
    if gap > ACCEPTED_GAP * scale:
        raise NotConvergedError(
            f"weights of {count} donors did not converge: the optimality bound is {gap / scale:.1e} of the scale"
        )
    return weights
