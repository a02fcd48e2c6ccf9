"""Predictors: what a synthetic control has to resemble the treated unit in, over which years."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...compare.likeness import attribute, likeness_rule
from ...data.frequency import Calendar
from ...data.panel import Panel
from ...errors import BadInputError, NoDataError, require_option
from .default import default_rule
from .problem import Problem, parse_years


def _mean(block: Array) -> Array:
    known = np.isfinite(block).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nansum(block, axis=0) / np.where(known, known, np.nan), dtype=np.float64)


def _median(block: Array) -> Array:
    return np.array([np.median(v[~np.isnan(v)]) if (~np.isnan(v)).any() else np.nan for v in block.T])


def _sum(block: Array) -> Array:
    return np.asarray(np.where(np.isnan(block).all(axis=0), np.nan, np.nansum(block, axis=0)), dtype=np.float64)


def _last(block: Array) -> Array:
    return np.array([v[~np.isnan(v)][-1] if (~np.isnan(v)).any() else np.nan for v in block.T])


# (years, units), NaN where missing -> (units,)
HOW: Mapping[str, Callable[[Array], Array]] = {"mean": _mean, "median": _median, "sum": _sum, "last": _last}


@dataclass(frozen=True)
class Predictor:
    """An indicator and the years over which it is summed up, for :func:`~eaeu_analysis.synthetic_control`.

    Parameters
    ----------
    indicator : str
        A column of the panel.
    years : int, (int, int) or list of int
        A year, the first and the last, or a list; in a panel of other periods their texts, such as
        ``("2010-01", "2012-06")``. All must be before the event.
    how : {"mean", "median", "sum", "last"}, default "mean"
        How the values present in these years become one.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["TJK", "MDA", "GEO", "ALB", "MNG"]
    >>> panel = ea.load_panel(["trade", "gdp_per_head"], ["KGZ", *others], (2000, 2019))
    >>> predictors = [ea.Predictor("gdp_per_head", (2005, 2014)), ea.Predictor("trade", [2004, 2009, 2014])]
    >>> fast = ea.SyntheticControlOptions(checks=False)
    >>> how = {"predictors": predictors, "v": "equal", "fit_years": (2002, 2014)}
    >>> effect = ea.synthetic_control(panel, "trade", "KGZ", 2015, others, options=fast, **how)
    >>> list(effect.predictor_balance.index)
    ['gdp_per_head 2005-2014', 'trade 2004-2014 by 5']
    """

    indicator: str
    years: Any
    how: str = "mean"

    @cached_property
    def listed(self) -> tuple[int, ...]:
        """The years, one by one."""
        return tuple(parse_years(self.years, f"years of predictor '{self.indicator}'"))

    @property
    def label(self) -> str:
        """Text that names it in tables: ``invest 1964-1969``, with ``how`` when it is not the mean."""
        years = self.listed
        step = set(np.diff(years).tolist())
        if len(years) == 1:
            when = str(years[0])
        elif step == {1} or len(step) == 1:
            when = f"{years[0]}-{years[-1]}" + ("" if step == {1} else f" by {step.pop()}")
        else:
            when = ",".join(map(str, years))
        return f"{self.indicator} {when}" + ("" if self.how == "mean" else f" ({self.how})")

    def spec(self) -> dict[str, Any]:
        """The predictor in plain values."""
        return {"indicator": self.indicator, "years": list(self.listed), "how": self.how}


@dataclass(frozen=True)
class PlacedPredictor(Predictor):
    """A predictor of a panel whose periods are no years: ``years`` are ordinals, ``words`` is its label."""

    words: str = ""

    @property
    def label(self) -> str:
        return self.words


def _placed(predictor: Predictor, calendar: Calendar) -> Predictor:
    if calendar.counted:
        return predictor
    what = f"years of predictor '{predictor.indicator}'"
    times = parse_years(predictor.years, what, calendar)
    words = f"{predictor.indicator} {calendar.listed(times)}" + (
        "" if predictor.how == "mean" else f" ({predictor.how})"
    )
    return PlacedPredictor(predictor.indicator, times, predictor.how, words)


def check_predictors(panel: Panel, predictors: Sequence[Predictor] | None, event: int) -> tuple[Predictor, ...]:
    """The predictors, known and before the event; BadInputError with the near match otherwise."""
    checked: list[Predictor] = []
    calendar = panel.calendar
    for predictor in predictors or ():
        if not isinstance(predictor, Predictor):
            raise BadInputError(f"predictor {predictor!r} not understood; expected Predictor(indicator, years)")
        require_option("how", predictor.how, HOW)
        panel.info(predictor.indicator)  # raises with the near match
        predictor = _placed(predictor, calendar)
        late = [year for year in predictor.listed if year >= event]
        if late:
            raise BadInputError(
                f"predictor '{predictor.indicator}' uses {calendar.label(late[-1])}, but the event is "
                f"{calendar.label(event)}: what comes after it is part of the effect"
            )
        checked.append(predictor)
    labels = [predictor.label for predictor in checked]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise BadInputError(f"predictor '{twice[0]}' is given twice")
    return tuple(checked)


def predictor_values(panel: Panel, predictors: Sequence[Predictor], units: Sequence[str]) -> Array:
    """(K, N) values of the predictors for ``units``; NaN where a unit has no value in any of the years."""
    index = panel.frame.index
    place = pd.Index(units).get_indexer(index.get_level_values(0))
    chosen = np.flatnonzero(place >= 0)
    place, times = place[chosen], panel.calendar.ordinals(index.get_level_values(1))[chosen]
    values = np.empty((len(predictors), len(units)))
    for k, predictor in enumerate(predictors):
        years = np.array(predictor.listed)
        rows = np.isin(times, years)
        block = np.full((len(years), len(units)), np.nan)
        block[np.searchsorted(years, times[rows]), place[rows]] = panel.column(predictor.indicator).to_numpy()[
            chosen[rows]
        ]
        if np.isinf(block).any():
            n = int(np.argwhere(np.isinf(block))[0][1])
            raise BadInputError(f"predictor '{predictor.label}' of {units[n]} is infinite")
        values[k] = HOW[predictor.how](block)
    return values


def with_predictors(
    panel: Panel, problem: Problem, predictors: Sequence[Predictor], gaps: str
) -> tuple[Problem, Array]:
    """The problem without the donors that lack a predictor, and the (K, 1 + J) predictor values of those kept.

    Raises NoDataError when the treated unit lacks one, BadInputError for predictors that do not vary or are collinear.
    """
    values = predictor_values(panel, predictors, problem.units)
    lacking = np.isnan(values)
    if lacking[:, 0].any():
        label = predictors[int(np.argmax(lacking[:, 0]))].label
        raise NoDataError(f"predictor '{label}' has no value for the treated unit {problem.unit}")
    dropped, units = dict(problem.dropped), problem.units
    for column in np.flatnonzero(lacking.any(axis=0)):
        name, label = units[column], predictors[int(np.argmax(lacking[:, column]))].label
        if gaps == "error":
            raise BadInputError(f"donor {name} has no value of predictor '{label}'; drop it, or choose gaps='drop'")
        dropped[name] = f"no value of predictor '{label}'"
        problem = problem.without(name)
    if len(problem.donors) < 2:
        raise NoDataError(f"{len(problem.donors)} donor(s) have all predictors; at least 2 are needed")
    values = values[:, ~lacking.any(axis=0)]
    refuse_collinear(values, [p.label for p in predictors])
    return replace(problem, dropped=dropped), values


def refuse_collinear(values: Array, labels: Sequence[str]) -> None:
    """BadInputError for a predictor that is the same for all units, or that others add up to."""
    spread = values.std(axis=1)
    flat = spread <= 1e-12 * np.maximum(np.abs(values).max(axis=1), 1e-300)
    if flat.any():
        raise BadInputError(f"predictor '{labels[int(np.argmax(flat))]}' is the same for every unit: leave it out")
    centred = (values - values.mean(axis=1, keepdims=True)) / spread[:, None]
    likeness = np.abs(centred @ centred.T) / values.shape[1]
    for i in range(len(labels)):
        for j in range(i):
            if likeness[i, j] > 1 - 1e-10:
                raise BadInputError(f"predictors '{labels[j]}' and '{labels[i]}' are collinear: leave one out")
    if len(labels) <= values.shape[1]:  # with more predictors than units some combination always fits
        scaled = values / np.linalg.norm(values, axis=1, keepdims=True)
        left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
        if sizes[-1] <= 1e-11 * sizes[0]:
            share = np.abs(left[:, -1])
            named = ", ".join(f"'{label}'" for label, part in zip(labels, share, strict=True) if part > 1e-6)
            raise BadInputError(f"predictors {named} are collinear: leave one out")


def with_covariates(panel: Panel, problem: Problem) -> tuple[Panel, list[Predictor] | None, Any]:
    """The panel with the attributes of the likeness rule as columns, the default predictors, and their weights.

    The outcome of every fit year has ``1 - share`` of the weight in equal parts, the attributes that are not the
    outcome itself have ``share``. Where the treated unit lacks them the outcome alone is matched: None, "outcomes".
    """
    share, fit = default_rule().share, problem.fit_years
    years = fit[-likeness_rule().years :]
    outcome = {part.code for part in (problem.info, *problem.info.derived_from)}
    covariates: list[Predictor] = []
    for code in likeness_rule().factors:
        values, info = attribute(code)
        known = values.reindex(years)
        if code in outcome or problem.unit not in values or known[problem.unit].isna().all():
            continue
        name = f"log({code})"
        positive = known.where(known > 0)
        logged = pd.Series(pd.DataFrame(np.log(positive)).T.stack(), name=name)
        logged = logged.rename_axis([panel.unit_name, panel.time_name])
        panel = panel.with_column(name, logged, info.with_(unit=f"log {info.unit}".rstrip(), label=f"log {info.label}"))
        covariates.append(Predictor(name, years))
    if not covariates:
        return panel, None, "outcomes"
    path = [Predictor(problem.outcome, year) for year in fit]
    weights = {p.label: share / len(covariates) for p in covariates}
    weights |= {p.label: (1.0 - share) / len(path) for p in path}
    return panel, [*covariates, *path], weights
