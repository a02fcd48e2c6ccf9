"""Interrupted series: one unit's own record, with the donors as regressors, projected past the event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ...arrays import Array, Index, Ints
from ...data.panel import Panel, require_panel
from ...errors import BadInputError, require_least, require_option, unknown
from ...results import Check, Provenance
from ...text import format_number, format_p_equals
from ..effect import Effect, effect_table
from ..inference.placebo_checks import donor_notes
from ..options import InterruptedSeriesOptions, Regressors
from ..question.design import described, one_unit
from ..question.problem import MIN_PRE, Problem, state_problem
from .segmented import segmented
from .structural import Forecast, structural_forecast

Method = Literal["structural", "segmented"]
METHODS = {"structural": "structural time series forecast", "segmented": "segmented regression with HAC variance"}
REFERENCES = {
    "structural": "Harvey 1989; Brodersen et al. 2015, Annals of Applied Statistics 9(1)",
    "segmented": "Wagner et al. 2002; Newey & West 1987; bootstrap of the t under autoregressive errors",
}
REGRESSORS = ("mean", "each", "none")


@dataclass(frozen=True)
class InterruptedSeriesEffect(Effect):
    """Effect estimated by interrupted series; fields of the other method are None.

    Attributes
    ----------
    variance_shares : mapping or None
        Structural: mean share of each variance.
    df : int or None
        Structural: degrees of freedom of the forecast distribution.
    hac_p, hac_interval : float and tuple of float, or None
        Segmented: p-value and interval from Student's table.
    rho : float or None
        Segmented: first autocorrelation of the errors.
    lags : int or None
        Segmented: lags of the HAC variance, whose standard error is ``se``.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    variance_shares: Mapping[str, float] | None = None
    df: int | None = None
    hac_p: float | None = None
    hac_interval: tuple[float, float] | None = None
    rho: float | None = None
    lags: int | None = None


def interrupted_series(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    method: Method = "structural",
    regressors: Regressors = "mean",
    fit_years: object = None,
    post_years: object = None,
    draws: int = 999,
    seed: int = 0,
    options: InterruptedSeriesOptions | None = None,
) -> InterruptedSeriesEffect:
    """Effect of an event on one unit by interrupted series analysis.

    The unit's own series before the event, with the donors' series as regressors, is projected past the event.

    Parameters
    ----------
    panel : Panel
        Data by unit and year, from :func:`~eaeu_analysis.load_panel` or :meth:`~eaeu_analysis.Panel.from_frame`.
    outcome : str
        A column of the panel or, in a world panel, an outcome of the catalogue.
    unit : str
        The treated unit.
    event : int, str or date
        First treated period: a year, a date in it or, in a panel of other periods, its text such as "2012-07".
    donors : iterable of str or {"alike", "strict", "wide", "rouble"}, optional
        Units to compare with. By default every other unit; in a panel of economies those alike, and other pools by
        name, as in :func:`~eaeu_analysis.synthetic_control`.
    method : {"structural", "segmented"}, default "structural"
        "structural": forecast of a structural time series fitted before the event; interval and p-value come from the
        forecast distribution, which averages over the shares of the variances. "segmented": least squares on all
        periods with a change of level and slope at the event; the distribution of the HAC t is drawn by bootstrap
        samples with autoregressive errors.
    regressors : {"mean", "each", "none"} or int, default "mean"
        Mean of the donors, each donor, none, or a number of the donors' principal components.
    fit_years : int, (int, int) or list of int, optional
        Years before the event that the model is fitted on: a year, the first and the last, or a list. By default the
        record of the treated unit before the event (panels of economies: from 2002, or eight years at least, to two
        years before the event).
    post_years : int, (int, int) or list of int, optional
        Years whose average effect is the estimate. By default the event and all later years (panels of economies: the
        four years after the year of the event, up to 2019).
    draws : int, default 999
        Bootstrap samples of the segmented method, at least 99.
    seed : int, default 0
        Seed of these draws.
    options : InterruptedSeriesOptions, optional
        Rarely changed settings, among them ``level`` of the interval and ``gaps``.

    Returns
    -------
    InterruptedSeriesEffect
        Without donor weights.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or the question has too few years or units.
    NoDataError
        If the panel lacks the values that the question needs.

    Notes
    -----
    Structural: Harvey (1989); Brodersen et al. (2015, Annals of Applied Statistics 9(1)). Segmented: Wagner et al.
    (2002); Newey and West (1987).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> effect = ea.interrupted_series(panel, "trade", "KGZ", 2015, others)
    >>> round(effect.estimate, 1), effect.finding
    (-36.3, 'none')
    """
    require_panel(panel)
    options = options or InterruptedSeriesOptions()
    level, trend, slope = options.level, options.trend, options.slope
    require_option("method", method, METHODS, METHODS)
    require_least("draws", draws, 99)
    if donors is None and len(panel.units) == 1 and fewest_donors(regressors):
        raise BadInputError(
            f"the panel has one {panel.unit_name} only, so none to compare with; take regressors='none'"
        )
    problem = state_problem(
        panel,
        outcome,
        one_unit(unit),
        event,
        donors,
        fit_years=fit_years,
        post_years=post_years,
        options=options,
        min_donors=fewest_donors(regressors),
    )
    problem = without_constant_donors(problem, regressors)
    x, names = donor_regressors(problem, regressors)
    for column, name in zip(x[problem.fit].T, names, strict=True):
        if float(np.ptp(column)) <= 1e-12 * float(np.abs(column).max()):
            raise BadInputError(f"the {name} is constant before the event: nothing can be learnt from it; leave it out")
    fitted = (
        _structural(problem, x, trend, level)
        if method == "structural"
        else _segmented(problem, x, slope, draws, seed, level)
    )
    checks = fitted.pop("checks")
    share = {} if regressors == "none" else dict.fromkeys(problem.donors, 1 / len(problem.donors))
    return InterruptedSeriesEffect(
        **described(
            "interrupted_series", problem, options, method=method, regressors=regressors, draws=draws, seed=seed
        ),
        weights=None,
        checks=(*checks, *donor_notes(problem.dropped, problem.flagged if share else {}, share)),
        provenance=Provenance((problem.info,), METHODS[method], REFERENCES[method], {"regressors": names}),
        method=METHODS[method],
        **fitted,
    )


def fewest_donors(regressors: object) -> int:
    """How many donors the regressors take: none, one, or two for principal components."""
    return 0 if regressors == "none" else 1 if regressors in ("mean", "each") else 2


def without_constant_donors(problem: Problem, regressors: object) -> Problem:
    """Where each donor is a regressor, the problem without those that are constant before the event, named."""
    if regressors != "each":
        return problem
    before = problem.outcomes[problem.fit, 1:]
    flat = np.ptp(before, axis=0) <= 1e-12 * np.abs(before).max(axis=0)
    names = [name for name, out in zip(problem.donors, flat, strict=True) if out]
    if len(names) == len(problem.donors):
        raise BadInputError("every donor is constant before the event: none can be a regressor; take regressors='none'")
    for name in names:
        problem = problem.without(name)
    return replace(problem, dropped={**problem.dropped, **dict.fromkeys(names, "constant before the event")})


def donor_regressors(problem: Problem, regressors: str | int) -> tuple[Array, list[str]]:
    """(T, m) regressors over ``problem.times`` (NaN outside the years used) and their names."""
    donors = problem.outcomes[:, 1:]
    if isinstance(regressors, bool) or (isinstance(regressors, str) and regressors not in REGRESSORS):
        raise unknown("regressors", regressors, REGRESSORS, hint="or a number of principal components")
    if regressors == "none":
        return np.empty((len(problem.times), 0)), []
    if regressors == "mean":
        return donors.mean(axis=1, keepdims=True), [f"mean of {donors.shape[1]} donors"]
    if regressors == "each":
        return donors, list(problem.donors)
    count = int(regressors)
    used = problem.fit | problem.post
    inside = donors[used]
    if not 1 <= count <= min(inside.shape) - 1:
        raise BadInputError(f"regressors {regressors}: from 1 to {min(inside.shape) - 1} components can be taken")
    spread = inside.std(axis=0)
    scaled = (donors - inside.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    _, _, directions = np.linalg.svd(scaled[used], full_matrices=False)
    signs = np.sign(directions[:count].sum(axis=1))
    return scaled @ (directions[:count].T * np.where(signs == 0, 1.0, signs)), [
        f"component {i + 1} of {donors.shape[1]} donors" for i in range(count)
    ]


def _structural(problem: Problem, x: Array, trend: str, level: float) -> dict[str, Any]:
    y, times = problem.outcomes[:, 0], problem.times
    fit = np.flatnonzero(problem.fit)
    ahead = np.flatnonzero((times > times[fit[-1]]) & (times <= problem.post_years[-1]) & np.isfinite(x).all(axis=1))
    future = _forecast(times, y, x, fit, ahead, trend)
    judged = problem.post[ahead]
    mean = judged / judged.sum()
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    observed = float(y[ahead] @ mean)
    low, high = observed - future.quantiles(mean, tails)[::-1]
    below = future.cdf(mean, observed)

    counterfactual = np.full(len(times), np.nan)
    counterfactual[fit] = y[fit] - future.one_step
    counterfactual[ahead] = future.mean
    lower, upper = np.full(len(times), np.nan), np.full(len(times), np.nan)
    for h, row in enumerate(ahead):
        only = np.zeros(len(ahead))
        only[h] = 1.0
        ends = y[row] - future.quantiles(only, tails)
        lower[row], upper[row] = ends[1], ends[0]
    errors = future.one_step[np.isfinite(future.one_step)]
    return {
        "table": effect_table(problem.unit, problem.index, y, counterfactual, lower, upper),
        "estimate": observed - float(future.mean @ mean),
        "interval": (float(low), float(high)),
        "p_value": 2 * min(below, 1 - below),
        "pre_mspe": float((errors**2).mean()),
        "inference": (
            f"forecast distribution, Student t with {future.df} degrees of freedom mixed over the variances' shares"
        ),
        "checks": [_serial(errors), _against_no_change(errors, y[fit], problem), _in_time(problem, x, trend, level)],
        "variance_shares": _mean_shares(future),
        "df": future.df,
    }


def _forecast(times: Ints, y: Array, x: Array, fit: Index, ahead: Index, trend: str) -> Forecast:
    """Forecast of the rows ``ahead`` from the rows ``fit``; periods between them that are not there are missing values
    of the series, so that it moves on through them."""
    first, last = int(times[fit[0]]), int(times[fit[-1]])
    past, regressors = np.full(last - first + 1, np.nan), np.full((last - first + 1, x.shape[1]), np.nan)
    past[times[fit] - first], regressors[times[fit] - first] = y[fit], x[fit]
    steps = times[ahead] - last - 1
    later = np.zeros((int(steps[-1]) + 1, x.shape[1]))
    later[steps] = x[ahead]
    return structural_forecast(past, regressors, later, trend).at(times[fit] - first, steps)


def _mean_shares(future: Forecast) -> dict[str, float]:
    names = ["irregular", "level", "slope"]
    return {name: float(s) for name, s in zip(names, future.weights @ future.shares, strict=False)}


def _segmented(problem: Problem, x: Array, slope: bool, draws: int, seed: int, level: float) -> dict[str, Any]:
    y, times = problem.outcomes[:, 0], problem.times
    used = problem.fit | problem.post
    t = (times[used] - problem.event).astype(np.float64)
    found = segmented(y[used], t, x[used] if x.shape[1] else None, level, draws, seed, slope)
    counterfactual, fitted = np.full(len(times), np.nan), np.full(len(times), np.nan)
    counterfactual[used], fitted[used] = found.counterfactual, found.fitted
    errors = (y - fitted)[problem.fit]
    table = effect_table(problem.unit, problem.index, y, counterfactual)
    usual = (
        f"by the usual table {format_p_equals(found.p_hac)}; in series this short it rejects a true null of 10% in a "
        "fifth to a half of samples, so it decides nothing here"
    )
    persistent = (
        f"errors keep {found.rho:.2f} of last period's value; fails from 0.9, where a wandering series looks like "
        "a trend"
    )
    return {
        "table": table,
        # the observed mean after the event equals the fitted one, for the regression fits those residuals to zero
        "estimate": found.estimate,
        "interval": found.interval,
        "p_value": found.p_value,
        "se": found.se,
        "pre_mspe": float((errors**2).mean()),
        "inference": (
            f"HAC t ({found.lags} lags), distribution from {draws} bootstrap samples with autoregressive errors "
            f"(rho {found.rho:.2f})"
        ),
        "checks": [
            Check("Student's table", None, found.p_hac, 1 - level, usual),
            Check("persistence", found.rho < 0.9, found.rho, 0.9, persistent),
        ],
        "hac_p": found.p_hac,
        "hac_interval": found.interval_hac,
        "rho": found.rho,
        "lags": found.lags,
    }


def _serial(errors: Array) -> Check:
    """First autocorrelation of the one-step errors within two standard errors of zero."""
    centred = errors - errors.mean()
    norm = float(centred @ centred)
    r = float(centred[1:] @ centred[:-1]) / norm if norm else 0.0
    limit = 2 / float(np.sqrt(len(errors)))
    text = f"one-step errors have first autocorrelation {r:.2f}; fails beyond {limit:.2f}"
    return Check("serial correlation", abs(r) <= limit, r, limit, text)


def _against_no_change(errors: Array, y: Array, problem: Problem) -> Check:
    """One-step errors no larger than those of "as before", over the later half, when the coefficients are known."""
    errors = errors[len(errors) // 2 :]
    own = float(np.sqrt((errors**2).mean()))
    naive = float(np.sqrt((np.diff(y)[-len(errors) :] ** 2).mean()))
    text = (
        f"root mean squared one-step error {format_number(own)} against {format_number(naive)} for "
        f"'as the {problem.calendar.words(1)} before' in the later half of the periods before the event; fails above"
    )
    return Check("better than no change", own <= naive, own, naive, text)


def _in_time(problem: Problem, x: Array, trend: str, level: float) -> Check:
    """The event moved back by as many years as are judged, on the years before it only: p must stay above 1 - level."""
    y, alpha = problem.outcomes[:, 0], 1 - level
    fit = np.flatnonzero(problem.fit)
    moved = int(problem.post.sum())
    start = len(fit) - moved
    if start < max(MIN_PRE, x.shape[1] + 4):
        return Check(
            "placebo in time", None, None, None, f"too few {problem.calendar.words()} before the event to move it"
        )
    before, after = fit[:start], fit[start:]
    future = _forecast(problem.times, y, x, before, after, trend)
    mean = np.full(len(after), 1 / len(after))
    below = future.cdf(mean, float(y[after] @ mean))
    p = 2 * min(below, 1 - below)
    gap = float((y[after] - future.mean) @ mean)
    text = (
        f"with the event moved to {problem.calendar.label(problem.times[after[0]])}, "
        f"{format_number(gap, signed=True)} up to the true one ({format_p_equals(p)}); fails at p <= {alpha:.2f}"
    )
    return Check("placebo in time", p > alpha, p, alpha, text)
