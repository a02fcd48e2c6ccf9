"""How much an economy depends on each trade partner, by several indices and over time.

From the world matrix of 2019 (shares, intensity, introversion), the matrix by SITC section of 2015 (complementarity,
intra-industry trade), Russia's trade by HS chapter, and the economy's own annual series where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...errors import as_names
from ...reference import economies as names
from ...reference.shipped_tables import FLOWS
from ...results import Check, Provenance, Result, source_lines
from ..flows.flows import group_members, load_flows, mirror_gap, side_by_side, trade_tables
from .indices import (
    complementarity,
    group_share,
    grubel_lloyd,
    herfindahl,
    intensity,
    introversion,
    partner_shares,
    revealed_advantage,
    structure,
)

PARTNERS = ("ARM", "BLR", "KAZ", "KGZ", "RUS", "EAEU", "China", "Turkey", "EU", "Afghanistan")
YEAR, SECTION_YEAR = 2019, 2015
OWN_TABLE = {
    "UZB": "uzbekistan_annual",
    "ARM": "armenia_annual",
    "RUS": "russia_annual",
    "KGZ": "kyrgyzstan_annual",
    "KAZ": "kazakhstan_annual",
}
TOTAL_GAP = 0.1
ABSENT = ("GBR", "GRC")  # on neither side of the matrix of 2019


@dataclass(frozen=True)
class Exposure(Result):
    """How much an economy's goods trade depends on each partner; from ``exposure``.

    Attributes
    ----------
    economy : str
        ISO3 code.
    year : int
        Year of ``table``.
    table : DataFrame
        A row per partner or group; shares in per cent of goods trade.
    over_time : DataFrame
        ``year``, ``partner``, ``exports_share``, ``imports_share``, from the economy's own reports.
    sections : DataFrame
        Exports, imports and revealed comparative advantage by SITC section.
    chapters : DataFrame
        Trade with Russia by chapter of the Harmonized System, from Russia's reports.
    mirror : DataFrame
        The exporter's and the importer's report of each flow.
    concentration : dict of str to float
        Herfindahl index of the partners in exports and in imports.
    checks : tuple of Check
        Coverage of the flows, and how totals agree between sources.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade_policy.draw_exposure"

    economy: str
    year: int
    table: pd.DataFrame
    over_time: pd.DataFrame
    sections: pd.DataFrame
    chapters: pd.DataFrame
    mirror: pd.DataFrame
    concentration: dict[str, float]
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def to_frame(self) -> pd.DataFrame:
        return self.table.copy()

    def summary(self) -> str:
        shown = self.table.to_string(index=False, float_format=lambda v: f"{v:.2f}", na_rep="")
        held = ", ".join(f"{name} {value:.3f}" for name, value in self.concentration.items())
        checks = "\n".join(f"[{c.mark}] {c.name}: {c.text}" for c in self.checks)
        return (
            f"Goods trade of {names.economy_name(self.economy)} by partner, {self.year} (shares in per cent)\n{shown}\n"
            f"Herfindahl index of partners: {held}\n\n{checks}\n\n" + "\n".join(source_lines(self.provenance))
        )


def exposure(economy: str = "UZB", partners: Sequence[str] = PARTNERS, year: int = YEAR) -> Exposure:
    """Measure how much an economy's goods trade depends on each partner.

    Parameters
    ----------
    economy : str, default "UZB"
        ISO3 code or name.
    partners : sequence of str
        Economies (codes or names) or groups of ``data/tables/trade.toml`` such as "EAEU", "EU" or "China".
    year : int, default 2019
        Year of the world's flows, 2019 or 2020.

    Returns
    -------
    Exposure
        Shares, intensity, introversion, complementarity and intra-industry trade by partner.

    Raises
    ------
    BadInputError
        The economy or a partner is not known.
    NoDataError
        The economy has no flow, or the year is not in the data.

    Notes
    -----
    The indices are revealed comparative advantage (Balassa 1965), intra-industry trade (Grubel and Lloyd 1975),
    complementarity (Michaely 1996) and trade introversion (Iapadre and Tironi 2009).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> signs = ea.exposure("UZB", ["RUS", "China"])
    >>> signs.table[["partner", "exports_share", "imports_share"]].round(1)
      partner  exports_share  imports_share
    0     RUS           21.7           19.4
    1   China           25.0           25.0
    """
    code = names.resolve(economy)
    world = load_flows("world_2019", [year])
    sections = load_flows("world_sitc", [SECTION_YEAR], products=None)
    sections = sections[sections["product"] != "TOTAL"]
    groups = {name: _members(name) for name in as_names("partners", partners)}
    own_rows = sections[(sections["exporter"] == code) | (sections["importer"] == code)]
    sold, bought = structure(own_rows, [code], None), structure(own_rows, None, [code])
    sells = sections.groupby(["exporter", "product"])["usd"].sum()
    buys = sections.groupby(["importer", "product"])["usd"].sum()
    rows = []
    for name, members in groups.items():
        others = [m for m in members if m != code]
        rows.append(
            {
                "partner": name,
                "exports_share": 100 * group_share(world, code, others, "exports"),
                "imports_share": 100 * group_share(world, code, others, "imports"),
                "exports_musd": _value(world, [code], others),
                "imports_musd": _value(world, others, [code]),
                "export_intensity": intensity(world, code, others, "exports"),
                "import_intensity": intensity(world, code, others, "imports"),
                "export_introversion": introversion(world, code, others, "exports"),
                "import_introversion": introversion(world, code, others, "imports"),
                "sells_what_it_buys": complementarity(sold, _by_product(buys, others)),
                "buys_what_it_sells": complementarity(_by_product(sells, others), bought),
                "intra_industry": grubel_lloyd(
                    structure(own_rows, [code], others), structure(own_rows, others, [code])
                ),
            }
        )
    exports, imports = partner_shares(world, code, "exports"), partner_shares(world, code, "imports")
    series = ["world_2019", "world_sitc"]
    over_time, own = _over_time(code, groups)
    series += own
    return Exposure(
        code,
        year,
        pd.DataFrame(rows),
        over_time,
        _sections(sold, bought, sections.groupby("product")["usd"].sum()),
        _chapters(code),
        _mirror(code, groups),
        {"exports": herfindahl(exports), "imports": herfindahl(imports)},
        _checks(code, groups, world, year),
        Provenance(
            series=tuple(FLOWS.info(name) for name in series),
            method="trade indices",
            reference="Balassa (1965); Grubel and Lloyd (1975); Michaely (1996); Iapadre and Tironi (2009)",
        ),
    )


def _members(name: str) -> list[str]:
    if name in trade_tables()["groups"]:
        return group_members(name)
    return [names.resolve(name)]


def _value(flows: pd.DataFrame, exporters: Sequence[str], importers: Sequence[str]) -> float:
    rows = flows[flows["exporter"].isin(list(exporters)) & flows["importer"].isin(list(importers))]
    return float(rows.loc[rows["exporter"] != rows["importer"], "usd"].sum()) / 1e6


def _by_product(table: pd.Series[Any], economies: Sequence[str]) -> pd.Series[Any]:
    """Sum over economies of a Series by (economy, product)."""
    chosen = table[table.index.get_level_values(0).isin(list(economies))]
    return chosen.groupby(level=1).sum()


def _sections(own: pd.Series[Any], bought: pd.Series[Any], world: pd.Series[Any]) -> pd.DataFrame:
    table = pd.DataFrame({"exports_musd": own / 1e6, "imports_musd": bought / 1e6}).fillna(0.0)
    table["advantage"] = revealed_advantage(own, world)
    table["symmetric_advantage"] = revealed_advantage(own, world, symmetric=True)
    return table.reset_index(names="product")


def _chapters(code: str) -> pd.DataFrame:
    """Trade with Russia by HS chapter, Russia's reports, latest year; empty when Russia's table lacks the economy."""
    flows = load_flows("russia_hs2", products=None)
    rows = flows[(flows["exporter"] == code) | (flows["importer"] == code)]
    if rows.empty:
        return pd.DataFrame(columns=["product", "to_russia_musd", "from_russia_musd", "grubel_lloyd", "year"])
    last = rows[rows["year"] == rows["year"].max()]
    sold = last[last["exporter"] == code].groupby("product")["usd"].sum() / 1e6
    bought = last[last["importer"] == code].groupby("product")["usd"].sum() / 1e6
    table = pd.DataFrame({"to_russia_musd": sold, "from_russia_musd": bought}).fillna(0.0)
    both = table.sum(axis=1)
    table["grubel_lloyd"] = 1 - (table["to_russia_musd"] - table["from_russia_musd"]).abs() / both.where(both > 0)
    order = both.sort_values(ascending=False, kind="stable").index
    return table.loc[order].assign(year=int(last["year"].iloc[0])).reset_index()


def _over_time(code: str, groups: dict[str, list[str]]) -> tuple[pd.DataFrame, list[str]]:
    """Shares by year from the economy's own table; a year in which the group's largest partner is missing is left out
    of that group, because the share would miss it."""
    name = OWN_TABLE.get(code)
    if name is None or name not in FLOWS.records():
        return pd.DataFrame(columns=["year", "partner", "exports_share", "imports_share"]), []
    flows = load_flows(name)
    flows = flows[flows["basis"].isin(["exporter_fob", "importer_cif"])]
    sides = {}
    for side, own, other in (("exports", "exporter", "importer"), ("imports", "importer", "exporter")):
        mine = flows[flows[own] == code]
        wide = mine.pivot_table(index="year", columns=other, values="usd", aggfunc="sum")
        sides[side] = pd.DataFrame({g: _shares(wide, members) for g, members in groups.items()}).rename_axis("year")
    stacked = {f"{side}_share": table.stack(future_stack=True) for side, table in sides.items()}
    return pd.DataFrame(stacked).rename_axis(["year", "partner"]).reset_index(), [name]


def _shares(wide: pd.DataFrame, members: Sequence[str]) -> pd.Series[Any]:
    """Per cent of each year's total that goes to the members, where the largest of them is known that year."""
    here = [m for m in members if m in wide.columns]
    if not here:
        return pd.Series(np.nan, index=wide.index)
    largest = wide[here].median().idxmax()
    share = 100 * wide[here].sum(axis=1) / wide.sum(axis=1)
    return share.where(wide[largest].notna())


def _mirror(code: str, groups: dict[str, list[str]]) -> pd.DataFrame:
    """Both reports of the economy's flows with each named economy, all years for which there are two."""
    partners = sorted({m for members in groups.values() for m in members if len(members) == 1})
    frames = []
    for name in ("world_4yearly", "world_2019", *sorted(OWN_TABLE.values())):
        flows = load_flows(name)
        sells = flows["exporter"].eq(code) & flows["importer"].isin(partners)
        buys = flows["importer"].eq(code) & flows["exporter"].isin(partners)
        frames.append(flows[sells | buys])
    table = mirror_gap(side_by_side(*frames))
    chosen = table[table["known"] == "both"]
    columns = ["exporter", "importer", "year", "exporter_usd", "importer_usd", "gap_usd", "log_ratio"]
    return chosen[[*columns, "exporter_source", "importer_source"]].reset_index(drop=True)


def _checks(code: str, groups: dict[str, list[str]], world: pd.DataFrame, year: int) -> tuple[Check, ...]:
    lost = sorted({m for members in groups.values() for m in members} & set(ABSENT))
    text = f"the matrix of {year} lacks {' and '.join(ABSENT)} on both sides and Taiwan as an exporter"
    if lost:
        text += f": shares of {', '.join(n for n, m in groups.items() if set(m) & set(ABSENT))} are too low"
    checks = [Check("coverage", not lost, float(len(lost)), 0.0, text)]
    name = OWN_TABLE.get(code)
    if name is not None:
        own = load_flows(name, [year])
        own = own[own["basis"] == "exporter_fob"]
        matrix, table = _value(world, [code], list(world["importer"].unique())), float(own["usd"].sum()) / 1e6
        gap = matrix / table - 1
        totals = f"exports of {year} add up to {matrix:,.0f} million US$ in the matrix and {table:,.0f} in {name}"
        checks.append(
            Check("totals", abs(gap) <= TOTAL_GAP, gap, TOTAL_GAP, f"{totals} ({gap:+.0%}): shares differ by as much")
        )
    return tuple(checks)


def signs(result: Exposure) -> pd.DataFrame:
    """Partners ranked by how far trade leans to them beyond their size: mean introversion of exports and imports."""
    table = result.table.assign(
        leaning=np.nanmean(
            result.table[["export_introversion", "import_introversion"]].to_numpy(dtype=np.float64), axis=1
        )
    )
    columns = ["partner", "leaning", "exports_share", "imports_share"]
    return table[columns].sort_values("leaning", ascending=False, kind="stable").reset_index(drop=True)
