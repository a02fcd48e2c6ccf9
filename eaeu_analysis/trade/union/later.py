"""The path of the union's trade by every source: the four-yearly panel, later matrices, and separate labelled lines.

The path of trade among the founders, of the neighbours that never joined and of the difference, from the last year
before the EAEU. The matrix of 2019 is the IMF's, of 2023 CEPII's reconciled one, which leans to the exporter: a jump
between sources cannot be distinguished from a change of trade, so these years extend the path and are no test of it.
Yearly flows with domestic sales and national statistics are lines of their own (:mod:`.other_sources`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ... import settings
from ...reference.shipped_tables import FLOWS
from ...results import Check, Provenance, Result, source_lines
from ..flows.agreements import agreement_dummy, pair_spells
from ..flows.flows import load_flows, trade_tables
from ..flows.union_panel import TradePanel, all_goods, not_free_trade
from .model import by_year, change_weights, contrast, fit_flows, flow_groups, joint_p
from .other_sources import YEARLY, national_paths, yearly_path

BASE = 2012  # the last year of the four-yearly panel before the EAEU
GROUPS = ("founders", "joiners", "neighbours", "Ukraine")
NATIONAL = (
    "one economy's own trade by partner and side: descriptions, whose errors rest on four partners and are too narrow; "
    "a line that starts after 2012 is against its first year"
)
LINES = (("founders", None), ("neighbours", None), ("founders", "neighbours"))


@dataclass(frozen=True)
class UnionPath(Result):
    """Trade among the founders year by year, with later matrices; from ``union_path``.

    Attributes
    ----------
    table : DataFrame
        ``group``, ``year``, ``source``, ``same_source`` (as the panel before), ``base``, ``estimate``, ``se``,
        ``lower``, ``upper``, ``percent``, the change since the base.
    level : float
        Level of the intervals.
    checks : tuple of Check
        The years before, the change of source, and what the other sources add.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade.draw_union_path"

    table: pd.DataFrame
    level: float
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def summary(self) -> str:
        shown = self.table.drop(columns=["base"]).to_string(index=False, float_format=lambda v: f"{v:.2f}")
        checks = "\n".join(check.line for check in self.checks)
        lines = "\n".join(source_lines(self.provenance))
        return f"Trade since {BASE}, log points, {self.level:.0%} intervals\n\n{shown}\n\n{checks}\n\n{lines}"


def with_later_matrices(panel: TradePanel) -> tuple[TradePanel, dict[int, str]]:
    """The panel with the later matrices between its economies, and the source of each added year."""
    steps = [stage["name"] for stage in trade_tables()["stages"]]
    economies = set(panel.flows["exporter"]) & set(panel.flows["importer"])
    added, sources = [], {}
    for year, name in trade_tables()["later_matrices"].items():
        flows = load_flows(name, [int(year)])
        flows = flows[flows["exporter"].isin(economies) & flows["importer"].isin(economies)]
        added.append(flows[["exporter", "importer", "year", "usd"]])
        sources[int(year)] = name
    extra = pd.concat(added, ignore_index=True)
    extra["rta"] = agreement_dummy(extra, pair_spells(), without=[*not_free_trade(), *steps])
    flows = pd.concat([panel.flows, extra], ignore_index=True)
    years = tuple(sorted({*panel.years, *sources}))
    return replace(panel, name="with later matrices", flows=flows, years=years), sources


def union_path(
    trade_panel: TradePanel | None = None, *, bias_correction: bool = True, level: float = settings.LEVEL
) -> UnionPath:
    """The path of trade among the founders since 2012, net of neighbours, with the matrices of 2019 and 2023, and, as
    lines of their own, by yearly flows with domestic sales (2011-22) and by the members' own statistics.

    ``trade_panel``: the panel that is extended, the pinned one by default; ``bias_correction``, ``level``: as in
    ``union_trade_effect``. Raises NoDataError where a matrix is missing, NotConvergedError.
    """
    panel, sources = with_later_matrices(all_goods() if trade_panel is None else trade_panel)
    masks = flow_groups(panel.flows)
    dummies = by_year(panel.flows, {name: masks[name] for name in GROUPS}, BASE)
    fit = fit_flows(panel.flows, [dummies], level, bias_correction=bias_correction)
    rows: list[dict[str, Any]] = []
    for group, minus in LINES:
        for year in panel.years:
            if year == BASE:
                continue
            found = contrast(fit, change_weights(group, BASE, year, minus))
            rows.append(
                {
                    "group": group if minus is None else f"{group} less {minus}",
                    "year": year,
                    "source": sources.get(year, "world_4yearly"),
                    "same_source": year not in sources,
                    "base": BASE,
                    **found.row,
                }
            )
    yearly, national = yearly_path(BASE, level), national_paths(BASE, level)
    p = joint_p(fit, [f"founders_{year}" for year in panel.years if year < BASE])
    named = ", ".join(f"{year} ({name})" for year, name in sorted(sources.items()))
    checks = (
        Check("years before", p >= 0.1, p, 0.1, f"founders before {BASE}: p = {p:.3f}", role="fatal"),
        Check("source", None, float(len(sources)), None, f"from another source than the years before: {named}"),
        Check("yearly flows", None, yearly[-1]["percent"], None, _yearly_text(yearly), scope=YEARLY),
        Check("national statistics", None, len({row["source"] for row in national}), None, NATIONAL),
    )
    return UnionPath(
        pd.DataFrame([*rows, *yearly, *national]),
        level,
        checks,
        Provenance(
            series=tuple(FLOWS.info(name) for name in _named(sources, national)),
            method="PPML, exporter-year, importer-year and pair effects, by year",
            reference="Yotov, Piermartini, Monteiro and Larch (2016); Weidner and Zylkin (2021)",
            settings={"bias_correction": bias_correction, "base": BASE},
        ),
    )


def _named(sources: dict[int, str], national: list[dict[str, Any]]) -> list[str]:
    return ["world_4yearly", *sources.values(), YEARLY, *sorted({row["source"] for row in national})]


def _yearly_text(rows: list[dict[str, Any]]) -> str:
    """What the yearly flows add: the years that the panel lacks, and whether the change was there before the union."""
    by = {int(row["year"]): row for row in rows}
    before, after = by[2014], by[max(by)]
    return (
        f"with domestic sales the founders' trade was {before['percent']:+.0f} % in 2014, before the EAEU, "
        f"{by[2019]['percent']:+.0f} % in 2019 and {after['percent']:+.0f} % in {int(after['year'])}, against 2012; "
        "no neighbour that never joined is in these flows"
    )
