"""Gravity under every defensible choice: who is a neighbour, which goods, which step, domestic trade, border trends.

Each choice that the data leave open is made every way, and the range is reported in place of one estimate. The prior
of a scenario for easier borders follows from the part of the curve that measures what the model needs: both steps
together, with domestic trade in the equation; its spread is that between choices and within them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ... import settings
from ...reference.shipped_tables import FLOWS
from ...results import Check, Provenance, Result
from ..flows.agreements import border_dummies, stage_dummies
from ..flows.domestic import INDICATORS, RATIOS, with_domestic
from ..flows.flows import group_members, trade_tables
from ..flows.union_panel import TradePanel, all_goods, member_groups, without_fuels
from .estimate import DESIGNS
from .model import SOURCES, by_year, change_weights, contrast, fit_flows, flow_groups

if TYPE_CHECKING:
    from ...data.panel import Panel

STEPS = DESIGNS | {"as published": DESIGNS["all goods"]}
TEXTBOOK = {
    "customs union": {"customs_union": 1.0},
    "EAEU": {"eaeu": 1.0},
    "both": {"customs_union": 1.0, "eaeu": 1.0},
}
NONE = "none"
SHIPPED = "gravity_curve.json"
COLUMNS = ["step", "panel", "neighbours", "domestic", "border_trend", "estimate", "se", "lower", "upper", "percent"]


@dataclass(frozen=True)
class GravityCurve(Result):
    """Estimates of the union's effect on trade among founders under every choice; from ``gravity_curve``.

    Attributes
    ----------
    table : DataFrame
        A row per specification: ``step``, ``panel``, ``neighbours`` (whose change is taken off), ``domestic`` (output
        over value added), ``border_trend`` ("common", "members"), ``estimate``, ``se``, ``lower``, ``upper``,
        ``percent``.
    prior : dict of str to float
        ``mean`` and ``sd`` of both steps with domestic trade, ``within`` and ``between`` (parts of the variance),
        ``specifications``, and ``lowest`` and ``highest`` of all estimates of both steps.
    level : float
        Level of the intervals.
    checks : tuple of Check
        Whether all specifications of a step have one sign.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade.draw_gravity_curve"

    table: pd.DataFrame
    prior: dict[str, float]
    level: float
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def ranges(self) -> pd.DataFrame:
        """Least, median and largest estimate by step, per cent, and the number of specifications."""
        found = {"least": "min", "median": "median", "most": "max", "specifications": "size"}
        by = self.table.groupby("step", sort=False)
        return by.agg(**{name: ("percent", how) for name, how in found.items()})

    def summary(self) -> str:
        shown = self.table.to_string(index=False, float_format=lambda v: f"{v:.2f}")
        ranges = self.ranges().to_string(float_format=lambda v: f"{v:.1f}")
        prior = f"{self.prior['mean']:+.3f} (standard deviation {self.prior['sd']:.3f})"
        title = f"Trade among the founders under every choice, log points, {self.level:.0%} intervals"
        both = f"Both steps with domestic trade, for scenarios: {prior}"
        return self._ended([title, "", shown, "", "Range, per cent", ranges, "", both, ""], "", sources=False)


def gravity_curve(macro: Panel | None = None, *, level: float = settings.LEVEL) -> GravityCurve:
    """Estimate the union's effect on trade among its founders under every choice that the data leave open.

    Parameters
    ----------
    macro : Panel, optional
        GDP and value added for domestic trade. None takes the pinned series.
    level : float, default 0.9
        Level of the intervals.

    Returns
    -------
    GravityCurve
        A row per specification, the range by step, and the prior for scenarios.

    Raises
    ------
    NoDataError
        Flows or macro series are missing.
    NotConvergedError
        An estimation did not converge.

    Notes
    -----
    PPML with exporter-year, importer-year and pair effects, errors clustered by pair, no bias correction. The sets of
    neighbours are in ``data/tables/trade.toml``. The prior's variance is the mean of the squared errors plus the
    variance of the estimates, over the specifications of both steps with domestic trade.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> curve = ea.gravity_curve()
    >>> curve.ranges()["median"].round().to_dict()
    {'customs union': -9.0, 'EAEU': 26.0, 'both': 32.0}
    """
    from ...data.load import load_panel

    panels = {"all goods": all_goods(), "as published": all_goods(fill=False), "without fuels": without_fuels()}
    macro = load_panel(list(INDICATORS)) if macro is None else macro
    rows: list[dict[str, Any]] = []
    for name, panel in panels.items():
        for neighbours in trade_tables()["neighbour_sets"]:
            rows += _net(name, panel, neighbours, level)
    rows += _textbook(panels["all goods"], level)
    for ratio in RATIOS:
        for trend in ("common", "members"):
            rows += _domestic(panels["all goods"], macro, ratio, trend, level)
    table = pd.DataFrame(rows)[COLUMNS].drop_duplicates(ignore_index=True)
    return GravityCurve(
        table,
        prior_of(table),
        level,
        _sign_checks(table),
        Provenance(
            series=tuple(FLOWS.info(name) for name in (*SOURCES, "distances")),
            method="PPML under every combination of choices",
            reference="Yotov, Piermartini, Monteiro and Larch (2016); Simonsohn, Simmons and Nelson (2020)",
            settings={"level": level},
        ),
    )


def prior_of(table: pd.DataFrame) -> dict[str, float]:
    """The border-cost prior from a curve: see :func:`gravity_curve`."""
    both = table[table["step"] == "both"]
    home = both[both["domestic"] != NONE]
    within, between = float((home["se"] ** 2).mean()), float(home["estimate"].var(ddof=0))
    return {
        "mean": float(home["estimate"].mean()),
        "sd": float(np.sqrt(within + between)),
        "within": within,
        "between": between,
        "specifications": float(len(home)),
        "lowest": float(both["estimate"].min()),
        "highest": float(both["estimate"].max()),
    }


def _net(name: str, panel: TradePanel, neighbours: str, level: float) -> list[dict[str, Any]]:
    """By year, founders alone and less one set of neighbours, each of which has flows with members of its own."""
    base, steps = STEPS[name]
    members = member_groups()["members"]
    codes = [c for group in trade_tables()["neighbour_sets"][neighbours] for c in _codes(group)]
    sells, buys = panel.flows["exporter"], panel.flows["importer"]
    masks = flow_groups(panel.flows)
    near = (sells.isin(members) & buys.isin(codes)) | (sells.isin(codes) & buys.isin(members))
    groups = {"founders": masks["founders"], "joiners": masks["joiners"], "near": near}
    if "UKR" not in codes:
        groups["Ukraine"] = masks["Ukraine"]
    fit = fit_flows(panel.flows, [by_year(panel.flows, groups, base)], level)
    rows = []
    for step, (start, end) in steps.items():
        choice = {"step": step, "panel": name, "domestic": NONE, "border_trend": NONE}
        rows.append(
            {"neighbours": neighbours, **choice, **contrast(fit, change_weights("founders", start, end, "near")).row}
        )
    return rows


def _codes(group: str) -> list[str]:
    return group_members(group) if group in trade_tables()["groups"] else [group]


def _textbook(panel: TradePanel, level: float) -> list[dict[str, Any]]:
    fit = fit_flows(panel.flows, [stage_dummies(panel.flows)], level)
    choice = {"panel": panel.name, "neighbours": NONE, "domestic": NONE, "border_trend": NONE}
    return [{"step": step, **choice, **contrast(fit, weights).row} for step, weights in TEXTBOOK.items()]


def _domestic(trade: TradePanel, macro: Panel, ratio: float, trend: str, level: float) -> list[dict[str, Any]]:
    """One dummy a step with domestic trade; borders fall for all alike, or for members by a trend of their own."""
    flows = with_domestic(trade, macro, ratio)[0].flows
    parts = [stage_dummies(flows), border_dummies(flows)]
    if trend == "members":
        members = member_groups()["members"]
        own = (flows["exporter"].isin(members) | flows["importer"].isin(members)) & (
            flows["exporter"] != flows["importer"]
        )
        parts.append(by_year(flows, {"member_border": own}, int(flows["year"].min())))
    fit = fit_flows(flows, parts, level)
    choice = {"panel": trade.name, "neighbours": NONE, "domestic": f"{ratio:g}", "border_trend": trend}
    return [{"step": step, **choice, **contrast(fit, weights).row} for step, weights in TEXTBOOK.items()]


def _sign_checks(table: pd.DataFrame) -> tuple[Check, ...]:
    checks = []
    for step, rows in table.groupby("step", sort=False):
        share = float((rows["estimate"] > 0).mean())
        same = max(share, 1 - share)
        low, high = rows["percent"].min(), rows["percent"].max()
        text = f"{len(rows)} estimates from {low:+.0f} to {high:+.0f} %, {share:.0%} above zero"
        checks.append(Check(f"sign, {step}", same >= 0.8, same, 0.8, text, scope=str(step)))
    return tuple(checks)
