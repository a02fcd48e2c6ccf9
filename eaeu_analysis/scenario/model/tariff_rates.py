"""Tariffs of the economy by chapter and section, before and after, for every draw and every regime of its partners.

A section's rate is the mean of its chapters' by the imports of the economy; a chapter's is its simple average. Partners
are free of duty, pay the most-favoured-nation rate, or that and a surcharge; members of the union are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError
from ...reference.blocs import bloc
from ...trade.tariffs.gap import uzbekistan, uzbekistan_partners
from ...trade.tariffs.schedule import average, cet, sitc_section
from ..schema import Scenario, Tariffs
from ..tables import scenario_tables
from .baseline_world import SECTIONS

REGIMES = ("free", "mfn", "full")
UNION = "EAEU"


def union_members(name: str, year: int, without: str = "") -> list[str]:
    """Members of the bloc at the end of ``year``, those of its earlier stages included."""
    found = bloc(name)
    day = f"{year}-12-31"
    members = {member for stage in found.stages for member in found.members(on=day, stage=stage)}
    return sorted(members - {without})


@dataclass(frozen=True)
class Chapters:
    """By HS chapter (index of ``table``): ``own``, ``low, middle, high`` of the common tariff (per cent), ``weight``
    (imports, US$), ``section``; ``assumed``: chapters whose range had to be closed, at ``bound`` for each such line."""

    table: pd.DataFrame
    assumed: tuple[str, ...]
    bound: float

    def array(self, column: str) -> Array:
        return self.table[column].to_numpy(dtype=np.float64)

    @cached_property
    def spread(self) -> Array:
        """(chapters, 10): weights that make section means; a section without imports has zeros."""
        section = pd.Categorical(self.table["section"], categories=list(SECTIONS))
        weight = pd.get_dummies(section).to_numpy(dtype=np.float64) * self.array("weight")[:, None]
        total = weight.sum(axis=0)
        spread: Array = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        return spread


@cache
def chapters() -> Chapters:
    """Uzbekistan's chapters beside those of the common external tariff."""
    own = uzbekistan("chapter")
    lines = cet().lines
    part_specific = lines.loc[lines["rule"] != "ad valorem", "ave"]
    bound = float(part_specific.quantile(float(scenario_tables()["unknown_equivalents"]["bound_quantile"])))
    new = average(lines.assign(high=lines["high"].fillna(bound)), "chapter").reindex(own.index)
    open_ended = lines.loc[lines["high"].isna(), "code"].str[:2]
    whole = float(average(lines, "total")["simple"].iloc[0])
    middle = new["simple"].fillna(whole)
    high = new["simple_high"].fillna(middle)
    table = pd.DataFrame(
        {
            "own": own["mfn"],
            "low": new["simple_low"].fillna(0.0).clip(upper=middle),
            "middle": middle,
            "high": high.clip(lower=middle),
            "weight": own["imports_usd"],
            "demand": own["demand_elasticity"],
            "section": [sitc_section(code) for code in own.index],
        }
    )
    return Chapters(table, tuple(sorted(set(open_ended) | set(new.index[new["simple"].isna()]))), bound)


def common(position: Array) -> Array:
    """(B, chapters): the common tariff at ``position`` (B,) in its range: 0 lowest, 0.5 the middle, 1 highest."""
    t = chapters()
    low, middle, high = t.array("low"), t.array("middle"), t.array("high")
    p = position[:, None]
    return np.where(p <= 0.5, low + 2 * p * (middle - low), middle + 2 * (p - 0.5) * (high - middle))


def surcharge(economy: str, rate: Array) -> Array:
    """Points on top of ``rate`` that goods without most-favoured-nation treatment pay."""
    table = scenario_tables()["surcharge"].get(economy)
    if table is None:
        return np.zeros_like(rate)
    steps = np.asarray(table["from"], dtype=np.float64)
    points = np.asarray(table["points"], dtype=np.float64)
    added: Array = points[np.searchsorted(steps, rate, side="right") - 1]
    return added


@dataclass(frozen=True)
class Rates:
    """``before``, ``after`` (B, 10): most-favoured-nation rates by section, per cent; ``extra`` (10,): surcharge
    before; ``regime``: partner to free, mfn or full (mfn where not named); ``chapter_after`` (B, chapters) or None."""

    before: Array
    after: Array
    extra: Array
    regime: dict[str, str]
    chapter_after: Array | None

    def pair(self, exporter: str) -> tuple[Array, Array]:
        """(B, 10) rates on goods of ``exporter``, before and after."""
        kind = self.regime.get(exporter, "mfn")
        if kind == "free":
            return np.zeros_like(self.before), np.zeros_like(self.before)
        return self.before + (self.extra if kind == "full" else 0.0), self.after


def require_known(scenario: Scenario) -> None:
    """Raises BadInputError where a channel that is on would put facts of the union in place of another bloc's, or
    divide duties of an economy whose own tariff is not given."""
    if bloc(scenario.bloc).code != UNION:
        said = f"are at hand for the {UNION} alone, and the bloc is {scenario.bloc}"
        if scenario.on("tariffs") and scenario.tariffs is not None and "cet" in scenario.tariffs.schedule:
            raise BadInputError(
                f"the rates of schedule {scenario.tariffs.schedule!r} {said}; give averages or a ceiling"
            )
        for channel, facts in {"customs_revenue": "duties by member", "migration": "work permits"}.items():
            if scenario.on(channel):
                raise BadInputError(f"channel {channel!r}: {facts} {said}")
    if scenario.on("customs_revenue") and not scenario.on("tariffs") and scenario.economy != "UZB":
        raise BadInputError("channel 'customs_revenue' divides duties that channel 'tariffs' states; turn that on too")


def regimes(scenario: Scenario) -> dict[str, str]:
    """Which partners are free of duty, which pay more than the most-favoured-nation rate."""
    members = union_members(scenario.bloc, scenario.baseline.year, scenario.economy)
    if scenario.economy == "UZB":
        known = {str(k): {"fta": "free"}.get(v, str(v)) for k, v in uzbekistan_partners()["regime"].items()}
    else:
        known = dict.fromkeys(bloc("CIS FTA").members(on="2014-12-31"), "free")
    return known | dict.fromkeys(members, "free")


def rates(scenario: Scenario, values: pd.DataFrame, imports: Array) -> Rates:
    """Rates of every draw. ``imports`` (10,): dutiable imports by section, weights of an average schedule."""
    block = scenario.tariffs if scenario.on("tariffs") else None
    regime = regimes(scenario)
    if scenario.economy == "UZB" and (block is None or block.schedule != "average"):
        return _by_chapter(scenario, block, values, regime)
    return _by_average(block, values, imports, regime)


def _by_chapter(scenario: Scenario, block: Tariffs | None, values: pd.DataFrame, regime: dict[str, str]) -> Rates:
    t = chapters()
    own = np.repeat(t.array("own")[None], len(values), axis=0)
    new = own if block is None else _new(block, values, own)
    extra = surcharge(scenario.economy, t.array("own")) @ t.spread
    return Rates(own @ t.spread, new @ t.spread, extra, regime, new)


def _new(block: Tariffs, values: pd.DataFrame, own: Array) -> Array:
    new = own if block.schedule == "ceiling" else common(values["tariffs.position"].to_numpy())
    if block.ceiling is not None:
        new = np.minimum(new, values["tariffs.ceiling"].to_numpy()[:, None])
    kept = np.isin(chapters().table.index, list(block.exempt_chapters))
    new = np.where(kept, own, new)
    rise = np.clip(new - own, 0.0, None)
    return np.asarray(new - rise * values["tariffs.exempt"].to_numpy()[:, None])


def _by_average(block: Tariffs | None, values: pd.DataFrame, imports: Array, regime: dict[str, str]) -> Rates:
    """An economy of which only averages are known: the profile of the common tariff, scaled to them."""
    t = chapters()
    profile = t.array("middle") @ t.spread
    profile = profile / (profile @ imports / imports.sum())
    draws = len(values)
    if block is None or block.schedule != "average":
        nothing = np.zeros((draws, len(SECTIONS)))
        return Rates(nothing, nothing, np.zeros(len(SECTIONS)), regime, None)
    before = values["tariffs.average_before"].to_numpy()[:, None] * profile
    after = values["tariffs.average_after"].to_numpy()[:, None] * profile
    rise = np.clip(after - before, 0.0, None)
    after = after - rise * values["tariffs.exempt"].to_numpy()[:, None]
    return Rates(before, after, np.zeros(len(SECTIONS)), regime, None)


def common_by_section() -> Array:
    """(10,): middle of the common tariff by section, by Uzbekistan's imports; what members charge outsiders."""
    t = chapters()
    return np.asarray(t.array("middle") @ t.spread)
