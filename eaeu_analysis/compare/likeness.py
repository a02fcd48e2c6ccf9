"""Who is alike: economies of the unit's income, size and openness, without a known shock of their own.

The rule is data ([likeness] in data/tables/comparators.toml) and looks at no outcome. Attributes are the shipped
series, whatever else a panel has, so that a pool does not depend on what was loaded.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..arrays import Array, Ints
from ..reference.catalogue import TableRow, parse, read_table, table_path
from ..series import SeriesInfo

GROWTH = "NY.GDP.MKTP.KD.ZG"
POPULATION = "SP.POP.TOTL"


@dataclass(frozen=True)
class LikenessRule(TableRow):
    """[likeness] of comparators.toml: ``factors`` by indicator, ``strict`` the share of their logarithms that the
    strict pool allows, ``least_growth`` and ``most_growth`` of a year without a shock."""

    source: str
    years: int
    strict: float
    min_population: float
    least_growth: float
    most_growth: float
    factors: Mapping[str, float]


@dataclass(frozen=True)
class Alike:
    """``units``: those within the bounds, the nearest first. ``dropped``: reason by economy that is not one of them.
    ``known``: False where the unit itself lacks an attribute, so that nobody can be called alike."""

    units: tuple[str, ...]
    dropped: Mapping[str, str] = field(default_factory=dict)
    known: bool = True


@functools.lru_cache
def likeness_rule() -> LikenessRule:
    """The rule; BadInputError names the entry of the first mistake."""
    path = table_path("comparators")
    return parse(LikenessRule, read_table(path).get("likeness", {}), f"{path}, likeness")


@functools.lru_cache
def attribute(code: str) -> tuple[pd.DataFrame, SeriesInfo]:
    """(year, economy) values of a shipped series, and its record."""
    from ..data.sources.pinned import PinnedSource

    read = PinnedSource().read(code)
    return read.frame.pivot(index="year", columns="economy", values="value").sort_index(), read.info


@functools.lru_cache
def attributes(years: tuple[int, ...]) -> pd.DataFrame:
    """Means over ``years``: a row per economy, a column per attribute of the rule."""
    means = {code: attribute(code)[0].reindex(list(years)).mean() for code in likeness_rule().factors}
    return pd.DataFrame(means)


def alike(
    unit: str, before: Sequence[int], window: tuple[int, int], present: Iterable[str], share: float = 1.0
) -> Alike:
    """Economies of ``present`` alike to ``unit`` in the last years of ``before``, without a shock of growth in
    ``window``; ``share`` scales the logarithm of every bound."""
    rule = likeness_rule()
    names = [name for name in present if name != unit]
    table = attributes(tuple(before[-rule.years :]))
    known = {str(code): row for code, row in zip(table.index, table.to_numpy(dtype=np.float64), strict=True)}
    if unit not in known or not _whole(known[unit]):
        return Alike(tuple(names), known=False)
    bounds = share * np.log(np.array(list(rule.factors.values())))
    own, people = np.log(known[unit]), list(rule.factors).index(POPULATION)
    labels = [attribute(code)[1].label for code in rule.factors]
    distance: dict[str, float] = {}
    dropped: dict[str, str] = {}
    for name in names:
        if name not in known or not _whole(known[name]):
            dropped[name] = "income, population or openness is not known"
            continue
        away = np.log(known[name]) - own
        if float(known[name][people]) < rule.min_population:
            dropped[name] = f"fewer than {rule.min_population:,.0f} people"
        elif (np.abs(away) > bounds + 1e-12).any():
            worst = int(np.argmax(np.abs(away) / bounds))
            dropped[name] = f"{labels[worst]} {math.exp(float(away[worst])):.2g} times that of {unit}"
        elif why := shock_of_growth(name, window):
            dropped[name] = why
        else:
            distance[name] = float(np.sqrt(((away / bounds) ** 2).sum()))
    ranked = sorted(distance, key=lambda name: (round(distance[name], 12), name))
    return Alike(tuple(ranked), dropped)


def shock_of_growth(name: str, window: tuple[int, int]) -> str:
    """The first year of the window in which GDP fell or rose by more than the rule allows, in words; "" without."""
    rule, (years, growth) = likeness_rule(), _growth()
    if name not in growth:
        return ""
    values = growth[name]
    beyond = (values < rule.least_growth) | (values > rule.most_growth)  # a missing value is neither
    out = np.flatnonzero(beyond & (years >= window[0]) & (years <= window[1]))
    return f"GDP moved by {values[out[0]]:+.1f} % in {years[out[0]]}" if len(out) else ""


@functools.lru_cache
def _growth() -> tuple[Ints, Mapping[str, Array]]:
    """Years, and the growth of GDP in them by economy."""
    table = attribute(GROWTH)[0]
    columns = zip(map(str, table.columns), table.to_numpy(dtype=np.float64).T, strict=True)
    return table.index.to_numpy(dtype=np.int64), dict(columns)


def _whole(values: Array) -> bool:
    return bool(np.isfinite(values).all() and (values > 0).all())
