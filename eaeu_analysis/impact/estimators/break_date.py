"""Break-date test: is there a break, when, and which of the events named can have been it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...data.frequency import Calendar
from ...data.panel import Panel, require_panel
from ...errors import BadInputError, NoDataError, require_least, require_option
from ...results import Check, Provenance, Result
from ...text import format_number, format_p_equals
from ..inference.autoregressive import draw_errors, draw_picks, error_model
from ..options import BREAK_KINDS as KINDS
from ..options import BreakDateOptions, Regressors
from ..question.design import one_unit, stated
from ..question.problem import state_problem
from .interrupted_series import donor_regressors, fewest_donors, without_constant_donors

# When did a series break? Sup-F over dates on arrays, with the distribution drawn by bootstrap.

APART = 3  # periods between two breaks


@dataclass(frozen=True)
class BreakSearch:
    """``dates`` (K,) indices of the first period after a break that were tried, ``f`` (K,) the F statistic of each,
    ``p`` (K,) p-value of "the break is here, not elsewhere", ``sup_f``, ``p_value`` of no break at all, ``best`` the
    index of the likeliest date, ``rho`` of the errors under no break, ``size`` the estimated jump (or slope change);
    ``second``: given the first break, the likeliest date of another and its p-value."""

    dates: tuple[int, ...]
    f: Array
    p: Array
    sup_f: float
    p_value: float
    best: int
    rho: float
    size: Array
    second: tuple[int, float] | None


class _Dates:
    """Sums of squares for one null and every date of a break, for one series or for many bootstrap samples at once."""

    def __init__(self, base: Array, dates: Sequence[int], kind: str) -> None:
        self.wide = [np.hstack([base, _added(len(base), date, kind)]) for date in dates]
        self.null = np.linalg.qr(base)[0]
        self.spaces = [np.linalg.qr(z)[0] for z in self.wide]
        self.added = self.wide[0].shape[1] - base.shape[1]
        self.df = len(base) - self.wide[0].shape[1]

    def squares(self, samples: Array) -> tuple[Array, Array]:
        """Residual sums of squares (B,) under no break and (B, K) under a break at each date."""
        total = (samples**2).sum(axis=1)
        without = total - ((samples @ self.null) ** 2).sum(axis=1)
        within = np.column_stack([total - ((samples @ q) ** 2).sum(axis=1) for q in self.spaces])
        floor = 1e-14 * total
        return np.maximum(without, floor), np.maximum(within, floor[:, None])

    def f(self, samples: Array) -> Array:
        """(B, K) F statistics."""
        without, within = self.squares(samples)
        return np.asarray((without[:, None] / within - 1) * self.df / self.added, dtype=np.float64)


def sup_test(y: Array, base: Array, dates: _Dates, picks: Array) -> tuple[Array, float, float]:
    """F by date (K,), p-value of no break at all, and the autoregressive coefficient of the errors under none."""
    f = dates.f(y[None, :])[0]
    errors = error_model(y, base)
    drawn = dates.f(draw_errors(errors, picks)).max(axis=1)
    p_value = (1 + int((drawn >= f.max() * (1 - 1e-12)).sum())) / (1 + len(picks))
    return f, p_value, errors.rho


def find_break(y: Array, base: Array, dates: tuple[int, ...], kind: str, draws: int, seed: int) -> BreakSearch:
    """``y`` (T,), ``base`` (T, k) regressors of the null with a constant, ``dates`` indices of candidate breaks."""
    require_option("kind", kind, KINDS)
    y = y - y.mean()
    picks = draw_picks(len(y), draws, seed)
    tried = _Dates(base, dates, kind)
    f, p_value, rho = sup_test(y, base, tried, picks)
    best = int(np.argmax(f))
    within = tried.squares(y[None, :])[1][0]
    p = np.empty(len(dates))
    for k, z in enumerate(tried.wide):
        ratio = within[k] / within.min()
        if ratio <= 1 + 1e-12:
            p[k] = 1.0
            continue
        coefficients = np.linalg.lstsq(z, y, rcond=None)[0]
        samples = z @ coefficients + draw_errors(error_model(y, z), picks)
        s = tried.squares(samples)[1]
        p[k] = (1 + int((s[:, k] / s.min(axis=1) >= ratio * (1 - 1e-12)).sum())) / (1 + draws)
    size = np.asarray(np.linalg.lstsq(tried.wide[best], y, rcond=None)[0][base.shape[1] :], dtype=np.float64)
    second = _second(y, tried.wide[best], [d for d in dates if abs(d - dates[best]) >= APART], kind, picks)
    return BreakSearch(tuple(dates), f, p, float(f[best]), p_value, dates[best], rho, size, second)


def _second(y: Array, base: Array, dates: list[int], kind: str, picks: Array) -> tuple[int, float] | None:
    """Sup-F for another break, the first taken as known; None when the series is too short to ask."""
    if not dates or len(y) - base.shape[1] - 2 < 4:
        return None
    f, p_value, _ = sup_test(y, base, _Dates(base, dates, kind), picks)
    return dates[int(np.argmax(f))], p_value


def _added(periods: int, date: int, kind: str) -> Array:
    t = np.arange(periods, dtype=np.float64)
    jump = (t >= date).astype(np.float64)
    slope = np.maximum(t - date, 0.0)
    return np.column_stack({"level": [jump], "trend": [slope], "both": [jump, slope]}[kind])


REFERENCE = "Andrews 1993, Econometrica 61(4); Eo & Morley 2015, Quantitative Economics 6(2); own bootstrap"
LEAST = 3  # periods on either side of a break


@dataclass(frozen=True)
class BreakDate(Result):
    """Break of one series: whether there is one, and when.

    Attributes
    ----------
    spec : mapping
        The question and all settings as plain values.
    table : DataFrame
        A row per date tried (the first period after the break): ``time, f, p, in_set``, that is the F statistic, the
        p-value of a break at this date rather than elsewhere, and whether the date is in the set at ``level``.
    time : int or str
        The likeliest date.
    size : tuple of float
        The jump (and change of slope) there, in ``measure``.
    sup_f, p_value : float
        Largest F statistic, and the p-value of no break at all.
    level : float
        Confidence level of the set of dates.
    candidates : mapping
        ``time, p, in_set`` by name of the candidate.
    checks : tuple of Check
        Tests of the estimate whose rules were fixed before the fit.
    provenance : Provenance
        Series, method and its source.
    measure : str
        Unit of measurement.
    """

    drawn_by = "impact.draw_break"

    spec: Mapping[str, Any]
    table: pd.DataFrame
    time: Any
    size: tuple[float, ...]
    sup_f: float
    p_value: float
    level: float
    candidates: Mapping[str, Mapping[str, Any]]
    checks: tuple[Check, ...]
    provenance: Provenance
    measure: str = ""

    @property
    def date_set(self) -> list[Any]:
        """Dates that are not ruled out at ``level``."""
        calendar = Calendar.of(pd.Index(self.table["time"]))
        return [calendar.plain(t) for t in calendar.ordinals(pd.Index(self.table.loc[self.table["in_set"], "time"]))]

    @property
    def verdict(self) -> str:
        """In a sentence, by rule: a break is found when ``p_value`` <= 1 - level; a candidate is ruled out when its
        date is outside the set."""
        if self.p_value > 1 - self.level + 1e-12:
            return f"no break found ({format_p_equals(self.p_value)}): no date stands out"
        span = ", ".join(map(str, self.date_set))
        found = f"a break, likeliest in {self.time} ({format_p_equals(self.p_value)}); dates not ruled out: {span}"
        inside = [f"{name} ({c['time']})" for name, c in self.candidates.items() if c["in_set"]]
        outside = [f"{name} ({c['time']})" for name, c in self.candidates.items() if not c["in_set"]]
        if not self.candidates:
            return found
        if not inside:
            return f"{found}; it is none of {', '.join(outside)}"
        if len(inside) > 1:
            return f"{found}; {' and '.join(inside)} cannot be distinguished"
        return f"{found}; it can be {inside[0]}" + (f", not {', '.join(outside)}" if outside else "")

    def summary(self) -> str:
        spec = self.spec
        size = ", ".join(format_number(value, signed=True) for value in self.size)
        lines = [
            f"break date of {spec['outcome']} of {spec['unit']} ({KINDS[spec['kind']]}), "
            f"{spec['years'][0]}-{spec['years'][-1]}",
            f"  sup-F {format_number(self.sup_f)} at {self.time}, {format_p_equals(self.p_value)}; "
            f"size {size} {self.measure}".rstrip(),
            f"  verdict: {self.verdict}",
        ]
        lines += [
            f"  {name}: {c['time']}, {format_p_equals(c['p'])}, {'not ruled out' if c['in_set'] else 'ruled out'}"
            for name, c in self.candidates.items()
        ]
        return self._ended(lines)


def break_date(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    candidates: Mapping[str, object] | None = None,
    regressors: Regressors = "none",
    fit_years: object = None,
    post_years: object = None,
    draws: int = 999,
    seed: int = 0,
    options: BreakDateOptions | None = None,
) -> BreakDate:
    """Test for a break in a series, with the set of dates that cannot be ruled out.

    Parameters
    ----------
    panel : Panel
        Data by unit and year, from :func:`~eaeu_analysis.load_panel` or :meth:`~eaeu_analysis.Panel.from_frame`.
    outcome : str
        A column of the panel or, in a world panel, an outcome of the catalogue.
    unit : str
        The unit whose series is tested.
    event : int, str or date
        Divides the years into those before and after, and is the candidate when none is named.
    donors : iterable of str or {"alike", "strict", "wide", "rouble"}, optional
        Units to compare with. By default every other unit; in a panel of economies those alike, and other pools by
        name, as in :func:`~eaeu_analysis.synthetic_control`.
    candidates : mapping of str to year or date, optional
        Dates to be judged, such as ``{"accession": 2016, "rouble crash": 2015}``. A date is the first period of the new
        regime.
    regressors : {"mean", "each", "none"} or int, default "none"
        As in :func:`~eaeu_analysis.interrupted_series`; with "mean" the question is when the series left the donors'.
    fit_years : int, (int, int) or list of int, optional
        Years before the event that are used: a year, the first and the last, or a list. By default the
        record of the treated unit before the event (panels of economies: from 2002, or eight years at least, to two
        years before the event).
    post_years : int, (int, int) or list of int, optional
        Years from the event on that are used. By default the event and all later years (panels of economies: the
        four years after the year of the event, up to 2019).
    draws : int, default 999
        Bootstrap samples with autoregressive errors, at least 99.
    seed : int, default 0
        Seed of these draws.
    options : BreakDateOptions, optional
        Rarely changed settings, among them ``level`` of the interval and ``gaps``.

    Returns
    -------
    BreakDate
        The likeliest date, the p-value of no break and the verdict on each candidate.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or the question has too few years or units.
    NoDataError
        If the panel lacks the values that the question needs.

    Notes
    -----
    Sup-F test: Andrews (1993, Econometrica 61(4)). Set of dates: Eo and Morley (2015, Quantitative Economics 6(2)).
    Their distributions are drawn by bootstrap.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(["trade"])
    >>> found = ea.break_date(panel, "trade", "KGZ", 2015, ["GEO", "MDA", "TJK", "UKR", "UZB"], draws=99)
    >>> found.time, found.p_value < 0.1
    (2006, True)
    """
    require_panel(panel)
    options = options or BreakDateOptions()
    kind, trend, trim, level = options.kind, options.trend, options.trim, options.level
    require_least("draws", draws, 99)
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
        whole=True,
    )
    problem = without_constant_donors(problem, regressors)
    calendar, used = problem.calendar, problem.fit | problem.post
    times = problem.times[used]
    span = set(range(int(times[0]), int(times[-1]) + 1)) - set(problem.holes)
    if len(span) != len(times):
        lacking = calendar.listed(sorted(span - set(times.tolist())))
        raise NoDataError(
            f"a break date needs every {calendar.words(1)} from the first to the last, and {problem.unit} has no value "
            f"in {lacking}; choose gaps='interpolate', or years without a gap"
        )
    x, names = donor_regressors(problem, regressors)
    base = _base(len(times), x[used], trend)
    least = max(LEAST, int(np.ceil(trim * len(times))))
    dates = tuple(range(least, len(times) - least + 1))
    width = base.shape[1] + (2 if kind == "both" else 1)
    if not dates or len(times) - width < 4:
        raise BadInputError(
            f"{len(times)} periods are too few to look for a break with {width} regressors and {least} periods on "
            "either side"
        )
    given = candidates or {"event": calendar.plain(problem.event)}
    asked = {name: calendar.ordinal(date, f"candidate '{name}'") for name, date in given.items()}
    tried = {int(times[k]) for k in dates}
    for name, date in asked.items():
        if date not in tried:
            raise BadInputError(
                f"candidate '{name}' ({calendar.label(date)}) is not among the dates that can be tried, "
                f"{calendar.label(times[dates[0]])} to {calendar.label(times[dates[-1]])}; widen the "
                f"{calendar.words()} or lower trim"
            )
    found = find_break(problem.outcomes[used, 0], base, dates, kind, draws, seed)
    table = pd.DataFrame(
        {"time": calendar.index(times[list(dates)]), "f": found.f, "p": found.p, "in_set": found.p > 1 - level + 1e-12}
    )
    place = {int(times[at]): k for k, at in enumerate(dates)}
    judged = {
        name: {
            "time": calendar.plain(date),
            "p": float(found.p[place[date]]),
            "in_set": bool(table["in_set"].iloc[place[date]]),
        }
        for name, date in asked.items()
    }
    return BreakDate(
        spec=stated(
            "break_date",
            problem,
            options,
            years=[calendar.plain(t) for t in times],
            candidates={name: calendar.plain(date) for name, date in asked.items()},
            regressors=regressors,
            draws=draws,
            seed=seed,
        ),
        table=table,
        time=calendar.plain(times[found.best]),
        size=tuple(float(value) for value in found.size),
        sup_f=found.sup_f,
        p_value=found.p_value,
        level=level,
        candidates=judged,
        checks=(_persistence(found), _edge(found), _alone(found, [calendar.plain(t) for t in times], level)),
        provenance=Provenance((problem.info,), "sup-F break date", REFERENCE, {"regressors": names}),
        measure=problem.info.unit,
    )


def _base(periods: int, x: Array, trend: bool) -> Array:
    """Regressors under no break (T, k): constant, trend, regressors scaled to unit spread."""
    columns = [np.ones(periods)]
    if trend:
        columns.append(np.arange(periods) / periods)
    for column in x.T:
        spread = float(column.std())
        columns.append((column - column.mean()) / (spread if spread > 0 else 1.0))
    base = np.array(columns, dtype=np.float64).T
    if np.linalg.matrix_rank(base, tol=1e-9 * np.linalg.norm(base, 2)) < base.shape[1]:
        raise BadInputError("the regressors are collinear, or one is a straight line: name fewer of them")
    return base


def _persistence(found: BreakSearch) -> Check:
    text = (
        f"errors under no break keep {found.rho:.2f} of last period's value; fails from 0.9, where drift and break "
        "look alike"
    )
    return Check("persistence", found.rho < 0.9, found.rho, 0.9, text)


def _alone(found: BreakSearch, times: Any, level: float) -> Check:
    """One break is looked for: a second hides behind the first, or is taken for it."""
    if found.second is None:
        return Check("one break only", None, None, None, "too few periods to look for a second break")
    date, p = times[found.second[0]], found.second[1]
    text = (
        f"given that break, another would be likeliest in {date} ({format_p_equals(p)}); fails at p <= "
        f"{1 - level:.2f}: "
        "then narrow the years to one break"
    )
    return Check("one break only", p > 1 - level + 1e-12, p, 1 - level, text)


def _edge(found: BreakSearch) -> Check:
    inside = found.dates[0] < found.best < found.dates[-1]
    edge = "the likeliest date is at the edge of those tried: the break may lie outside"
    text = "the likeliest date is not the first or last one tried" if inside else edge
    return Check("inside the dates tried", inside, found.best, None, text)
