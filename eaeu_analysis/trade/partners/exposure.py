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
from .own_reports import OWN_TABLE, by_partner, own_table, share_without_gold, shares_by_year

PARTNERS = ("ARM", "BLR", "KAZ", "KGZ", "RUS", "EAEU", "China", "Turkey", "EU", "Afghanistan")
YEAR, SECTION_YEAR = 2019, 2015
TOTAL_GAP = 0.1
# Tables that end later than the own table of an economy (``own_reports.OWN_TABLE``), and what they count.
NEWER_TABLES = {
    "UZB": {
        "uzbekistan_with_services": "goods and services",
        "uzbekistan_imports_2025": "goods from the 60 largest partners",
    }
}
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
        A row per partner or group; shares in per cent of goods trade, by the economy's own table where there is one,
        else by the world matrix. Intensity and introversion are those of the matrix.
    over_time : DataFrame
        ``year``, ``partner``, ``exports_share``, ``imports_share``, ``exports_missing``, ``imports_missing`` (members
        without a figure that year), from the economy's own reports.
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

    def summary(self) -> str:
        shown = self.table.to_string(index=False, float_format=lambda v: f"{v:.2f}", na_rep="")
        held = ", ".join(f"{name} {value:.3f}" for name, value in self.concentration.items())
        checks = "\n".join(check.line for check in self.checks)
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
    0     RUS           14.1           18.6
    1   China           19.3           23.8
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
    table = pd.DataFrame(rows)
    own = _own_shares(code, groups, year)
    over_time = pd.DataFrame(columns=["year", "partner", "exports_share", "imports_share"])
    if (own_series := own_table(code)) is not None:
        series.append(own_series)
        over_time = shares_by_year(code, groups)
    if own is not None:
        table[list(own.columns)] = own.reindex(table["partner"]).to_numpy()
    return Exposure(
        code,
        year,
        table,
        over_time,
        _sections(sold, bought, sections.groupby("product")["usd"].sum()),
        _chapters(code),
        _mirror(code, groups),
        {"exports": herfindahl(exports), "imports": herfindahl(imports)},
        (*_checks(code, groups, world, year, own is not None), *_gold_check(code, year), *_newer_check(code)),
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


def _own_shares(code: str, groups: dict[str, list[str]], year: int) -> pd.DataFrame | None:
    """Shares and million US$ by the economy's own table, one number per year; None where it lacks the year."""
    if own_table(code) is None:
        return None
    sides: dict[str, pd.Series[Any]] = {}
    for side in ("exports", "imports"):
        wide = by_partner(code, side)
        if year not in wide.index:
            return None
        sides[side] = wide.T[year]
    rows = {}
    for name, members in groups.items():
        own = {side: float(row.reindex([m for m in members if m != code]).sum()) for side, row in sides.items()}
        rows[name] = {f"{side}_share": 100 * value / float(sides[side].sum()) for side, value in own.items()}
        rows[name] |= {f"{side}_musd": value / 1e6 for side, value in own.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


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


def _gold_check(code: str, year: int) -> tuple[Check, ...]:
    """What the union's share of exports is without the buyers of gold, where these are known."""
    gold = trade_tables().get("gold", {}).get(code)
    if gold is None or own_table(code) is None or year not in by_partner(code, "exports").index:
        return ()
    share = share_without_gold(code, "EAEU", year)
    text = (
        f"without {' and '.join(gold['partners'])}, which buy little but gold, the union takes {share:.1f} % of exports"
    )
    return (Check("gold", None, share, None, f"{text} of {year} by the economy's own table"),)


def _newer_check(code: str) -> tuple[Check, ...]:
    """The union's share in newer tables that cannot continue the economy's own table, where there are such tables."""
    parts, share = [], np.nan
    for name, what in NEWER_TABLES.get(code, {}).items():
        flows = load_flows(name, products=None)
        flows = flows[flows["year"] == flows["year"].max()]
        for own, other, side in (("exporter", "importer", "exports"), ("importer", "exporter", "imports")):
            rows = flows[(flows[own] == code) & (flows[other] != code)]
            if not rows.empty:
                union = rows[other].isin(group_members("EAEU"))
                share = 100 * float(rows.loc[union, "usd"].sum()) / float(rows["usd"].sum())
                parts.append(f"{share:.1f} % of {side} ({what}, {int(rows['year'].iloc[0])})")
    if not parts:
        return ()
    return (Check("newer", None, share, None, f"newer tables of another basis give the union {'; '.join(parts)}"),)


def _checks(
    code: str, groups: dict[str, list[str]], world: pd.DataFrame, year: int, own_shares: bool
) -> tuple[Check, ...]:
    lost = sorted({m for members in groups.values() for m in members} & set(ABSENT))
    text = f"the matrix of {year} lacks {' and '.join(ABSENT)} on both sides and Taiwan as an exporter"
    if lost:
        what = "intensities" if own_shares else "shares"
        text += f": {what} of {', '.join(n for n, m in groups.items() if set(m) & set(ABSENT))} are too low"
    checks = [Check("coverage", not lost, float(len(lost)), 0.0, text)]
    name = own_table(code)
    if name is not None:
        own = load_flows(name, [year])
        own = own[own["basis"] == "exporter_fob"]
        matrix, table = _value(world, [code], list(world["importer"].unique())), float(own["usd"].sum()) / 1e6
        gap = matrix / table - 1
        totals = f"exports of {year} add up to {matrix:,.0f} million US$ in the matrix and {table:,.0f} in {name}"
        text = f"{totals} ({gap:+.0%}): intensities rest on the matrix"
        checks.append(Check("totals", abs(gap) <= TOTAL_GAP, gap, TOTAL_GAP, text))
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
