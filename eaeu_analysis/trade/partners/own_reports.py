"""Shares of partners by an economy's own annual table: one number per year, like for like, with and without gold.

A partner that the table lacks in a year is neither zero nor in that year's total: shares of two years are compared
without it on both sides, and it is named. For shares without gold, partners that buy little else (``trade.toml``) are
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...errors import BadInputError, NoDataError, unknown
from ...reference import economies as names
from ...reference.shipped_tables import FLOWS
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

Side = Literal["exports", "imports"]


@dataclass(frozen=True)
class ShareChange:
    """Share of a partner or group in two years, per cent; ``left_out``: economies missing in one of the years, taken
    out of both."""

    first: int
    last: int
    then: float
    now: float
    left_out: tuple[str, ...]


def own_table(code: str) -> str | None:
    """Name of the economy's own table of flows; None where none is pinned."""
    name = OWN_TABLE.get(code)
    return name if name in FLOWS.records() else None


def by_partner(code: str, side: Side) -> pd.DataFrame:
    """US$ by year and partner, as the economy reports; NaN where the table has no figure."""
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
            share, missing = _shares(wide, [m for m in members if m != code])
            parts.append(
                pd.DataFrame({"partner": name, f"{side}_share": share, f"{side}_missing": missing}).reset_index()
            )
    half = len(parts) // 2
    sold, bought = (pd.concat(chosen, ignore_index=True) for chosen in (parts[:half], parts[half:]))
    return sold.merge(bought, on=["year", "partner"], how="outer").sort_values(["year", "partner"], kind="stable")


def _shares(wide: pd.DataFrame, members: Sequence[str]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    here = [m for m in members if m in wide.columns]
    if not here:
        return pd.Series(np.nan, index=wide.index), pd.Series("", index=wide.index)
    largest = wide[here].median().idxmax()
    share = 100 * wide[here].sum(axis=1) / wide.sum(axis=1)
    weighty = [m for m in here if wide[m].sum() >= TELLING * wide[here].sum().sum()]
    missing = wide[weighty].isna().apply(lambda row: " ".join(row.index[row]), axis=1)
    return share.where(wide[largest].notna()), missing


def share_change(
    economy: str, partner: str, side: Side, first: int, last: int, *, material: float = MATERIAL
) -> ShareChange:
    """The share of a partner or group in two years, by the economy's own table, on the same economies in both.

    An economy with ``material`` (5 %) of the total in one year and no figure in the other is left out of both years, of
    the share and of the total; with 0, every economy without a figure in one of them. Raises BadInputError for an
    unknown side, NoDataError where a year or the partner is not there.
    """
    if side not in SIDES:
        raise unknown("side", str(side), tuple(SIDES))
    code = names.resolve(economy)
    wide = by_partner(code, side)
    for year in (first, last):
        if year not in wide.index:
            raise NoDataError(f"the table of {code} has no {side} of {year}")
    both = wide.loc[[first, last]]
    size = both.div(both.sum(axis=1), axis=0).max()
    gone = tuple(sorted(str(c) for c in both.columns[both.isna().any() & (size >= material)]))
    kept = both.drop(columns=list(gone))
    members = [m for m in members_of(partner) if m in kept.columns and m != code]
    if not members:
        raise NoDataError(f"{partner} has no {side} of {first} and {last} in the table of {code}")
    then, now = (float(100 * row[members].sum() / row.sum()) for row in (kept.T[first], kept.T[last]))
    return ShareChange(first, last, then, now, gone)


def share_without_gold(economy: str, partner: str, year: int) -> float:
    """The share of a partner or group in exports, per cent, without the economies that buy little but gold."""
    code = names.resolve(economy)
    gold = trade_tables().get("gold", {}).get(code)
    if gold is None:
        raise BadInputError(f"no buyers of gold are listed for {code} in trade.toml")
    wide = by_partner(code, "exports")
    if year not in wide.index:
        raise NoDataError(f"the table of {code} has no exports of {year}")
    row = wide.T[year].drop(labels=[p for p in gold["partners"] if p in wide.columns])
    return float(100 * row.reindex(members_of(partner)).sum() / row.sum())
