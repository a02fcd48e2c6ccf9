"""What the union did to who trades with whom: by step, by pair of members, and with outsiders.

Flows between members are compared, year by year, with what exporter-year, importer-year and pair effects and all other
agreements lead one to expect, from the last year before the customs union on. The estimate is compared
with the years before (a trend is not an effect), with neighbours that never joined (changes they share are not due to
the union), and with fake unions of bordering economies elsewhere (chance). Goods other than fuels are estimated apart,
because the members' exports to the rest of the world swing with the oil price and those to each other much less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...errors import require_option
from ...reference.shipped_tables import FLOWS
from ...results import Check, Provenance, Result, source_lines
from ...text import format_p_equals
from ..flows.agreements import stage_dummies
from ..flows.union_panel import EFFECTS, OUTSIDERS, PAIR, TradePanel, all_goods, member_groups, without_fuels
from ..gravity.fit import GravityFit
from ..gravity.ppml import ppml
from .fake_unions import (
    Changes,
    OneStep,
    change,
    changes,
    fake_coefficients,
    fake_union_p_value,
    flows_among,
    one_step,
    real_coefficients,
)
from .model import SOURCES, by_year, change_weights, contrast, fit_flows, flow_groups, joint_p

MEMBERS = ("founders", "joiners")
CONTROLS = ("neighbours", "Ukraine")
# panel -> base year, and the steps that its years can tell apart
DESIGNS: dict[str, tuple[int, dict[str, tuple[int, int]]]] = {
    "all goods": (2008, {"customs union": (2008, 2012), "EAEU": (2012, 2016), "both": (2008, 2016)}),
    "without fuels": (2005, {"both": (2005, 2015)}),
}
PRE_TREND = 0.10


@dataclass(frozen=True)
class UnionTradeEffect(Result):
    """What the union did to trade, by step, pair and outsider; from ``union_trade_effect``.

    Attributes
    ----------
    spec : dict
        Designs, bias correction, level and clusters.
    steps : DataFrame
        ``panel``, ``step``, ``base``, ``group``, ``estimate`` (log points), ``se``, ``lower``, ``upper``, ``percent``,
        ``p_permutation`` (founders, and founders net of neighbours). Groups are founders, joiners, their neighbours,
        and members net of neighbours.
    years : DataFrame
        Coefficients by group and year.
    pairs : DataFrame
        Each pair of members by a dummy of its own (one Newton step), with the band of fake pairs.
    diversion : DataFrame
        The members' imports from outsiders, with ``base``, the interval without bias correction (``plain_lower``,
        ``plain_upper``) and the founders' rank among fake unions.
    zeros : DataFrame
        The textbook dummies with gaps left as they are and filled.
    changes : DataFrame
        The flows that were filled.
    level : float
        Level of the intervals.
    checks : tuple of Check
        Pre-trends, neighbours, unreported zeros.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade.draw_union_trade_effect"

    spec: dict[str, Any]
    steps: pd.DataFrame
    years: pd.DataFrame
    pairs: pd.DataFrame
    diversion: pd.DataFrame
    zeros: pd.DataFrame
    changes: pd.DataFrame
    level: float
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def to_frame(self) -> pd.DataFrame:
        return self.steps.copy()

    def summary(self) -> str:
        """The steps, the diversion, the checks, and what the panels cannot carry."""

        def shown(table: pd.DataFrame) -> str:
            return table.to_string(index=False, float_format=lambda v: f"{v:.2f}", na_rep="")

        lines = [
            f"Trade between members, log points, PPML with three sets of fixed effects, {self.level:.0%} intervals",
            "",
            shown(self.steps),
            "",
            "Imports of the members from outsiders, against other outsiders:",
            shown(self.diversion),
            "",
            *(check.line for check in self.checks),
            "",
            "The four-yearly panel ends in 2016, one full year after the union began: it covers the customs union and",
            "the first year of the union, not later years.",
            "",
            *source_lines(self.provenance),
        ]
        return "\n".join(lines)


def union_trade_effect(
    trade_panels: Mapping[str, TradePanel] | None = None,
    *,
    bias_correction: bool = True,
    level: float = settings.LEVEL,
) -> UnionTradeEffect:
    """Estimate the effect of the union on trade.

    Parameters
    ----------
    trade_panels : mapping of str to TradePanel, optional
        Panels named "all goods", "without fuels" or "as published". None takes the pinned ones.
    bias_correction : bool, default True
        Correct points and errors for the incidental parameter problem (Weidner and Zylkin 2021).
    level : float, default 0.9
        Level of the intervals.

    Returns
    -------
    UnionTradeEffect
        Effects by step with their checks.

    Raises
    ------
    BadInputError
        A panel has an unknown name.
    NoDataError
        A panel has no flow to estimate on.
    NotConvergedError
        The estimation did not converge.

    Notes
    -----
    Intervals cluster by pair. With six flows between three founders they are too narrow, so ``p_permutation`` ranks the
    founders among bordering threesomes elsewhere, each with dummies of its own in one Newton step from the equation
    without unions. Every step is the difference of two years in an equation with dummies for all years but the base.
    """
    panels = trade_panels
    if panels is None:
        panels = {
            "all goods": all_goods(),
            "without fuels": without_fuels(),
            "as published": all_goods(fill=False),
        }
    for name in panels:
        require_option("panel", name, [*DESIGNS, "as published"])
    steps, years, pairs, diversion = [], [], [], []
    checks: list[Check] = []
    for name, (base, spans) in DESIGNS.items():
        if name not in panels:
            continue
        panel = panels[name]
        fit = _fit(panel, base, (*MEMBERS, *CONTROLS), bias_correction, level)
        bare = one_step(ppml(panel.flows, "usd", ["rta"], EFFECTS, PAIR))
        real, fakes = real_coefficients(bare, base), fake_coefficients(bare, 3, base)
        years.append(_years(name, fit))
        steps.append(_steps(name, fit, spans, base, real, fakes))
        pairs.append(_pairs(name, spans, base, bare, level))
        outside = _fit(panel, base, (*MEMBERS, *CONTROLS, *(f"from_{o}" for o in OUTSIDERS)), bias_correction, level)
        diversion.append(_diversion(name, outside, spans, base, real, fakes))
        checks += _panel_checks(name, fit, spans, base)
        checks += [_imports_check(name, outside, outsider, base) for outsider in OUTSIDERS]
    zeros = _zeros(panels, bias_correction, level)
    checks += _zero_check(zeros)
    return UnionTradeEffect(
        spec={"designs": DESIGNS, "bias_correction": bias_correction, "level": level, "clusters": "pair"},
        steps=pd.concat(steps, ignore_index=True),
        years=pd.concat(years, ignore_index=True),
        pairs=pd.concat(pairs, ignore_index=True),
        diversion=pd.concat(diversion, ignore_index=True),
        zeros=zeros,
        changes=pd.concat([p.changes.assign(panel=n) for n, p in panels.items()], ignore_index=True),
        level=level,
        checks=tuple(checks),
        provenance=Provenance(
            series=tuple(FLOWS.info(source) for source in (*SOURCES, "agreements", "distances")),
            method="PPML, exporter-year, importer-year and pair effects, by year; permutation over bordering economies",
            reference="Yotov, Piermartini, Monteiro and Larch (2016); Weidner and Zylkin (2021)",
            settings={"bias_correction": bias_correction},
        ),
    )


def _fit(panel: TradePanel, base: int, groups: tuple[str, ...], correct: bool, level: float) -> GravityFit:
    """By year, every year but the base: with years before it left out as well, the base would be their mean with it."""
    masks = flow_groups(panel.flows)
    dummies = by_year(panel.flows, {name: masks[name] for name in groups}, base)
    return fit_flows(panel.flows, [dummies], level, bias_correction=correct)


def _years(name: str, fit: GravityFit) -> pd.DataFrame:
    table = fit.to_frame()[["regressor", "coef", "se", "lower", "upper"]]
    table = table[table["regressor"] != "rta"]
    split = table["regressor"].str.rpartition("_")
    return table.assign(panel=name, group=split[0], year=split[2].astype(int)).drop(columns="regressor")


def _steps(
    name: str, fit: GravityFit, spans: dict[str, tuple[int, int]], base: int, real: Changes, fakes: list[Changes]
) -> pd.DataFrame:
    """Change of each group by step; founders, and founders net of neighbours, with their rank among fake unions."""
    rows = []
    for step, (start, end) in spans.items():
        ranks = {
            label: fake_union_p_value(
                change(real, "union", start, end, minus), changes(fakes, "union", start, end, minus)
            )
            for label, minus in (("founders", None), ("founders less neighbours", "neighbours"))
        }
        for group, minus in (
            ("founders", None),
            ("joiners", None),
            ("neighbours", None),
            *((g, "neighbours") for g in MEMBERS),
        ):
            found = contrast(fit, change_weights(group, start, end, minus))
            label = group if minus is None else f"{group} less neighbours"
            rows.append(
                {
                    "panel": name,
                    "step": step,
                    "from": start,
                    "to": end,
                    "base": base,
                    "group": label,
                    **found.row,
                    "p_permutation": ranks.get(label, np.nan),
                }
            )
    return pd.DataFrame(rows)


def _pairs(name: str, spans: dict[str, tuple[int, int]], base: int, bare: OneStep, level: float) -> pd.DataFrame:
    """Each pair of members by a dummy of its own, against bordering pairs elsewhere: the band of chance, rank."""
    tail = (1 - level) / 2
    chance = fake_coefficients(bare, 2, base)
    rows = []
    for a, b in combinations(member_groups()["members"], 2):
        own = bare.coefficients({"union": flows_among((a, b))}, base)
        for step, (start, end) in spans.items():
            value, others = change(own, "union", start, end), changes(chance, "union", start, end)
            low, high = np.quantile(others, [tail, 1 - tail]) if len(others) else (np.nan, np.nan)
            rows.append((name, step, f"{a}-{b}", value, low, high, fake_union_p_value(value, others)))
    columns = ["panel", "step", "pair", "estimate", "chance_lower", "chance_upper", "p_permutation"]
    table = pd.DataFrame(rows, columns=columns)
    order = {step: k for k, step in enumerate(spans)}
    return table.sort_values("step", key=lambda s: s.map(order), kind="stable").reset_index(drop=True)


def _diversion(
    name: str,
    fit: GravityFit,
    spans: dict[str, tuple[int, int]],
    base: int,
    real: Changes,
    fakes: list[Changes],
) -> pd.DataFrame:
    """Imports of members from outsiders by step, with the rank of the founders' among those of fake unions."""
    rows = []
    for step, (start, end) in spans.items():
        for outsider in OUTSIDERS:
            group = f"from_{outsider}"
            found = contrast(fit, change_weights(group, start, end))
            plain = contrast(fit.without_correction(), change_weights(group, start, end))
            p = fake_union_p_value(change(real, group, start, end), changes(fakes, group, start, end))
            percent = 100 * np.expm1(found.estimate)
            ends = (found.lower, found.upper, plain.lower, plain.upper)
            rows.append((name, step, outsider, base, found.estimate, found.se, *ends, percent, p))
    columns = ["panel", "step", "from", "base", "estimate", "se", "lower", "upper"]
    columns += ["plain_lower", "plain_upper", "percent", "p_permutation"]
    return pd.DataFrame(rows, columns=columns)


def _imports_check(name: str, fit: GravityFit, outsider: str, base: int) -> Check:
    before = [c for c in map(str, fit.coef.index) if c.startswith(f"from_{outsider}_") and int(c[-4:]) < base]
    p = joint_p(fit, before)
    verdict = "they were moving already" if p < PRE_TREND else "no trend before"
    text = f"imports from {outsider} before {base}: {format_p_equals(p)}, {verdict}"
    scope = f"imports from {outsider}, {name}"
    return Check.at_least(f"imports before, {outsider}, {name}", p, PRE_TREND, text, role="fatal", scope=scope)


def _zeros(panels: Mapping[str, TradePanel], correct: bool, level: float) -> pd.DataFrame:
    """The textbook specification, one dummy a step, with the gaps as they are published and as they are filled."""
    rows = [pd.DataFrame(columns=["regressor", "coef", "se", "lower", "upper", "gaps", "nobs"])]
    for label, name in (("as published", "as published"), ("filled", "all goods")):
        if name in panels:
            flows = panels[name].flows
            fit = fit_flows(flows, [stage_dummies(flows)], level, bias_correction=correct)
            rows.append(fit.to_frame()[["regressor", "coef", "se", "lower", "upper"]].assign(gaps=label, nobs=fit.nobs))
    return pd.concat(rows[1:] or rows, ignore_index=True)


def _panel_checks(name: str, fit: GravityFit, spans: dict[str, tuple[int, int]], base: int) -> list[Check]:
    before = [
        str(c) for c in fit.coef.index if str(c).startswith("founders_") and int(str(c).rpartition("_")[2]) < base
    ]
    p = joint_p(fit, before)
    verdict = "members were drifting apart or together already" if p < PRE_TREND else "no trend before"
    before_text = f"founders before {base}: {format_p_equals(p)}, {verdict}"
    start, end = list(spans.values())[-1]
    near = contrast(fit, change_weights("neighbours", start, end))
    still = near.lower <= 0 <= near.upper
    neighbours = "did not move" if still else "moved too, so that much is not the union's doing"
    moved = f"neighbours that never joined {neighbours}: {near.estimate:+.2f} ({near.lower:+.2f} to {near.upper:+.2f})"
    return [
        Check.at_least(f"years before, {name}", p, PRE_TREND, before_text, role="fatal", scope=name),
        Check(f"neighbours, {name}", still, near.estimate, None, f"{moved}, {start}-{end}", scope=name),
    ]


def _zero_check(zeros: pd.DataFrame) -> list[Check]:
    coef = {
        (str(g), str(r)): (float(c), float(e)) for g, r, c, e in zeros[["gaps", "regressor", "coef", "se"]].to_numpy()
    }
    if ("as published", "customs_union") not in coef or ("filled", "customs_union") not in coef:
        return []
    filled, limit = coef["filled", "customs_union"]
    gap = coef["as published", "customs_union"][0] - filled
    text = f"flows that were not reported move the customs union's coefficient by {gap:+.2f}; the filled panel is used"
    return [Check("unreported zeros", abs(gap) <= limit, abs(gap), limit, text)]
