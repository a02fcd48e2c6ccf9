"""Tariffs of the economy by chapter and section, before and after, for every draw.

A section's rate is the mean of its chapters' by the imports of the economy; a chapter's is its simple average. Rates in
law are scaled to the duties that are collected, because exemptions take a large part of them: Uzbekistan collected less
than 60 % of what its tariff says. What partners pay is in ``partners``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, NoDataError
from ...reference.blocs import bloc
from ...reference.shipped_tables import TARIFFS
from ...trade.tariffs.gap import uzbekistan
from ...trade.tariffs.schedule import average, cet, sitc_section
from ..schema import Scenario, Tariffs
from ..tables import scenario_tables
from .baseline_world import SECTIONS
from .partners import UNION, dutiable_part


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


def by_chapter(economy: str) -> bool:
    """Whether the own tariff of the economy by chapter is shipped."""
    return economy in scenario_tables()["own_schedules"]["economies"]


@cache
def chapters() -> Chapters:
    """Uzbekistan's chapters and those of the common external tariff."""
    own = uzbekistan()
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


def common_by_section() -> Array:
    """(10,): middle of the common tariff by section, by Uzbekistan's imports; what members charge outsiders."""
    t = chapters()
    return np.asarray(t.array("middle") @ t.spread)


def average_on_dutiable(economy: str, year: int, flows: pd.DataFrame) -> tuple[float, str]:
    """Average tariff on goods that pay duty, per cent, the newest up to ``year``, and what it is.

    The most-favoured-nation average where one is shipped. Else the average that is applied, in which imports under free
    trade count as zero: it is divided by the part of imports (``flows``) that pays duty. Raises NoDataError without
    either.
    """
    from ...data.load import load_panel

    table = TARIFFS.load("tariffs_averages")
    known = table[(table["economy"] == economy) & (table["kind"] == "mfn") & (table["year"] <= year)]
    if len(known):
        row = known.sort_values("year").iloc[-1]
        return float(row["rate"]), f"most-favoured-nation average, {int(row['year'])} (World Bank)"
    code = scenario_tables()["average_tariff"]["series"]
    try:
        found = load_panel([code], economies=[economy]).column(code).dropna()
        found = found[found.index.get_level_values(1) <= year]
    except NoDataError:
        found = pd.Series(dtype=float)
    if found.empty:
        raise NoDataError(f"no average tariff of {economy} up to {year} is shipped ({code})")
    whole, part = float(found.iloc[-1]), dutiable_part(economy, year, flows)
    text = f"{code} {found.index[-1][1]} (World Bank): {whole:g} of all imports, of which {part:.0%} pay duty"
    return (whole / part if part > 0 else whole), text


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
    """``before``, ``after`` (B, 10): most-favoured-nation rates by section, per cent; ``extra`` (B or 1, 10): surcharge
    before; ``chapter_before``, ``chapter_after`` (B, chapters) or None where the tariff is not known by chapter."""

    before: Array
    after: Array
    extra: Array
    chapter_before: Array | None = None
    chapter_after: Array | None = None

    @property
    def by_chapter(self) -> tuple[Array, Array]:
        """Rates by chapter before and after. Raises NoDataError where only sections are known."""
        if self.chapter_before is None or self.chapter_after is None:
            raise NoDataError("the tariff of this economy is not known by chapter")
        return self.chapter_before, self.chapter_after

    def pair(self, regime: str) -> tuple[Array, Array]:
        """(B, 10) rates before and after on goods that are 'free', 'mfn', 'full' (surcharge before) or 'freed'."""
        none = np.zeros_like(self.before)
        if regime == "free":
            return none, none
        if regime == "freed":
            return self.before, none
        return self.before + (self.extra if regime == "full" else 0.0), self.after

    def paid(self, before: Array, after: Array) -> Rates:
        """The rates that are paid, of which a share (B,) ``before`` and ``after`` is collected."""
        low, high = before[:, None], after[:, None]
        return Rates(
            self.before * low,
            self.after * high,
            self.extra * low,
            None if self.chapter_before is None else self.chapter_before * low,
            None if self.chapter_after is None else self.chapter_after * high,
        )


def require_known(scenario: Scenario) -> None:
    """Raises BadInputError where a channel would put facts of another economy or bloc in place of what is not known."""
    block = scenario.tariffs if scenario.on("tariffs") else None
    if bloc(scenario.bloc).code != UNION:
        why = f"are shipped for the {UNION} alone, and the bloc is {scenario.bloc}"
        if block is not None and "cet" in block.schedule:
            raise BadInputError(
                f"the rates of schedule {block.schedule!r} {why}; give schedule 'average' or 'sections', or a ceiling"
            )
        for channel, facts in {"customs_revenue": "duties by member", "migration": "work permits"}.items():
            if scenario.on(channel):
                raise BadInputError(f"channel {channel!r}: {facts} {why}")
    if block is not None and block.schedule not in ("average", "sections") and not by_chapter(scenario.economy):
        raise BadInputError(
            f"the own tariff of {scenario.economy} is not shipped, so schedule {block.schedule!r} would count it as "
            "zero; supply schedule = 'average' with average_before and average_after, or schedule = 'sections' with a "
            "table [tariffs.sections] of rates before and after by SITC section"
        )
    if scenario.on("customs_revenue") and block is None and not by_chapter(scenario.economy):
        raise BadInputError("channel 'customs_revenue' divides duties that channel 'tariffs' states; turn that on too")


def rates(scenario: Scenario, values: pd.DataFrame, imports: Array) -> Rates:
    """Rates in law of every draw. ``imports`` (10,): dutiable imports by section, weights of an average schedule."""
    block = scenario.tariffs if scenario.on("tariffs") else None
    if block is not None and block.schedule == "sections":
        return _by_section(block, len(values))
    if by_chapter(scenario.economy) and (block is None or block.schedule != "average"):
        return _by_chapter(scenario, block, values)
    return _by_average(block, values, imports)


def _by_chapter(scenario: Scenario, block: Tariffs | None, values: pd.DataFrame) -> Rates:
    t = chapters()
    own = np.repeat(t.array("own")[None], len(values), axis=0)
    new = own if block is None else _new(block, values, own)
    extra = surcharge(scenario.economy, t.array("own")) @ t.spread
    return Rates(own @ t.spread, new @ t.spread, extra, own, new)


def _new(block: Tariffs, values: pd.DataFrame, own: Array) -> Array:
    new = common(values["tariffs.position"].to_numpy()) if "cet" in block.schedule else own
    if block.ceiling is not None:
        new = np.minimum(new, values["tariffs.ceiling"].to_numpy()[:, None])
    kept = np.isin(chapters().table.index, list(block.exempt_chapters))
    new = np.where(kept, own, new)
    rise = np.clip(new - own, 0.0, None)
    return np.asarray(new - rise * values["tariffs.exempt"].to_numpy()[:, None])


def _by_section(block: Tariffs, draws: int) -> Rates:
    """A user's own table."""
    table = np.array([block.sections[name] for name in SECTIONS], dtype=np.float64)
    before, after = (np.repeat(table[None, :, k], draws, axis=0) for k in (0, 1))
    return Rates(before, after, np.zeros(len(SECTIONS)))


def _by_average(block: Tariffs | None, values: pd.DataFrame, imports: Array) -> Rates:
    """An economy of which only averages are known: the profile of the common tariff, scaled to them."""
    draws, none = len(values), np.zeros(len(SECTIONS))
    if block is None or block.schedule != "average":
        nothing = np.zeros((draws, len(SECTIONS)))
        return Rates(nothing, nothing, none)
    t = chapters()
    profile = t.array("middle") @ t.spread
    profile = profile / (profile @ imports / imports.sum())
    before = values["tariffs.average_before"].to_numpy()[:, None] * profile
    after = values["tariffs.average_after"].to_numpy()[:, None] * profile
    rise = np.clip(after - before, 0.0, None)
    after = after - rise * values["tariffs.exempt"].to_numpy()[:, None]
    return Rates(before, after, none)
