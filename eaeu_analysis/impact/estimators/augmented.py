"""Ridge augmented synthetic control: the simplex weights, corrected for what they leave unfitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, overload

import numpy as np
import pandas as pd

from ...arrays import Array
from ...data.panel import Panel, require_panel
from ...errors import require_option
from ...results import Check, Provenance
from ..effect import Effect, effect_table
from ..inference.checks import fit_check, trend_check
from ..inference.inversion import student
from ..inference.placebo import rank_among_placebos
from ..inference.placebo_checks import (
    donor_notes,
    extrapolation_check,
    leave_one_out_estimates,
    moved_check,
    placebo_gap_checks,
)
from ..inference.pooled import PooledEffect, pool_units
from ..options import AugmentedOptions
from ..question.design import described, treated_events
from ..question.problem import Problem, state_problem
from .synthetic_did_core import exact_weights

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
    """``scm`` (J,) simplex weights, ``weights`` (J,) after augmentation, ``penalty``,
    ``cv`` (None when the penalty was given)."""

    scm: Array
    weights: Array
    penalty: float
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
    donors: Array, treated: Array, penalties: Array | None = None, intercept: bool = False
) -> CrossValidation:
    """Leave-one-period-out errors of the augmented weights: ``donors`` (J, T0), ``treated`` (T0,). With ``intercept``
    the means are those of the periods kept.

    One decomposition of the donors serves all periods: what is left out of it is a matrix of rank one."""
    periods = donors.shape[1]
    apart = donors - donors.mean(axis=0)
    if intercept:
        apart = apart - apart.mean(axis=1, keepdims=True)
    u, s, _ = np.linalg.svd(apart, full_matrices=False)
    if penalties is None:
        top = float(np.linalg.norm(donors - donors.mean(axis=0), 2)) ** 2
        penalties = top * SPAN ** (np.arange(GRID) / (GRID - 1))
    u, s = (u[:, s > 1e-12 * s[0]], s[s > 1e-12 * s[0]]) if len(s) else (u, s)
    inverse = 1 / (s**2 + penalties[:, None])
    grow = np.sqrt(periods / (periods - 1)) if intercept else 1.0  # the means move when a period is left out
    taken = grow * (u.T @ apart).T
    near = exact_weights(donors.T, treated, intercept=intercept)
    errors = np.empty((periods, len(penalties)))
    for out in range(periods):
        rest, target = np.delete(donors, out, axis=1), np.delete(treated, out)
        shifts, shift = (rest.mean(axis=1), target.mean()) if intercept else (np.zeros(len(rest)), 0.0)
        rest, target = rest - shifts[:, None], target - shift
        scm = exact_weights(rest.T, target, start=near)
        # the ridge without a period is that with it less a matrix of rank one (Sherman and Morrison 1950)
        own = inverse * (u.T @ ((rest - rest.mean(axis=0)) @ (target - scm @ rest)))
        less = inverse * taken[out]
        more = own + less * ((own @ taken[out]) / (1 - less @ taken[out]))[:, None]
        errors[out] = (treated[out] - shift - (scm + more @ u.T) @ (donors[:, out] - shifts)) ** 2
    mean = errors.mean(axis=0)
    se = errors.std(axis=0, ddof=1) / np.sqrt(periods)
    best = int(np.argmin(mean))
    within = mean <= mean[best] + se[best]
    return CrossValidation(penalties, mean, se, float(penalties[best]), float(penalties[within].max()))


def augmented_weights(
    donors: Array, treated: Array, penalty: float | None = None, *, rule: str = "1se", intercept: bool = False
) -> AugmentedWeights:
    """Ridge augmented weights: ``donors`` (J, T0) and ``treated`` (T0,) before the event; ``penalty`` None chooses it
    by cross-validation, by the one-standard-error ``rule`` "1se" or by the least error "min". ``intercept`` first takes
    each unit's mean before the event away (an intercept shift)."""
    cv = None
    if penalty is None:
        cv = cross_validate_ridge(donors, treated, intercept=intercept)
        penalty = cv.chosen if rule == "1se" else cv.least
    if intercept:
        donors = donors - donors.mean(axis=1, keepdims=True)
        treated = treated - treated.mean()
    scm = exact_weights(donors.T, treated)
    weights = scm + ridge_adjustment(donors, treated, scm, np.array([penalty]))[0]
    return AugmentedWeights(scm, weights, penalty, cv)


REFERENCE = "Ben-Michael, Feller & Rothstein (2021), Journal of the American Statistical Association 116(536)"
Inference = Literal["placebo", "jackknife+"]
INFERENCE = ("placebo", "jackknife+")


@dataclass(frozen=True)
class AugmentedEffect(Effect):
    """Effect estimated by ridge augmented synthetic control.

    Attributes
    ----------
    scm_weights : Series or None
        Weights of the synthetic control before augmentation.
    scm_estimate : float
        Its estimate.
    penalty : float
        Ridge penalty used.
    cross_validation : DataFrame or None
        ``penalty, error, se`` by penalty tried. None when the penalty was given.
    leave_one_out : DataFrame or None
        Estimate without each weighted donor: ``donor, weight, estimate``. None without checks.
    placebos : DataFrame or None
        A row per unit, treated unit first, with its average effect and scale (placebo inference).
    placebo_gaps : DataFrame or None
        Gaps by time (rows) and unit (columns) (placebo inference).

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    scm_weights: pd.Series[float] | None = None
    scm_estimate: float = float("nan")
    penalty: float = float("nan")
    cross_validation: pd.DataFrame | None = None
    leave_one_out: pd.DataFrame | None = None
    placebos: pd.DataFrame | None = None
    placebo_gaps: pd.DataFrame | None = None


@overload
def augmented_synthetic_control(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | str | None = ...,
    *,
    fit_years: object = ...,
    post_years: object = ...,
    inference: Inference = ...,
    seed: int = ...,
    options: AugmentedOptions | None = ...,
) -> AugmentedEffect: ...
@overload
def augmented_synthetic_control(
    panel: Panel,
    outcome: str,
    unit: Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = ...,
    *,
    fit_years: object = ...,
    post_years: object = ...,
    inference: Inference = ...,
    seed: int = ...,
    options: AugmentedOptions | None = ...,
) -> AugmentedEffect | PooledEffect: ...
def augmented_synthetic_control(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    fit_years: object = None,
    post_years: object = None,
    inference: Inference = "placebo",
    seed: int = 0,
    options: AugmentedOptions | None = None,
) -> AugmentedEffect | PooledEffect:
    """Effect of an event on one unit or on several by ridge augmented synthetic control.

    The weights of the synthetic control are corrected by ridge regression for what they leave unfitted before the
    event.

    Parameters
    ----------
    panel : Panel
        Data by unit and year, from :func:`~eaeu_analysis.load_panel` or :meth:`~eaeu_analysis.Panel.from_frame`.
    outcome : str
        A column of the panel or, in a world panel, an outcome of the catalogue.
    unit : str or iterable of str
        The treated unit; of several each gets its own weights, and the effects are averaged.
    event : int, str, date or mapping
        First treated period: a year, a date in it or, in a panel of other periods, its text such as "2012-07"; or a
        mapping with one for each treated unit.
    donors : iterable of str or {"alike", "strict", "wide", "rouble"}, optional
        Units to compare with. By default every other unit; in a panel of economies those alike, and other pools by
        name, as in :func:`~eaeu_analysis.synthetic_control`.
    fit_years : int, (int, int) or list of int, optional
        Years before the event that the model is fitted on: a year, the first and the last, or a list. By default the
        record of the treated unit before the event (panels of economies: from 2002, or eight years at least, to two
        years before the event).
    post_years : int, (int, int) or list of int, optional
        Years whose average effect is the estimate. By default the event and all later years (panels of economies: the
        four years after the year of the event, up to 2019).
    inference : {"placebo", "jackknife+"}, default "placebo"
        "placebo" puts each donor in the treated unit's place, everything chosen anew, and takes Student's t with
        N0 - 1 degrees of freedom on the spread of the placebos (N0: number of donors); "jackknife+" leaves out one
        period before the event at a time, assumes that periods are exchangeable and gives no p-value.
    seed : int, default 0
        Seed of the placebo averages of several treated units; of one nothing is random.
    options : AugmentedOptions, optional
        Rarely changed settings, among them ``level`` of the interval and ``gaps``.

    Returns
    -------
    AugmentedEffect
        Weights sum to one and may be negative. Of several treated units a ``PooledEffect``, with the effect on each.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or the question has too few years or units.
    NoDataError
        If the panel lacks the values that the question needs.
    NotConvergedError
        If the weights cannot be found.

    Notes
    -----
    Method: Ben-Michael, Feller and Rothstein (2021, JASA 116(536)). Jackknife+: Barber, Candes, Ramdas and Tibshirani
    (2021).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> fast = ea.AugmentedOptions(checks=False)
    >>> effect = ea.augmented_synthetic_control(panel, "trade", "KGZ", 2015, others, options=fast)
    >>> round(effect.estimate, 1), effect.finding
    (-46.3, 'unreliable')
    """
    require_panel(panel)
    options = options or AugmentedOptions()
    penalty, rule, intercept, level = options.penalty, options.penalty_rule, options.intercept, options.level
    require_option("inference", inference, INFERENCE)
    events = treated_events(panel, unit, event)
    years: dict[str, Any] = {"fit_years": fit_years, "post_years": post_years}
    if len(events) > 1:
        alone = partial(augmented_synthetic_control, inference=inference, options=options)
        return pool_units(alone, panel, outcome, events, donors, years=years, seed=seed)
    ((treated, start),) = events.items()
    problem = state_problem(panel, outcome, treated, start, donors, **years, options=options)
    y = problem.outcomes.T - float(problem.outcomes[problem.fit].mean())  # weights sum to one: the level is no matter
    fit = augmented_weights(y[1:, problem.fit], y[0, problem.fit], penalty=penalty, rule=rule, intercept=intercept)
    gap = _gap(y, problem, fit.weights, intercept)
    estimate = float(gap[problem.post].mean())

    lower = upper = None
    se = None
    ranked = None
    before, times = gap[problem.fit], problem.times.astype(np.float64)
    reach = float(times[problem.post].mean() - times[problem.fit].mean())
    checks = [
        fit_check(before, y[0, problem.fit]),
        trend_check(before, times[problem.fit], reach, estimate),
    ]
    if inference == "placebo":
        gaps_of = _placebo_gaps(y[1:], problem, penalty, rule, intercept)
        ranked = rank_among_placebos(np.vstack([gap, gaps_of]).T, problem, level)
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
        lower, upper, interval = _jackknife_plus(y, problem, penalty, rule, intercept, level)
        p_value = float("nan")
        words = "jackknife+ over the periods before the event; right if periods are exchangeable"
    checks.append(extrapolation_check(fit.weights))
    left_out = None
    if options.checks:
        left_out, more = _leave_out_checks(y, problem, fit, estimate, penalty, rule, intercept, level)
        checks += more
    checks += donor_notes(problem.dropped, problem.flagged, dict(zip(problem.donors, fit.weights, strict=True)))
    donors_index = pd.Index(problem.donors, name="donor")
    return AugmentedEffect(
        **described("augmented_synthetic_control", problem, options, inference=inference, seed=seed),
        table=effect_table(
            problem.unit, problem.index, problem.outcomes[:, 0], problem.outcomes[:, 0] - gap, lower, upper
        ),
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        weights=pd.Series(fit.weights, index=donors_index, name="weight"),
        pre_mspe=float((gap[problem.fit] ** 2).mean()),
        checks=tuple(checks),
        provenance=Provenance(
            (problem.info,), "ridge augmented synthetic control", REFERENCE, {"penalty": fit.penalty}
        ),
        method="ridge augmented synthetic control",
        inference=words,
        se=se,
        scm_weights=pd.Series(fit.scm, index=donors_index, name="weight"),
        scm_estimate=float(_gap(y, problem, fit.scm, intercept)[problem.post].mean()),
        penalty=fit.penalty,
        cross_validation=None
        if fit.cv is None
        else pd.DataFrame({"penalty": fit.cv.penalties, "error": fit.cv.error, "se": fit.cv.se}),
        leave_one_out=left_out,
        placebos=None if ranked is None else ranked.table,
        placebo_gaps=None if ranked is None else ranked.gaps,
    )


def _gap(y: Array, problem: Problem, weights: Array, intercept: bool) -> Array:
    """(T,) treated minus weighted donors, shifted to mean zero before the event when ``intercept``."""
    gap = y[0] - weights @ y[1:]
    shift = gap[problem.fit].mean() if intercept else 0.0
    return np.asarray(gap - shift, dtype=np.float64)


def _placebo_gaps(control: Array, problem: Problem, penalty: float | None, rule: str, intercept: bool) -> Array:
    """(N0, T) gaps with each donor in the treated unit's place and the treated unit left out."""
    gaps = []
    for i in range(len(control)):
        y = np.vstack([control[i], np.delete(control, i, axis=0)])
        fit = augmented_weights(y[1:, problem.fit], y[0, problem.fit], penalty=penalty, rule=rule, intercept=intercept)
        gaps.append(_gap(y, problem, fit.weights, intercept))
    return np.array(gaps)


def _leave_out_checks(
    y: Array,
    problem: Problem,
    fit: AugmentedWeights,
    estimate: float,
    penalty: float | None,
    rule: str,
    intercept: bool,
    level: float,
) -> tuple[pd.DataFrame, list[Check]]:
    """Leave-one-out at the penalty chosen, and the event moved back, everything chosen anew."""
    own, others = y[0], y[1:]

    def without(i: int) -> float:
        rest = np.delete(others, i, axis=0)
        weights = augmented_weights(
            rest[:, problem.fit], own[problem.fit], penalty=fit.penalty, rule=rule, intercept=intercept
        ).weights
        return float(_gap(np.vstack([own, rest]), problem, weights, intercept)[problem.post].mean())

    def moved(control: Array, treated: Array, start: int) -> float:
        before = treated[0, :start]
        weights = augmented_weights(control[:, :start], before, penalty=penalty, rule=rule, intercept=intercept).weights
        gap = treated[0] - weights @ control
        return float(gap[start:].mean() - (gap[:start].mean() if intercept else 0.0))

    table, left_out = leave_one_out_estimates(without, fit.weights, problem.donors, estimate)
    times = problem.spec()["fit_years"]
    return table, [left_out, moved_check(others[:, problem.fit], y[:1, problem.fit], times, moved, level, estimate)]


def _jackknife_plus(
    y: Array, problem: Problem, penalty: float | None, rule: str, intercept: bool, level: float
) -> tuple[Array, Array, tuple[float, float]]:
    """Bounds per period (T,) and of the average: quantiles of effects without period t, -+ the error at t."""
    fit_at = np.flatnonzero(problem.fit)
    low, high = [], []
    for out in fit_at:
        rest = fit_at[fit_at != out]
        weights = augmented_weights(y[1:, rest], y[0, rest], penalty=penalty, rule=rule, intercept=intercept).weights
        gap = y[0] - weights @ y[1:]
        gap = gap - (gap[rest].mean() if intercept else 0.0)
        path = np.append(gap, gap[problem.post].mean())
        low.append(path - abs(gap[out]))
        high.append(path + abs(gap[out]))
    n = len(fit_at)
    below = int(np.floor((1 - level) * (n + 1))) - 1  # index of the order statistic; none is low enough below zero
    lower = np.sort(low, axis=0)[below] if below >= 0 else np.full(y.shape[1] + 1, -np.inf)
    upper = np.sort(high, axis=0)[::-1][below] if below >= 0 else np.full(y.shape[1] + 1, np.inf)
    return lower[:-1], upper[:-1], (float(lower[-1]), float(upper[-1]))
