"""Claims of who trades with whom: what the union changed between members, and with outsiders (grades A and B).

Effects are net of the neighbours that never joined, since what they share is not the union's doing. The placebo is
the ranking among fake unions elsewhere; the specifications are those of ``trade_answer`` for the founders' step (by
year, net of neighbours, textbook dummies, domestic trade), for others the rows of the same group over panels and steps.
An estimate whose interval includes zero, or whose years before moved already, is no clear effect.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...impact.effect import finding_of
from ...results import Check
from .claim import Claim, estimated, meaning, side_of, state, way

if TYPE_CHECKING:
    from ...trade.union.answer import TradeAnswer
    from ...trade.union.estimate import UnionTradeEffect

# name of the claim -> panel, step, group
STEPS = {
    "founders.customs_union": ("all goods", "customs union", "founders"),
    "founders.eaeu": ("all goods", "EAEU", "founders"),
    "founders.without_fuels": ("without fuels", "both", "founders"),
    "joiners.eaeu": ("all goods", "EAEU", "joiners"),
}
PAIRS = (("KGZ", "RUS"), ("KAZ", "KGZ"))
OUTSIDERS = ("China", "Turkey", "EU")
CALL = "ea.trade_answer().union"
NET = " less neighbours"


def union_trade_claims(answer: TradeAnswer) -> list[Claim]:
    """Steps of the union by group, Kyrgyzstan's pairs, and imports from outsiders."""
    found = answer.union
    made = [_step(answer, name, *rows) for name, rows in STEPS.items()]
    made += [claim for pair in PAIRS for claim in _pair(found, *pair)]
    return [*made, *(_outside(found, outsider) for outsider in OUTSIDERS)]


def percent_from_log(log_points: float) -> float:
    """Per cent from natural logarithms."""
    return 100 * math.expm1(log_points)


def one(table: pd.DataFrame, **where: Any) -> pd.Series[Any]:
    """The one row with these values."""
    chosen = table
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return chosen.iloc[0]


def _step(answer: TradeAnswer, name: str, panel: str, step: str, group: str) -> Claim:
    found = answer.union
    row = one(found.steps, panel=panel, step=step, group=f"{group}{NET}")
    raw = one(found.steps, panel=panel, step=step, group=group)
    near = one(found.steps, panel=panel, step=step, group="neighbours")
    p = float(row["p_permutation"])
    same = _specifications(answer, step, group)
    share = float(((same["estimate"] > 0) == (row["estimate"] > 0)).mean())
    about = _about(found, panel)
    share_text = f"{share:.0%} of {len(same)} other estimates of it have this sign"
    checks = (*about, Check("specifications", None, share, 0.8, share_text))
    finding = finding_of(row["estimate"], (row["lower"], row["upper"]), found.level, p, checks)
    value, lower, upper = (percent_from_log(float(row[c])) for c in ("estimate", "lower", "upper"))
    query = f"panel == {panel!r} and step == {step!r} and group == '{group}{NET}'"
    return estimated(
        f"partners.{name}",
        f"partners.{_template(finding, value)}",
        (value, lower, upper),
        found.level,
        finding,
        checks,
        f"{CALL}.steps.query({query!r})['percent'].item()",
        found.provenance,
        good="member_trade",
        values={
            "net": value,
            "raw": percent_from_log(float(raw["estimate"])),
            "near": percent_from_log(float(near["estimate"])),
            "first": float(row["from"]),
            "last": float(row["to"]),
            "p": p,
            "same_sign": 100 * share,
            "specifications": float(len(same)),
        },
        words={"group": f"group.{group}", "panel": f"panel.{panel.replace(' ', '_')}"},
        p_value=p,
        same_sign=share,
        caveat="partners" if math.isfinite(p) else "partners_untested",
    )


def _specifications(answer: TradeAnswer, step: str, group: str) -> pd.DataFrame:
    """The estimates of the same thing: of the founders those of the same step, of others the group's rows."""
    if group == "founders":
        return answer.effects[answer.effects["step"] == step]
    return answer.union.steps[answer.union.steps["group"].isin([group, f"{group}{NET}"])]


def _pair(found: UnionTradeEffect, first: str, second: str) -> list[Claim]:
    """One pair of members in the step of the EAEU, compared with what chance does to bordering pairs elsewhere."""
    rows = found.pairs[(found.pairs["pair"] == f"{first}-{second}") & (found.pairs["step"] == "EAEU")]
    if rows.empty or not math.isfinite(float(rows["estimate"].iloc[0])):
        return []
    row = rows.iloc[0]
    p = float(row["p_permutation"])
    low, high = percent_from_log(float(row["chance_lower"])), percent_from_log(float(row["chance_upper"]))
    finding = "none" if p > 1 - found.level + 1e-9 else "found"
    value = percent_from_log(float(row["estimate"]))
    query = f"pair == '{first}-{second}' and step == 'EAEU'"
    claim = state(
        f"partners.{first}_{second}.eaeu",
        value,
        "per cent",
        f"from math import expm1; 100 * expm1({CALL}.pairs.query({query!r})['estimate'].iloc[0])",
        found.provenance,
        kind="counterfactual",
        template="partners.pair" if finding == "found" else "partners.pair_none",
        values={"excess": value, "low": low, "high": high, "p": p, "first": 2012, "last": 2016},
        words={"first_economy": f"economy.{first}", "second_economy": f"economy.{second}"},
        side=side_of(value, meaning("member_trade")) if finding == "found" else "context",
        p_value=p,
        checks=_about(found, "all goods"),
        finding=finding,
        slow=True,
        caveat="partners_pair",
    )
    return [claim]


def _outside(found: UnionTradeEffect, outsider: str) -> Claim:
    row = one(found.diversion, panel="all goods", step="both", **{"from": outsider})
    value, lower, upper = (percent_from_log(float(row[c])) for c in ("estimate", "lower", "upper"))
    p = float(row["p_permutation"])
    checks = tuple(check for check in found.checks if check.scope == f"imports from {outsider}, all goods")
    finding = finding_of(row["estimate"], (row["lower"], row["upper"]), found.level, p, checks)
    query = "panel == 'all goods' and step == 'both' and `from` == " + repr(outsider)
    return estimated(
        f"partners.imports.{outsider}",
        f"partners.outsider_{way(finding, value) if finding == 'found' else 'none'}",
        (value, lower, upper),
        found.level,
        finding,
        checks,
        f"{CALL}.diversion.query({query!r})['percent'].item()",
        found.provenance,
        good="outsider_imports",
        values={
            "change": value,
            "plain_lower": percent_from_log(float(row["plain_lower"])),
            "plain_upper": percent_from_log(float(row["plain_upper"])),
            "first": float(row["base"]),
            "last": 2016,
            "p": p,
        },
        words={"outsider": f"partner.{outsider}", "failed": ()},
        p_value=p,
        caveat="partners_outsider",
    )


def _about(found: UnionTradeEffect, panel: str) -> tuple[Check, ...]:
    """Checks of that panel and of all panels; only fatal ones are judged, since the estimate is net of neighbours."""
    about = (check for check in found.checks if check.scope in ("", panel))
    return tuple(check if check.role == "fatal" else check.as_info() for check in about)


def _template(finding: str, value: float) -> str:
    return way(finding, value) if finding in ("found", "unreliable") else "none"
