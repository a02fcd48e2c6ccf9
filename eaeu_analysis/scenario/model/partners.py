"""Who pays duty to whom: free-trade partners by the year of the baseline, and the rest of the world in few groups.

Free-trade partners are those with an agreement in force at the end of the year (DESTA); of Uzbekistan's the list of its
customs comes first. Partners that differ neither in treatment nor in region are merged into one, because the world
model then solves ten times as fast and its numbers change in the fifth digit (a test solves both).
"""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from ...reference import economies
from ...reference.blocs import bloc
from ...trade.flows.agreements import pair_spells
from ...trade.flows.flows import trade_tables
from ...trade.tariffs.gap import uzbekistan_partners
from ..schema import Scenario
from ..tables import scenario_tables

UNION = "EAEU"


def union_members(name: str, year: int, without: str = "") -> list[str]:
    """Members of the bloc at the end of ``year``, those of its earlier stages included."""
    found = bloc(name)
    day = f"{year}-12-31"
    members = {member for stage in found.stages for member in found.members(on=day, stage=stage)}
    return sorted(members - {without})


def free_with(economy: str, year: int) -> frozenset[str]:
    """Economies whose goods enter ``economy`` free of duty, and the other way round."""
    return _free_partners(year).get(economy, frozenset())


@lru_cache
def _free_partners(year: int) -> dict[str, frozenset[str]]:
    """Partners by economy with a free-trade agreement in force at the end of ``year``."""
    partial = {int(t) for entry in trade_tables()["not_free_trade"] for t in entry["treaties"]}
    partial |= {int(t) for t in scenario_tables()["partial_agreements"]["treaties"]}
    spells = pair_spells()
    live = spells[(spells["start"] <= year) & (spells["end"] > year) & ~spells["treaty"].astype(int).isin(partial)]
    sides = live["a"].tolist(), live["b"].tolist()
    found: dict[str, set[str]] = {}
    for economy, other in (*zip(*sides, strict=True), *zip(*reversed(sides), strict=True)):
        found.setdefault(economy, set()).add(other)
    return {economy: frozenset(others) for economy, others in found.items()}


def last_agreements() -> int:
    """The last year in which the table of agreements has a change."""
    return int(pair_spells()["start"].max())


def regimes(economy: str, year: int) -> dict[str, str]:
    """Which partners' goods are free of duty in the economy before it joins, and which pay a surcharge ('full')."""
    out = dict.fromkeys(free_with(economy, year), "free")
    if economy == "UZB":
        known = {"fta": "free"}
        out |= {str(k): known.get(v, str(v)) for k, v in uzbekistan_partners()["regime"].items()}
    return out


def dutiable_part(economy: str, year: int, flows: pd.DataFrame) -> float:
    """Part of the economy's imports of goods that comes from partners without free trade; imports from members of a
    bloc that reports one tariff as a whole are left out, as they are of its average."""
    inside = {economy}
    for name in scenario_tables()["average_tariff"]["one_reporter"]:
        members = union_members(name, year)
        inside |= set(members) if economy in members else set()
    bought = flows[(flows["importer"] == economy) & ~flows["exporter"].isin(inside)]
    treated = regimes(economy, year)
    pays = [treated.get(str(code), "mfn") != "free" for code in bought["exporter"]]
    return float(bought.loc[pays, "value"].sum() / bought["value"].sum())


def freed(scenario: Scenario, members: tuple[str, ...]) -> tuple[str, ...]:
    """Members with which trade is not free before: joining frees it on both sides."""
    if not scenario.joins:
        return ()
    free = free_with(scenario.economy, scenario.baseline.year)
    return tuple(m for m in members if m not in free)


def merging(scenario: Scenario, flows: pd.DataFrame, named: set[str], apart: dict[str, set[str]]) -> dict[str, str]:
    """Economy to the economy or group that represents it.

    On their own: the economy, members, ``named`` ones, whoever trades free of duty with a member of the union, and who
    has at least ``merge.share`` of the economy's trade. All others are merged by region, by treatment at the economy's
    border, and by which of the groups ``apart`` they are in.
    """
    economy, year = scenario.economy, scenario.baseline.year
    rule = scenario_tables()["merge"]
    own = flows[(flows["exporter"] == economy) ^ (flows["importer"] == economy)]
    partner = own["exporter"].where(own["importer"] == economy, own["importer"])
    size = own["value"].groupby(partner).sum()
    large = set(size.index[size >= float(rule["share"]) * size.sum()])
    members = union_members(scenario.bloc, year)
    alone = {economy, *members, *named, *large, *rule["anchors"]}
    if bloc(scenario.bloc).code == UNION:
        alone |= {other for m in members for other in free_with(m, year)}
    treated, regions = regimes(economy, year), economies.economies()["region"]

    def group(code: str) -> str:
        inside = "".join(f", {name}" for name, those in apart.items() if code in those)
        region = regions.get(code)
        return f"{region if isinstance(region, str) else 'Other'}{inside} ({treated.get(code, 'mfn')})"

    every = sorted(set(flows["exporter"].unique()) | set(flows["importer"].unique()))
    return {code: code if code in alone else group(code) for code in every}
