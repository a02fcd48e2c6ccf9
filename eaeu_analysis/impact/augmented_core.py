"""Ridge augmented synthetic control on arrays.

Ben-Michael, Feller & Rothstein (2021), "The Augmented Synthetic Control Method", Journal of the American Statistical
Association 116(536). With X (J, T0) the donors' outcomes before the event, centred by their mean each period, and x
(T0,) the treated unit's, the weights are (their equation 15, lemma 1)

    w = w_scm + (x - X'w_scm)' (X'X + lam I)^-1 X'

which sum to one and may be negative: the ridge regression of post on pre-event outcomes removes the part of the bias
that comes from an imperfect fit, and extrapolates by as much. ``lam`` -> infinity gives synthetic control, ``lam`` -> 0
a perfect fit. ``lam`` is chosen by leaving out one period before the event at a time (their section 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .sdid_core import exact_weights

GRID = 21  # penalties tried
SPAN = 1e-8  # the smallest penalty over the largest, which is the squared largest singular value of X


@dataclass(frozen=True)
class CrossValidation:
    """``penalties`` (K,) falling, ``error`` (K,) mean squared error over the periods left out, ``se`` (K,) its standard
    error, ``least`` the penalty of the least error, ``chosen`` the largest penalty within one ``se`` of it."""

    penalties: Array
    error: Array
    se: Array
    least: float
    chosen: float


@dataclass(frozen=True)
class AugmentedWeights:
    """``scm`` (J,) simplex weights, ``weights`` (J,) after augmentation, ``lam``, ``cv`` (None when lam was given)."""

    scm: Array
    weights: Array
    lam: float
    cv: CrossValidation | None


def ridge_adjustment(donors: Array, treated: Array, scm: Array, penalties: Array) -> Array:
    """(K, J) additions to ``scm`` (J,) for K penalties: ``donors`` (J, T0), ``treated`` (T0,), neither centred."""
    centre = donors.mean(axis=0)
    u, s, vt = np.linalg.svd(donors - centre, full_matrices=False)
    off = vt @ (treated - scm @ donors)  # (r,) imbalance in the donors' principal directions
    keep = s > 1e-12 * (s[0] if len(s) else 0.0)  # a direction in which donors do not differ carries nothing
    s, off, u = s[keep], off[keep], u[:, keep]
    factor = s / (s**2 + np.asarray(penalties, dtype=np.float64)[:, None])
    return np.asarray((factor * off) @ u.T, dtype=np.float64)


def cross_validate(
    donors: Array, treated: Array, penalties: Array | None = None, demean: bool = False
) -> CrossValidation:
    """Leave-one-period-out errors of the augmented weights: ``donors`` (J, T0), ``treated`` (T0,). With ``demean`` the
    means are those of the periods kept."""
    if penalties is None:
        top = float(np.linalg.norm(donors - donors.mean(axis=0), 2)) ** 2
        penalties = top * SPAN ** (np.arange(GRID) / (GRID - 1))
    periods = donors.shape[1]
    near = exact_weights(donors.T, treated, intercept=demean)
    errors = np.empty((periods, len(penalties)))
    for out in range(periods):
        rest, target = np.delete(donors, out, axis=1), np.delete(treated, out)
        shifts, shift = (rest.mean(axis=1), target.mean()) if demean else (np.zeros(len(rest)), 0.0)
        rest, target = rest - shifts[:, None], target - shift
        scm = exact_weights(rest.T, target, start=near)
        weights = scm + ridge_adjustment(rest, target, scm, penalties)
        errors[out] = (treated[out] - shift - weights @ (donors[:, out] - shifts)) ** 2
    mean = errors.mean(axis=0)
    se = errors.std(axis=0, ddof=1) / np.sqrt(periods)
    best = int(np.argmin(mean))
    within = mean <= mean[best] + se[best]
    return CrossValidation(penalties, mean, se, float(penalties[best]), float(penalties[within].max()))


def augmented_weights(
    donors: Array, treated: Array, lam: float | None = None, rule: str = "1se", demean: bool = False
) -> AugmentedWeights:
    """Ridge augmented weights: ``donors`` (J, T0) and ``treated`` (T0,) before the event; ``lam`` None chooses it by
    cross-validation, by the one-standard-error ``rule`` "1se" or by the least error "min". ``demean`` first takes
    each unit's mean before the event away (an intercept shift)."""
    cv = None
    if lam is None:
        cv = cross_validate(donors, treated, demean=demean)
        lam = cv.chosen if rule == "1se" else cv.least
    if demean:
        donors = donors - donors.mean(axis=1, keepdims=True)
        treated = treated - treated.mean()
    scm = exact_weights(donors.T, treated)
    weights = scm + ridge_adjustment(donors, treated, scm, np.array([lam]))[0]
    return AugmentedWeights(scm, weights, lam, cv)
