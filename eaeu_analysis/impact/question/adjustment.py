"""What is taken off the outcomes before anything is compared: a seasonal pattern, and what covariates explain.

Both are learnt from untreated periods only. The treated unit, its donors and every placebo are adjusted alike, so tests
that exchange units stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...arrays import Array, Mask
from ...errors import BadInputError, NoDataError

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ..options import EffectOptions
    from .problem import Problem

SEASONS = {"M": 12, "Q": 4}


def two_way_fit(y: Array, observed: Mask) -> Array:
    """(N, T) least squares fit of unit and period effects to the observed cells, in every cell."""
    if y.shape[0] < y.shape[1]:  # the larger set of effects is solved for in terms of the smaller one
        return two_way_fit(y.T, observed.T).T
    seen = observed.astype(np.float64)
    middle = float(y[observed].mean())
    values = np.where(observed, y - middle, 0.0)
    by_unit = seen.sum(axis=1)
    share = seen / by_unit[:, None]
    level = values.sum(axis=1) / by_unit
    # the normal equations of the periods, the units solved for
    left = np.diag(seen.sum(axis=0)) - seen.T @ share
    period = np.linalg.lstsq(left, values.sum(axis=0) - seen.T @ level, rcond=None)[0]
    unit = level - share @ period
    return np.asarray(middle + unit[:, None] + period, dtype=np.float64)


def adjusted(problems: Sequence[Problem], panel: Panel, options: EffectOptions | None) -> list[Problem]:
    """The problems with the outcomes adjusted as ``options`` ask (``seasonal``, ``covariates``)."""
    found = list(problems)
    if options is not None and options.seasonal:
        found = [_without_season(problem) for problem in found]
    if options is not None and options.covariates:
        found = _without_covariates(found, panel, tuple(options.covariates), options.gaps)
    return found


def _without_season(problem: Problem) -> Problem:
    """Each unit less its mean deviation of the season from a straight line, over the fit periods."""
    parts = SEASONS.get(problem.calendar.letter)
    if parts is None:
        raise BadInputError(f"seasonal=True is for months and quarters, and this panel has {problem.calendar.words()}")
    season, fit = problem.times % parts, problem.fit
    used = np.unique(season[fit | problem.post])
    counts = np.bincount(season[fit], minlength=parts)[used]
    if counts.min() < 2:
        raise BadInputError(
            f"a seasonal pattern needs every season twice before the event; there are {int(fit.sum())} fitted "
            f"{problem.calendar.words()}"
        )
    seen = np.unique(season[fit])
    dummies = (season[:, None] == seen).astype(np.float64)
    centred = dummies[:, 1:] - dummies[:, :1]  # effects add up to zero over the seasons
    trend = (problem.times - problem.times[fit].mean()) / max(1.0, float(np.ptp(problem.times[fit])))
    base = np.column_stack([np.ones(len(trend)), trend, centred])
    outcomes = problem.outcomes
    level = outcomes[fit].mean(axis=0)
    coefficients = np.linalg.lstsq(base[fit], outcomes[fit] - level, rcond=None)[0]
    pattern = centred @ coefficients[2:]
    return replace(problem, outcomes=outcomes - pattern, adjusted=(*problem.adjusted, "a seasonal pattern"))


def _without_covariates(problems: list[Problem], panel: Panel, names: tuple[str, ...], gaps: str) -> list[Problem]:
    """Outcomes less what the covariates explain: coefficients from the untreated cells, with unit and period effects
    (Arkhangelsky et al. 2021, footnote 4, with the coefficients of Gardner 2022 and Kranz 2022)."""
    for name in names:
        if name == problems[0].outcome:
            raise BadInputError(f"covariate '{name}' is the outcome itself; leave it out")
    problems = [_with_all_values(problem, panel, names, gaps) for problem in problems]
    shared = [d for d in problems[0].donors if all(d in p.donors for p in problems)]
    shared = [d for d in shared if d not in {p.unit for p in problems}]
    times = np.unique(np.concatenate([p.times[p.fit | p.post] for p in problems]))
    y, x, observed = [], [], []
    for problem, unit in [*((p, p.unit) for p in problems), *((problems[0], d) for d in shared)]:
        inside = problem.times[problem.fit | problem.post]
        column = problem.outcomes[problem.fit | problem.post, problem.units.index(unit)]
        y.append(pd.Series(column, index=inside).reindex(times).to_numpy())
        x.append([values.reindex(times).to_numpy() for values in _covariates(problem, panel, names, unit)])
        observed.append((unit != problem.unit) | (times < problem.event))
    rows, columns = np.array(y), np.array(x).transpose(1, 0, 2)
    seen = np.array(observed) & np.isfinite(rows) & np.isfinite(columns).all(axis=0)
    kept = seen.any(axis=0)
    rows, columns, seen = rows[:, kept], columns[:, :, kept], seen[:, kept]
    rest = [(part - two_way_fit(part, seen))[seen] for part in (rows, *columns)]
    regressors = np.array(rest[1:]).T
    sizes = np.linalg.norm(regressors, axis=0)
    flat = sizes <= 1e-9 * np.array([np.linalg.norm(part[seen]) for part in columns])
    if flat.any() or np.linalg.matrix_rank(regressors / np.where(flat, 1.0, sizes), tol=1e-8) < len(names):
        which = f"'{names[int(np.argmax(flat))]}'" if flat.any() else ", ".join(f"'{n}'" for n in names)
        raise BadInputError(
            f"covariate {which} does not vary beyond unit and period effects, or repeats another: leave it out"
        )
    slopes = np.linalg.lstsq(regressors / sizes, rest[0], rcond=None)[0] / sizes
    return [_less(problem, panel, names, slopes) for problem in problems]


def _less(problem: Problem, panel: Panel, names: tuple[str, ...], slopes: Array) -> Problem:
    outcomes = problem.outcomes.copy()
    for column, unit in enumerate(problem.units):
        values = _covariates(problem, panel, names, unit)
        outcomes[:, column] -= sum(
            slope * part.reindex(problem.times).to_numpy() for slope, part in zip(slopes, values, strict=True)
        )
    known = np.isfinite(outcomes[:, 0])
    words = ", ".join(f"{name} (slope {slope:.4g})" for name, slope in zip(names, slopes, strict=True))
    return replace(
        problem,
        times=problem.times[known],
        outcomes=outcomes[known],
        fit=problem.fit[known],
        post=problem.post[known],
        adjusted=(*problem.adjusted, words),
    )


def _covariates(problem: Problem, panel: Panel, names: tuple[str, ...], unit: str) -> list[pd.Series[float]]:
    """The covariates of a unit by whole numbers of the periods; gaps filled where the problem fills them."""
    found = []
    for name in names:
        values = panel.column(name).xs(unit, level=0)
        values.index = pd.Index(problem.calendar.ordinals(values.index))
        if problem.gaps == "interpolate":
            span = range(int(values.index.min()), int(values.index.max()) + 1)
            values = values.reindex(span).interpolate(limit_area="inside")
        found.append(values)
    return found


def _with_all_values(problem: Problem, panel: Panel, names: tuple[str, ...], gaps: str) -> Problem:
    """The problem without donors that lack a covariate in a period used; NoDataError where the treated unit does."""
    used, dropped = problem.times[problem.fit | problem.post], dict(problem.dropped)
    for unit in problem.units:
        for name, values in zip(names, _covariates(problem, panel, names, unit), strict=True):
            known = np.isfinite(values.reindex(used).to_numpy(dtype=np.float64))
            if known.all():
                continue
            why = f"no '{name}' in {problem.calendar.listed(used[~known].tolist())}"
            if unit == problem.unit:
                raise NoDataError(f"the treated unit {unit} has {why}; choose other years, or leave the covariate out")
            if gaps == "error":
                raise BadInputError(f"donor {unit} has {why}; drop it, or choose gaps='drop' or 'interpolate'")
            dropped[unit] = why
            problem = problem.without(unit)
            break
    if len(problem.donors) < 2:
        raise NoDataError(f"{len(problem.donors)} donor(s) have every covariate; at least 2 are needed")
    return replace(problem, dropped=dropped)
