"""Who the treated unit is compared with: pools from data/tables/comparators.toml, rules, and who is passed over.

On a panel of economies nobody who belonged to the unit's bloc in the years compared is a comparator.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..arrays import Array, Ints
from ..data.panel import Panel
from ..errors import BadInputError, NoDataError, unknown
from ..reference.catalogue import TableRow, parse, read_table, table_path
from .likeness import alike
from .membership import FALLBACK, ConfoundingEvent, inside, joined_elsewhere, memberships
from .windows import Windows, growth, years_needed

ROUBLE, NEAREST, ALIKE, WIDE = "rouble", "nearest", "alike", "wide"


@dataclass(frozen=True)
class Listed(TableRow):
    """A member of a pool that is a list, with the reason why it is one."""

    economy: str
    reason: str
    source: str
    breaks: tuple[ConfoundingEvent, ...] = ()


@dataclass(frozen=True)
class OwnEvent(TableRow):
    """An event of treated economies' own; ``shared_by`` the pools whose members went through the same."""

    economies: tuple[str, ...]
    year: int
    kind: str
    text: str
    source: str
    touches: tuple[str, ...] = ()
    shared_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class PoolTable(TableRow):
    """An entry of comparators.toml: a list of ``members``, or a rule; ``nearest``: how many a rule takes, 0 all."""

    label: str
    rule: str
    members: tuple[Listed, ...] = ()
    later_members: bool = False
    nearest: int = 0
    min_population: int = 0
    trend_only_units: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComparatorPool:
    """The comparators of one question.

    ``units``: in order. ``dropped``: (unit, reason) of those left out. ``events``: known events of the comparators in
    the years compared. ``examined``: units whose events were researched. ``requested``: False where the caller asked
    for no comparators. ``spec``: the argument, in plain values. ``own``: events of the treated unit that these
    comparators do not share, None where none were researched.
    """

    label: str
    rule: str
    units: tuple[str, ...]
    spec: str | list[str] | None
    dropped: tuple[tuple[str, str], ...] = ()
    events: tuple[ConfoundingEvent, ...] = ()
    examined: frozenset[str] = frozenset()
    requested: bool = True
    own: tuple[ConfoundingEvent, ...] | None = None


# -- tables -------------------------------------------------------------------------------------------------
@functools.lru_cache
def recorded_own_events() -> tuple[OwnEvent, ...]:
    """The events of treated economies in comparators.toml; BadInputError names the entry of the first mistake."""
    path = table_path("comparators")
    rows = read_table(path).get("treated", [])
    return tuple(parse(OwnEvent, row, f"{path}, treated {number}") for number, row in enumerate(rows, start=1))


@functools.lru_cache
def pool_definitions() -> Mapping[str, PoolTable]:
    """The pools of comparators.toml by name; BadInputError names the entry of the first mistake."""
    path = table_path("comparators")
    raw = read_table(path).get("pools", {})
    return {name: parse(PoolTable, entry, f"{path}, pool '{name}'") for name, entry in raw.items()}


def comparators_spec(
    panel: Panel, comparators: str | Sequence[str] | None, unit: str, bloc: str | None
) -> str | list[str] | None:
    """The argument in plain values, with which the question can be asked again; None is all other units.

    The pool that shared the rouble's fall is the default for members of the EAEU and for the economies of that pool;
    for everybody else it is those alike.
    """
    if comparators is None and panel.world:
        rouble = {*memberships(FALLBACK), *(m.economy for m in pool_definitions()[ROUBLE].members)}
        return ROUBLE if bloc == FALLBACK and unit in rouble else ALIKE
    return comparators if isinstance(comparators, str | None) else list(comparators)


# -- chosen -------------------------------------------------------------------------------------------------
def choose_comparators(
    panel: Panel,
    outcome: str,
    unit: str,
    spec: Windows,
    relative: bool,
    comparators: str | Iterable[str] | None,
    bloc: str | None,
) -> ComparatorPool:
    """The pool for one question: see :func:`eaeu_analysis.before_after` for what may be asked.

    BadInputError for an unknown pool or unit, the unit itself, or a member in an explicit list.
    """
    if comparators is not None and not isinstance(comparators, str):
        return _given(panel, outcome, unit, spec, list(comparators), bloc)
    name = comparators_spec(panel, comparators, unit, bloc)
    if not panel.world:
        if comparators is not None:
            raise BadInputError(f"comparators {comparators!r}: pools by name need a panel of economies; give a list")
        return ComparatorPool("all other units", "every other unit of the panel", _others(panel, unit), name)
    known = pool_definitions()
    if str(name) not in known:
        raise unknown(
            "pool of comparators",
            name,
            known,
            hint="economies are given as a list, ['TJK', 'UZB'], by command as TJK,UZB",
        )
    table = known[str(name)]
    if name == NEAREST:
        pool = _nearest(panel, outcome, unit, spec, relative, table, bloc)
    elif name in (ALIKE, WIDE):
        pool = _ruled(panel, outcome, unit, spec, relative, table, bloc)
    else:
        pool = _listed(panel, unit, spec, table, bloc)
    return _with_breaks(pool, outcome, unit, spec, bloc)


def _others(panel: Panel, unit: str) -> tuple[str, ...]:
    others = tuple(u for u in panel.units if u != unit)
    if not others:
        raise NoDataError(f"no comparators: '{unit}' is the panel's only unit; comparators=[] compares with nobody")
    return others


def _given(
    panel: Panel, outcome: str, unit: str, spec: Windows, comparators: list[str], bloc: str | None
) -> ComparatorPool:
    units = list(dict.fromkeys(panel.resolve(c) for c in comparators))
    if unit in units:
        raise BadInputError(f"comparator '{unit}' is the treated unit itself")
    if panel.world:
        for code, entry in inside(spec, bloc).items():
            if code in units:
                raise BadInputError(
                    f"comparator '{code}' ({panel.names.get(code, code)}) belonged to {bloc} from {entry.first} on, "
                    f"inside {spec.before[0]}-{spec.after[1]}; leave it out, or pass bloc=None to compare all the same"
                )
    pool = ComparatorPool("the units named", "named by the caller", tuple(units), units, requested=bool(units))
    return _with_breaks(pool, outcome, unit, spec, bloc) if panel.world else pool


def _listed(panel: Panel, unit: str, spec: Windows, table: PoolTable, bloc: str | None) -> ComparatorPool:
    members = inside(spec, bloc)
    codes = [m.economy for m in table.members]
    if table.later_members and bloc:
        codes += [c for c in memberships(bloc) if c not in members]
    present = set(panel.units)
    units, dropped = [], []
    for code in dict.fromkeys(codes):
        if code == unit:
            continue
        if code in members:
            dropped.append((code, f"belonged to {bloc} from {members[code].first} on"))
        elif code not in present:
            dropped.append((code, "no data in this panel"))
        else:
            units.append(code)
    return ComparatorPool(table.label, table.rule, tuple(units), _name_of(table), tuple(dropped))


def _nearest(
    panel: Panel, outcome: str, unit: str, spec: Windows, relative: bool, table: PoolTable, bloc: str | None
) -> ComparatorPool:
    """The ``nearest`` candidates by mean and trend before, each over its interquartile range among the candidates."""
    from ..reference import economies as names

    rule = " ".join(table.rule.format(nearest=table.nearest, min_population=table.min_population).split())
    economies = names.economy_tables().economies
    barred = inside(spec, bloc).keys() | {b.economy for b in joined_elsewhere(unit, spec, bloc)}
    wide = panel.wide(outcome)
    times, values = wide.index.to_numpy(dtype=float), wide.to_numpy(dtype=float).T
    level_counts = not any(part in panel.info(outcome).unit for part in table.trend_only_units)
    income = economies[unit].income

    candidates: dict[str, tuple[float, float]] = {}
    for code, series in zip(wide.columns, values, strict=True):
        other = code != unit
        if other and (code in barred or code not in economies or economies[code].income != income):
            continue
        if other and not _large_enough(code, spec, table.min_population):
            continue
        place = _place(times, series, spec, relative)
        if place is not None:
            candidates[str(code)] = place
    own = candidates.pop(unit, None)
    if own is None:  # nothing to match on: the caller will say which window is missing
        return ComparatorPool(table.label, rule, (), _name_of(table))
    codes = sorted(candidates)
    points = np.array([candidates[c] for c in codes]).reshape(-1, 2)
    used = points if level_counts else points[:, 1:]
    target = np.array(own if level_counts else own[1:])
    width = np.subtract(*np.percentile(used, [75, 25], axis=0)) if len(codes) else np.ones(len(target))
    distance = np.sqrt((((used - target) / np.where(width > 0, width, 1.0)) ** 2).sum(axis=1))
    order = np.lexsort((np.arange(len(codes)), np.round(distance, 12)))[: table.nearest]
    return ComparatorPool(table.label, rule, tuple(codes[i] for i in order), _name_of(table))


def _ruled(
    panel: Panel, outcome: str, unit: str, spec: Windows, relative: bool, table: PoolTable, bloc: str | None
) -> ComparatorPool:
    """The economies alike, nearest first, or all that are large enough; only those with both windows."""
    barred, wide = inside(spec, bloc).keys(), panel.wide(outcome)
    times, values = wide.index.to_numpy(dtype=float), wide.to_numpy(dtype=float).T
    window = spec.before[0], spec.after[1]
    present = [
        str(code)
        for code, series in zip(wide.columns, values, strict=True)
        if code != unit and code not in barred and _place(times, series, spec, relative) is not None
    ]
    dropped: dict[str, str] = {}
    if table is pool_definitions()[WIDE]:
        chosen = [code for code in present if _large_enough(code, spec, table.min_population)]
    else:
        dropped = shocks_of_its_own(present, outcome, window)
        dropped |= {b.economy: b.text for b in joined_elsewhere(unit, spec, bloc) if b.closer}
        found = alike(unit, range(spec.before[0], spec.before[1] + 1), window, [c for c in present if c not in dropped])
        if not found.known:
            raise NoDataError(
                f"income, population or openness of {unit} in {spec.before[0]}-{spec.before[1]} is not known, so "
                "nobody can be called alike; choose comparators='wide', 'nearest' or a list"
            )
        chosen = list(found.units[: table.nearest])
        near = set(found.units)
        dropped = {c: why for c, why in dropped.items() if c in near}
    rule = " ".join(table.rule.format(nearest=table.nearest, min_population=table.min_population).split())
    return ComparatorPool(table.label, rule, tuple(chosen), _name_of(table), tuple(sorted(dropped.items())))


@functools.lru_cache
def population() -> pd.Series[Any]:
    """Persons by (economy, year): the shipped SP.POP.TOTL, so that a pool does not depend on what else a panel has."""
    from ..data.sources.pinned import PinnedSource

    frame = PinnedSource().read("SP.POP.TOTL").frame
    return frame.set_index(["economy", "year"])["value"].sort_index()


@functools.lru_cache
def _people() -> Mapping[str, tuple[Ints, Array]]:
    """Years and persons by economy."""
    people = population()
    codes, years = (people.index.get_level_values(level).to_numpy() for level in (0, 1))
    first = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    parts = zip(np.split(years, first[1:]), np.split(people.to_numpy(), first[1:]), strict=True)
    return dict(zip(map(str, codes[first]), parts, strict=True))


def _large_enough(code: str, spec: Windows, least: int) -> bool:
    if code not in _people():
        return False
    years, people = _people()[code]
    before = people[(years >= spec.before[0]) & (years <= spec.before[1])]
    return bool(len(before) and before.mean() >= least)


def _place(times: Array, series: Array, spec: Windows, relative: bool) -> tuple[float, float] | None:
    """Mean and trend before the event (in logarithms where relative), None without both windows."""
    known = np.isfinite(series)
    before, after = (known & (times >= first) & (times <= last) for first, last in (spec.before, spec.after))
    for window, (first, last) in ((before, spec.before), (after, spec.after)):
        if window.sum() < years_needed(last - first + 1):
            return None
    values = series[before]
    if relative and (values.min() <= 0 or series[after].mean() <= 0):
        return None
    values = np.log(values) if relative else values
    trend = growth(times[before], values, relative=False)
    return float(values.mean()), trend if math.isfinite(trend) else 0.0


def _with_breaks(pool: ComparatorPool, outcome: str, unit: str, spec: Windows, bloc: str | None) -> ComparatorPool:
    listed = {m.economy: m for table in pool_definitions().values() for m in table.members}
    own = [
        replace(b, economy=code)
        for code in pool.units
        if code in listed
        for b in listed[code].breaks
        if spec.before[0] <= b.year <= spec.after[1] and touches(b, outcome)
    ]
    joined = [b for b in joined_elsewhere(unit, spec, bloc) if b.economy in pool.units]
    breaks = sorted([*own, *joined], key=lambda b: (pool.units.index(b.economy), b.year))
    return replace(pool, events=tuple(breaks), examined=frozenset(listed), own=_own(pool, outcome, unit, spec))


def _own(pool: ComparatorPool, outcome: str, unit: str, spec: Windows) -> tuple[ConfoundingEvent, ...] | None:
    """Events of the treated unit in the years compared, but for those that every comparator went through as well."""
    if not any(unit in event.economies for event in recorded_own_events()):
        return None
    found = []
    for event in recorded_own_events():
        same = {m.economy for name in event.shared_by for m in pool_definitions()[name].members} | set(event.economies)
        if unit not in event.economies or not spec.before[0] <= event.year <= spec.after[1]:
            continue
        if not (event.shared_by and pool.units and set(pool.units) <= same):
            found.append(ConfoundingEvent(event.year, event.kind, event.text, event.source, event.touches, unit))
    return tuple(event for event in found if touches(event, outcome))


def touches(event: ConfoundingEvent, outcome: str) -> bool:
    """Whether it touches the outcome, by its name or the series that it is computed from; no name given touches all."""
    from ..reference.catalogue import outcome as known

    codes = {code for name in event.touches for code in known(name).codes}
    return not event.touches or outcome in event.touches or outcome in codes


def shocks_of_its_own(economies: Collection[str], outcome: str, window: tuple[int, int]) -> dict[str, str]:
    """Recorded events of comparators in the window that touch the outcome, by economy, in words."""
    found: dict[str, list[str]] = {}
    for pool in pool_definitions().values():
        for member in pool.members:
            for event in member.breaks:
                within = member.economy in economies and window[0] <= event.year <= window[1]
                if within and touches(event, outcome):
                    found.setdefault(member.economy, []).append(f"{event.text} ({event.year})")
    return {name: "; ".join(dict.fromkeys(texts)) for name, texts in found.items()}


def _name_of(table: PoolTable) -> str:
    return next(name for name, entry in pool_definitions().items() if entry is table)
