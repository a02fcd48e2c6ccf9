"""Checks of a before/after comparison. Each rule is fixed here, before any number is seen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .. import settings
from ..arrays import Array
from ..results import Check
from ..text import format_number, format_percent, year_span
from .comparators import ComparatorPool
from .windows import UnitStats, Windows, permutation

FEW = 3  # fewer comparators make a rank meaningless
CHANGE = 0.5  # of the difference that one or two comparators may make
PAIRS = 5  # comparators from which on two are left out at a time
OUTLIER = 3.5  # robust standard deviations (median absolute deviation x 1.4826) from the median


def window_completeness(stats: Mapping[str, UnitStats], spec: Windows) -> Check:
    """Passes when no unit is without a window and 90 % of all unit-years of the two windows are there."""
    wanted = len(stats) * sum(last - first + 1 for first, last in (spec.before, spec.after))
    share = sum(s.years_before + s.years_after for s in stats.values()) / wanted
    out = [f"{unit} ({s.reason})" for unit, s in stats.items() if not s.available]
    years = f"{year_span(spec.before)} and {year_span(spec.after)}"
    text = (
        f"{format_percent(share)} of the unit-years of {years} are present; at least 90 % needed, and both windows of "
        "every unit"
    )
    return Check("window completeness", not out and share >= 0.9, share, 0.9, _with(text, "without a window", out))


def clean_window(spec: Windows, union: bool) -> Check:
    """Passes when the later window ends by settings.LAST_CLEAN_YEAR; ``union``: the bloc is the EAEU, whose trade the
    sanctions of 2022 re-routed."""
    last = settings.LAST_CLEAN_YEAR
    text = f"ends in {spec.after[1]}; must end by {last}, before the pandemic"
    text += " and the re-routing of sanctioned trade" if union else ""
    return Check("window before the pandemic", spec.after[1] <= last, float(spec.after[1]), float(last), text)


def contamination(comparators: ComparatorPool, used: Sequence[str]) -> Check:
    """Passes when no comparator has an event of its own in the years compared; informs where none was researched."""
    breaks = [b for b in comparators.events if b.economy in used]
    hit = {b.economy for b in breaks}
    unknown = [u for u in used if u not in comparators.examined]
    passed = False if hit else None if unknown else True
    text = (
        f"comparators with an event of their own in the years compared: {len(hit)} of {len(used)}; there should be none"
    )
    text = _with(text, "events", [f"{b.economy} {b.year} {b.text}" for b in breaks])
    if unknown:
        text += f"; not examined: {len(unknown)} of them"
    return Check("contamination", passed, float(len(hit)), 0.0, text)


def own_events_check(comparators: ComparatorPool) -> Check:
    """Passes when the years compared contain no event of the treated unit's own that the comparators do not share."""
    name = "other events of its own"
    if comparators.own is None:
        return Check(name, None, None, 0.0, "other events of the treated unit have not been researched")
    text = f"{len(comparators.own)} in the years compared that the comparators do not share; there should be none"
    text = _with(text, "events", [f"{b.year} {b.text}" for b in comparators.own])
    return Check(name, not comparators.own, float(len(comparators.own)), 0.0, text)


def pre_trend(stats: Mapping[str, UnitStats], spec: Windows, relative: bool, level: float, measure: str) -> Check:
    """Passes when the treated unit's trend before is not extreme: permutation p above 1 - level and above its floor."""
    name = "pre-trend comparability"
    slopes = {u: _log_points(s.growth_before) if relative else s.growth_before for u, s in stats.items() if s.available}
    (_, own), *others = slopes.items()
    rest = [slope for _, slope in others if math.isfinite(slope)]
    if not math.isfinite(own) or not rest:
        return Check(name, None, None, None, f"no trend can be computed in {year_span(spec.before)}")
    if len(rest) < FEW:
        return Check(name, None, None, None, f"only {len(rest)} trends to compare with, too few to test")
    test = permutation(own, rest, level)
    threshold = max(1 - level, test.floor)
    text = (
        f"trend in {year_span(spec.before)} less the comparators' mean trend: "
        f"{format_number(test.statistic, signed=True)} {measure} a year; permutation p must exceed {threshold:.2f}; "
        f"if both trends continued, they alone would make a difference of "
        f"{format_number(test.statistic * spec.distance, signed=True)} {measure}"
    )
    return Check(name, test.p_two_sided > threshold + 1e-12, test.p_two_sided, threshold, text)


def pre_level(stats: Mapping[str, UnitStats], spec: Windows, relative: bool, level: float, measure: str) -> Check:
    """Passes when the treated unit's mean before is not extreme either; informs where levels are not comparable."""
    name = "pre-level comparability"
    if relative:
        return Check(name, None, None, None, "not compared: levels differ with the size of the economy or its currency")
    (_, own), *others = [(u, s.mean_before) for u, s in stats.items() if s.available]
    if len(others) < FEW:
        return Check(name, None, None, None, f"only {len(others)} means to compare with, too few to test")
    test = permutation(own, [value for _, value in others], level)
    threshold = max(1 - level, test.floor)
    text = (
        f"mean in {year_span(spec.before)} less the comparators' mean: {format_number(test.statistic, signed=True)} "
        f"{measure}; permutation p must exceed {threshold:.2f}; an extreme starting value tends to revert to the mean"
    )
    return Check(name, test.p_two_sided > threshold + 1e-12, test.p_two_sided, threshold, text)


def outlier(stats: Mapping[str, UnitStats], relative: bool, measure: str) -> Check:
    """Passes when no one or two comparators make the difference: without any of them, and against the median, it keeps
    its sign and changes by at most half."""
    name = "outlier comparator"
    values = {u: s.test_value(relative) for u, s in stats.items() if s.available}
    (_, own), *others = values.items()
    if len(others) < 2:
        return Check(name, None, None, None, "only one comparator: nothing to leave out")
    codes, rest = [u for u, _ in others], np.array([v for _, v in others])
    full = own - rest.mean()
    out, without = without_few(own, codes, rest)
    farthest = int(np.argmax(np.abs(without - full)))
    share = float(abs(without[farthest] - full) / abs(full)) if full else math.inf
    median = float(np.median(rest))
    against = abs(own - median - full) / abs(full) if full else math.inf
    spread = 1.4826 * float(np.median(np.abs(rest - median)))
    far = [c for c, v in zip(codes, rest, strict=True) if spread > 0 and abs(v - median) > OUTLIER * spread]
    text = (
        f"difference {format_number(full, signed=True)} {measure}; without {' and '.join(out[farthest])} "
        f"{format_number(float(without[farthest]), signed=True)}, against the median "
        f"{format_number(own - median, signed=True)}; fails when it changes by more than {CHANGE:.0%} of itself"
    )
    passed = bool(share <= CHANGE and against <= CHANGE)
    return Check(name, passed, share, CHANGE, _with(text, f"over {OUTLIER} robust deviations from the median", far))


def without_few(
    own: float, codes: Sequence[str], rest: Array, most: int | None = None
) -> tuple[list[tuple[str, ...]], Array]:
    """The difference from the mean without each comparator and, of five or more, without each two: who is left out,
    and the differences; ``most``: how many at a time."""
    count, total = len(rest), float(rest.sum())
    if count < 2:
        return [], np.empty(0)
    most = most or (2 if count >= PAIRS else 1)
    sets = [pick for size in range(1, most + 1) for pick in itertools.combinations(range(count), size)]
    left = np.array([own - (total - float(rest[list(pick)].sum())) / (count - len(pick)) for pick in sets])
    return [tuple(codes[i] for i in pick) for pick in sets], left


def zeros(observed: pd.DataFrame, spec: Windows) -> Check:
    """Informs when a unit has a zero in the windows: in many series a missing report looks like this."""
    years = observed.index.to_numpy()
    inside = np.logical_or.reduce([(first <= years) & (years <= last) for first, last in (spec.before, spec.after)])
    zero = (observed.to_numpy(dtype=float) == 0) & inside[:, None]
    units = [(unit, years[zero[:, i]]) for i, unit in enumerate(observed.columns) if zero[:, i].any()]
    found = [f"{unit} {', '.join(str(year) for year in own)}" for unit, own in units]
    text = f"units with a zero in the windows, which may be a missing report: {len(found)}"
    return Check("zeros", None if found else True, float(len(found)), 0.0, _with(text, "units", found))


def repeated_values(observed: pd.DataFrame, spec: Windows) -> Check:
    """Informs when a unit repeats a value in consecutive years: often a filled gap."""
    runs = []
    table = observed.loc[spec.before[0] : spec.after[1]]
    years, values = table.index.to_numpy(), table.to_numpy(dtype=float)
    again = (values[1:] == values[:-1]) & (values[1:] != 0) & (np.diff(years) == 1)[:, None]
    for i, unit in enumerate(table.columns):
        if again[:, i].any():
            runs.append(f"{unit} {', '.join(str(year) for year in years[1:][again[:, i]])}")
    text = f"units that repeat the value of the year before, which may be a filled gap or a fixed rate: {len(runs)}"
    return Check("repeated values", None if runs else True, float(len(runs)), 0.0, _with(text, "units", runs))


def _log_points(per_cent: float) -> float:
    return 100 * math.log1p(per_cent / 100)


def _with(text: str, what: str, items: Sequence[str]) -> str:
    return f"{text}; {what}: {'; '.join(items)}" if items else text
