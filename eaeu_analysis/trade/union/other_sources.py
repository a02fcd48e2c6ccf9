"""The path of the union's trade by further sources, each estimated by itself and named: a check on the main path.

Yearly flows between 80 economies and the rest of the world with what each sells at home (input-output tables, 2011 to
2022): goods, exporter-year, importer-year and pair effects, and borders that fall year by year. They have the founders
and Ukraine and none of the neighbours that never joined. National statistics of each member: trade with other members
compared with trade with all partners it reports, by side; one economy alone says nothing of its size or its partners',
so that these lines are descriptions.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ... import settings
from ...reference import economies as names
from ..flows.agreements import border_dummies
from ..flows.flows import group_members, load_flows
from ..flows.products import sales_with_domestic
from ..flows.union_panel import PAIR, member_groups
from ..gravity.fit import GravityFit
from ..gravity.ppml import GravityOptions, ppml
from ..partners.own_reports import OWN_TABLE
from .model import by_year, change_weights, contrast, fit_flows, flow_groups

SECTORS = ("agriculture", "manufacturing", "mining")
YEARLY = "world_with_domestic"
FROM = 2004  # national statistics: earlier years say nothing about the union
OTHERS = 10  # partners outside the union and its neighbourhood without which a year has nothing to compare with


def yearly_path(base: int, level: float = settings.LEVEL) -> list[dict[str, Any]]:
    """Trade among the founders since ``base`` by the yearly flows with domestic sales, goods."""
    flows = sales_with_domestic()
    goods = flows[flows["product"].isin(list(SECTORS))]
    table = goods.groupby([*PAIR, "year"])["usd"].sum().reset_index()
    masks = flow_groups(table)
    groups = by_year(table, {name: masks[name] for name in ("founders", "Ukraine")}, base)
    fit = fit_flows(table, [groups, border_dummies(table, base)], level, others=())
    return _rows(fit, "founders", "founders, with domestic sales", YEARLY, sorted(table["year"].unique()), base)


def national_paths(base: int, level: float = settings.LEVEL) -> list[dict[str, Any]]:
    """Each member's trade with other members since ``base`` (or its first year, if later), by its own statistics."""
    members = member_groups()["members"]
    rows = []
    for code in sorted(set(OWN_TABLE) & set(members)):
        table = _own_flows(code, [*members, *group_members("neighbours"), *group_members("Ukraine")])
        start = max(base, int(table["year"].min()))
        inside = table["partner"].isin(members)
        near = table["partner"].isin([*group_members("neighbours"), *group_members("Ukraine")])
        dummies = by_year(table, {"members": inside, "neighbours": near}, start)
        seen = [str(c) for c in dummies if table.loc[dummies[c] > 0, "usd"].sum() > 0]
        fit = ppml(
            pd.concat([table, dummies[seen]], axis=1),
            "usd",
            seen,
            [("partner", "side"), ("side", "year")],
            "partner",
            options=GravityOptions(level=level),
        )
        label = f"{names.common_name(code)} with members"
        rows += _rows(fit, "members", label, OWN_TABLE[code], sorted(table["year"].unique()), start)
    return rows


def _own_flows(code: str, near: list[str]) -> pd.DataFrame:
    """``partner, side, year, usd`` by the economy's own table, years with enough partners beyond ``near``; missing is
    missing."""
    flows = load_flows(OWN_TABLE[code])
    flows = flows[(flows["year"] >= FROM) & flows["basis"].isin(["exporter_fob", "importer_cif"])]
    sides = []
    for side, own, other in (("exports", "exporter", "importer"), ("imports", "importer", "exporter")):
        part = flows[
            (flows[own] == code) & (flows["basis"] == ("exporter_fob" if side == "exports" else "importer_cif"))
        ]
        sides.append(part.rename(columns={other: "partner"})[["partner", "year", "usd"]].assign(side=side))
    table = pd.concat(sides, ignore_index=True)
    table = table[table["partner"].isin(list(names.economies().index))]
    others = table[~table["partner"].isin(near)].groupby(["year", "side"]).size().unstack(fill_value=0).min(axis=1)
    return table[table["year"].isin(others.index[others >= OTHERS])].reset_index(drop=True)


def _rows(fit: GravityFit, name: str, label: str, source: str, years: list[Any], base: int) -> list[dict[str, Any]]:
    rows = []
    for year in map(int, years):
        if year == base or f"{name}_{year}" not in fit.coef.index:
            continue
        found = contrast(fit, change_weights(name, base, year))
        rows.append(
            {
                "group": label,
                "year": year,
                "source": source,
                "same_source": False,
                "base": base,
                **found.row,
            }
        )
    return rows
