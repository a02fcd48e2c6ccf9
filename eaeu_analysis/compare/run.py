"""``before_after``: asks the panel, lets the pure functions compute, and puts the answer together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from .. import settings
from ..data.panel import Panel, event_year, require_panel
from ..errors import BadInputError, NoDataError, unknown
from ..results import Check, Provenance
from ..series import KINDS, SeriesInfo
from ..text import year_span
from . import checks as rules
from .comparators import ComparatorPool, choose_comparators
from .membership import AUTO, own_bloc
from .result import BeforeAfter, Difference
from .windows import UnitStats, Windows, newey_west_lags, permutation, unit_stats, windows

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
    kind: str | None = None,
    level: float = settings.LEVEL,
    bloc: str | None = AUTO,
) -> BeforeAfter:
    """What changed in ``unit`` around ``event``, and what changed elsewhere in the same years.

    ``outcome``: an indicator of the panel or an outcome of the catalogue. ``event``: 2015 or "2015-08-12"; with the
    default windows 2010-14 is set beside 2016-19 and 2015 is left out. ``skip`` 0 leaves no year out.
    ``comparators``: None is the pool "rouble" on a panel of economies and all other units on any other panel;
    "wide" the matched pool; or a list of units; an empty list compares with nobody.
    ``bloc``: who belonged to it in the years compared is no comparator: pools pass over such economies and a list that
    names one is refused. "auto" is the bloc that the unit joined nearest to the event, the EAEU where there is none;
    None lets members in.
    ``kind``: "level" or "index" (change in per cent and log points), "share" or "rate" (difference, in percentage
    points where the unit is a per cent); None takes the series' own, by which an index without a base year (a score)
    and a series of unknown kind are treated by difference in their own units. ``level``: of the intervals.

    Raises BadInputError for an unknown unit, outcome, pool or kind, an event outside the data, windows that are no
    whole numbers, a comparator that is the unit itself or a member; NoDataError where the unit has no value in a
    window or no comparator has both. A window with some, but under settings.MIN_WINDOW_SHARE of its years is no error:
    its figures are NaN and ``reason`` says why.

    >>> import eaeu_analysis as ea
    >>> change = ea.before_after(ea.load_panel(["trade"]), "trade", "KGZ", "2015-08-12")
    >>> round(change.estimate, 1), change.change_unit, round(change.p_value, 2)
    (-33.7, 'percentage points', 0.14)
    >>> change
    <BeforeAfter: Kyrgyzstan: Trade (exports plus imports), % of GDP, before and after 2015-08-12>
    """
    require_panel(panel)
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
    """``strict`` False serves one row of many: the treated unit's own figures come back though no comparator has any,
    and an event outside the data is a lack of data."""
    panel = ensure_outcome(panel, outcome)
    info = panel.info(outcome)
    used_kind, relative = treatment(info, kind)
    told = change_measure(info, used_kind, relative)
    if not 0 < level < 1:
        raise BadInputError(f"level {level!r} is not between 0 and 1, such as {settings.LEVEL}")
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
    stats = {u: unit_stats(observed.index, observed[u], spec, relative, level) for u in units}
    compared = [u for u in pool.units if stats[u].available]
    if strict and pool.wanted and not compared and stats[code].available:
        raise NoDataError(
            f"no comparator has '{outcome}' in both {year_span(spec.before)} and {year_span(spec.after)} "
            f"({pool.label}: {', '.join(pool.units) or 'nobody left'})"
        )
    difference = _difference(stats, code, compared, told, relative, level)
    question = {
        "outcome": outcome,
        "unit": code,
        "event": plain_event(event),
        "pre": int(pre),
        "post": int(post),
        "skip": int(skip),
        "comparators": pool.asked,
        "kind": kind,
        "level": level,
        "bloc": bloc,
    }
    return BeforeAfter(
        spec=question,
        windows=spec,
        outcome=info,
        kind=used_kind,
        change_unit=told,
        relative=relative,
        names={u: panel.names.get(u, u) for u in units},
        table=_table(panel, stats, spec, told),
        observed=observed,
        difference=difference,
        pool=pool,
        level=level,
        checks=_checks(panel, stats, code, spec, relative, pool, observed, level, difference),
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
    from ..reference.catalogue import outcomes

    known = outcomes()
    if outcome in known.index:
        return panel.with_outcome(outcome)
    labels = {code: info.label for code, info in panel.series.items()}
    labels |= {str(name): str(label) for name, label in known["label"].items()}
    raise unknown("outcome", outcome, [*known.index, *panel.indicators], labels)


def change_measure(info: SeriesInfo, kind: str, relative: bool) -> str:
    """In what a change is told: 'per cent', 'percentage points', or the outcome's own unit."""
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
            )


def _table(panel: Panel, stats: dict[str, UnitStats], spec: Windows, unit: str) -> pd.DataFrame:
    rows = []
    for i, (code, s) in enumerate(stats.items()):
        values = asdict(s)
        latest = {f"to_latest_{k}": values.pop(f"latest_{k}") for k in ("mean", "change", "years")}
        rows.append(
            {
                "unit": code,
                "name": panel.names.get(code, code),
                "role": "comparator" if i else "treated",
                "mean_before": values.pop("mean_before"),
                "mean_after": values.pop("mean_after"),
                "change": values.pop("change"),
                "change_unit": unit,
                **{k: v for k, v in values.items() if k not in ("available", "reason")},
                "growth_unit": f"{unit} a year",
                "available": s.available,
                "reason": s.reason,
                **latest,
                "to_latest_window": year_span(spec.latest) if spec.latest else "",
            }
        )
    return pd.DataFrame(rows)


def _difference(
    stats: dict[str, UnitStats], code: str, compared: list[str], unit: str, relative: bool, level: float
) -> Difference | None:
    if not compared or not stats[code].available:
        return None
    changes = np.sort([stats[u].change for u in compared])
    test = permutation(stats[code].test_value(relative), [stats[u].test_value(relative) for u in compared], level)
    scale = "log points" if relative else unit
    return Difference(unit, stats[code].change, float(changes.mean()), float(np.median(changes)), scale, test)


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
) -> tuple[Check, ...]:
    found = [rules.window_completeness(stats, spec)]
    if panel.world:
        found += [rules.clean_window(spec), rules.own_events_check(pool)]
    if difference is not None:
        used = [u for u, s in stats.items() if s.available and u != code]
        found += [
            rules.contamination(pool, used),
            rules.pre_trend(stats, spec, relative, level, difference.scale),
            rules.pre_level(stats, spec, relative, level, difference.scale),
            rules.outlier(stats, relative, difference.scale),
        ]
    return (*found, rules.repeated_values(observed, spec), rules.zeros(observed, spec))
