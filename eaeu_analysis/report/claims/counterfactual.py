"""Claims against a counterfactual: did joining change it? (grades A, B and X)

One claim per outcome, of the default question (data/tables/impact.toml). The specification curve, the other pools and
the fit that is not back-dated are checks on it, and their numbers are in the sentence. An estimate that does not stand
out, or whose checks fail, is reported as "no detectable effect" or "inconclusive" and is context.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from ...data.panel import event_year
from ...reference.catalogue import outcome as find_outcome
from ...results import Check
from .claim import SAME_SIGN, Claim, estimated, load_call, way, years

if TYPE_CHECKING:
    from ...impact.effect import Effect
    from ...impact.members.effects import EffectQuestion
    from ..gather.content import Content
    from ..gather.curves import Curve

POOLS = (("strictest", "strict"), ("widest", "wide"))


def counterfactual_claims(content: Content, curves: Mapping[str, Curve]) -> list[Claim]:
    """A claim per outcome whose effect was estimated."""
    if content.effects is None:
        return []
    return [
        _claim(question, effect, content.alternatives.get(question.outcome), curves.get(question.outcome), content)
        for question, effect in content.effects.effects.items()
        if question.unit == content.unit
    ]


def _claim(
    question: EffectQuestion, effect: Effect, others: pd.DataFrame | None, curve: Curve | None, content: Content
) -> Claim:
    known = find_outcome(question.outcome)
    times = 100.0 if known.log else 1.0
    estimate, lower, upper = (times * v for v in (effect.estimate, *effect.interval))
    unit = "log points" if known.log else "percentage points"
    checks = (*effect.checks, *_others(others, times, effect.estimate), *_curve(curve, estimate))
    finding = "fragile" if effect.finding == "found" and any(c.failed for c in checks) else effect.finding
    same_sign = curve.share(estimate) if curve else math.nan
    first, last = (int(t) for t in effect.post["time"].agg(["min", "max"]))
    more = {"strictest": math.nan, "widest": math.nan}
    for row in others.to_dict("records") if others is not None else ():
        more |= {name: times * row["estimate"] for name, pool in POOLS if row["alternative"] == pool}
    if curve:
        more |= {"same_sign": 100 * same_sign, "specifications": float(curve.specifications)}
        more |= {"curve_median": curve.median, "curve_low": curve.quartiles[0], "curve_high": curve.quartiles[1]}
    return estimated(
        f"fared.{question.outcome}.counterfactual",
        f"counterfactual.{_template(finding, estimate, lower, upper)}",
        (estimate, lower, upper),
        effect.level,
        finding,
        checks,
        _call(question, content),
        replace(effect.provenance, method=effect.method or effect.provenance.method),
        good=question.outcome,
        measure=unit,
        slow=False,
        rest="counterfactual",
        values={
            "estimate": estimate,
            "p": effect.p_value,
            "years": float(last - first + 1),
            "failed_count": float(sum(c.failed for c in checks)),
            **years("after", (int(first), int(last))),
            **more,
        },
        words={
            "economy": f"economy.{question.unit}",
            "outcome": f"outcome.{question.outcome}",
            "unit": f"unit.{unit}",
        },
        p_value=effect.p_value,
        same_sign=same_sign,
        caveat="counterfactual_curve" if curve else "counterfactual",
        figure=f"effect-{question.outcome}",
    )


def _template(finding: str, estimate: float, lower: float, upper: float) -> str:
    if finding in ("found", "fragile", "unreliable"):
        return way(finding, estimate)
    return "none" if math.isfinite(lower) and math.isfinite(upper) else "none_unbounded"


def _others(others: pd.DataFrame | None, times: float, estimate: float) -> tuple[Check, ...]:
    """Fails when another pool, or the fit that is not back-dated, gives the other sign."""
    if others is None:
        return ()
    done = others[others["reason"] == ""]
    parts = [f"{row['label']}: {times * row['estimate']:+.2f}" for row in done.to_dict("records")]
    away = int((done["estimate"] * estimate <= 0).sum())
    text = f"{away} of {len(done)} alternatives have the other sign; there should be none ({'; '.join(parts)})"
    return (Check("other donor pools", away == 0 if len(done) else None, float(away), 0.0, text),)


def _curve(curve: Curve | None, estimate: float) -> tuple[Check, ...]:
    """Fails when the estimate lies outside the middle half of its own specification curve."""
    if curve is None:
        return (Check("specification curve", None, None, SAME_SIGN, "no curve was computed on these data"),)
    share, (low, high) = curve.share(estimate), curve.quartiles
    text = (
        f"median {curve.median:+.2f}, middle half {low:+.2f} to {high:+.2f}; fails outside it; {share:.0%} of "
        f"{curve.specifications} specifications have the estimate's sign, {SAME_SIGN:.0%} wanted for the best mark; "
        f"{curve.significant:.0%} have p of {1 - curve.level:.0%} or less"
    )
    return (Check("specification curve", low <= estimate <= high, share, SAME_SIGN, text),)


def _call(question: EffectQuestion, content: Content) -> str:
    panel = load_call([question.outcome], content.source)
    year = event_year(question.event)
    times = "100 * " if find_outcome(question.outcome).log else ""
    return f"{times}ea.synthetic_control({panel}, {question.outcome!r}, {question.unit!r}, {year}).estimate"
