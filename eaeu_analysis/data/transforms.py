"""Transforms of a panel's columns that keep the unit of measurement right and refuse what has no meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import BadInputError, NoDataError
from ..series import SeriesInfo

if TYPE_CHECKING:
    from .panel import Panel

POPULATION = "SP.POP.TOTL"
GDP = {"current US$": "NY.GDP.MKTP.CD", "constant 2015 US$": "NY.GDP.MKTP.KD"}


def _source(panel: Panel, indicator: str, kinds: tuple[str, ...], verb: str) -> tuple[pd.Series[Any], SeriesInfo]:
    info = panel.info(indicator)
    if info.kind not in (*kinds, "unknown"):
        raise BadInputError(
            f"{verb} of '{indicator}' makes no sense: it is a {info.kind} ({info.unit}); "
            f"expected a {' or '.join(kinds)}"
        )
    return panel.column(indicator), info


def _needed(panel: Panel, code: str, verb: str) -> tuple[pd.Series[Any], SeriesInfo]:
    if code not in panel.frame.columns:
        raise NoDataError(f"{verb} needs '{code}', which this panel lacks; load it too")
    return panel.column(code), panel.info(code)


def _add(panel: Panel, name: str, values: pd.Series[Any], info: SeriesInfo, formula: str, *parts: SeriesInfo) -> Panel:
    return panel.with_column(name, values, info.with_(code=name, formula=formula, derived_from=parts))


def log(panel: Panel, indicator: str) -> Panel:
    """Natural logarithm; BadInputError where a value is zero or negative, or the column is a rate."""
    values, info = _source(panel, indicator, ("level", "index", "share"), "a logarithm")
    if info.unit.startswith("log "):
        raise BadInputError(f"'{indicator}' is a logarithm already")
    bad = values[values <= 0]
    if len(bad):
        unit, time = bad.index[0]
        raise BadInputError(
            f"a logarithm of '{indicator}' is not defined: {unit} has {bad.iloc[0]:g} in {time} "
            f"({len(bad)} values at or below zero)"
        )
    done = info.with_(unit=f"log {info.unit}".rstrip(), label=f"log {info.label}")
    return _add(panel, f"log({indicator})", np.log(values), done, f"natural logarithm of {indicator}", info)


def per_head(panel: Panel, indicator: str) -> Panel:
    """Level over population (persons), in the unit "... per head"."""
    values, info = _source(panel, indicator, ("level",), "a value per head")
    if "per head" in info.unit or "per capita" in f"{info.unit} {info.label}".lower():
        raise BadInputError(f"'{indicator}' is per head already ({info.unit})")
    people, who = _needed(panel, POPULATION, "a value per head")
    done = info.with_(unit=f"{info.unit} per head", label=f"{info.label} per head")
    return _add(panel, f"per_head({indicator})", values / people, done, f"{indicator} / {POPULATION}", info, who)


def share_of_gdp(panel: Panel, indicator: str) -> Panel:
    """100 x level over GDP in the same dollars; BadInputError for any other unit."""
    values, info = _source(panel, indicator, ("level",), "a share of GDP")
    if info.unit not in GDP:
        raise BadInputError(
            f"a share of GDP of '{indicator}' makes no sense in {info.unit or 'an unstated unit'}; "
            f"expected {' or '.join(GDP)}"
        )
    gdp, which = _needed(panel, GDP[info.unit], "a share of GDP")
    done = info.with_(unit="% of GDP", kind="share", label=f"{info.label} (% of GDP)")
    formula = f"100 x {indicator} / {which.code}"
    return _add(panel, f"share_of_gdp({indicator})", 100 * values / gdp, done, formula, info, which)


def index(panel: Panel, indicator: str, base: object) -> Panel:
    """100 x value over the unit's own value in ``base``; units without it become missing and are named in the note."""
    values, info = _source(panel, indicator, ("level", "index"), "an index")
    if (values <= 0).any():
        raise BadInputError(f"an index of '{indicator}' is not defined: it has values at or below zero")
    calendar = panel.calendar
    at = calendar.ordinal(base, "base")
    when, word = calendar.label(at), calendar.words(1)
    times = calendar.ordinals(values.index.get_level_values(1))
    if not times.min() <= at <= times.max():
        raise BadInputError(
            f"base {word} {when} is outside the panel's {calendar.span(int(times.min()), int(times.max()))}"
        )
    at_base = values[times == at].droplevel(1).dropna()
    if at_base.empty:
        raise NoDataError(f"'{indicator}' has no value in the base {word} {when}")
    units = values.index.get_level_values(0)
    without = sorted(set(units) - set(at_base.index))
    scaled = 100 * values / at_base.reindex(units).to_numpy()
    note = info.note + (f" No value in {when}, so missing here: {', '.join(without)}." if without else "")
    done = info.with_(unit=f"index, {when} = 100", kind="index", note=note.strip())
    return _add(panel, f"index({indicator},{when})", scaled, done, f"{indicator} over its value in {when}", info)


def real(panel: Panel, indicator: str) -> Panel:
    """Current US$ into constant 2015 US$ by GDP in constant over GDP in current dollars of the same economy."""
    values, info = _source(panel, indicator, ("level",), "a real value")
    if info.unit != "current US$":
        raise BadInputError(
            f"a real value of '{indicator}' makes no sense in {info.unit or 'an unstated unit'}; expected current US$"
        )
    nominal, a = _needed(panel, GDP["current US$"], "a real value")
    constant, b = _needed(panel, GDP["constant 2015 US$"], "a real value")
    done = info.with_(unit="constant 2015 US$", label=f"{info.label} (constant 2015 US$)")
    formula = f"{indicator} x {b.code} / {a.code}"
    return _add(panel, f"real({indicator})", values * constant / nominal, done, formula, info, a, b)


def add_outcome(panel: Panel, name: str) -> Panel:
    """The outcome of the catalogue, computed from the series its definition names (data/tables/outcomes.toml)."""
    if name in panel.frame.columns:
        return panel
    from ..reference.catalogue import outcome as find_outcome

    outcome = find_outcome(name)
    parts = [_needed(panel, code, f"outcome '{name}'") for code in outcome.codes]
    values, infos = parts[0][0], [info for _, info in parts]
    note = outcome.note
    if outcome.zero_is_missing:
        real_zero = values.index.get_level_values(0).isin(outcome.zero_true_for)
        unreported = (values == 0) & ~real_zero
        values = values.where(~unreported)
        if unreported.any():
            note = f"{note} {int(unreported.sum())} zeros are read as missing.".strip()
    if len(parts) == 2:
        values = outcome.scale * values / parts[1][0]
        formula = (
            f"{outcome.scale:g} x {infos[0].code} / {infos[1].code}"
            if outcome.scale != 1
            else (f"{infos[0].code} / {infos[1].code}")
        )
    else:
        formula = infos[0].code
        values = outcome.scale * values
    info = SeriesInfo(
        code=name,
        label=outcome.label,
        unit=outcome.unit,
        kind=outcome.kind,
        source=infos[0].source,
        vintage="" if len(infos) > 1 else infos[0].vintage,
        note=note,
        formula=formula,
        derived_from=tuple(infos),
    )
    return panel.with_column(name, values, info)
