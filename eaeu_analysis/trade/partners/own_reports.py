"""Shares of partners by an economy's own annual table: one number per year, like for like, with and without gold.

A partner that the table lacks in a year is neither zero nor in that year's total: shares of two years are compared
without it on both sides, and it is named. For shares without gold, partners that buy little else (``trade.toml``) are
left out.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError, NoDataError, unknown
from ...reference import economies as names
from ...reference.shipped_tables import FLOWS
from ...results import Check
from ..flows.flows import group_members, load_flows, trade_tables

OWN_TABLE = {
    "UZB": "uzbekistan_annual",
    "ARM": "armenia_annual",
    "RUS": "russia_annual",
    "KGZ": "kyrgyzstan_annual",
    "KAZ": "kazakhstan_annual",
}
SIDES = {"exports": ("exporter", "importer"), "imports": ("importer", "exporter")}
TELLING = 0.01  # of a group's trade: a smaller member may be missing without a word
MATERIAL = 0.05  # of the total of a year: a partner as large as that and missing in the other is taken out of both
FIRST_YEARS = 4  # a trend keeps its sign from any first year within so many years of the chosen one

Side = Literal["exports", "imports"]


@dataclass(frozen=True, eq=False)
class ShareChange:
    """Share of a partner or group from a first to a last year, per cent, on the same economies.

    Attributes
    ----------
    shares : Series
        Share by year, per cent; years without a figure of the group's largest partner are left out.
    left_out : tuple of str
        Economies taken out of every year, because a figure is missing in the first or last.
    """

    shares: pd.Series[Any]
    left_out: tuple[str, ...]

    @property
    def then(self) -> float:
        return float(self.shares.iloc[0])

    @property
    def now(self) -> float:
        return float(self.shares.iloc[-1])

    @property
    def trend(self) -> float:
        """Change over the whole span by a straight line through all years, percentage points."""
        years = self.shares.index.to_numpy(dtype=np.float64)
        return float(np.polyfit(years, self.shares.to_numpy(), 1)[0] * (years[-1] - years[0]))


def own_table(code: str) -> str | None:
    """Name of the economy's own table of flows; None where none is pinned."""
    name = OWN_TABLE.get(code)
    return name if name in FLOWS.records() else None


def by_partner(code: str, side: Side) -> pd.DataFrame:
    """US$ by year and partner, as the economy reports; NaN where the table has no figure."""
    return _by_partner(code, side, settings.data_dir()).copy(deep=False)


@functools.lru_cache(maxsize=32)
def _by_partner(code: str, side: Side, folder: Path) -> pd.DataFrame:
    """The same of the data in that folder: a share is asked for a hundred times."""
    name = own_table(code)
    if name is None:
        raise NoDataError(f"no table of its own is pinned for {code}; there are {', '.join(sorted(OWN_TABLE))}")
    own, other = SIDES[side]
    flows = load_flows(name)
    flows = flows[flows["basis"].isin(["exporter_fob", "importer_cif"]) & (flows[own] == code)]
    return flows.pivot_table(index="year", columns=other, values="usd", aggfunc="sum")


def members_of(partner: str) -> list[str]:
    """The economies of a group of ``trade.toml``, or the one economy."""
    return group_members(partner) if partner in trade_tables()["groups"] else [names.resolve(partner)]


def shares_by_year(code: str, groups: dict[str, list[str]]) -> pd.DataFrame:
    """``year, partner, exports_share, imports_share``, and the members that are missing in the year, by side.

    A year in which the group's largest partner is missing has no share, because the share would miss it.
    """
    parts = []
    for side in ("exports", "imports"):
        wide = by_partner(code, side)
        for name, members in groups.items():
            listed = [m for m in members if m != code]
            share, missing = _share(wide, listed), _missing(wide, listed)
            parts.append(
                pd.DataFrame({"partner": name, f"{side}_share": share, f"{side}_missing": missing}).reset_index()
            )
    half = len(parts) // 2
    sold, bought = (pd.concat(chosen, ignore_index=True) for chosen in (parts[:half], parts[half:]))
    return sold.merge(bought, on=["year", "partner"], how="outer").sort_values(["year", "partner"], kind="stable")


def _share(wide: pd.DataFrame, members: Sequence[str]) -> pd.Series[Any]:
    here = [m for m in members if m in wide.columns]
    if not here:
        return pd.Series(np.nan, index=wide.index)
    largest = wide[here].median().idxmax()
    share = 100 * wide[here].sum(axis=1) / wide.sum(axis=1)
    return share.where(wide[largest].notna())


def _missing(wide: pd.DataFrame, members: Sequence[str]) -> pd.Series[Any]:
    """By year the members of weight without a figure."""
    bought = wide[[m for m in members if m in wide.columns]]
    weighty = bought.loc[:, bought.sum() >= TELLING * bought.sum().sum()]
    codes = weighty.columns.to_numpy(dtype=object)
    missing = [" ".join(codes[row]) for row in weighty.isna().to_numpy(dtype=bool)]
    return pd.Series(missing, index=wide.index, dtype="str")


def share_change(
    economy: str,
    partner: str,
    side: Side,
    first: int,
    last: int,
    *,
    material: float = MATERIAL,
    gold: bool = True,
) -> ShareChange:
    """The share of a partner or group from a first to a last year, by the economy's own table, on the same economies.

    An economy with ``material`` (5 %) of the total in the first or last year and no figure in the other is left out of
    every year, of the share and of the total; with 0, every economy without a figure in some year. ``gold=False``
    leaves out the buyers of little but gold (``trade.toml``). Raises BadInputError for an unknown side or an economy
    without a list of these buyers, NoDataError where a year or the partner is not there.
    """
    if side not in SIDES:
        raise unknown("side", str(side), tuple(SIDES))
    code = names.resolve(economy)
    wide = by_partner(code, side)
    for year in (first, last):
        if year not in wide.index:
            raise NoDataError(f"the table of {code} has no {side} of {year}")
    wide = wide.loc[first:last]
    if not gold:
        wide = wide.drop(columns=[p for p in gold_buyers(code) if p in wide.columns])
    ends = wide.loc[[first, last]]
    size = ends.div(ends.sum(axis=1), axis=0).max()
    gone = wide.columns[wide.isna().any()] if material == 0 else ends.columns[ends.isna().any() & (size >= material)]
    kept = wide.drop(columns=list(gone))
    members = [m for m in members_of(partner) if m in kept.columns and m != code]
    if not members:
        raise NoDataError(f"{partner} has no {side} of {first} and {last} in the table of {code}")
    shares = _share(kept, members)
    if shares[[first, last]].isna().any():
        raise NoDataError(f"{partner} has no {side} of {first} or {last} in the table of {code}")
    return ShareChange(shares.dropna(), tuple(sorted(map(str, gone))))


def direction_checks(economy: str, partner: str, side: Side, first: int, last: int) -> tuple[Check, ...]:
    """Whether the trend of a share keeps its sign on another basis: end years, first years, partners, gold.

    The first years are those within ``FIRST_YEARS`` (4) years of ``first``. A share whose sign depends on any of these
    has no direction.
    """
    return _direction_checks(names.resolve(economy), partner, side, first, last, settings.data_dir())


@functools.lru_cache(maxsize=64)
def _direction_checks(code: str, partner: str, side: Side, first: int, last: int, folder: Path) -> tuple[Check, ...]:
    """The same of the data in that folder: claims and pictures in each language ask for it."""
    stated = share_change(code, partner, side, first, last)
    known = _share(by_partner(code, side), [m for m in members_of(partner) if m != code]).dropna().index
    starts = [y for y in range(first - FIRST_YEARS, first + FIRST_YEARS + 1) if y in known and y < last - 1]
    others = {year: share_change(code, partner, side, year, last) for year in starts}
    strict = share_change(code, partner, side, first, last, material=0)
    made = [
        _same_sign(
            "first and last year", stated.trend, [stated.now - stated.then], f"{first} to {last} alone changes it by"
        ),
        _same_sign(
            "other first years",
            stated.trend,
            [found.trend for found in others.values()],
            f"its trend from each first year of {starts[0]}-{starts[-1]} changes it by",
        ),
        _same_sign(
            "same partners",
            stated.trend,
            [strict.trend],
            f"without {len(strict.left_out)} partners that lack a figure in some year ({strict.then:.1f} to "
            f"{strict.now:.1f} %) its trend changes it by",
        ),
    ]
    if side == "exports" and code in trade_tables().get("gold", {}):
        plain = share_change(code, partner, side, first, last, gold=False)
        text = f"without the buyers of gold ({plain.then:.1f} to {plain.now:.1f} %) its trend changes it by"
        made.append(_same_sign("without gold", stated.trend, [plain.trend], text))
    return tuple(made)


def _same_sign(name: str, stated: float, others: Sequence[float], text: str) -> Check:
    worst = min(others, key=lambda x: x * np.sign(stated))
    spread = f"{min(others):+.1f}" if len(others) == 1 else f"{min(others):+.1f} to {max(others):+.1f}"
    agree = bool(worst * stated > 0)
    return Check(name, agree, float(worst), 0.0, f"{text} {spread} points, against {stated:+.1f} in all")


def gold_buyers(code: str) -> list[str]:
    """Economies that buy little but gold from the economy, by ``trade.toml``."""
    gold = trade_tables().get("gold", {}).get(code)
    if gold is None:
        raise BadInputError(f"no buyers of gold are listed for {code} in trade.toml")
    return list(gold["partners"])


def share_without_gold(economy: str, partner: str, year: int) -> float:
    """The share of a partner or group in exports, per cent, without the economies that buy little but gold."""
    code = names.resolve(economy)
    buyers, wide = gold_buyers(code), by_partner(code, "exports")
    if year not in wide.index:
        raise NoDataError(f"the table of {code} has no exports of {year}")
    row = wide.T[year].drop(labels=[p for p in buyers if p in wide.columns])
    return float(100 * row.reindex(members_of(partner)).sum() / row.sum())
