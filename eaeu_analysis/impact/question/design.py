"""Several treated units, at one date or at several, against one pool of units that are never treated.

A :class:`Design` joins the :class:`~.problem.Problem` of each treated unit: the donors that all of them can use, and
the periods that all of them have. With one date the periods are the fit years and the years judged; with several, every
period from the first that all have to the last, for one unit's years after the event are another's before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...arrays import Array
from ...data.frequency import Calendar
from ...data.tidy import unit_text
from ...errors import BadInputError, NoDataError
from ..effect import effect_table
from ..options import EffectOptions
from .adjustment import adjusted
from .donors import listed_donors
from .problem import MIN_PRE, Problem, adjusted_text, describe_window, state_problem

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...series import SeriesInfo


@dataclass(frozen=True)
class Design:
    """``control`` (N0, T), ``treated`` (N1, T) over ``times`` (T,), without a missing value; ``starts`` (N1,) the first
    treated column of each; ``donors`` and ``problems`` in the order of the rows; ``asked``: fit and post years as they
    were asked for."""

    problems: tuple[Problem, ...]
    donors: tuple[str, ...]
    times: NDArray[np.int64]
    control: Array
    treated: Array
    starts: NDArray[np.intp]
    asked: tuple[object, object] = (None, None)

    @property
    def calendar(self) -> Calendar:
        return self.problems[0].calendar

    @property
    def info(self) -> SeriesInfo:
        return self.problems[0].info

    @property
    def index(self) -> pd.Index[Any]:
        """``times`` as they are shown: whole numbers or pandas Periods."""
        return self.calendar.index(self.times)

    @property
    def window(self) -> str:
        """What was fitted and judged, in one line; with several dates, before and from the first of them."""
        first, inside = int(self.starts.min()), set(range(int(self.times[0]), int(self.times[-1]) + 1))
        missing = inside & {t for p in self.problems for t in p.missing}
        holes = set.intersection(*(set(p.holes) for p in self.problems)) & inside
        filled = sum(p.filled.get(p.unit, 0) for p in self.problems)
        fit, post = self.times[:first].tolist(), self.times[first:].tolist()
        text = describe_window(self.calendar, fit, post, sorted(missing), sorted(holes), filled)
        return text + adjusted_text(self.problems[0].adjusted)

    @property
    def donor_rule(self) -> str:
        """Who was chosen as donors, and how many among how many, in one line."""
        lead = self.problems[0]
        return f"{lead.considered} donors considered, {len(self.donors)} used: {lead.rule}"

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(problem.unit for problem in self.problems)

    @property
    def outcomes(self) -> Array:
        """(N0 + N1, T), donors first."""
        return np.vstack([self.control, self.treated])

    @property
    def indicator(self) -> Array:
        """(N0 + N1, T) one where treated."""
        after = np.arange(len(self.times)) >= self.starts[:, None]
        return np.vstack([np.zeros_like(self.control), after.astype(np.float64)])

    @property
    def staggered(self) -> bool:
        return len(set(self.starts.tolist())) > 1

    def cohort_rows(self) -> dict[int, NDArray[np.intp]]:
        """First treated column -> rows of ``treated``, earliest first."""
        return {int(s): np.flatnonzero(self.starts == s) for s in sorted(set(self.starts.tolist()))}

    def spec(self) -> dict[str, Any]:
        """The question in plain values, so that it can be asked again: of several treated units ``unit`` lists the
        names; with several dates ``event`` gives each its own and the years are those asked for."""
        first, plain = self.problems[0], self.calendar.plain
        start = int(self.starts.min())
        spec = {
            **first.spec(),
            "donors": list(self.donors),
            "fit_years": [plain(t) for t in self.times[:start]],
            "post_years": [plain(t) for t in self.times[start:]],
        }
        if len(self.problems) > 1:
            spec["unit"] = list(self.units)
        if self.staggered:
            spec["event"] = {problem.unit: plain(problem.event) for problem in self.problems}
            spec["fit_years"], spec["post_years"] = self.asked
        return spec

    @property
    def dropped(self) -> dict[str, str]:
        """Reason per donor that was left out, treated units apart."""
        reasons: dict[str, str] = {}
        for problem in self.problems:
            for name, why in problem.dropped.items():
                if name not in self.units:
                    reasons.setdefault(name, why)
        return reasons

    @property
    def flagged(self) -> dict[str, str]:
        return {name: why for p in self.problems for name, why in p.flagged.items() if name in self.donors}


def state_design(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    fit_years: object = None,
    post_years: object = None,
    options: EffectOptions | None = None,
    min_pre: int = MIN_PRE,
    min_donors: int = 2,
) -> Design:
    """The :class:`Design` of a panel. ``unit``: one or several; ``event``: one for all, or a mapping (or Series) from
    unit. ``min_pre``, ``min_donors``: fewest periods before an event and fewest donors that will do. ``options``: gaps,
    and what to take off the outcomes.

    Raises BadInputError or NoDataError as :func:`~.problem.state_problem` does, and for a unit named twice, an event
    that is missing for a unit, a treated unit among the donors, or no common periods.
    """
    events = treated_events(panel, unit, event)
    treated = list(events)
    named = donors is None or (isinstance(donors, str) and panel.world)
    pool = donors if named else listed_donors(donors or ())
    if pool is not None and not isinstance(pool, str):
        clash = [name for name in pool if panel.resolve(name) in events and panel.resolve(name) != treated[0]]
        if clash:
            raise BadInputError(
                f"treated unit '{clash[0]}' is among the donors; a treated unit cannot be its own control"
            )
    asked: dict[str, Any] = {"fit_years": fit_years, "post_years": post_years}
    asked |= {"min_pre": min_pre, "min_donors": min_donors, "whole": len({str(at) for at in events.values()}) > 1}
    options = options or EffectOptions()
    plain = EffectOptions(gaps=options.gaps)  # the adjustment is learnt from all problems together
    problems = [state_problem(panel, outcome, name, at, pool, options=plain, **asked) for name, at in events.items()]
    problems = adjusted(problems, panel, options)
    shared = [name for name in problems[0].donors if name not in events and all(name in p.donors for p in problems[1:])]
    if len(shared) < min_donors:
        raise NoDataError(
            f"{len(shared)} donor(s) usable for all of {', '.join(treated)}; at least {min_donors} are needed"
        )
    staggered = len({p.event for p in problems}) > 1
    years = _common_years(problems, staggered)
    control = np.array([_values(problems[0], name, years) for name in shared]).reshape(len(shared), len(years))
    rows = np.array([_values(p, p.unit, years) for p in problems])
    if not (np.isfinite(control).all() and np.isfinite(rows).all()):
        whole = np.isfinite(control).all(axis=0) & np.isfinite(rows).all(axis=0)
        raise NoDataError(
            "the treated units and their donors have no common record: values are missing in "
            f"{problems[0].calendar.label(int(years[int(np.argmin(whole))]))}"
        )
    starts = np.array([int(np.searchsorted(years, p.event)) for p in problems], dtype=np.intp)
    for problem, start in zip(problems, starts, strict=True):
        if start < min_pre:
            raise BadInputError(
                f"{start} period(s) before the event {problem.calendar.label(problem.event)} of {problem.unit} that "
                f"all treated units share; at least {min_pre} are needed"
            )
    return Design(tuple(problems), tuple(shared), years, control, rows, starts, (fit_years, post_years))


def stated(estimator: str, question: Problem | Design, options: EffectOptions, **settings: Any) -> dict[str, Any]:
    """The ``spec`` of a result: the question and all settings as plain values, those of the method's options too."""
    own = {name: value for name, value in vars(options).items() if name not in vars(EffectOptions())}
    asked = {"estimator": estimator, **question.spec(), **own, **settings}
    return {**asked, "level": options.level, **options.adjustments}


def described(estimator: str, question: Problem | Design, options: EffectOptions, **settings: Any) -> dict[str, Any]:
    """The fields of an :class:`~..effect.Effect` that say what was asked, and what was compared with what."""
    return {
        "spec": stated(estimator, question, options, **settings),
        "level": options.level,
        "measure": question.info.unit,
        "dropped": dict(question.dropped),
        "flagged": dict(question.flagged),
        "window": question.window,
        "donor_rule": question.donor_rule,
    }


def cohort_table(design: Design, estimates: Sequence[float], errors: Sequence[float]) -> pd.DataFrame:
    """A row per event date: ``event, units, estimate, se, cells``, the last the number of treated unit-periods."""
    rows = design.cohort_rows()
    return pd.DataFrame(
        {
            "event": design.index[list(rows)],
            "units": [", ".join(design.units[i] for i in r) for r in rows.values()],
            "estimate": np.asarray(estimates, dtype=np.float64),
            "se": np.asarray(errors, dtype=np.float64),
            "cells": [len(r) * (len(design.times) - pre) for pre, r in rows.items()],
        }
    )


def drawn_cohorts(design: Design, gaps: Array, drawn: Array) -> pd.DataFrame:
    """:func:`cohort_table` of ``gaps`` (N1, T) with the spread of ``drawn`` ones (B, N1, T) as their error."""
    cells = [(rows, slice(pre, None)) for pre, rows in design.cohort_rows().items()]
    errors = [float(drawn[:, rows, after].mean(axis=(1, 2)).std()) for rows, after in cells]
    return cohort_table(design, [float(gaps[cell].mean()) for cell in cells], errors)


def design_table(design: Design, counterfactuals: Sequence[Array], bounds: Sequence[tuple[Array, Array]] | None) -> Any:
    """Table of an effect: per treated unit a row per period of its :func:`shown` ones.

    ``counterfactuals``: per treated unit, over :func:`shown`; ``bounds``: per treated unit, of the effect over
    ``design.times``, or None.
    """
    parts = []
    for i, problem in enumerate(design.problems):
        times, values = observed_rows(design, i)
        low, high = np.full(len(times), np.nan), np.full(len(times), np.nan)
        if bounds is not None:
            at = np.isin(times, design.times)
            low[at], high[at] = bounds[i]
        parts.append(
            effect_table(problem.unit, design.calendar.index(times), values[:, 0], counterfactuals[i], low, high)
        )
    return pd.concat(parts, ignore_index=True)


def observed_rows(design: Design, i: int) -> tuple[NDArray[np.int64], Array]:
    """Periods and (T', 1 + N0) values, treated unit first, of the ``i``-th treated unit's rows of the table: with one
    date its whole record (later years than those judged stand apart), with several the common periods."""
    problem = design.problems[i]
    columns = [problem.units.index(name) for name in (problem.unit, *design.donors)]
    rows = np.isin(problem.times, design.times) if design.staggered else np.ones(len(problem.times), dtype=bool)
    return problem.times[rows], problem.outcomes[np.ix_(rows, np.array(columns))]


def over_rows(design: Design, i: int, path: Array) -> Array:
    """A path of treated unit ``i`` over ``design.times`` on the rows of its table; NaN outside the design."""
    times, _ = observed_rows(design, i)
    shown = np.full(len(times), np.nan)
    shown[np.isin(times, design.times)] = path
    return shown


def one_unit(unit: object) -> str:
    """``unit`` itself; BadInputError when several are given where one is meant."""
    listed = _listed_units(unit)
    if len(listed) > 1:
        raise BadInputError(
            f"unit {', '.join(map(str, listed))}: this method takes one treated unit, {len(listed)} were given; "
            "use synthetic_control, synthetic_did or difference_in_differences for several"
        )
    return str(listed[0])


def _listed_units(unit: object) -> list[str]:
    if isinstance(unit, Mapping):
        raise BadInputError("unit is a mapping; give the units as unit and the mapping as event")
    if isinstance(unit, (str, int, float, np.number)) and not isinstance(unit, bool):
        return [unit_text(unit)]
    if not isinstance(unit, Iterable):
        raise BadInputError(f"unit {unit!r} is not a name or a list of names")
    listed = [unit_text(name) for name in unit]
    if not listed:
        raise BadInputError("unit is empty; name at least one treated unit")
    return listed


def treated_events(panel: Panel, unit: object, event: object) -> dict[str, object]:
    """The event of each treated unit by its code; BadInputError when one is missing or too many."""
    names = _listed_units(unit)
    if isinstance(event, pd.Series):
        event = event.to_dict()
    codes = [panel.resolve(name) for name in names]
    twice = {code for code in codes if codes.count(code) > 1}
    if twice:
        raise BadInputError(f"treated unit '{min(twice)}' is named twice")
    if not isinstance(event, Mapping):
        return dict.fromkeys(codes, event)
    given = {panel.resolve(name): start for name, start in event.items()}
    for code in codes:
        if code not in given:
            raise BadInputError(f"event has no date for treated unit '{code}'; it has {', '.join(sorted(given))}")
    extra = sorted(set(given) - set(codes))
    if extra:
        raise BadInputError(f"event names {', '.join(extra)}, which unit does not")
    return {code: given[code] for code in codes}


def _common_years(problems: Sequence[Problem], staggered: bool) -> NDArray[np.int64]:
    if not staggered:
        used = [{int(t) for t in p.times[p.fit | p.post]} for p in problems]
        years = sorted(set.intersection(*used))
    else:
        first = max(int(p.times[p.fit].min()) for p in problems)
        last = min(p.post_years[-1] for p in problems)
        known = [{int(t) for t in p.times} for p in problems]
        years = [t for t in sorted(set.intersection(*known)) if first <= t <= last]
    if not years:
        raise NoDataError(f"{', '.join(p.unit for p in problems)} have no period in common")
    latest = max(p.event for p in problems)
    if years[-1] < latest:
        label = problems[0].calendar.label
        raise NoDataError(
            f"no period after the event {label(latest)} that all treated units share; they end in {label(years[-1])}"
        )
    return np.array(years, dtype=np.int64)


def _values(problem: Problem, name: str, years: NDArray[np.int64]) -> Array:
    column = problem.outcomes[:, problem.units.index(name)]
    at = {int(t): i for i, t in enumerate(problem.times)}
    return np.array([column[at[int(t)]] for t in years], dtype=np.float64)
