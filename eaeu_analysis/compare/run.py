"""``before_after``: asks the panel, lets the pure functions compute, and puts the answer together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from .. import settings
from ..data.panel import Panel, event_year, require_years
from ..errors import BadInputError, NoDataError, require_level, unknown
from ..reference.catalogue import outcomes
from ..results import Check, Provenance
from ..series import KINDS, Kind, SeriesInfo
from ..text import year_span
from . import checks as rules
from .comparators import ComparatorPool, choose_comparators
from .membership import AUTO, FALLBACK, own_bloc
from .result import BeforeAfter, Difference
from .windows import UnitStats, Windows, from_when, newey_west_lags, permutation, unit_stats, windows

METHOD = (
    "means of two windows; Newey-West interval of the mean shift (Bartlett kernel, {lags} lags for full windows); "
    "exact permutation over treated and comparators"
)
REFERENCE = (
    "Newey and West (1987), Econometrica 55; lag rule Newey and West (1994), Review of Economic Studies 61; "
    "permutation: Rosenbaum (2002), Observational Studies, ch. 2"
)


def before_after(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    pre: int = settings.PRE_YEARS,
    post: int = settings.POST_YEARS,
    skip: int = settings.SKIP_YEARS,
    comparators: str | Iterable[str] | None = None,
    *,
    kind: Kind | None = None,
    level: float = settings.LEVEL,
    bloc: str | None = AUTO,
) -> BeforeAfter:
    """Compare a unit's outcome before and after an event, and with what changed elsewhere in the same years.

    Parameters
    ----------
    panel : Panel
        From :func:`load_panel`, or any data by :meth:`Panel.from_frame`.
    outcome : str
        An indicator of the panel or an outcome of :func:`outcomes`.
    unit : str
        The treated unit. Economies may be given by name, ISO2 or ISO3 code.
    event : int, str or date
        The first treated year, or a date in it: ``2015`` or ``"2015-08-12"``.
    pre, post : int, default 5 and 4
        Years in the window before and in the window after the event.
    skip : int, default 1
        Years left out from the event on. With event 2015 and the defaults, 2010-14 is compared with 2016-19.
    comparators : str or sequence of str, optional
        ``"rouble"`` (non-members that shared the rouble's fall), ``"alike"`` (in income, size and openness),
        ``"nearest"`` (in the outcome before), ``"wide"`` (all of a million people and more) or a list of units; an
        empty list compares with nobody. None is ``"rouble"`` for members of the EAEU, ``"alike"`` for other economies,
        and all other units on any other panel.
    kind : {"level", "index", "share", "rate", "unknown"}, optional
        How a change is measured. For ``"level"`` and ``"index"`` in per cent and log points; for ``"share"`` and
        ``"rate"`` as a difference, in percentage points where the outcome is a per cent; for ``"unknown"`` as a
        difference in the outcome's own measure. None takes the kind of the series; an index without a base year is
        then compared by difference.
    level : float, default 0.9
        Confidence level of the intervals, between 0 and 1.
    bloc : str or None, default "auto"
        Economies that belonged to this bloc in the years compared are not comparators. ``"auto"`` is the bloc that
        the unit joined nearest to the event, the EAEU where there is none. None allows members.

    Returns
    -------
    BeforeAfter
        ``estimate``, ``interval`` and ``p_value`` of the change, the ``table`` of all units, ``checks``. Where a
        window has too few years (under ``settings.MIN_WINDOW_SHARE``) its numbers are NaN and ``reason`` says why.

    Raises
    ------
    BadInputError
        An unknown unit, outcome, pool or kind; an event outside the data; a window that is not a whole number of
        years; a comparator that is the treated unit or a member of the bloc.
    NoDataError
        The unit has no value in a window, or no comparator has values in both.

    Notes
    -----
    The interval is that of a mean shift with the Bartlett kernel (Newey and West 1987, Econometrica 55; lags by Newey
    and West 1994, Review of Economic Studies 61). The p-value is that of an exact permutation test over the treated
    unit and its comparators (Rosenbaum 2002, Observational Studies, ch. 2); it cannot be below 1/n for n units.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> change = ea.before_after(ea.load_panel(["trade"]), "trade", "KGZ", "2015-08-12")
    >>> round(change.estimate, 1), change.change_measure, round(change.p_value, 2)
    (-33.7, 'percentage points', 0.14)
    >>> change
    <BeforeAfter: Kyrgyzstan: Trade (exports plus imports), % of GDP, before and after 2015-08-12>
    """
    require_years(panel, "before_after")
    return _before_after(panel, outcome, unit, event, pre, post, skip, comparators, kind, level, bloc, strict=True)


def _before_after(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    pre: int,
    post: int,
    skip: int,
    comparators: str | Iterable[str] | None,
    kind: str | None,
    level: float,
    bloc: str | None,
    strict: bool,
) -> BeforeAfter:
    """With ``strict`` False, for one row of many, the treated unit's own numbers are returned even when no comparator
    has data, and an event outside the data is a NoDataError."""
    panel = ensure_outcome(panel, outcome)
    info = panel.info(outcome)
    used_kind, relative = treatment(info, kind)
    measure = change_measure(info, used_kind, relative)
    require_level(level)
    code = panel.resolve(unit)
    year = event_year(event)
    wide = panel.wide(outcome).dropna(how="all")
    if wide.empty:
        raise NoDataError(f"'{outcome}' has no value in this panel")
    first, last = int(wide.index[0]), int(wide.index[-1])
    if not first <= year <= last:
        outside = BadInputError if strict else NoDataError
        raise outside(f"event {year} is outside the data: '{outcome}' runs {first}-{last}")
    own = wide[code].dropna() if code in wide else pd.Series(dtype=float)
    late = int(own.index[-1]) if panel.world and len(own) else None
    spec = windows(year, pre, post, skip, late)
    _needs_some(panel, outcome, code, own, spec)

    bloc = own_bloc(code, spec, bloc) if panel.world else None
    pool = choose_comparators(panel, outcome, code, spec, relative, comparators, bloc)
    units = [code, *pool.units]
    observed = wide.reindex(columns=units)
    times = observed.index.to_numpy(dtype=float)
    columns = zip(units, observed.to_numpy(dtype=float).T, strict=True)
    stats = {u: unit_stats(times, values, spec, relative, level) for u, values in columns}
    compared = [u for u in pool.units if stats[u].available]
    if strict and pool.requested and not compared and stats[code].available:
        raise NoDataError(
            f"no comparator has '{outcome}' in both {year_span(spec.before)} and {year_span(spec.after)} "
            f"({pool.label}: {', '.join(pool.units) or 'nobody left'})"
        )
    difference = _difference(stats, code, compared, measure, relative, level)
    question = {
        "outcome": outcome,
        "unit": code,
        "event": plain_event(event),
        "pre": int(pre),
        "post": int(post),
        "skip": int(skip),
        "comparators": pool.spec,
        "kind": kind,
        "level": level,
        "bloc": bloc,
    }
    return BeforeAfter(
        spec=question,
        windows=spec,
        outcome=info,
        kind=used_kind,
        change_measure=measure,
        relative=relative,
        names={u: panel.names.get(u, u) for u in units},
        table=_table(panel, stats, spec, measure),
        observed=observed,
        difference=difference,
        comparators=pool,
        level=level,
        checks=_checks(panel, stats, code, spec, relative, pool, observed, level, difference, bloc),
        provenance=Provenance((info,), METHOD.format(lags=newey_west_lags(pre + post)), REFERENCE, question),
    )


def plain_event(event: object) -> int | str:
    """The event in plain values: a day in ISO form, or a year."""
    if isinstance(event, datetime):
        return event.date().isoformat()
    if isinstance(event, date):
        return event.isoformat()
    text = str(event).strip()
    return event_year(event) if text.lstrip("-").isdigit() else text


def ensure_outcome(panel: Panel, outcome: str) -> Panel:
    """The panel with the outcome as a column; outcomes of the catalogue are computed on a panel of economies."""
    if outcome in panel.frame.columns or not panel.world:
        panel.info(outcome)
        return panel
    known = outcomes()
    if outcome in known.index:
        return panel.with_outcome(outcome)
    labels = {code: info.label for code, info in panel.series.items()}
    labels |= {str(name): str(label) for name, label in known["label"].items()}
    raise unknown("outcome", outcome, [*known.index, *panel.indicators], labels)


def change_measure(info: SeriesInfo, kind: str, relative: bool) -> str:
    """The unit of measurement of a change: 'per cent', 'percentage points', or the outcome's own unit."""
    if relative:
        return "per cent"
    if "%" in info.unit or "per cent" in info.unit or (kind in ("share", "rate") and not info.unit):
        return "percentage points"
    return info.unit or "units of the outcome"


def treatment(info: SeriesInfo, kind: str | None) -> tuple[str, bool]:
    """The kind that is used and whether changes are relative (per cent, log points) by it."""
    if kind is not None and kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    used = kind or info.kind
    based = kind == "index" or "= 100" in info.unit  # a score from 1 to 5 has no meaningful per cent
    return used, used == "level" or (used == "index" and based)


def _needs_some(panel: Panel, outcome: str, code: str, own: pd.Series[Any], spec: Windows) -> None:
    who = f"{panel.names.get(code, code)} ({code})" if panel.names.get(code, code) != code else code
    if own.empty:
        raise NoDataError(f"{who} has no value of '{outcome}'")
    for name, (first, last) in (("before", spec.before), ("after", spec.after)):
        if own.loc[first:last].empty:
            raise NoDataError(
                f"{who} has no '{outcome}' in {year_span((first, last))}, the window {name} the event; "
                f"its values run {own.index[0]}-{own.index[-1]}"
                + (from_when(spec, int(own.index[-1])) if name == "after" else "")
            )


def _table(panel: Panel, stats: dict[str, UnitStats], spec: Windows, measure: str) -> pd.DataFrame:
    rows = []
    for i, (code, s) in enumerate(stats.items()):
        values = dict(vars(s))
        latest = {f"to_latest_{k}": values.pop(f"latest_{k}") for k in ("mean", "change", "years")}
        rows.append(
            {
                "unit": code,
                "name": panel.names.get(code, code),
                "role": "comparator" if i else "treated",
                "mean_before": values.pop("mean_before"),
                "mean_after": values.pop("mean_after"),
                "change": values.pop("change"),
                "change_unit": measure,
                **{k: v for k, v in values.items() if k not in ("available", "reason")},
                "growth_unit": f"{measure} a year",
                "available": s.available,
                "reason": s.reason,
                **latest,
                "to_latest_window": year_span(spec.latest) if spec.latest else "",
            }
        )
    return pd.DataFrame(rows)


def _difference(
    stats: dict[str, UnitStats], code: str, compared: list[str], measure: str, relative: bool, level: float
) -> Difference | None:
    if not compared or not stats[code].available:
        return None
    changes = np.sort([stats[u].change for u in compared])
    test = permutation(stats[code].test_value(relative), [stats[u].test_value(relative) for u in compared], level)
    scale = "log points" if relative else measure
    _, without = rules.without_few(stats[code].change, compared, np.array([stats[u].change for u in compared]), most=1)
    return Difference(
        measure,
        stats[code].change,
        float(changes.mean()),
        float(np.median(changes)),
        scale,
        test,
        (float(changes[0]), float(changes[-1])),
        (float(without.min()), float(without.max())) if len(compared) > 1 else (math.nan, math.nan),
    )


def _checks(
    panel: Panel,
    stats: dict[str, UnitStats],
    code: str,
    spec: Windows,
    relative: bool,
    pool: ComparatorPool,
    observed: pd.DataFrame,
    level: float,
    difference: Difference | None,
    bloc: str | None,
) -> tuple[Check, ...]:
    found = [rules.window_completeness(stats, spec)]
    if panel.world:
        found += [rules.clean_window(spec, bloc == FALLBACK), rules.own_events_check(pool)]
    if difference is not None:
        used = [u for u, s in stats.items() if s.available and u != code]
        found += [
            rules.contamination(pool, used),
            rules.pre_trend(stats, spec, relative, level, difference.test_measure),
            rules.pre_level(stats, spec, relative, level, difference.test_measure),
            rules.outlier(stats, relative, difference.test_measure),
        ]
    return (*found, rules.repeated_values(observed, spec), rules.zeros(observed, spec))
