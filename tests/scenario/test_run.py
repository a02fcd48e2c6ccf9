"""A scenario end to end: channels, totals, invariances, and its numbers computed a second way."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario import compare_results, display, stated_differences
from eaeu_analysis.scenario.model import baseline_world, channels, duties, partial_tariff
from eaeu_analysis.scenario.model.partners import union_members
from eaeu_analysis.scenario.model.setting import setting
from eaeu_analysis.scenario.model.solve import elasticities
from eaeu_analysis.scenario.model.tariff_rates import chapters, common, surcharge
from eaeu_analysis.trade.equilibrium.input_output import uzbekistan_inputs
from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium

DRAWS = 66  # more than one chunk, odd rows in the last


@pytest.fixture(scope="module")
def result():
    return ea.run_scenario("uzb_eaeu", draws=DRAWS, seed=0)


@pytest.fixture(scope="module")
def at():
    return setting(ea.load_scenario("uzb_eaeu"))


def test_the_table_is_the_contract(result):
    table = result.to_frame()
    assert list(table.columns) == ["outcome", "channel", "unit", "estimate", "lower", "upper", "draws", "failed"]
    assert set(table["channel"]) == {"tariffs", "border_costs", "customs_revenue", "migration", "interaction", "total"}
    assert (table["draws"] == DRAWS).all()
    assert (table["failed"] == 0).all()
    assert (table["lower"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["upper"]).all()
    assert result.interval == tuple(result.value("welfare")[["lower", "upper"]])
    drawn = result.draws[("total", "welfare")]
    assert result.estimate == pytest.approx(np.quantile(drawn, 0.5))


def test_parts_and_interaction_add_up_draw_by_draw(result):
    for outcome in ("welfare", "exports", "imports_from_CHN", "customs_receipts"):
        parts = [c for c in (*result.scenario.channels, "interaction") if (c, outcome) in result.draws]
        total = sum(result.draws[(c, outcome)] for c in parts)
        np.testing.assert_allclose(total, result.draws[("total", outcome)], atol=1e-9)


def test_a_channel_gives_alone_what_it_gives_among_the_others():
    """A block of a channel that is off is read and changes nothing, its tariffs neither."""
    fixed = ea.load_scenario("uzb_eaeu").at()
    whole = ea.run_scenario(fixed, draws=1).draws
    for channel in ("tariffs", "border_costs", "migration"):
        alone = ea.run_scenario(fixed.model_copy(update={"channels": (channel,)}), draws=1).draws
        np.testing.assert_allclose(alone[(channel, "welfare")], whole[(channel, "welfare")], rtol=1e-6)
        np.testing.assert_allclose(alone[("total", "welfare")], alone[(channel, "welfare")], rtol=1e-9)
    nothing = ea.run_scenario(fixed.model_copy(update={"channels": ()}), draws=1).draws
    np.testing.assert_allclose(nothing[("total", "welfare")], 0.0, atol=1e-9)
    pool = ea.run_scenario(fixed.model_copy(update={"channels": ("customs_revenue",)}), draws=1)
    assert np.isfinite(pool.estimate)


def test_too_few_draws_for_an_interval_is_a_failed_check(result):
    few = ea.run_scenario("uzb_observer", draws=2)
    assert [c.passed for c in few.checks if c.name == "enough draws"] == [False]
    assert not [c for c in result.checks if c.name == "enough draws"]


def test_the_same_seed_gives_the_same_bytes_for_any_workers_and_another_seed_others(result):
    again = ea.run_scenario("uzb_eaeu", draws=DRAWS, seed=0, jobs=2)
    pd.testing.assert_frame_equal(again.draws, result.draws, check_exact=True)
    few = ea.run_scenario("uzb_eaeu_tariffs_only", draws=8, seed=1)
    more = ea.run_scenario("uzb_eaeu_tariffs_only", draws=8, seed=2)
    assert not few.draws.equals(more.draws)


def test_one_draw_agrees_with_the_single_solver(result, at):
    """Tariffs and border costs of a draw, solved by the other route: dense, one change, its own stopping rule."""
    k = 17
    row = result.inputs.iloc[[k]]
    flows = at.world.model.flows
    table = pd.DataFrame(
        [(e, i, s, flows.value[q, a, b]) for q, s in enumerate(flows.sectors) for a, e in enumerate(flows.economies)
         for b, i in enumerate(flows.economies) if flows.value[q, a, b] > 0],
        columns=["exporter", "importer", "sector", "value"],
    )  # fmt: skip
    rates = at.cells.assign(after=channels.tariff_shock(at, row).tariffs[0])
    laid = at.world.model.tariff
    base = pd.DataFrame(
        [(e, i, s, 100 * laid[q, a, b]) for q, s in enumerate(flows.sectors) for a, e in enumerate(flows.economies)
         for b, i in enumerate(flows.economies) if laid[q, a, b] > 0],
        columns=["exporter", "importer", "sector", "before"],
    )  # fmt: skip
    both = base.merge(rates, on=["exporter", "importer", "sector"], how="left")
    single = solve_equilibrium(
        table,
        at.cells.assign(factor=1.0).iloc[:1],
        sigma=dict(zip(flows.sectors, elasticities(at, row)[0], strict=True)),
        tariffs=both.assign(after=both["after"].fillna(both["before"])),
        input_output=uzbekistan_inputs().assign(economy="*"),
        negative_demand="absorb",
        deficits="fixed",
    )
    got = single.to_frame().loc["UZB"]
    for name in ("exports", "imports", "price_index", "real_income", "welfare"):
        assert result.draws[("tariffs", name)].iloc[k] == pytest.approx(got[name], abs=2e-5), name
    china = single.bilateral()
    own = china[(china["exporter"] == "CHN") & (china["importer"] == "UZB")][["before", "after"]].sum()
    assert result.draws[("tariffs", "imports_from_CHN")].iloc[k] == pytest.approx(
        100 * (own["after"] / own["before"] - 1), abs=2e-5
    )


def test_customs_money_by_hand(result, at):
    """Duties in law, pool, receipts and break-even share from chapters and flows, without the channel's code."""
    value, names = at.world.model.flows.value, at.world.economies
    t = chapters()
    own = (t.array("own") @ t.spread) / 100
    regime = pd.read_parquet(settings.data_dir() / "trade" / "tariffs_uzb_partners.parquet")
    free, full = (set(regime.loc[regime["regime"] == kind, "partner"]) for kind in ("fta", "full"))
    free |= {"ARM", "MDA"}  # too small for the list of the customs; of the agreement of 2011
    extra = surcharge("UZB", t.array("own")) @ t.spread / 100
    before = sum(
        value[:10, i, names.index("UZB")] @ (own + (extra if e in full or e.endswith("(full)") else 0))
        for i, e in enumerate(names) if e not in free and e != "UZB"
    )  # fmt: skip
    assert duties.own_in_law(at, at.middle)[0] == pytest.approx(before, rel=1e-9)
    assert before == pytest.approx(542, abs=3)  # the tariff times imports, 306 to 328 million US$ were collected
    assert duties.own_duties(at, at.middle)[0] == pytest.approx(317)
    row = result.inputs.iloc[[5]]
    pool = (duties.members_duties(at, row) + duties.own_duties(at, row, after=True))[0]
    collected = duties.own_duties(at, row, after=True)[0]
    assert pool == pytest.approx(row["customs_revenue.pool"].iloc[0] + collected)
    full = row.assign(**{"tariffs.exempt": 0.0, "tariffs.exemptions_end": 1.0})
    tied = row["customs_revenue.follows"].iloc[0]
    follows = 1 + tied * (collected / duties.own_duties(at, full, after=True)[0] - 1)
    share = row["customs_revenue.share"].iloc[0] / 100 * follows
    shock = channels.customs_revenue_shock(at, row)
    assert shock.transfers["UZB"][0] == pytest.approx(share * pool - collected)
    assert sum(v[0] for v in shock.transfers.values()) == pytest.approx(0.0, abs=1e-9)
    assert shock.extra["break_even_share"][0] == pytest.approx(100 * row["tariffs.collected"].iloc[0] / pool)


def test_the_share_rules_that_the_file_names_are_what_the_data_give(at):
    """By collection; a third less, as in the first offer to Kyrgyzstan; and no more than Kazakhstan."""
    share, rules = at.scenario.customs_revenue.share, duties.share_rules(at)
    assert share.mode == pytest.approx(rules["collection"], abs=0.1)
    assert share.low == pytest.approx(1.3 / 1.9 * rules["collection"], abs=0.1)
    assert rules["as Kyrgyzstan, by collection"] < share.high == pytest.approx(7.06)


def test_who_keeps_its_tariff_gets_a_smaller_share(at):
    """By collection, exemptions lower what is paid in and the share with it, and are no gain; else they are one."""
    both = {"tariffs.exempt": [0.0, 1.0], "customs_revenue.follows": 1.0}
    values = at.middle.loc[[0, 0]].reset_index(drop=True).assign(**both)
    shares = duties.share_of_pool(at, values)
    paid_in = duties.own_duties(at, values, after=True)
    assert shares[1] / shares[0] == pytest.approx(paid_in[1] / paid_in[0])
    net = channels.customs_revenue_shock(at, values).transfers["UZB"]
    assert net[1] == pytest.approx(net[0], abs=25.0)  # million US$: what exemptions save is lost in the share
    free = channels.customs_revenue_shock(at, values.assign(**{"customs_revenue.follows": 0.0})).transfers["UZB"]
    assert free[1] > free[0] + 100.0


def test_remittances_by_hand(result, at):
    row = result.inputs.iloc[[9]]
    inflow = ea.load_panel(["BX.TRF.PWKR.CD.DT"], economies=["UZB"], years=(2019, 2019)).column("BX.TRF.PWKR.CD.DT")
    people, fee, wage, firms, counted, sent = (
        float(row[f"migration.{name}"].iloc[0])
        for name in ("migrants", "permit_fee", "wage", "firms", "fees_counted", "sent_home")
    )
    kept = firms * max(0.0, fee - 0.13 * wage) + (1 - firms) * fee
    saved = min(people, counted / fee) * kept * sent  # million people times US$
    assert channels.remittances_change(at, row)[0] == pytest.approx(saved, rel=1e-9)
    assert result.draws[("migration", "remittances")].iloc[9] == pytest.approx(saved, rel=1e-9)
    moved = row.assign(**{"migration.rouble": 0.5, "migration.pass_through_rouble": -1.1, "migration.sent_home": 0.0})
    log = float(row["migration.russian_share"].iloc[0]) * -1.1 * 0.5
    assert channels.remittances_change(at, moved)[0] == pytest.approx(
        float(inflow.iloc[0]) / 1e6 * np.expm1(log), rel=1e-9
    )


def test_border_costs_both_ways(at, result):
    row = result.inputs.iloc[:3]
    effect, theta = row["border_costs.effect"].to_numpy(), row["elasticities.sigma"].to_numpy() - 1
    np.testing.assert_allclose(channels.border_cost_factor(at, row), np.exp(effect))
    cost = 1 - channels.border_cost_equivalent(at, row) / 100  # new over old trade cost
    np.testing.assert_allclose(cost**-theta, np.exp(effect), rtol=1e-9)
    inside = channels.between_members(at)
    assert inside.sum() == 2 * 10 * len(at.members)
    assert set(at.cells[inside]["exporter"]) == {*at.members, "UZB"}


def test_the_partial_model_agrees_with_the_public_one(at):
    """One draw through ``ea.partial_equilibrium``, product by product."""
    row = at.middle
    got = partial_tariff.partial_outcomes(at, row)
    t = chapters().table
    own, after = (rates[0] for rates in at.rates(row).by_chapter)
    paid = duties.paid_share(at, row)[0]
    split = partial_tariff.shares(at)
    weight = t["weight"] * (at.imports.sum() / t["weight"].sum())
    rows = []
    for k, (chapter, c) in enumerate(t.iterrows()):
        for group, share in split.iloc[int(c["section"])].items():
            extra = paid * surcharge("UZB", np.array([c["own"]]))[0] if group == "full" and c["own"] else 0.0
            free = group == "free"
            rows.append(
                (
                    f"c{chapter}",
                    group,
                    weight[chapter] * share,
                    0 if free else own[k] + extra,
                    0 if free else after[k],
                )
            )
    frame = pd.DataFrame(rows, columns=["product", "partner", "value", "before", "after"]).query("value > 0")
    public = ea.partial_equilibrium(
        frame[["product", "partner", "value"]],
        frame[["product", "partner", "before", "after"]],
        demand_elasticity={f"c{c}": float(e) for c, e in t["demand"].items()},
        substitution=1.5,
    )
    scale = float(row["elasticities.demand"].iloc[0])
    assert scale == pytest.approx(1.0)
    again = partial_tariff.partial_outcomes(at, row.assign(**{"elasticities.substitution": 1.5}))
    assert again["smart_duties"][0] == pytest.approx(public.revenue_change, rel=1e-9)
    assert again["smart_diverted"][0] == pytest.approx(public.diversion, rel=1e-9)
    assert got["smart_imports"][0] < 0 < got["smart_duties"][0]


def test_staying_an_observer_changes_nothing():
    found = ea.run_scenario("uzb_observer", draws=4)
    assert (found.table["estimate"].abs() < 1e-6).all()
    assert found.probability() <= 1
    assert "No channel is on" in found.summary()


def test_phase_in_ends_at_the_full_effect(result):
    path = result.path("welfare")
    assert path["estimate"].iloc[0] == 0.0
    assert path["estimate"].iloc[-1] == pytest.approx(result.estimate)
    assert (path["upper"] >= path["lower"]).all()
    assert path["calendar"].tolist() == list(range(2028, 2039))  # accession in 2028, as the file assumes


def test_the_overshoot_is_the_pool_that_is_shared_before_the_tariff_has_risen(result):
    """With the tariff complete at once there is none, and the end is the same."""
    found = ea.run_scenario("uzb_eaeu", draws=64)
    early, late = found.in_year("welfare", 2), found.in_year("welfare", 10)
    assert np.median(early) > np.median(late) + 0.1
    year = 2028 + int(found.path()["estimate"].abs().idxmax())
    assert f"furthest from zero in {year}: the share of the pool is received in full at once" in found.summary()
    assert year < 2036
    document = found.scenario.model_dump()
    document["tariffs"]["phase"] = {"first": 1, "last": 1}
    at_once = replace(found, scenario=type(found.scenario).model_validate(document))
    pool = found.draws[("customs_revenue", "welfare")].to_numpy()
    np.testing.assert_allclose(at_once._parts("welfare", 2)["customs_revenue"], pool)
    assert "the share of the pool is received in full at once" not in at_once.summary()


def test_the_baseline_is_the_economy_that_we_know(at):
    """Uzbekistan's own report of 2019 by partner, and GDP within a tenth."""
    own = at.world.flow("CHN", "UZB").sum()
    assert own == pytest.approx(5206.7 / baseline_world.cif(), rel=1e-3)  # million US$, uzbekistan_annual, on departure
    assert at.world.flow("UZB", "RUS").sum() == pytest.approx(2098.7, rel=1e-3)
    assert at.world.checks[0].passed
    assert len(baseline_world.world_flows(2019, "UZB").gdp) >= 190
    assert at.members == ("ARM", "BLR", "KAZ", "KGZ", "RUS")
    assert union_members("EAEU", 2012) == ["BLR", "KAZ", "RUS"]


def test_the_common_tariff_moves_within_its_range():
    t = chapters()
    low, middle, high = common(np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(low, t.array("low"))
    np.testing.assert_allclose(middle, t.array("middle"))
    np.testing.assert_allclose(high, t.array("high"))
    assert (low <= middle + 1e-9).all()
    assert (middle <= high + 1e-9).all()
    np.testing.assert_allclose(surcharge("UZB", np.array([0.0, 9.99, 10.0, 20.0, 30.0, 99.0])), [5, 5, 10, 15, 20, 20])


def test_two_scenarios_side_by_side(result):
    other = ea.run_scenario("uzb_eaeu_tariffs_only", draws=8)
    table = compare_results(result, other).set_index("outcome")
    assert table.loc["welfare", "difference"] == pytest.approx(other.estimate - result.estimate)
    stated = stated_differences(result.scenario, other.scenario).set_index("what")
    assert stated.loc["channels", "b"] == "tariffs"
    assert stated.loc["border_costs.effect", "b"] == ""


@pytest.mark.parametrize("call", [{"draws": 0}, {"draws": 10**9}, {"jobs": 0}, {"level": 1.5}, {"seed": -1}])
def test_settings_out_of_range_get_one_sentence(call):
    with pytest.raises(BadInputError, match=r"expected|at least 1 is needed"):
        ea.run_scenario("uzb_observer", **call)


def test_every_run_with_tariffs_says_what_two_models_make_of_them():
    result = ea.run_scenario("uzb_wto", draws=2)
    check = next(check for check in result.checks if check.name == "the tariff in two models")
    world, market = (result.value(o, "tariffs")["estimate"] for o in ("welfare", "smart_net_of_gdp"))
    assert check.passed == (world * market >= 0)
    assert ("terms of trade" in check.text) == (not check.passed)
    parts = result.draws["tariffs"]
    net = parts["smart_consumers"] + parts["smart_duties"]
    assert (100 * net / parts["smart_net_of_gdp"]).to_numpy() == pytest.approx(67_294, rel=1e-3)  # GDP of 2019


def test_amounts_are_restated_in_the_economy_of_2024(result):
    table = result.restated().set_index("outcome")
    assert table["gdp"].iloc[0] == pytest.approx(115_000, rel=0.01)
    for outcome in ("customs_receipts_of_gdp", "remittances_of_gdp"):
        row = result.value(outcome)
        assert table.loc[outcome, "estimate"] == pytest.approx(row["estimate"] / 100 * table.loc[outcome, "gdp"])
    assert "In the economy of 2024 (GDP 115 billion US$)" in result.summary()


def test_both_closures_and_what_would_make_joining_neutral():
    drawn = ea.run_scenario("uzb_eaeu", draws=320)
    table = drawn.closures().set_index(["outcome", "channel", "closure"])["estimate"]
    assert table["welfare", "tariffs", "alike"] > table["welfare", "tariffs", "world_priced"]
    assert "If gold had a price of its own" in drawn.summary()
    points = drawn.turning_points(most=2)
    spread = float(drawn.draws[("total", "welfare")].std())
    missed = spread * np.sqrt(1 - drawn.surrogate.r2["welfare"])  # standard error of the polynomial, per cent
    assert missed < 0.025
    for row in points.dropna().to_dict("records"):
        at = row["neutral"] / display.quantity_row(row["quantity"])["times"]
        solved = ea.run_scenario(drawn.scenario.at({row["quantity"]: at}), draws=1).estimate
        assert abs(solved) < 2 * missed


def test_the_rouble_moves_trade_with_russia_and_nothing_else():
    """A rouble 10 % cheaper with an elasticity of 1: exports to Russia a tenth lower, imports a tenth higher, in their
    part of all trade; income, prices and trade with others as without it."""
    moved = {"migration.rouble": float(np.log(1.1)), "migration.rouble_trade": 1.0}
    scenario = ea.load_scenario("uzb_eaeu_rouble_shock").model_copy(update={"channels": ("migration",)})
    with_driver, without = (scenario.at(moved | more) for more in ({}, {"migration.rouble_trade": 0.0}))
    first, second = (ea.run_scenario(s, draws=1).draws["total"].iloc[0] for s in (with_driver, without))
    at = setting(with_driver)
    flows, names = at.world.model.flows.value.sum(0), at.world.economies
    own, russia = names.index("UZB"), names.index("RUS")
    sold = flows[own, russia] / (flows[own].sum() - flows[own, own])
    bought = flows[russia, own] / (flows[:, own].sum() - flows[own, own])
    more = first - second
    assert more["exports"] == pytest.approx(100 * sold * (1 / 1.1 - 1))
    assert more["imports"] == pytest.approx(100 * bought * 0.1)
    assert more["imports_from_RUS"] == pytest.approx(10.0)
    same = ["welfare", "real_income", "price_index", "imports_from_CHN", "remittances"]
    assert more[same].abs().max() == pytest.approx(0, abs=1e-9)
