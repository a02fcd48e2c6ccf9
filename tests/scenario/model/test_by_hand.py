"""Calculations that fit on a sheet of paper, against what the model makes of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.scenario.model import channels, duties, partners, solve
from eaeu_analysis.scenario.model.baseline_world import world_flows
from eaeu_analysis.scenario.model.setting import Setting, setting
from eaeu_analysis.scenario.schema import Scenario

SKETCH = {"migrants": 1.11, "permit_fee": 500.0, "wage": 6000.0, "firms": 0.5, "fees_counted": 600.0, "sent_home": 0.5}
KEPT = {"tariffs.exemptions_end": 0.0, "tariffs.exempt": 0.0, "customs_revenue.follows": 0.0}  # exemptions as today


def fixed(name: str, values: Mapping[str, float]) -> Scenario:
    return ea.load_scenario(name).at(values)


def outcome(scenario: Scenario, channel: str = "total", name: str = "welfare") -> float:
    return float(ea.run_scenario(scenario, draws=1).draws[(channel, name)].iloc[0])


@pytest.mark.parametrize(("share", "receipts"), [(2.6, 58.0), (4.95, 387.0), (8.1, 827.0)])
def test_receipts_at_given_shares(share: float, receipts: float) -> None:
    """306 million US$ collected before; 13,570 by the members and 430 by Uzbekistan after: share x 14,000 less 306."""
    values = KEPT | {"tariffs.collected": 306.0, "customs_revenue.pool": 13_570.0, "customs_revenue.share": share}
    at = setting(fixed("uzb_eaeu", values))
    assert duties.own_duties(at, at.middle)[0] == pytest.approx(306.0)
    whole = (duties.members_duties(at, at.middle) + duties.own_duties(at, at.middle, after=True))[0]
    assert whole - 13_570 == pytest.approx(430, rel=0.15)
    got = duties.share_of_pool(at, at.middle)[0] * whole - 306
    assert got == pytest.approx(receipts, abs=6.0)


@pytest.mark.parametrize(("own", "pool", "share"), [(306.0, 13_570.0, 2.2), (328.0, 12_700.0, 2.5)])
def test_break_even_share(own: float, pool: float, share: float) -> None:
    values = KEPT | {"tariffs.collected": own, "customs_revenue.pool": pool}
    at = setting(fixed("uzb_eaeu", values))
    got = channels.customs_revenue_shock(at, at.middle).extra["break_even_share"][0]
    assert got == pytest.approx(share, abs=0.05)
    assert got == pytest.approx(100 * own / (pool + duties.own_duties(at, at.middle, after=True)[0]))


def people(**given: float) -> pd.DataFrame:
    row = {"migrants": 1.11, "permit_fee": 500.0, "wage": 6000.0, "firms": 0.5, "fees_counted": 0.0, "sent_home": 0.5}
    return pd.DataFrame({f"migration.{name}": [value] for name, value in (row | given).items()})


def test_a_permit_is_prepaid_income_tax() -> None:
    """1.11 million people x 500 US$, half of it taken by income tax anyway: 277.5 million are kept."""
    found = channels.permits(people())
    assert found.paid[0] == pytest.approx(555.0)
    assert found.saved[0] == pytest.approx(277.5)
    assert found.taxed[0] == pytest.approx(277.5)
    assert channels.permits(people(wage=2000.0)).saved[0] == pytest.approx(1.11 * (0.5 * (500 - 260) + 0.5 * 500))
    capped = channels.permits(people(fees_counted=450.0))
    assert (capped.paid[0], capped.saved[0]) == (pytest.approx(450.0), pytest.approx(225.0))


def test_the_sketch_of_the_whole() -> None:
    """1.11 million x 500 US$ x half x half are 139 million US$, 0.21 % of GDP; border costs as after the union's second
    step (+0.07)."""
    values = {f"migration.{k}": v for k, v in SKETCH.items()} | {"border_costs.effect": 0.07}
    scenario = fixed("uzb_eaeu", values)
    assert outcome(scenario, "migration", "remittances_of_gdp") == pytest.approx(0.206, abs=0.001)
    assert outcome(scenario, "migration") == pytest.approx(0.2, abs=0.02)
    assert outcome(scenario) == pytest.approx(0.5, abs=0.1)


def test_the_tariff_when_the_world_prices_gold() -> None:
    """All duties in law are paid, as the reader of the tariff would compute: gold at the world's price takes the gain
    in terms of trade away, and what is left has the sign of the loss at given world prices."""
    document = ea.load_scenario("uzb_eaeu_tariffs_only").model_dump()
    document["tariffs"]["collected"] = None
    document["tariffs"]["exemptions_end"] = {"value": 0.0}
    law = Scenario.model_validate(document).at({"elasticities.world_priced": 200.0})
    drawn = ea.run_scenario(law, draws=1).draws.iloc[0]
    assert drawn[("tariffs, alike", "welfare")] == pytest.approx(0.053, abs=0.005)
    assert -0.03 < drawn[("tariffs", "welfare")] < 0
    assert drawn[("tariffs", "smart_net_of_gdp")] == pytest.approx(-0.04, abs=0.01)


@pytest.mark.parametrize(
    ("gold_share", "alike", "at_50", "at_200"), [(0.32, 0.052, 0.005, -0.012), (0.18, 0.054, 0.016, -0.005)]
)
def test_what_gold_does_to_the_tariff(
    gold_share: float, alike: float, at_50: float, at_200: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of docs/scenarios.md at duties in law: gold as the data have it, and without Britain's purchases."""
    from eaeu_analysis.scenario.model import setting as module
    from eaeu_analysis.scenario.tables import scenario_tables

    if gold_share < 0.3:
        monkeypatch.setitem(scenario_tables(), "known_section", [])
    world_flows.cache_clear()
    module._setting.cache_clear()
    try:
        sold = world_flows(2019, "UZB").table.query("exporter == 'UZB' and importer != 'UZB'")
        assert sold.loc[sold["sector"] == "9", "value"].sum() / sold["value"].sum() == pytest.approx(
            gold_share, abs=0.005
        )
        document = ea.load_scenario("uzb_eaeu_tariffs_only").model_dump()
        document["tariffs"] |= {"collected": None, "exemptions_end": {"value": 0.0}}
        for elasticity, expected in ((50.0, at_50), (200.0, at_200)):
            law = Scenario.model_validate(document).at({"elasticities.world_priced": elasticity})
            drawn = ea.run_scenario(law, draws=1).draws.iloc[0]
            assert drawn[("tariffs, alike", "welfare")] == pytest.approx(alike, abs=0.001)
            assert drawn[("tariffs", "welfare")] == pytest.approx(expected, abs=0.001)
    finally:
        world_flows.cache_clear()
        module._setting.cache_clear()


def test_the_rule_as_kyrgyzstan_with_its_chinese_imports_corrected() -> None:
    """Kyrgyzstan collects far less than Chinese exports suggest; scaled, its share per duty collected is 6.9 %."""
    rules = duties.share_rules(setting(fixed("uzb_eaeu", {})))
    assert rules["as Kyrgyzstan, by collection"] == pytest.approx(6.9, abs=0.05)


def test_gold_is_a_third_of_what_is_exported() -> None:
    """4.5 billion of 14.9: Switzerland 2,379 and Britain 2,177 million US$."""
    flows = world_flows(2019, "UZB").table
    sold = flows[(flows["exporter"] == "UZB") & (flows["importer"] != "UZB")]
    assert sold.loc[sold["sector"] == "9", "value"].sum() / sold["value"].sum() == pytest.approx(0.317, abs=0.002)


def test_merging_the_rest_of_the_world_changes_the_fifth_digit() -> None:
    """Tariffs and remittances in the world of 195 economies, laid out apart from the package's own merging."""
    scenario = fixed("uzb_eaeu", {})
    at = setting(scenario)
    whole_groups = {code: code for code in world_flows(2019, "UZB").gdp.index}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eaeu_analysis.scenario.model.setting.merging", lambda *_: whole_groups)
        full = _unmerged(scenario)
    assert len(full.world.economies) > 190 > 60 > len(at.world.economies)
    shown = ("exports", "imports", "price_index", "real_income", "welfare", "imports_from_RUS", "imports_from_EU")
    for channel in ("tariffs", "migration"):
        few, all_ = (solve.shock_outcomes(w, w.middle, solve.SHOCKS[channel](w, w.middle)) for w in (at, full))
        for name in shown:
            assert few[name][0] == pytest.approx(all_[name][0], rel=2e-3, abs=2e-4), (channel, name)


def _unmerged(scenario: Scenario) -> Setting:
    from eaeu_analysis.scenario.model import setting as module

    return module._setting.__wrapped__(scenario.model_dump_json())


def test_free_trade_is_by_the_agreements_of_the_year() -> None:
    assert partners.free_with("UZB", 2019) >= {"RUS", "KAZ", "BLR", "KGZ", "ARM", "TJK", "UKR"}
    assert not partners.free_with("UZB", 2019) & {"TUR", "IRN", "PAK", "AFG", "CHN", "GBR", "BOL"}  # ECO: by list alone
    assert "VNM" in partners.free_with("RUS", 2019) - partners.free_with("RUS", 2012)
