"""Ridge augmented synthetic control: the simplex weights, corrected for what they leave unfitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ... import settings
from ...arrays import Array
from ...data.panel import require_panel
from ...errors import BadInputError, unknown
from ...results import Check, Provenance
from ..effect import Effect, effect_table
from ..inference.checks import fit_check, trend_check
from ..inference.inversion import student
from ..inference.placebo_checks import (
    donor_notes,
    extrapolation_check,
    leave_one_out_estimates,
    moved_check,
    placebo_gap_checks,
)
from ..question.design import one_unit
from ..question.problem import Problem, state_problem
from .synthetic_did_core import exact_weights

if TYPE_CHECKING:
    import pandas as pd

    from ...data.panel import Panel


# Ridge augmented synthetic control on arrays.

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


def cross_validate_ridge(
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
        cv = cross_validate_ridge(donors, treated, demean=demean)
        lam = cv.chosen if rule == "1se" else cv.least
    if demean:
        donors = donors - donors.mean(axis=1, keepdims=True)
        treated = treated - treated.mean()
    scm = exact_weights(donors.T, treated)
    weights = scm + ridge_adjustment(donors, treated, scm, np.array([lam]))[0]
    return AugmentedWeights(scm, weights, lam, cv)


REFERENCE = "Ben-Michael, Feller & Rothstein (2021), Journal of the American Statistical Association 116(536)"
INFERENCE = ("placebo", "jackknife+")
RULES = ("1se", "min")


@dataclass(frozen=True)
class AugmentedEffect(Effect):
    """An :class:`Effect` by ridge augmented synthetic control.

    ``scm_weights`` and ``scm_estimate``: the synthetic control before augmentation; ``penalty``: the one used;
    ``cross_validation``: frame of ``penalty, error, se``, None when the penalty was given; ``leave_one_out``: estimate
    without each weighted donor, None without checks.
    """

    scm_weights: pd.Series[float] | None = None
    scm_estimate: float = float("nan")
    penalty: float = float("nan")
    cross_validation: pd.DataFrame | None = None
    leave_one_out: pd.DataFrame | None = None


def augmented_synthetic_control(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | None = None,
    *,
    lam: float | None = None,
    rule: str = "1se",
    demean: bool = False,
    inference: str = "placebo",
    fit_years: object = None,
    post_years: object = None,
    gaps: str = "drop",
    robustness: bool = True,
    seed: int = 0,
    level: float = settings.LEVEL,
) -> AugmentedEffect:
    """Synthetic control plus a ridge correction of its imbalance before the event.

    ``lam``: penalty in squared units of the outcome (None: leave-one-period-out cross-validation, by ``rule``: "1se"
    the largest within one standard error of the least error, "min" the least). ``demean`` shifts each unit by its mean
    before the event. ``inference``: "placebo" puts each donor in the treated unit's place, everything chosen anew, and
    takes Student's t with N0 - 1 degrees of freedom on the spread of the placebos; "jackknife+" leaves out one period
    before the event at a time (Barber, Candes, Ramdas & Tibshirani 2021), assumes periods exchangeable and gives no
    p-value. ``robustness`` adds two checks at twice the time: leave-one-out over donors and the event moved into the
    years before it. Nothing here is random: ``seed`` only completes the signature.

    Weights sum to one and may be negative. Returns an :class:`AugmentedEffect`.
    Raises BadInputError, NoDataError and NotConvergedError. Source: Ben-Michael, Feller & Rothstein (2021).

    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(
    ...     ["trade"], ["KGZ", "ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"], (2002, 2019)
    ... )
    >>> effect = ea.augmented_synthetic_control(panel, "trade", "KGZ", 2015, robustness=False)
    >>> round(effect.estimate, 1), effect.finding
    (-30.6, 'unreliable')
    """
    require_panel(panel)
    import pandas as pd

    if inference not in INFERENCE:
        raise unknown("inference", inference, INFERENCE)
    if rule not in RULES:
        raise unknown("rule", rule, RULES)
    if lam is not None and not lam > 0:
        raise BadInputError(f"lam {lam} is not positive")
    if not 0 < level < 1:
        raise BadInputError(f"level {level} is not between 0 and 1")
    problem = state_problem(panel, outcome, one_unit(unit), event, donors, fit_years, post_years, gaps)
    y = problem.outcomes.T
    fit = augmented_weights(y[1:, problem.fit], y[0, problem.fit], lam, rule, demean)
    gap = _gap(y, problem, fit.weights, demean)
    estimate = float(gap[problem.post].mean())

    lower = upper = None
    se = None
    before, times = gap[problem.fit], problem.times.astype(np.float64)
    reach = float(times[problem.post].mean() - times[problem.fit].mean())
    checks = [
        fit_check(before, y[0, problem.fit]),
        trend_check(before, times[problem.fit], reach, estimate),
    ]
    if inference == "placebo":
        gaps_of = _placebo_gaps(y[1:], problem, lam, rule, demean)
        draws = gaps_of[:, problem.post].mean(axis=1)
        se = float(draws.std())
        quantile, interval, p_value = student(estimate, se, len(draws) - 1, level)
        lower = gap - quantile * gaps_of.std(axis=0)
        upper = gap + quantile * gaps_of.std(axis=0)
        checks += placebo_gap_checks(gap[problem.fit], gaps_of[:, problem.fit], estimate, draws, level)
        words = (
            f"placebo spread over {len(draws)} donors, Student t with {len(draws) - 1} degrees of freedom; right if "
            "the treated unit's noise is like the donors'"
        )
    else:
        lower, upper, interval = _jackknife_plus(y, problem, lam, rule, demean, level)
        p_value = float("nan")
        words = "jackknife+ over the periods before the event; right if periods are exchangeable"
    checks.append(extrapolation_check(fit.weights))
    left_out = None
    if robustness:
        left_out, more = _robustness(y, problem, fit, estimate, lam, rule, demean, level)
        checks += more
    checks += donor_notes(problem.dropped, problem.flagged, dict(zip(problem.donors, fit.weights, strict=True)))
    donors_index = pd.Index(problem.donors, name="donor")
    return AugmentedEffect(
        spec={
            "estimator": "augmented_synthetic_control",
            **problem.spec(),
            "lam": lam,
            "rule": rule,
            "demean": demean,
            "inference": inference,
            "robustness": robustness,
            "seed": seed,
            "level": level,
        },
        table=effect_table(problem.unit, problem.times, y[0], y[0] - gap, lower, upper),
        estimate=estimate,
        interval=interval,
        level=level,
        p_value=p_value,
        weights=pd.Series(fit.weights, index=donors_index, name="weight"),
        pre_mspe=float((gap[problem.fit] ** 2).mean()),
        checks=tuple(checks),
        provenance=Provenance((problem.info,), "ridge augmented synthetic control", REFERENCE, {"lam": fit.lam}),
        method="ridge augmented synthetic control",
        measure=problem.info.unit,
        inference=words,
        se=se,
        dropped=dict(problem.dropped),
        flagged=dict(problem.flagged),
        scm_weights=pd.Series(fit.scm, index=donors_index, name="weight"),
        scm_estimate=float(_gap(y, problem, fit.scm, demean)[problem.post].mean()),
        penalty=fit.lam,
        cross_validation=None
        if fit.cv is None
        else pd.DataFrame({"penalty": fit.cv.penalties, "error": fit.cv.error, "se": fit.cv.se}),
        leave_one_out=left_out,
    )


def _gap(y: Array, problem: Problem, weights: Array, demean: bool) -> Array:
    """(T,) treated minus weighted donors, shifted to mean zero before the event when ``demean``."""
    gap = y[0] - weights @ y[1:]
    shift = gap[problem.fit].mean() if demean else 0.0
    return np.asarray(gap - shift, dtype=np.float64)


def _placebo_gaps(control: Array, problem: Problem, lam: float | None, rule: str, demean: bool) -> Array:
    """(N0, T) gaps with each donor in the treated unit's place and the treated unit left out."""
    gaps = []
    for i in range(len(control)):
        y = np.vstack([control[i], np.delete(control, i, axis=0)])
        fit = augmented_weights(y[1:, problem.fit], y[0, problem.fit], lam, rule, demean)
        gaps.append(_gap(y, problem, fit.weights, demean))
    return np.array(gaps)


def _robustness(
    y: Array,
    problem: Problem,
    fit: AugmentedWeights,
    estimate: float,
    lam: float | None,
    rule: str,
    demean: bool,
    level: float,
) -> tuple[pd.DataFrame, list[Check]]:
    """Leave-one-out at the penalty chosen, and the event moved back, everything chosen anew."""
    own, others = y[0], y[1:]

    def without(i: int) -> float:
        rest = np.delete(others, i, axis=0)
        weights = augmented_weights(rest[:, problem.fit], own[problem.fit], fit.lam, rule, demean).weights
        return float(_gap(np.vstack([own, rest]), problem, weights, demean)[problem.post].mean())

    def moved(control: Array, treated: Array, start: int) -> float:
        before = treated[0, :start]
        weights = augmented_weights(control[:, :start], before, lam, rule, demean).weights
        gap = treated[0] - weights @ control
        return float(gap[start:].mean() - (gap[:start].mean() if demean else 0.0))

    table, left_out = leave_one_out_estimates(without, fit.weights, problem.donors, estimate)
    times = problem.times[problem.fit].astype(np.float64)
    return table, [left_out, moved_check(others[:, problem.fit], y[:1, problem.fit], times, moved, level)]


def _jackknife_plus(
    y: Array, problem: Problem, lam: float | None, rule: str, demean: bool, level: float
) -> tuple[Array, Array, tuple[float, float]]:
    """Bounds per period (T,) and of the average: quantiles of effects without period t, -+ the error at t."""
    fit_at = np.flatnonzero(problem.fit)
    low, high = [], []
    for out in fit_at:
        rest = fit_at[fit_at != out]
        weights = augmented_weights(y[1:, rest], y[0, rest], lam, rule, demean).weights
        gap = y[0] - weights @ y[1:]
        gap = gap - (gap[rest].mean() if demean else 0.0)
        path = np.append(gap, gap[problem.post].mean())
        low.append(path - abs(gap[out]))
        high.append(path + abs(gap[out]))
    n = len(fit_at)
    below = int(np.floor((1 - level) * (n + 1))) - 1  # index of the order statistic; none is low enough below zero
    lower = np.sort(low, axis=0)[below] if below >= 0 else np.full(y.shape[1] + 1, -np.inf)
    upper = np.sort(high, axis=0)[::-1][below] if below >= 0 else np.full(y.shape[1] + 1, np.inf)
    return lower[:-1], upper[:-1], (float(lower[-1]), float(upper[-1]))
