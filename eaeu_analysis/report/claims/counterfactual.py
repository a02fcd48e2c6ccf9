"""Claims against a counterfactual: did joining change it? (grades A and B)

One claim per outcome, of the wide donor pool (data/tables/impact.toml); the pool that shares the rouble's fall is a
check on it. An estimate that does not stand out, or whose checks fail, is told as "no clear effect" and is context.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...reference.catalogue import outcome as find_outcome
from ...results import Check
from .claim import SAME_SIGN, Claim, failed_words, grade_of, load_call, meaning, side_of, years

if TYPE_CHECKING:
    from ...impact.effect import Effect
    from ...impact.members.effects import EffectQuestion
    from ..gather.content import Content
    from ..gather.curves import Curve

HEADLINE, SECOND = "wide", "rouble"


def counterfactual_claims(content: Content, curves: Mapping[str, Curve]) -> list[Claim]:
    """A claim per outcome whose effect was estimated on the wide pool."""
    if content.effects is None:
        return []
    others = {q.outcome: e for q, e in content.effects.effects.items() if q.pool == SECOND}
    return [
        _claim(question, effect, others.get(question.outcome), curves.get(question.outcome), content)
        for question, effect in content.effects.effects.items()
        if question.pool == HEADLINE and question.unit == content.unit
    ]


def _claim(
    question: EffectQuestion, effect: Effect, other: Effect | None, curve: Curve | None, content: Content
) -> Claim:
    known = find_outcome(question.outcome)
    times = 100.0 if known.log else 1.0
    estimate, lower, upper = (times * v for v in (effect.estimate, *effect.interval))
    unit = "log points" if known.log else "percentage points"
    checks = (*effect.checks, *_second(other, times, effect.estimate), *_curve(curve, estimate))
    finding = "fragile" if effect.finding == "found" and any(c.failed for c in checks) else effect.finding
    same_sign = curve.share(estimate) if curve else math.nan
    first, last = (int(t) for t in effect.post["time"].agg(["min", "max"]))
    more: dict[str, float] = {}
    if curve:
        more = {"same_sign": 100 * same_sign, "specifications": float(curve.specifications)}
    return Claim(
        id=f"fared.{question.outcome}.counterfactual",
        topic="fared",
        question="counterfactual",
        side=side_of(estimate, meaning(question.outcome)) if finding == "found" else "context",
        template=f"counterfactual.{_template(finding, estimate, lower, upper)}",
        values={
            "estimate": estimate,
            "lower": lower,
            "upper": upper,
            "p": effect.p_value,
            "level_percent": 100 * effect.level,
            "years": float(last - first + 1),
            "failed_count": float(sum(c.failed for c in checks)),
            **years("after", (int(first), int(last))),
            **more,
        },
        words={
            "economy": f"economy.{question.unit}",
            "outcome": f"outcome.{question.outcome}",
            "unit": f"unit.{unit}",
            "failed": failed_words(checks),
        },
        value=estimate,
        measure=unit,
        lower=lower,
        upper=upper,
        level=effect.level,
        grade=grade_of("counterfactual", effect.p_value, same_sign, checks),
        series=effect.provenance.series,
        method=effect.method or effect.provenance.method,
        reference=effect.provenance.reference,
        checks=checks,
        finding=finding,
        caveat="counterfactual_curve" if curve else "counterfactual",
        would_change="counterfactual",
        call=_call(question, content),
        figure=f"effect-{question.outcome}",
    )


def _template(finding: str, estimate: float, lower: float, upper: float) -> str:
    if finding == "found":
        return "higher" if estimate > 0 else "lower"
    if finding in ("fragile", "unreliable"):
        return finding
    return "none" if math.isfinite(lower) and math.isfinite(upper) else "none_unbounded"


def _second(other: Effect | None, times: float, estimate: float) -> tuple[Check, ...]:
    """The pool that shares the rouble's fall: informs, and says when it points the other way."""
    if other is None:
        return ()
    same = "the same sign" if other.estimate * estimate > 0 else "the other sign"
    text = f"former Soviet donors give {times * other.estimate:+.2f}, {same} (p = {other.p_value:.2f}, {other.finding})"
    return (Check("donors that shared the shock", None, times * other.estimate, None, text),)


def _curve(curve: Curve | None, estimate: float) -> tuple[Check, ...]:
    if curve is None:
        return (Check("specification curve", None, None, SAME_SIGN, "no curve was computed on these data"),)
    share = curve.share(estimate)
    text = (
        f"{share:.0%} of {curve.specifications} specifications have the sign of the estimate, {SAME_SIGN:.0%} wanted "
        f"for grade A; {curve.significant:.0%} have p of {1 - curve.level:.0%} or less"
    )
    return (Check("specification curve", None, share, SAME_SIGN, text),)


def _call(question: EffectQuestion, content: Content) -> str:
    row: dict[str, Any] = {"units": [question.unit], "pools": [question.pool]}
    found = ", ".join(f"{name}={value!r}" for name, value in row.items())
    panel = load_call([question.outcome], content.source)
    return f"ea.union_effects({panel}, [{question.outcome!r}], {content.bloc!r}, {found}).table['estimate'].iloc[0]"
