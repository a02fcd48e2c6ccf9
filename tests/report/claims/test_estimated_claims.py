"""Claims against a counterfactual and of a scenario, of results made by hand: finding, grade, side, checks, numbers."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from texts import numbers

import eaeu_analysis as ea
from eaeu_analysis.compare.members import Comparison
from eaeu_analysis.impact.effect import Effect, effect_table
from eaeu_analysis.impact.members.effects import EffectQuestion, UnionEffects
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.claims.counterfactual import counterfactual_claims
from eaeu_analysis.report.claims.scenario import scenario_claims
from eaeu_analysis.report.gather.content import Content
from eaeu_analysis.report.gather.curves import Curve
from eaeu_analysis.results import Check, Provenance
from eaeu_analysis.scenario.result import ScenarioResult
from eaeu_analysis.series import SeriesInfo

EVENT, NAN = "2015-08-12", math.nan
GOOD, BAD = (Check(name, passed, None, None, "") for name, passed in (("good", True), ("bad", False)))
FATAL = Check("pre-period fit", False, None, None, "", role="fatal")
PROVENANCE = Provenance((SeriesInfo("A", "An outcome", "%", source="somebody"),), "a method", "a reference")


# -- against a counterfactual -------------------------------------------------------------------------------
def effect(estimate: float = -20.0, **changes: Any) -> Effect:
    """From 2015 to 2019, judged in the last four years."""
    years = list(range(2013, 2020))
    table = effect_table("KGZ", years, np.zeros(7), np.full(7, -estimate))
    spec = {"unit": "KGZ", "outcome": "y", "event": 2015, "post_years": [2016, 2017, 2018, 2019]}
    made = Effect(spec, table, estimate, (estimate - 5.0, estimate + 5.0), 0.9, 0.04, None, 0.1, (GOOD,), PROVENANCE,
                  "synthetic control")  # fmt: skip
    return dataclasses.replace(made, **changes)


def others(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["alternative", "label", "estimate", "reason"])


AGREE = others(("strict", "Strict", -25.0, ""), ("wide", "Wide", -15.0, ""), ("same years", "Same years", -10.0, ""))


def curve(positive: float = 0.1, **changes: Any) -> Curve:
    made = Curve("KGZ", EVENT, "trade", 250, positive, -18.0, (-30.0, -5.0), 0.4, 0.9, "0" * 64, "1")
    return dataclasses.replace(made, **changes)


def claims(found: Effect, pools: pd.DataFrame | None = AGREE, own: Curve | None = None, outcome: str = "trade",
           unit: str = "KGZ", source: str = "pinned") -> list[Claim]:  # fmt: skip
    question = EffectQuestion(unit, EVENT, outcome, "wide", "synthetic control")
    effects = UnionEffects({}, pd.DataFrame(), 0.9, (), PROVENANCE, {question: found}, pd.DataFrame())
    members = Comparison({}, pd.DataFrame(), 0.9, (), PROVENANCE, {})
    alternatives = {} if pools is None else {outcome: pools}
    content = Content("KGZ", "Kyrgyzstan", "EAEU", EVENT, (), members, (), source, effects, alternatives=alternatives)
    return counterfactual_claims(content, {} if own is None else {outcome: own})


def one(*given: Any, **more: Any) -> Claim:
    (claim,) = claims(*given, **more)
    return claim


def test_a_claim_against_a_counterfactual() -> None:
    claim = one(effect(), AGREE, curve())
    assert (claim.id, claim.template) == ("fared.trade.counterfactual", "counterfactual.lower")
    assert (claim.value, claim.lower, claim.upper, claim.level) == (-20.0, -25.0, -15.0, 0.9)
    assert (claim.measure, claim.finding, claim.grade, claim.side) == ("percentage points", "found", "A", "against")
    assert (claim.question, claim.would_change, claim.caveat) == ("counterfactual", "counterfactual",
                                                                  "counterfactual_curve")  # fmt: skip
    assert (claim.method, claim.reference, claim.series) == ("synthetic control", "a reference", PROVENANCE.series)
    assert (claim.slow, claim.figure) == (False, "effect-trade")
    assert dict(claim.values) == pytest.approx({
        "estimate": -20.0, "lower": -25.0, "upper": -15.0, "p": 0.04, "years": 4.0, "failed_count": 0.0,
        "after_first": 2016.0, "after_last": 2019.0, "strictest": -25.0, "widest": -15.0, "same_sign": 90.0,
        "specifications": 250.0, "curve_median": -18.0, "curve_low": -30.0, "curve_high": -5.0, "level_percent": 90.0,
    })  # fmt: skip
    assert dict(claim.words) == {"failed": (), "economy": "economy.KGZ", "outcome": "outcome.trade",
                                 "unit": "unit.percentage points"}  # fmt: skip
    assert [check.name for check in claim.checks] == ["good", "other donor pools", "specification curve"]
    assert claim.call == "ea.synthetic_control(ea.load_panel(['trade']), 'trade', 'KGZ', 2015).estimate"
    live = one(effect(), AGREE, curve(), source="my.csv")
    assert "ea.load_panel(['trade'], source='my.csv')" in live.call
    assert one(effect(method="")).method == "a method"


def test_an_outcome_in_logarithms_is_told_in_log_points() -> None:
    pools = others(("strict", "Strict", 0.02, ""), ("wide", "Wide", 0.01, ""))
    found = effect(0.05, interval=(0.01, 0.09))
    claim = one(found, pools, curve(0.9, quartiles=(1.0, 9.0)), "gdp_per_head")
    assert (claim.value, claim.lower, claim.upper) == pytest.approx((5.0, 1.0, 9.0))
    assert (claim.measure, claim.side, claim.template) == ("log points", "for", "counterfactual.higher")
    assert (dict(claim.values)["strictest"], dict(claim.values)["widest"]) == pytest.approx((2.0, 1.0))
    assert claim.call.startswith("100 * ea.synthetic_control(ea.load_panel(['gdp_per_head']), 'gdp_per_head'")
    assert "Strict: +2.00; Wide: +1.00" in claim.checks[1].text
    assert claim.checks[2].passed


def test_without_pools_and_curve() -> None:
    claim = one(effect(), None)
    assert [check.name for check in claim.checks] == ["good", "specification curve"]
    last = claim.checks[-1]
    assert (last.passed, last.value, last.threshold) == (None, None, 0.8)
    assert (claim.grade, claim.caveat, claim.finding) == ("B", "counterfactual", "found")
    assert "same_sign" not in dict(claim.values)
    assert math.isnan(dict(claim.values)["strictest"])
    assert math.isnan(dict(claim.values)["widest"])


def test_only_the_effects_of_the_unit_are_claimed() -> None:
    assert claims(effect(), unit="ARM") == []
    members = Comparison({}, pd.DataFrame(), 0.9, (), PROVENANCE, {})
    assert counterfactual_claims(Content("KGZ", "", "EAEU", EVENT, (), members, (), "pinned"), {}) == []


@pytest.mark.parametrize(
    ("positive", "quartiles", "passed", "share", "grade"),
    [
        (0.2, (-30.0, -5.0), True, 0.8, "A"),  # at least 80 % have the sign
        (0.21, (-30.0, -5.0), True, 0.79, "B"),
        (0.1, (-20.0, -5.0), True, 0.9, "A"),  # at the edge of the middle half
        (0.1, (-30.0, -20.0), True, 0.9, "A"),
        (0.1, (-19.9, -5.0), False, 0.9, "X"),
        (0.1, (-30.0, -20.1), False, 0.9, "X"),
    ],
)
def test_the_specification_curve(positive, quartiles, passed, share, grade) -> None:
    claim = one(effect(), AGREE, curve(positive, quartiles=quartiles))
    check = claim.checks[-1]
    assert (check.name, check.passed, check.threshold) == ("specification curve", passed, 0.8)
    assert check.value == pytest.approx(share)
    assert numbers(check.text) == ["-18.00", f"{quartiles[0]:+.2f}", f"{quartiles[1]:+.2f}", f"{share:.0%}", "250",
                                   "80%", "40%", "10%"]  # fmt: skip
    assert (claim.grade, claim.finding) == (grade, "found" if passed else "fragile")
    assert claim.template == f"counterfactual.{'lower' if passed else 'fragile'}"
    assert claim.side == ("against" if passed else "context")
    assert dict(claim.values)["failed_count"] == (not passed)


@pytest.mark.parametrize(
    ("rows", "passed", "away"),
    [
        ((("strict", "S", -1.0, ""), ("wide", "W", -2.0, "")), True, 0),
        ((("strict", "S", -1.0, ""), ("wide", "W", 2.0, "")), False, 1),
        ((("strict", "S", 0.0, ""), ("wide", "W", -0.5, "")), False, 1),
        ((("strict", "S", -1.0, ""), ("wide", "W", 2.0, "too few donors")), True, 0),
        ((("strict", "S", NAN, "too few donors"),), None, 0),
    ],
)
def test_other_pools_must_not_turn_the_sign(rows, passed, away) -> None:
    claim = one(effect(), others(*rows), curve())
    check = claim.checks[1]
    assert (check.name, check.passed, check.value, check.threshold) == ("other donor pools", passed, away, 0.0)
    done = [row for row in rows if not row[3]]
    assert f"{away} of {len(done)} " in check.text
    assert ("; ".join(f"{row[1]}: {row[2]:+.2f}" for row in done)) in check.text
    assert claim.finding == ("fragile" if passed is False else "found")


@pytest.mark.parametrize(
    ("changes", "finding", "template"),
    [
        ({"p_value": 0.5}, "none", "none"),
        ({"p_value": 0.5, "interval": (-math.inf, math.inf)}, "none", "none_unbounded"),
        ({"p_value": 0.5, "interval": (-math.inf, 5.0)}, "none", "none_unbounded"),
        ({"p_value": 0.5, "interval": (-5.0, math.inf)}, "none", "none_unbounded"),
        ({"p_value": NAN, "interval": (NAN, NAN)}, "untested", "none_unbounded"),
        ({"checks": (FATAL,)}, "unreliable", "unreliable"),
        ({"checks": (BAD,)}, "fragile", "fragile"),
    ],
)
def test_what_was_not_found_has_no_side(changes, finding, template) -> None:
    claim = one(effect(**changes), AGREE, curve())
    assert (claim.finding, claim.template, claim.side) == (finding, f"counterfactual.{template}", "context")
    wrong = one(effect(**changes), others(("strict", "S", 9.0, "")), curve())
    assert wrong.finding == finding  # what failed already does not become fragile


# -- of a scenario ------------------------------------------------------------------------------------------
def result(*rows: tuple[Any, ...], checks: tuple[Check, ...] = ()) -> ScenarioResult:
    columns = ["outcome", "channel", "estimate", "lower", "upper"]
    table = pd.DataFrame(rows, columns=columns).assign(unit="per cent", draws=100.0)
    spec = {"scenario": "uzb_eaeu", "draws": 100, "seed": 3}
    return ScenarioResult(spec, table, 0.9, checks, PROVENANCE, ea.load_scenario("uzb_eaeu"), pd.DataFrame(),
                          pd.DataFrame())  # fmt: skip


def claim_of(outcome: str = "welfare", channel: str = "total", estimate: float = 1.0, lower: float = 0.5,
         upper: float = 2.0, checks: tuple[Check, ...] = ()) -> Claim:  # fmt: skip
    (claim,) = scenario_claims(result((outcome, channel, estimate, lower, upper), checks=checks))
    return claim


def test_a_claim_of_a_scenario() -> None:
    claim = claim_of(checks=(GOOD, BAD))
    assert (claim.id, claim.template, claim.grade, claim.side) == ("scenario.welfare", "scenario.higher", "F", "for")
    assert (claim.value, claim.lower, claim.upper, claim.level) == (1.0, 0.5, 2.0, 0.9)
    assert (claim.measure, claim.slow) == ("per cent", True)
    assert dict(claim.values) == {"estimate": 1.0, "lower": 0.5, "upper": 2.0, "level_percent": 90.0, "draws": 100.0,
                                  "year": 2019.0}  # fmt: skip
    assert dict(claim.words) == {
        "outcome": "scenario_outcome.welfare", "channel": "channel.total", "unit": "unit.per cent",
        "economy": "economy.UZB", "failed": ("check.bad",),
    }  # fmt: skip
    assert claim.call == "ea.run_scenario('uzb_eaeu', draws=100, seed=3).value('welfare', 'total')['estimate']"
    assert (claim.series, claim.method, claim.checks) == (PROVENANCE.series, "a method", (GOOD, BAD))
    part = claim_of(channel="migration")
    assert (part.id, part.template) == ("scenario.migration.welfare", "scenario.channel_higher")
    assert part.words["channel"] == "channel.migration"


@pytest.mark.parametrize(
    ("outcome", "estimate", "lower", "upper", "template", "side"),
    [
        ("welfare", 1.0, 0.1, 2.0, "higher", "for"),
        ("welfare", -1.0, -2.0, -0.1, "lower", "against"),
        ("welfare", 1.0, 0.0, 2.0, "none", "context"),  # an end at zero includes it
        ("welfare", -1.0, -2.0, 0.0, "none", "context"),
        ("welfare", 1.0, -0.5, 2.0, "none", "context"),
        ("price_index", 1.0, 0.5, 2.0, "higher", "against"),
        ("exports", 0.5, 0.1, 2.0, "higher", "for"),
        ("imports_from_CHN", -1.0, -2.0, -0.5, "lower", "against"),
        ("break_even_share", 5.0, 4.0, 6.0, "share", "context"),
        ("break_even_share", 5.0, -4.0, 6.0, "share", "context"),
    ],
)
def test_the_side_of_a_scenario(outcome, estimate, lower, upper, template, side) -> None:
    claim = claim_of(outcome, "total", estimate, lower, upper)
    assert (claim.template, claim.side) == (f"scenario.{template}", side)


@pytest.mark.parametrize(
    ("scope", "channel", "outcome", "reliable"),
    [
        ("", "total", "exports", False),
        ("", "migration", "welfare", False),
        ("migration", "migration", "welfare", False),
        ("migration", "total", "welfare", True),
        ("tariffs", "total", "welfare", False),  # terms of trade move spending, income and prices of the whole
        ("tariffs", "total", "price_index", False),
        ("tariffs", "total", "exports", True),
        ("tariffs", "migration", "welfare", True),
        ("tariffs", "tariffs", "welfare", False),
    ],
)
def test_which_check_bears_on_which_claim(scope, channel, outcome, reliable) -> None:
    check = dataclasses.replace(FATAL, scope=scope)
    claim = claim_of(outcome, channel, checks=(check,))
    assert claim.checks == ((check,) if not reliable else (check.as_info(),))
    end = "higher" if reliable else "unreliable"
    assert claim.template == f"scenario.{'' if channel == 'total' else 'channel_'}{end}"
    assert (claim.side == "context") is not reliable
    assert claim.words["failed"] == (() if reliable else ("check.pre-period fit",))


def test_which_outcomes_are_claimed_and_in_which_order() -> None:
    wanted = [
        *((name, "total") for name in ("welfare", "real_income", "price_index", "exports", "exports_to_members",
                                       "imports_from_members", "imports_from_CHN", "customs_receipts_of_gdp",
                                       "remittances_of_gdp")),
        *(("welfare", name) for name in ("tariffs", "border_costs", "customs_revenue", "migration")),
        ("smart_consumers", "tariffs"),
        ("smart_from_CHN", "tariffs"),
        ("break_even_share", "total"),
    ]  # fmt: skip
    others_too = [("exports", "tariffs"), ("welfare", "dynamic"), ("imports", "total"), ("break_even_share", "tariffs")]
    rows = [(outcome, channel, 1.0, 0.5, 2.0) for outcome, channel in [*others_too, *reversed(wanted)]]
    found = scenario_claims(result(*rows))
    names = [f"scenario.{o}" if c == "total" else f"scenario.{c}.{o}" for o, c in wanted]
    assert [claim.id for claim in found] == names
    sides = {claim.id: claim.side for claim in found}
    assert [sides[f"scenario.{name}"] for name in ("tariffs.smart_consumers", "tariffs.smart_from_CHN",
                                                   "imports_from_members")] == ["for", "for", "for"]  # fmt: skip
    for missing in wanted:
        fewer = scenario_claims(result(*(row for row in rows if row[:2] != missing)))
        assert len(fewer) == len(found) - 1
