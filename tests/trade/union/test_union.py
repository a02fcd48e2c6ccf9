"""The union's effect: found again where it was put, absent where it was not, and as the pinned flows have it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.trade.flows.flows import load_flows
from eaeu_analysis.trade.flows.union_panel import EFFECTS, PAIR, TradePanel, all_goods, member_groups, without_fuels
from eaeu_analysis.trade.gravity.ppml import ppml
from eaeu_analysis.trade.union.each_agreement import agreement_columns
from eaeu_analysis.trade.union.estimate import union_trade_effect
from eaeu_analysis.trade.union.fake_unions import (
    bordering,
    change,
    changes,
    fake_coefficients,
    fake_union_p_value,
    flows_among,
    one_step,
    real_coefficients,
)
from eaeu_analysis.trade.union.findings import SIGNS, compare_with_findings, findings
from eaeu_analysis.trade.union.model import by_year, change_weights, contrast, flow_groups, joint_p

YEARS = (2000, 2004, 2008, 2012, 2016)
MEMBERS = ["ARM", "BLR", "KAZ", "KGZ", "RUS"]
WORLD = [
    *MEMBERS,
    *("AZE", "GEO", "MDA", "TJK", "UZB", "UKR"),
    *("CHN", "TUR", "DEU", "FRA", "ITA", "POL", "AUT", "CZE", "HUN", "BEL", "NLD", "ESP"),
    *("ARG", "BRA", "CHL", "PER", "BOL", "USA", "CAN", "MEX", "IND", "PAK"),
]


def world(
    founders: float = 0.0, joiners: float = 0.0, shared: float = 0.0, china: float = 0.0, seed: int = 0
) -> TradePanel:
    """Trade with effects put in: founders from 2016, joiners from 2016, all of the members' neighbourhood in 2016, and
    imports of members from China from 2012."""
    rng = np.random.default_rng(seed)
    n, t = len(WORLD), len(YEARS)
    log = rng.normal(0, 1, (n, 1, t)) + rng.normal(0, 1, (1, n, t)) + rng.normal(0, 1, (n, n, 1)) + 18
    rows = [
        (a, b, y, log[i, j, k])
        for i, a in enumerate(WORLD)
        for j, b in enumerate(WORLD)
        if a != b
        for k, y in enumerate(YEARS)
    ]
    flows = pd.DataFrame(rows, columns=["exporter", "importer", "year", "index"])
    groups = flow_groups(flows)
    late = flows["year"] == 2016
    flows["index"] += founders * (groups["founders"] & late) + joiners * (groups["joiners"] & late)
    flows["index"] += shared * ((groups["founders"] | groups["joiners"] | groups["neighbours"]) & late)
    flows["index"] += china * (groups["from_China"] & (flows["year"] >= 2012))
    flows["usd"] = np.exp(flows["index"] + rng.normal(-0.02, 0.2, len(flows)))
    flows["rta"] = (rng.random(len(flows)) < 0.2).astype(float)
    return TradePanel("all goods", "simulated", flows.drop(columns="index"), pd.DataFrame(), YEARS)


def step(result: object, group: str, name: str = "EAEU") -> pd.Series:
    table = result.steps
    return table[(table["group"] == group) & (table["step"] == name)].iloc[0]


def test_effects_that_were_put_in_are_found_in_their_step() -> None:
    result = union_trade_effect({"all goods": world(founders=0.5, joiners=-0.3, china=-0.4)})
    assert step(result, "founders")["estimate"] == pytest.approx(0.5, abs=0.25)
    assert step(result, "founders", "customs union")["estimate"] == pytest.approx(0.0, abs=0.25)
    assert step(result, "joiners")["estimate"] == pytest.approx(-0.3, abs=0.25)
    china = result.diversion.query("`from` == 'China' and step == 'customs union'").iloc[0]
    assert china["estimate"] == pytest.approx(-0.4, abs=0.3)
    assert set(result.steps["group"]) >= {"founders less neighbours", "joiners less neighbours"}
    assert len(result.pairs) == 3 * 10
    text = result.summary()
    assert "ends in 2016" in text
    assert text == union_trade_effect({"all goods": world(founders=0.5, joiners=-0.3, china=-0.4)}).summary()


def test_what_the_neighbourhood_shares_is_taken_off_and_fails_the_check() -> None:
    result = union_trade_effect({"all goods": world(shared=0.8)}, bias_correction=False)
    assert step(result, "founders")["estimate"] == pytest.approx(0.8, abs=0.25)
    assert step(result, "founders less neighbours")["estimate"] == pytest.approx(0.0, abs=0.25)
    check = next(c for c in result.checks if c.name == "neighbours, all goods")
    assert check.passed is False


def test_a_panel_that_is_not_known_is_refused() -> None:
    with pytest.raises(BadInputError, match="panel 'all good' not known; did you mean 'all goods'"):
        union_trade_effect({"all good": world()})
    with pytest.raises(BadInputError, match="base year 2010 is not in the panel"):
        by_year(world().flows, {}, 2010)


def test_contrasts_are_differences_of_coefficients() -> None:
    panel = world(seed=1)
    dummies = by_year(panel.flows, {k: flow_groups(panel.flows)[k] for k in ("founders", "neighbours")}, 2008)
    fit = ppml(pd.concat([panel.flows, dummies], axis=1), "usd", ["rta", *dummies.columns], EFFECTS, PAIR)
    found = contrast(fit, change_weights("founders", 2012, 2016, "neighbours"))
    b = fit.coef
    expected = b["founders_2016"] - b["founders_2012"] - b["neighbours_2016"] + b["neighbours_2012"]
    assert found.estimate == pytest.approx(expected)
    value, error = fit.combine(
        lambda c: c["founders_2016"] - c["founders_2012"] - c["neighbours_2016"] + c["neighbours_2012"]
    )
    assert (value, error) == pytest.approx((found.estimate, found.se), rel=1e-6)
    assert contrast(fit, change_weights("founders", 2008, 2012)).estimate == pytest.approx(b["founders_2012"])
    assert 0 <= joint_p(fit, ["founders_2000", "founders_2004"]) <= 1


def test_fake_unions_border_each_other_and_hold_no_member() -> None:
    three = bordering(3)
    assert ("ARG", "BOL", "BRA") in three
    assert not any(set(t) & set(MEMBERS) for t in three)
    assert ("ARG", "BRA") in bordering(2)
    assert member_groups() == {"founders": ["BLR", "KAZ", "RUS"], "members": MEMBERS}
    with pytest.raises(BadInputError, match="two or three members"):
        bordering(4)


def test_permutation_counts_the_real_one() -> None:
    assert fake_union_p_value(3.0, np.array([1.0, -2.0, 0.5])) == pytest.approx(1 / 4)
    assert fake_union_p_value(0.0, np.array([1.0, -2.0, 0.5])) == 1.0
    assert np.isnan(fake_union_p_value(1.0, np.array([])))


def test_one_step_is_near_the_full_estimate_of_a_dummy() -> None:
    """For the union, whose flows rise by 0.5, and for pairs: within a tenth of what a full estimation gives."""
    panel = world(founders=0.5, seed=4)
    model = one_step(ppml(panel.flows, "usd", ["rta"], EFFECTS, PAIR))
    for pairs in (flows_among(["BLR", "KAZ", "RUS"]), flows_among(["KGZ", "RUS"])):
        inside = pd.Series(list(zip(panel.flows["exporter"], panel.flows["importer"], strict=True))).isin(pairs)
        dummies = by_year(panel.flows, {"group": pd.Series(inside.to_numpy(), index=panel.flows.index)}, 2008)
        full = ppml(pd.concat([panel.flows, dummies], axis=1), "usd", ["rta", *dummies.columns], EFFECTS, PAIR)
        quick = model.coefficients({"group": pairs}, 2008)
        for year in (2000, 2004, 2012, 2016):
            assert quick["group", year] == pytest.approx(full.coef[f"group_{year}"], abs=0.1)
    assert np.isnan(change(quick, "nobody", 2008, 2016))


def test_doubled_flows_of_a_pair_are_seen_whole() -> None:
    """What residuals shrink to a third: flows of one pair that double in the last year."""
    panel = world(seed=2)
    flows = panel.flows.copy()
    pair = flows["exporter"].isin(["BLR", "RUS"]) & flows["importer"].isin(["BLR", "RUS"]) & (flows["year"] == 2016)
    before = one_step(ppml(flows, "usd", ["rta"], EFFECTS, PAIR)).coefficients({"p": flows_among(["BLR", "RUS"])}, 2012)
    flows.loc[pair, "usd"] *= 2
    after = one_step(ppml(flows, "usd", ["rta"], EFFECTS, PAIR)).coefficients({"p": flows_among(["BLR", "RUS"])}, 2012)
    assert after["p", 2016] - before["p", 2016] == pytest.approx(np.log(2), abs=0.12)


def test_a_union_without_effect_ranks_among_the_fakes_and_one_with_an_effect_first() -> None:
    def rank(founders: float, seed: int) -> float:
        model = one_step(ppml(world(founders=founders, seed=seed).flows, "usd", ["rta"], EFFECTS, PAIR))
        others = changes(fake_coefficients(model, 3, 2008), "union", 2012, 2016)
        assert len(others) > 5
        return fake_union_p_value(change(real_coefficients(model, 2008), "union", 2012, 2016), others)

    assert np.median([rank(0.0, seed) for seed in range(6, 12)]) > 0.1
    assert rank(2.5, 6) == pytest.approx(1 / 51, abs=0.02)


def test_what_moved_before_the_base_is_no_step_and_fails_the_check() -> None:
    """Imports from China fall by 0.6 in 2004, before the union: nothing happens between 2008 and 2016."""
    panel = world(seed=3)
    flows = panel.flows.copy()
    early = flow_groups(flows)["from_China"] & (flows["year"] >= 2004)
    flows.loc[early, "usd"] *= np.exp(-0.6)
    moved = TradePanel("all goods", "simulated", flows, pd.DataFrame(), YEARS)
    result = union_trade_effect({"all goods": moved}, bias_correction=False)
    row = result.diversion.query("`from` == 'China' and step == 'both'").iloc[0]
    assert abs(row["estimate"]) < 2.5 * row["se"]
    assert row["base"] == 2008
    assert 0 < row["p_permutation"] <= 1
    checks = {check.name: check for check in result.checks}
    assert checks["imports before, China, all goods"].failed
    assert checks["imports before, China, all goods"].role == "fatal"


def test_findings_carry_their_source_and_no_recollection() -> None:
    for found in findings():
        assert found["confidence"] in ("S", "S2")
        assert found["source"]
        assert found["why"]
        assert found["sign"] in SIGNS
    with pytest.raises(NoDataError, match="the result has no"):
        compare_with_findings(union_trade_effect({"all goods": world()}, bias_correction=False))


# -- the pinned flows ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def filled() -> TradePanel:
    return all_goods()


def usd(panel: TradePanel, exporter: str, importer: str) -> pd.Series:
    rows = panel.flows[(panel.flows["exporter"] == exporter) & (panel.flows["importer"] == importer)]
    return rows.set_index("year")["usd"] / 1e6


def test_unreported_flows_come_from_one_report_for_all_years(filled: TradePanel) -> None:
    belarus = usd(filled, "RUS", "BLR")
    assert list(belarus.round()) == [5568, 11219, 23507, 25098, 14297]
    armenia = usd(filled, "RUS", "ARM")
    own = load_flows("russia_annual", [2000, 2004, 2008, 2012, 2016])
    own = own[(own["importer"] == "ARM") & (own["basis"] == "exporter_fob")].set_index("year")["usd"] / 1e6
    assert armenia.to_dict() == pytest.approx(own.to_dict())  # Russian customs have all five years, Armenia three
    printed = filled.changes[(filled.changes["exporter"] == "RUS") & (filled.changes["importer"] == "BLR")]
    assert list(printed["was"]) == ["zero", "zero", "zero", "other report", "other report"]


def test_uzbekistan_exports_from_its_own_table_or_its_partners(filled: TradePanel) -> None:
    assert usd(filled, "UZB", "RUS").notna().all()
    assert len(usd(filled, "UZB", "RUS")) == 5
    raw = all_goods(fill=False)
    assert usd(raw, "UZB", "RUS").empty
    assert (usd(raw, "RUS", "BLR").loc[:2008] == 0).all()
    assert raw.changes.empty


def test_flows_that_were_likely_not_reported_are_missing_not_zero(filled: TradePanel) -> None:
    out = filled.changes[filled.changes["basis"] == "taken out"]
    assert len(out) > 0
    keys = set(zip(filled.flows["exporter"], filled.flows["importer"], filled.flows["year"], strict=True))
    assert not keys & set(zip(out["exporter"], out["importer"], out["year"], strict=True))


def test_fuels_and_unallocated_flows_are_out() -> None:
    panel = without_fuels()
    assert panel.years == (1995, 2005, 2015)
    assert list(usd(panel, "RUS", "BLR").index) == [2015]  # all of 1995 and 2005 is unallocated
    total = load_flows("world_sitc", [2015], products=["TOTAL", "SITC3"]).set_index(
        ["exporter", "importer", "product"]
    )["usd"]
    expected = (total["RUS", "KAZ", "TOTAL"] - total["RUS", "KAZ", "SITC3"]) / 1e6
    assert usd(panel, "RUS", "KAZ")[2015] == pytest.approx(expected, rel=0.02)


def test_columns_of_agreements_partition_the_new_ones(filled: TradePanel) -> None:
    dummies, flows = agreement_columns(filled, 12)
    assert {"customs_union", "eaeu", "others"} <= set(dummies.columns)
    assert flows["customs_union"] == 6
    assert flows["eaeu"] == 20
    assert dummies.isin([0.0, 1.0]).all().all()
    rest = dummies.drop(columns=["customs_union", "eaeu", "811", "EU"])
    assert (rest.drop(columns="others").sum(axis=1) <= 1).all()


@pytest.mark.slow
def test_the_union_on_the_pinned_flows() -> None:
    """What the pinned flows say, with its warnings: no effect of the customs union's first years on all goods; a rise
    by 2016 that the neighbours share; goods other than fuels up by about a third by 2015, not rare among bordering
    threesomes; the customs union's coefficient moved by flows that were not reported."""
    result = union_trade_effect()
    founders = step(result, "founders", "customs union")
    assert founders["lower"] < 0 < founders["upper"]
    assert step(result, "neighbours")["lower"] > 0.2
    net = step(result, "founders less neighbours")
    assert net["estimate"] < 0.4 * step(result, "founders")["estimate"]
    fuels = result.steps[(result.steps["panel"] == "without fuels") & (result.steps["group"] == "founders")].iloc[0]
    assert 0.1 < fuels["estimate"] < 0.6
    assert fuels["p_permutation"] > 0.1
    checks = {check.name: check.passed for check in result.checks}
    assert checks["unreported zeros"] is False
    assert checks["neighbours, all goods"] is False
    assert checks["neighbours, without fuels"] is True
    turkey = result.diversion.query("panel == 'without fuels' and `from` == 'Turkey'").iloc[0]
    assert turkey["percent"] == pytest.approx(-15.7, abs=2)
    assert checks["imports before, Turkey, without fuels"] is False
    china = result.diversion.query("panel == 'all goods' and step == 'both' and `from` == 'China'").iloc[0]
    assert china["lower"] < 0 < china["plain_lower"]  # the interval leaves zero out only without the bias correction
    assert china["plain_upper"] < china["upper"]
    europe = result.diversion.query("panel == 'all goods' and step == 'both' and `from` == 'EU'").iloc[0]
    assert europe["lower"] < 0 < europe["upper"]
    assert europe["percent"] == pytest.approx(-9.6, abs=3)
    assert checks["imports before, EU, all goods"] is False
    comparison = compare_with_findings(result)
    assert len(comparison) == len(findings())
    assert comparison["our_percent"].notna().all()
