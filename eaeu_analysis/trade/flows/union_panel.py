"""The panels on which the union is judged: all goods every fourth year, and goods other than fuels in three years.

Both say what was done to their gaps: flows that the exporter's row lacks or gives as zero are taken from another
report where there is one, and are missing, not zero, where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...reference import blocs
from ...reference import economies as names
from .agreements import agreement_dummy, pair_spells
from .flows import KEYS, group_members, load_flows, trade_tables
from .zeros import LIKELY, UNREPORTED, explain_zeros

FIRST = 2000  # Russia's and Belarus's flows with each other are known from here on
EVIDENCE = ("russia_annual", "armenia_annual", "uzbekistan_annual")
OWN_REPORTER = {"uzbekistan_annual": "UZB"}  # no exporter in the world panel: its own table is used instead
FUELS = "SITC3"
UNALLOCATED = "SITC9"
LEAST = 1e9  # US$ a year, exported and imported: smaller economies say nothing of the union and slow the estimation
UNALLOCATED_SHARE = 0.5  # of a flow in section 9: its goods are not known


@dataclass(frozen=True)
class TradePanel:
    """Bilateral flows ready for the union's gravity models.

    Attributes
    ----------
    name, label : str
        Short name and description.
    flows : DataFrame
        ``exporter, importer, year, usd`` and the dummy ``rta`` (any agreement other than the union's own steps).
    changes : DataFrame
        The flows that were filled in or removed, with the old and the new value and the reason.
    years : tuple of int
        Years of the panel.
    """

    name: str
    label: str
    flows: pd.DataFrame
    changes: pd.DataFrame
    years: tuple[int, ...]


def all_goods(fill: bool = True) -> TradePanel:
    """Goods exports every fourth year from 2000 to 2016, between today's economies.

    With ``fill``: a zero or a missing row takes the exporter's figure of another table, else the importer's less
    carriage (at the rate in ``trade.toml``), for exporters that report that year and for Uzbekistan. A pair that
    was filled takes all its years from the same report, where that has them, so that no change of reporter looks like
    a change of trade (Armenia sees twice the imports from Russia that Russia reports). A zero that was likely not
    reported and that nobody else reports is taken out. Without ``fill``: the file as it is. Economies that export or
    import less than a billion US$ a year are left out, but for members and their neighbours.
    """
    world = load_flows("world_4yearly")
    world = world[(world["year"] >= FIRST) & _today(world)].reset_index(drop=True)
    if not fill:
        return _finished("as published", "all goods, every fourth year, gaps left", world, _no_changes())
    others = _other_reports(world["year"].unique(), trade_tables()["cif"]["rate"])
    zeros = explain_zeros(world, others)
    gone = zeros[zeros["reason"].isin([UNREPORTED, LIKELY])]
    kept = world[~_keys(world).isin(_keys(gone))]
    reporting = set(zip(world["exporter"], world["year"], strict=True))
    reporting |= {(code, year) for code in OWN_REPORTER.values() for year in world["year"].unique()}
    able = [pair in reporting for pair in zip(others["exporter"], others["year"], strict=True)]
    gaps = others[np.array(able, dtype=bool) & ~_keys(others).isin(_keys(kept))]
    report = _one_report_a_pair(others, gaps)
    kept = kept[~_keys(kept).isin(_keys(report))]
    changes = _replaced_values(world, report, gone)
    flows = pd.concat([kept, report], ignore_index=True)
    return _finished("all goods", "all goods, every fourth year, gaps filled from other reports", flows, changes)


def _other_reports(years: Any, rate: float) -> pd.DataFrame:
    """What Russia, Armenia and Uzbekistan say themselves, free on board, positive flows of today's economies."""
    others = pd.concat([load_flows(name) for name in EVIDENCE], ignore_index=True)
    others = others[others["year"].isin(years) & _today(others) & (others["usd"] > 0)]
    others = others[others["basis"].isin(["exporter_fob", "importer_cif"])]
    cif = others["basis"] == "importer_cif"
    return others.assign(usd=others["usd"].where(~cif, others["usd"] / (1 + rate)))


def _one_report_a_pair(others: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """All years of each pair with a gap, from the one report that closes most of them (the exporter's at a tie)."""
    pair = ["exporter", "importer"]
    count = gaps.groupby([*pair, "basis", "source"]).size().rename("closed").reset_index()
    count = count.sort_values([*pair, "closed", "basis"], ascending=[True, True, False, True]).drop_duplicates(pair)
    return others.merge(count[[*pair, "basis", "source"]], on=[*pair, "basis", "source"])[list(others.columns)]


def _replaced_values(world: pd.DataFrame, report: pd.DataFrame, gone: pd.DataFrame) -> pd.DataFrame:
    """What was there before, for every flow that was filled, exchanged or taken out."""
    before = world.set_index(KEYS)["usd"].reindex(_keys(report)).to_numpy()
    was = np.where(np.isnan(before), "no row", np.where(before == 0, "zero", "other report"))
    changes = report[[*KEYS, "usd", "source", "basis"]].assign(was=was, usd_before=before)
    out = gone[~_keys(gone).isin(_keys(report))]
    dropped = out[KEYS].assign(usd=np.nan, source="", basis="taken out", was="zero, " + out["reason"], usd_before=0.0)
    return pd.concat([changes, dropped]).sort_values(KEYS).reset_index(drop=True)


def without_fuels() -> TradePanel:
    """Goods other than fuels (SITC 3) in 1995, 2005 and 2015, UNCTAD's matrix by section.

    Flows that are mostly in section 9, unallocated, are taken out: Russia's exports to Belarus before 2012 are all
    there, so what of them is fuel is not known.
    """
    sections = load_flows("world_sitc", products=None)
    sections = sections[_today(sections)]
    wide = sections.pivot_table(index=KEYS[:3], columns="product", values="usd", aggfunc="sum", fill_value=0.0)
    goods = [c for c in wide.columns if c not in ("TOTAL", FUELS, UNALLOCATED)]
    dark = wide[UNALLOCATED] > UNALLOCATED_SHARE * wide["TOTAL"]
    flows = wide[goods].sum(axis=1).rename("usd")[~dark].reset_index()
    lost = wide.loc[dark, "TOTAL"].reset_index().rename(columns={"TOTAL": "usd"})
    lost = lost.assign(
        product="TOTAL", source="", basis="taken out", was="unallocated (SITC 9)", usd_before=lost["usd"]
    )
    label = "goods other than fuels, 1995, 2005 and 2015"
    return _finished("without fuels", label, flows, lost[list(_no_changes().columns)].reset_index(drop=True))


def not_free_trade() -> list[str]:
    """Families of treaties that free no trade between all their members, after ``trade.toml``."""
    return sorted({str(treaty) for entry in trade_tables()["not_free_trade"] for treaty in entry["treaties"]})


def _finished(name: str, label: str, flows: pd.DataFrame, changes: pd.DataFrame) -> TradePanel:
    years = flows["year"].nunique()
    sides = [flows.groupby(side)["usd"].sum() / years for side in ("exporter", "importer")]
    enough = pd.concat(sides, axis=1).fillna(0.0).min(axis=1) >= LEAST
    kept = {*enough.index[enough], *group_members("EAEU"), *group_members("neighbours"), *group_members("Ukraine")}
    flows = flows[flows["exporter"].isin(kept) & flows["importer"].isin(kept)]
    table = flows[["exporter", "importer", "year", "usd"]].sort_values(["exporter", "importer", "year"])
    table = table.reset_index(drop=True)
    steps = [stage["name"] for stage in trade_tables()["stages"]]
    table["rta"] = agreement_dummy(table, pair_spells(), without=[*not_free_trade(), *steps])
    return TradePanel(name, label, table, changes, tuple(sorted(int(y) for y in table["year"].unique())))


def _no_changes() -> pd.DataFrame:
    return pd.DataFrame(columns=[*KEYS, "usd", "source", "basis", "was", "usd_before"])


def _today(frame: pd.DataFrame) -> pd.Series[Any]:
    """Rows between economies of today: no state that is gone, no dependency that is not an economy."""
    economies = set(names.economies().index)
    return frame["exporter"].isin(economies) & frame["importer"].isin(economies)


def _keys(frame: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(frame[KEYS])


EFFECTS = [("exporter", "year"), ("importer", "year"), ("exporter", "importer")]
PAIR = ("exporter", "importer")
OUTSIDERS = ("China", "Turkey", "EU")


def member_groups() -> dict[str, list[str]]:
    """Founders (the three of the customs union) and all members of the union, from the table of blocs."""
    union = blocs.bloc("EAEU")
    return {
        "founders": union.members(on="2012-07-01", stage="customs union"),
        "members": union.members(on="2016-07-01"),
    }
