"""Claims of what joining would do to Uzbekistan: a model with stated assumptions, drawn many times (grade F).

The estimate is the median draw, the interval covers the middle draws. Side: the sign times what a rise means; where the
interval includes zero the claim says that the sign is not clear, and is context. A failed check of the model rewrites
the claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results import Check, is_reliable
from .claim import Claim, failed_words, meaning, side_of, state

if TYPE_CHECKING:
    from ...scenario import ScenarioResult
# outcome of the scenario -> whose meaning it has (data/tables/claims.toml)
OUTCOMES = {
    "welfare": "welfare",
    "real_income": "real_income",
    "price_index": "prices",
    "exports": "exports",
    "exports_to_members": "member_trade",
    "imports_from_members": "member_trade",
    "imports_from_CHN": "outsider_imports",
    "customs_receipts_of_gdp": "revenue",
    "remittances_of_gdp": "remittances",
}
CHANNELS = ("tariffs", "border_costs", "customs_revenue", "migration")
BY_CHANNEL = "welfare"  # the outcome that is reported channel by channel
PARTIAL = {"smart_consumers": "welfare", "smart_from_CHN": "outsider_imports"}  # reported for the tariff alone
SHARE = "break_even_share"
DRIVEN = ("welfare", "real_income", "price_index")  # what terms of trade move


def scenario_claims(found: ScenarioResult) -> list[Claim]:
    """All channels together, real spending by channel, the partial model of the tariff, the share that breaks even."""
    known = {(row["outcome"], row["channel"]) for row in found.table.to_dict("records")}
    made = [_claim(found, o, "total", m) for o, m in OUTCOMES.items() if (o, "total") in known]
    made += [_claim(found, BY_CHANNEL, c, OUTCOMES[BY_CHANNEL]) for c in CHANNELS if (BY_CHANNEL, c) in known]
    made += [_claim(found, o, "tariffs", m) for o, m in PARTIAL.items() if (o, "tariffs") in known]
    if (SHARE, "total") in known:
        made.append(_claim(found, SHARE, "total", ""))
    return made


def _claim(found: ScenarioResult, outcome: str, channel: str, means: str) -> Claim:
    row = found.value(outcome, channel)
    estimate, lower, upper = (float(row[name]) for name in ("estimate", "lower", "upper"))
    checks = tuple(c if _applies(c, channel, outcome) else c.as_info() for c in found.checks)
    reliable = is_reliable(checks)
    known = not lower <= 0 <= upper and reliable
    template = "share" if outcome == SHARE else _template(estimate, lower, upper, reliable)
    whole = channel == "total"
    spec = found.spec
    call = f"ea.run_scenario({spec['scenario']!r}, draws={spec['draws']}, seed={spec['seed']})"
    return state(
        f"scenario.{outcome}" if whole else f"scenario.{channel}.{outcome}",
        estimate,
        str(row["unit"]),
        f"{call}.value({outcome!r}, {channel!r})['estimate']",
        found.provenance,
        kind="model",
        template=f"scenario.{template}" if whole else f"scenario.channel_{template}",
        values={
            "estimate": estimate,
            "lower": lower,
            "upper": upper,
            "level_percent": 100 * found.level,
            "draws": float(row["draws"]),
            "year": float(found.scenario.baseline.year),
        },
        words={
            "outcome": f"scenario_outcome.{outcome}",
            "channel": f"channel.{channel}",
            "unit": f"unit.{row['unit']}",
            "economy": f"economy.{found.scenario.economy}",
            "failed": failed_words(checks),
        },
        side=side_of(estimate, meaning(means)) if known and means else "context",
        checks=checks,
        lower=lower,
        upper=upper,
        level=found.level,
        slow=True,
    )


def _applies(check: Check, channel: str, outcome: str) -> bool:
    """Whether a check bears on a claim: one of the tariff bears on spending, income and prices of the whole too."""
    if check.scope in ("", channel):
        return True
    return check.scope == "tariffs" and channel == "total" and outcome in DRIVEN


def _template(estimate: float, lower: float, upper: float, reliable: bool) -> str:
    if not reliable:
        return "unreliable"
    if lower <= 0 <= upper:
        return "none"
    return "higher" if estimate > 0 else "lower"
