"""Staggered adoption: group-time effects with controls that are never or not yet treated, and imputation.

Two-way fixed effects compare late adopters with early ones, whose effect is still growing, and can turn its sign.
These estimators compare treated cells with untreated ones only. Callaway & Sant'Anna (2021) take each cohort's change
since the period before its event less the change of units not treated by then; Sun & Abraham (2021) without covariates
is the same with the never treated, or where there are none the last cohort, as controls; imputation (Borusyak, Jaravel
& Spiess 2024) predicts treated cells from unit and period effects of the untreated ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ...arrays import Array, Index, Mask
from ...data.panel import Panel, require_panel
from ...errors import NoDataError, require_least, require_option
from ...results import Check, Provenance
from ...text import format_number, format_p_equals
from ..effect import LEADS, Effect
from ..inference.inversion import invert_linear
from ..inference.placebo_checks import donor_notes
from ..inference.randomisation import assignments, randomisation_p_value
from ..options import EffectOptions
from ..question.adjustment import two_way_fit
from ..question.design import Design, cohort_table, described, design_table, over_rows, state_design
from ..question.problem import MIN_PRE

Method = Literal["callaway_santanna", "sun_abraham", "imputation"]
Control = Literal["not_yet_treated", "never_treated"]
METHODS = {
    "callaway_santanna": "group-time effects (Callaway and Sant'Anna)",
    "sun_abraham": "interaction-weighted effects (Sun and Abraham)",
    "imputation": "imputation (Borusyak, Jaravel and Spiess)",
}
REFERENCES = {
    "callaway_santanna": "Callaway & Sant'Anna 2021, Journal of Econometrics 225(2)",
    "sun_abraham": "Sun & Abraham 2021, Journal of Econometrics 225(2)",
    "imputation": "Borusyak, Jaravel & Spiess 2024, Review of Economic Studies 91(6)",
}
CONTROLS = ("not_yet_treated", "never_treated")
FEW = 5  # treated units below which standard errors from influence functions mean nothing


@dataclass(frozen=True)
class StaggeredEffect(Effect):
    """Effect of staggered adoption.

    Attributes
    ----------
    group_time : DataFrame
        A row per cohort and period: ``event, time, relative, estimate, controls``.
    event_study : DataFrame
        A row per period from the event: ``relative, units, estimate, lower, upper, p``; the base period is -1.
    cohorts : DataFrame
        A row per event date: ``event, units, estimate, se, cells``.
    assignments : int
        Number of assignments of the randomisation test.
    covariance : DataFrame or None
        Covariance of the event study by period from the event, without the base period: from influence functions, with
        fewer than five treated units from the random assignments. None for imputation.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    group_time: pd.DataFrame | None = None
    event_study: pd.DataFrame | None = None
    cohorts: pd.DataFrame | None = None
    assignments: int = 0
    covariance: pd.DataFrame | None = None


@dataclass(frozen=True)
class GroupTime:
    """``effects`` (G, T), NaN where there is no control; ``influence`` (G, T, N), of which the mean square over N is
    the variance (NaN for imputation); ``controls`` (G, T) number of them; ``starts`` (G,), ``sizes`` (G,); ``own``
    (N, T): of each unit, by imputation."""

    effects: Array
    influence: Array
    controls: Index
    starts: Index
    sizes: Index
    own: Array | None = None


def staggered_did(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    method: Method = "callaway_santanna",
    control: Control = "not_yet_treated",
    fit_years: object = None,
    post_years: object = None,
    draws: int = 999,
    seed: int = 0,
    options: EffectOptions | None = None,
) -> StaggeredEffect:
    """Effect of an event that reaches units at different dates, by comparison with untreated cells only.

    Parameters
    ----------
    panel : Panel
        Data by unit and period.
    outcome : str
        A column of the panel or, in a world panel, an outcome of the catalogue.
    unit : iterable of str
        The treated units.
    event : mapping or Series
        First treated period of each, as a period or a date in it; one date for all is possible.
    donors : iterable of str, optional
        Units that are never treated. By default every other unit; an empty list where there are none.
    method : {"callaway_santanna", "sun_abraham", "imputation"}, default "callaway_santanna"
        Group-time effects from the period before each event; the same against the never treated or the last cohort;
        or prediction of the treated cells from unit and period effects of the untreated ones.
    control : {"not_yet_treated", "never_treated"}, default "not_yet_treated"
        Controls of Callaway and Sant'Anna; the never treated are among those not yet treated.
    fit_years, post_years : optional
        Periods used, as in :func:`~eaeu_analysis.difference_in_differences`.
    draws : int, default 999
        Random assignments of the dates to units, where there are more than ``draws`` + 1; at least 99.
    seed : int, default 0
        Seed of these draws.
    options : EffectOptions, optional
        Rarely changed settings, among them ``level``, ``gaps`` and ``covariates``.

    Returns
    -------
    StaggeredEffect
        With group-time effects, event study and cohorts. The estimate is the mean over treated cells.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or no treated cell has a control.
    NoDataError
        If the panel lacks the values that the question needs.

    Notes
    -----
    Callaway and Sant'Anna (2021, Journal of Econometrics 225(2)); Sun and Abraham (2021, the same issue); Borusyak,
    Jaravel and Spiess (2024, Review of Economic Studies 91(6)). The p-value and the interval come from random
    assignments of the dates to units; ``se`` from influence functions, clustered by unit.

    Examples
    --------
    >>> import eaeu_analysis as ea, pandas as pd
    >>> dates = {"A": 2004, "B": 2006, "C": 2008}
    >>> rows = [(s, t, t + 3.0 * (t >= dates.get(s, 9999))) for s in "ABCD" for t in range(2000, 2010)]
    >>> panel = ea.Panel.from_frame(pd.DataFrame(rows, columns=["state", "year", "y"]), unit="state")
    >>> effect = ea.staggered_did(panel, "y", ["A", "B", "C"], dates)
    >>> round(effect.estimate, 6)
    3.0
    """
    require_panel(panel)
    options = options or EffectOptions()
    require_option("method", method, METHODS, METHODS)
    require_option("control", control, CONTROLS)
    require_least("draws", draws, 99)
    design = state_design(
        panel,
        outcome,
        unit,
        event,
        donors,
        fit_years=fit_years,
        post_years=post_years,
        options=options,
        min_pre=1,
        min_donors=0,
    )
    level, y = options.level, design.outcomes
    periods = len(design.times)
    starts = np.concatenate([np.full(len(design.donors), periods, dtype=np.intp), design.starts])
    solve = _solver(method, control)
    found = _solver(method, control, errors=True)(y, starts)
    weights = _cell_weights(found)
    if not weights.any():
        raise NoDataError(
            "no treated cell has an untreated unit in the same period: name donors, or use earlier periods"
        )
    estimate = float(np.nansum(weights * found.effects))

    plan = assignments(_as_groups(starts, periods), draws, seed)
    dates = np.append(np.unique(design.starts), periods)  # a group of -1 takes the last: never
    treated = (np.arange(periods) >= starts[:, None]).astype(np.float64)
    values, slopes, studies, study_slopes = [], [], [], []
    horizon = range(-int(design.starts.max()), periods - int(design.starts.min()))
    for groups in plan.groups:
        mine = dates[groups]
        fits = [solve(z, mine) for z in (y, treated)]
        values.append(float(np.nansum(_cell_weights(fits[0]) * fits[0].effects)))
        slopes.append(float(np.nansum(_cell_weights(fits[1]) * fits[1].effects)))
        studies.append(_by_horizon(fits[0], horizon)[0])
        study_slopes.append(_by_horizon(fits[1], horizon)[0])
    p_value = randomisation_p_value(np.array(values))
    interval = invert_linear(np.array(values), np.array(slopes), level)
    se = _error(found, weights, starts) if method != "imputation" else None
    known = {int(s): _one_cohort(found, g) for g, s in enumerate(found.starts)}  # the last cohort may be the control
    each = [known.get(start, np.zeros(found.effects.shape)) for start in design.cohort_rows()]
    study = _study(found, horizon, np.array(studies), np.array(study_slopes), level)
    covariance = None if method == "imputation" else study_covariance(found, starts, study, np.array(studies), horizon)
    return StaggeredEffect(
        **described("staggered_did", design, options, method=method, control=control, draws=draws, seed=seed),
        table=_table(design, found),
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        weights=None,
        pre_mspe=float("nan"),
        checks=tuple(_checks(design, found, np.array(studies), list(horizon), level)),
        provenance=Provenance((design.info,), METHODS[method], REFERENCES[method], {"control": control}),
        method=METHODS[method],
        inference=(
            f"randomisation over {'all' if plan.exact else f'{draws} random'} assignments of the dates to {len(y)} "
            f"units ({len(plan.groups)} with the actual)"
        ),
        se=se,
        group_time=_group_time(design, found),
        event_study=study,
        cohorts=cohort_table(
            design,
            [float(np.nansum(w * found.effects)) if w.any() else float("nan") for w in each],
            [_error(found, w, starts) if se is not None and w.any() else float("nan") for w in each],
        ),
        assignments=len(plan.groups),
        covariance=covariance,
    )


def _solver(method: str, control: str, errors: bool = False) -> Callable[[Array, Index], GroupTime]:
    if method == "imputation":
        return imputed
    never = method == "sun_abraham" or control == "never_treated"
    return lambda y, starts: group_time_effects(y, starts, never=never, last=method == "sun_abraham", errors=errors)


def _as_groups(starts: Index, periods: int) -> Index:
    """Index of each unit's date among the dates, -1 for the never treated."""
    dates = np.unique(starts[starts < periods])
    return np.where(starts < periods, np.searchsorted(dates, starts), -1).astype(np.intp)


def group_time_effects(y: Array, starts: Index, *, never: bool, last: bool = False, errors: bool = False) -> GroupTime:
    """Each cohort's change since the period before its event less that of the controls: ``y`` (N, T), ``starts`` (N,)
    first treated column, T for never. ``never``: only the never treated are controls; ``last``: the last cohort where
    there are none, up to its own event. ``errors``: with the influence functions."""
    count, periods = y.shape
    dates = np.unique(starts[starts < periods])
    alone = last and not (starts == periods).any()
    if alone:
        dates = dates[:-1]
    effects = np.full((len(dates), periods), np.nan)
    influence = np.full((len(dates), periods, count if errors else 0), np.nan)
    controls = np.zeros((len(dates), periods), dtype=np.intp)
    columns = np.arange(periods)
    latest = int(starts.max())
    for g, start in enumerate(dates):
        mine = starts == start
        if alone:
            pool = (starts == latest)[:, None] & (columns < latest)
        elif never:
            pool = np.repeat((starts == periods)[:, None], periods, axis=1)
        else:
            pool = (starts[:, None] > np.maximum(columns, start - 1)) & ~mine[:, None]
        change = y - y[:, [start - 1]]
        number = pool.sum(axis=0)
        controls[g] = number
        has = number > 0
        other = np.where(pool, change, 0.0).sum(axis=0) / np.maximum(number, 1)
        own = change[mine].mean(axis=0)
        effects[g, has] = (own - other)[has]
        if errors:
            part = np.where(mine[:, None], change - own, 0.0) / mine.sum()
            part -= np.where(pool, change - other, 0.0) / np.maximum(number, 1)
            influence[g, has] = count * part.T[has]
    sizes = np.array([int((starts == s).sum()) for s in dates], dtype=np.intp)
    return GroupTime(effects, influence, controls, dates, sizes)


def imputed(y: Array, starts: Index) -> GroupTime:
    """Treated cells less their prediction from unit and period effects of the untreated ones, by cohort and period; the
    residuals of the untreated cells before the event."""
    count, periods = y.shape
    untreated: Mask = np.arange(periods) < starts[:, None]
    possible = untreated.any(axis=0)
    rest = np.full(y.shape, np.nan)
    rest[:, possible] = y[:, possible] - two_way_fit(y[:, possible], untreated[:, possible])
    dates = np.unique(starts[starts < periods])
    effects = np.array([rest[starts == s].mean(axis=0) for s in dates])
    controls = np.tile(untreated.sum(axis=0), (len(dates), 1)).astype(np.intp)
    sizes = np.array([int((starts == s).sum()) for s in dates], dtype=np.intp)
    return GroupTime(effects, np.full((len(dates), periods, count), np.nan), controls, dates, sizes, rest)


def _after(found: GroupTime) -> Mask:
    """(G, T) treated cells that have a control."""
    after = np.arange(found.effects.shape[1]) >= found.starts[:, None]
    return np.asarray(after & np.isfinite(found.effects))


def _cell_weights(found: GroupTime) -> Array:
    """(G, T) share of each cohort and period in the treated cells."""
    cells = _after(found) * found.sizes[:, None].astype(np.float64)
    return np.asarray(cells / max(cells.sum(), 1.0), dtype=np.float64)


def _one_cohort(found: GroupTime, g: int) -> Array:
    weights = np.zeros(found.effects.shape)
    cells = _after(found)[g]
    weights[g, cells] = 1.0 / max(int(cells.sum()), 1)
    return weights


def _influence(found: GroupTime, weights: Array, starts: Index) -> Array:
    """(N,) influence functions of the weighted mean of the effects, with the sampling of the cohorts' shares."""
    used = weights > 0
    count = found.influence.shape[2]
    psi = np.einsum("gt,gti->i", np.where(used, weights, 0.0), np.where(used[:, :, None], found.influence, 0.0))
    g, t = np.nonzero(used)
    if len(np.unique(g)) > 1:  # shares of the cohorts are estimated too
        share = found.sizes[g] / count
        belongs = (starts[:, None] == found.starts[g]).astype(np.float64) - share
        own = belongs / share.sum() - belongs.sum(axis=1, keepdims=True) * share / share.sum() ** 2
        psi = psi + own @ found.effects[g, t]
    return np.asarray(psi, dtype=np.float64)


def _error(found: GroupTime, weights: Array, starts: Index) -> float:
    """Standard error of the weighted mean of the effects."""
    psi = _influence(found, weights, starts)
    return float(np.sqrt((psi**2).mean() / len(psi)))


def study_covariance(
    found: GroupTime, starts: Index, study: pd.DataFrame, draws: Array, horizon: Sequence[int]
) -> pd.DataFrame:
    """Covariance of the ``study`` by period from the event, the base period left out: from influence functions or, with
    fewer than ``FEW`` treated units, from the assignments ``draws`` (B, H) over ``horizon`` other than the actual."""
    shown = [int(k) for k in study["relative"] if k != -1]
    if int(found.sizes.sum()) >= FEW:
        psi = []
        for k in shown:
            weights = np.zeros_like(found.effects)
            for g, start in enumerate(found.starts):
                if 0 <= start + k < found.effects.shape[1] and np.isfinite(found.effects[g, start + k]):
                    weights[g, start + k] = found.sizes[g]
            psi.append(_influence(found, weights / weights.sum(), starts))
        rows = np.array(psi)
        matrix = rows @ rows.T / rows.shape[1] ** 2
    else:
        placebos = draws[1:, [list(horizon).index(k) for k in shown]]
        placebos = placebos[np.isfinite(placebos).all(axis=1)]
        matrix = placebos.T @ placebos / max(len(placebos), 1)
    index = pd.Index(shown, name="relative")
    return pd.DataFrame(matrix, index=index, columns=index)


def _by_horizon(found: GroupTime, horizon: Iterable[int]) -> tuple[Array, Index]:
    """Effect by period from the event, cohorts by size, and the number of treated units; NaN where there is none."""
    values, units = [], []
    periods = found.effects.shape[1]
    for k in horizon:
        at = [(g, s + k) for g, s in enumerate(found.starts) if 0 <= s + k < periods]
        cells = [(g, t) for g, t in at if np.isfinite(found.effects[g, t])]
        sizes = np.array([found.sizes[g] for g, _ in cells], dtype=np.float64)
        values.append(float(sizes @ [found.effects[c] for c in cells] / sizes.sum()) if cells else np.nan)
        units.append(int(sizes.sum()))
    return np.array(values), np.array(units, dtype=np.intp)


def _study(found: GroupTime, horizon: Sequence[int], values: Array, slopes: Array, level: float) -> pd.DataFrame:
    actual, units = _by_horizon(found, horizon)
    rows = []
    for j, k in enumerate(horizon):
        if not np.isfinite(actual[j]):
            continue
        drawn = np.isfinite(values[:, j]) & np.isfinite(slopes[:, j])
        flat = float(np.nanmax(np.abs(values[:, j]))) == 0.0  # the base period
        low, high = (actual[j], actual[j]) if flat else invert_linear(values[drawn, j], slopes[drawn, j], level)
        p = float("nan") if flat else randomisation_p_value(values[drawn, j])
        rows.append((k, int(units[j]), float(actual[j]), low, high, p))
    return pd.DataFrame(rows, columns=["relative", "units", "estimate", "lower", "upper", "p"])


def _group_time(design: Design, found: GroupTime) -> pd.DataFrame:
    g, t = np.nonzero(np.isfinite(found.effects))
    return pd.DataFrame(
        {
            "event": design.index[found.starts[g]],
            "time": design.index[t],
            "relative": t - found.starts[g],
            "estimate": found.effects[g, t],
            "controls": found.controls[g, t],
        }
    )


def _table(design: Design, found: GroupTime) -> pd.DataFrame:
    """Per treated unit and period: the effect is that of its cohort; by imputation the unit's own."""
    place = {int(s): g for g, s in enumerate(found.starts)}
    counterfactuals = []
    for i, start in enumerate(design.starts):
        effect = np.full(len(design.times), np.nan)
        if found.own is not None:
            effect = found.own[len(design.donors) + i]
        elif int(start) in place:
            effect = found.effects[place[int(start)]]
        counterfactuals.append(over_rows(design, i, design.treated[i] - effect))
    table: pd.DataFrame = design_table(design, counterfactuals, None)
    return table


def _checks(design: Design, found: GroupTime, studies: Array, horizon: list[int], level: float) -> list[Check]:
    alpha = 1 - level
    before = [j for j, k in enumerate(horizon) if k < -1 and np.isfinite(studies[0, j])]
    checks = []
    if before:
        sizes = np.sqrt(np.nanmean(studies[:, before] ** 2, axis=1))
        checks.append(leads_check(np.where(np.isfinite(sizes), sizes, 0.0), alpha, "root mean squared"))
    else:
        checks.append(Check(LEADS, None, None, None, "no period before the last one before the event: nothing to test"))
    treated = (np.arange(len(design.times)) >= found.starts[:, None]) * found.sizes[:, None]
    total = int((len(design.times) - design.starts).sum())
    compared = int((treated * np.isfinite(found.effects)).sum())
    compared_text = (
        f"{compared} of {total} treated unit-periods have an untreated unit to compare with; fails if one has not"
    )
    least = int(found.controls[_after(found)].min())
    controls_text = f"every treated cell is compared with {least} untreated units or more; fails below 2"
    units = len(design.units)
    units_text = f"{units} treated units in {len(found.starts)} cohorts; standard errors mean little below {FEW}"
    first = int(design.starts.min())
    first_text = (
        f"{first} {design.calendar.words(first)} before the first event, to see whether paths are parallel; "
        f"fails below {MIN_PRE}"
    )
    checks += [
        Check.at_least("treated cells with a control", compared, total, compared_text),
        Check.at_least("controls", least, 2, controls_text),
        Check("treated units", None, units, FEW, units_text),
        Check.at_least("periods before the event", first, MIN_PRE, first_text),
    ]
    equal = dict.fromkeys(design.donors, 1 / max(1, len(design.donors)))
    return checks + donor_notes(design.dropped, design.flagged, equal)


def leads_check(sizes: Array, alpha: float, measure: str) -> Check:
    """All leads tested jointly; ``sizes``: the ``measure`` of the actual assignment first, then of the random ones."""
    p = randomisation_p_value(sizes)
    text = (
        f"all leads tested jointly by randomisation: {measure} {format_number(float(sizes[0]))}, "
        f"{format_p_equals(p)}; fails at p <= {alpha:.2f}"
    )
    return Check(LEADS, p > alpha + 1e-12, p, alpha, text, role="fatal")
