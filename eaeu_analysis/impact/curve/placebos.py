"""Every unit in the treated unit's place, all at once: what a placebo test within a specification curve rests on.

The public estimators answer one question with care; here the same estimators are run for the treated unit, for each of
its donors (from the others) and for units outside the pool (from all donors), on arrays and with the fast solvers of
:mod:`.simplex_fast` and :mod:`.completion_batch`. Every unit goes through the same steps, so that ranks among them mean
something. What is done for each:

sc              outcomes-only simplex weights, exact
sc-demeaned     the same on deviations from each unit's mean in the fit years
sc-predictors   simplex weights on predictors of equal weight in standard deviations; no search for weights, which would
                have to be made anew for every placebo
augmented       ridge augmented, penalty by leave-one-period-out for each unit anew
sdid            unit weights with penalty and time weights, for each unit anew
did             the mean of the donors
mc              nuclear norm at the penalty that cross-validation finds for the treated unit and its donors
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array
from ...errors import BadInputError, NotConvergedError, require_option
from ..estimators.augmented import GRID, SPAN
from ..estimators.matrix_completion_placebos import completion_gaps
from ..estimators.synthetic_did_core import noise_level
from ..weights.simplex import simplex_nnls, simplex_ridge

# (what is solved, the donors' numbers) -> (place among the donors or -1, the unit's numbers) -> weights
Memory = dict[tuple[str, bytes], dict[tuple[int, bytes], Array]]
LEAST_DONORS = 3  # so that a donor in the treated unit's place has two of its own


@dataclass(frozen=True)
class UnitArrays:
    """One question on arrays: ``outcomes`` (T, 1 + J + K) of the treated unit, its J ``donors`` and K units outside the
    pool, over the ``pre`` fit years and then the years judged; ``x`` (P, 1 + J + K) predictors or None; ``memory``
    of weights found before, shared by questions that differ in the years judged only."""

    outcomes: Array
    donors: int
    pre: int
    x: Array | None = None
    memory: Memory = field(default_factory=dict, compare=False, repr=False)

    @property
    def columns(self) -> range:
        return range(self.outcomes.shape[1])

    def pool(self, column: int) -> NDArray[np.intp]:
        """Indices among the donors (0 to J - 1) that the unit in ``column`` is compared with: all but itself."""
        among = np.arange(self.donors, dtype=np.intp)
        return np.delete(among, column - 1) if 1 <= column <= self.donors else among


@dataclass(frozen=True)
class UnitGaps:
    """``gaps`` (T, 1 + J + K): observed less counterfactual of each unit; ``weights`` (J,) of the treated unit's donors
    (None for estimators without) and the ``shift`` that goes with them."""

    gaps: Array
    weights: Array | None
    shift: float = 0.0


def gaps_of_every_unit(estimator: str, field: UnitArrays, seed: int = 0) -> UnitGaps:
    """``estimator`` for every unit of ``field``. Raises BadInputError for too few donors or an unknown estimator,
    NotConvergedError when the weights of any unit cannot be found."""
    require_option("estimator", estimator, ESTIMATORS)
    if field.donors < LEAST_DONORS:
        raise BadInputError(f"{field.donors} donors: placebos need at least {LEAST_DONORS}")
    found = ESTIMATORS[estimator](field, seed)
    if not np.isfinite(found.gaps).all():
        raise NotConvergedError(f"estimator '{estimator}' gave a value that is not finite")
    return found


def _from_weights(field: UnitArrays, weights: Array, intercept: bool = False) -> UnitGaps:
    """Gaps from the (1 + J + K, J) weights of all units; with ``intercept`` less their mean in the fit years."""
    donors = field.outcomes[:, 1 : field.donors + 1]
    gaps = field.outcomes - donors @ weights.T
    shifts = gaps[: field.pre].mean(axis=0) if intercept else np.zeros(gaps.shape[1])
    return UnitGaps(gaps - shifts, weights[0], float(shifts[0]))


def _weights(field: UnitArrays, name: str, rows: Array, solve: Callable[[Array, Array], Array]) -> Array:
    """(1 + J + K, J) weights of every unit by ``solve(donors (R, J'), unit (R,)) -> (J',)`` on ``rows`` (R, 1 + J + K).

    What has been solved before on the very same numbers is taken from the memory of the field under ``name``.
    """
    donors = rows[:, 1 : field.donors + 1]
    known = field.memory.setdefault((name, donors.tobytes()), {})
    weights = np.zeros((rows.shape[1], field.donors))
    for column in field.columns:
        pool = field.pool(column)
        own = rows[:, column]
        key = column if len(pool) < field.donors else -1, own.tobytes()
        if key not in known:
            known[key] = solve(donors[:, pool], own)
        weights[column, pool] = known[key]
    return weights


def _nearest(donors: Array, own: Array) -> Array:
    return simplex_nnls(donors - own[:, None])


def _sc(field: UnitArrays, seed: int) -> UnitGaps:
    return _from_weights(field, _weights(field, "simplex", field.outcomes[: field.pre], _nearest))


def _sc_demeaned(field: UnitArrays, seed: int) -> UnitGaps:
    rows = field.outcomes[: field.pre]
    return _from_weights(field, _weights(field, "simplex", rows - rows.mean(axis=0), _nearest), intercept=True)


def _sc_predictors(field: UnitArrays, seed: int) -> UnitGaps:
    if field.x is None:
        raise BadInputError("estimator 'sc-predictors' needs predictors")
    return _from_weights(field, _weights(field, "predictors", field.x, _alike))


def _alike(donors: Array, own: Array) -> Array:
    """Weights on predictors ``donors`` (P, J), ``own`` (P,) of equal weight in standard deviations."""
    spread = np.column_stack([own, donors]).std(axis=1, ddof=1)
    spread[spread == 0] = 1.0
    return simplex_nnls((donors - own[:, None]) / spread[:, None])


def _did(field: UnitArrays, seed: int) -> UnitGaps:
    weights = np.full((field.outcomes.shape[1], field.donors), 1.0 / field.donors)
    inside = np.arange(field.donors)
    weights[inside + 1] = 1.0 / (field.donors - 1)
    weights[inside + 1, inside] = 0.0
    return _from_weights(field, weights, intercept=True)


def _sdid(field: UnitArrays, seed: int) -> UnitGaps:
    pre, rows = field.pre, field.outcomes[: field.pre]
    donors = field.outcomes[:, 1 : field.donors + 1]
    post = len(field.outcomes) - pre
    level = rows - rows.mean(axis=0)
    lam = np.empty((field.outcomes.shape[1], pre))
    weights = np.zeros((field.outcomes.shape[1], field.donors))
    whole: tuple[Array, float] | None = None
    for column in field.columns:
        pool = field.pool(column)
        if len(pool) < field.donors or whole is None:
            control = donors[:, pool].T
            noise = noise_level(control, pre)
            found = _time_weights(control, pre), post**0.5 * noise**2 * pre  # zeta = post^(1/4) noise; zeta^2 pre
            whole = found if len(pool) == field.donors else whole
        else:
            found = whole
        lam[column], ridge = found
        distance = level[:, pool + 1] - level[:, [column]]
        weights[column, pool] = simplex_ridge(distance, ridge) if ridge > 0 else simplex_nnls(distance)
    made = _from_weights(field, weights)
    shifts = np.einsum("tc,ct->c", made.gaps[:pre], lam)
    return UnitGaps(made.gaps - shifts, made.weights, float(shifts[0]))


def _time_weights(control: Array, pre: int) -> Array:
    """(pre,) weights of the years before the event that stand for those after it, over ``control`` (N0, T)."""
    before, after = control[:, :pre], control[:, pre:].mean(axis=1)
    distance = (before - before.mean(axis=0)) - (after - after.mean())[:, None]
    return simplex_nnls(distance)


def _augmented(field: UnitArrays, seed: int) -> UnitGaps:
    rows = field.outcomes[: field.pre]
    return _from_weights(field, _weights(field, "augmented", rows, lambda donors, own: ridge_augmented(donors.T, own)))


def ridge_augmented(donors: Array, treated: Array) -> Array:
    """(J,) ridge augmented weights, penalty by the one-standard-error rule: ``donors`` (J, T0), ``treated`` (T0,).

    The same as :func:`.augmented_core.augmented_weights`, with one eigenvalue problem per period left out instead of a
    singular value decomposition.
    """
    pre = donors.shape[1]
    centred = donors - donors.mean(axis=0)
    gram = centred.T @ centred
    top = float(np.linalg.eigvalsh(gram)[-1])
    scm = simplex_nnls((donors - treated).T)
    if top <= 0:
        return scm
    penalties = top * SPAN ** (np.arange(GRID) / (GRID - 1))
    rest = np.array([np.delete(np.arange(pre), t) for t in range(pre)])
    left = np.array([simplex_nnls((donors[:, keep] - treated[keep]).T) for keep in rest])
    error = treated - left @ donors  # (T0 out, T0) what the weights without period t leave in each period
    values, vectors = np.linalg.eigh(gram[rest[:, :, None], rest[:, None, :]])
    off = np.einsum("tkm,tk->tm", vectors, np.take_along_axis(error, rest, axis=1))
    towards = np.einsum("tkm,tk->tm", vectors, gram[rest, np.arange(pre)[:, None]])
    product = np.where(values > 1e-13 * values[:, -1:], off * towards, 0.0)
    added = (product[:, None, :] / (np.maximum(values, 0.0)[:, None, :] + penalties[:, None])).sum(axis=2)
    errors = (np.diagonal(error)[:, None] - added) ** 2
    mean, se = errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(pre)
    best = int(np.argmin(mean))
    lam = float(penalties[mean <= mean[best] + se[best]].max())
    values, vectors = np.linalg.eigh(gram)
    keep = values > 1e-13 * top
    adjust = vectors[:, keep] @ ((vectors[:, keep].T @ (treated - scm @ donors)) / (values[keep] + lam))
    return np.asarray(scm + centred @ adjust, dtype=np.float64)


def _mc(field: UnitArrays, seed: int) -> UnitGaps:
    return UnitGaps(completion_gaps(field.outcomes, field.donors, field.pre, seed), None)


ESTIMATORS: dict[str, Callable[[UnitArrays, int], UnitGaps]] = {
    "sc": _sc,
    "sc-demeaned": _sc_demeaned,
    "sc-predictors": _sc_predictors,
    "augmented": _augmented,
    "sdid": _sdid,
    "did": _did,
    "mc": _mc,
}
