"""docs/scenario_by_hand.md: its arithmetic is run, and each result and input compared with the model and the data."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import eaeu_analysis as ea
from eaeu_analysis import settings
from eaeu_analysis.scenario.model import duties
from eaeu_analysis.scenario.model.setting import Setting, setting

PAGE = settings.data_dir().parent / "docs" / "scenario_by_hand.md"
MODEL = {  # a name of the page: channel and outcome of the model
    "real_spending": ("total", "welfare"),
    "spending_migration": ("migration", "welfare"),
    "spending_pool": ("customs_revenue", "welfare"),
    "spending_border": ("border_costs", "welfare"),
    "spending_tariff": ("tariffs", "welfare"),
    "real_income": ("total", "real_income"),
    "prices_all": ("total", "price_index"),
    "exports_all": ("total", "exports"),
    "imports_all": ("total", "imports"),
    "exports_to_members_all": ("total", "exports_to_members"),
    "imports_from_members_all": ("total", "imports_from_members"),
    "customs_receipts_of_gdp": ("total", "customs_receipts_of_gdp"),
    "remittances_of_gdp": ("total", "remittances_of_gdp"),
    "permits_saved": ("total", "permits_saved"),
    "break_even_share": ("total", "break_even_share"),
}


@pytest.fixture(scope="module")
def text() -> str:
    if not PAGE.is_file():
        pytest.skip("the pages of the documentation are not installed")
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hand(text: str) -> dict[str, Any]:
    """Every name that the page computes, with nothing of the package in reach."""
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        assert "import " not in block
        exec(block, names)  # noqa: S102 - the page of this repository
    return names


@pytest.fixture(scope="module")
def at() -> Setting:
    return setting(ea.load_scenario("uzb_eaeu"))


def test_every_result_of_the_page_is_near_the_model(text: str, hand: dict[str, Any]) -> None:
    drawn = ea.run_scenario(ea.load_scenario("uzb_eaeu").at({}), draws=1).draws.iloc[0]
    rows = re.findall(r"\(`(\w+)`\) \| ([-+][\d.]+) \| ([-+][\d.]+) \| ([\d.]+) \|", text)
    assert {name for name, *_ in rows} == set(MODEL)
    for name, by_hand, by_model, apart in rows:
        model = float(drawn[MODEL[name]])
        assert f"{hand[name]:+.2f}" == by_hand, name
        assert f"{model:+.2f}" == by_model, name
        assert hand[name] == pytest.approx(model, abs=float(apart)), name


def test_the_assumptions_of_the_page_are_the_medians_of_the_scenario(hand: dict[str, Any]) -> None:
    medians = {path: q.centre for path, q in ea.load_scenario("uzb_eaeu").quantities().items()}
    paths = {
        "sigma": "elasticities.sigma", "sigma_gold": "elasticities.world_priced", "border": "border_costs.effect",
        "collected": "tariffs.collected", "pool": "customs_revenue.pool", "follows": "customs_revenue.follows",
        "people": "migration.migrants", "fee": "migration.permit_fee", "wage": "migration.wage",
        "counted": "migration.fees_counted", "firms": "migration.firms", "sent": "migration.sent_home",
    }  # fmt: skip
    for name, path in paths.items():
        assert hand[name] == pytest.approx(medians[path], rel=1e-3), name
    assert 100 * hand["share"] == pytest.approx(medians["customs_revenue.share"], rel=1e-3)


def test_the_inputs_of_the_page_are_those_of_the_data(hand: dict[str, Any], at: Setting) -> None:
    flows, names = at.world.model.flows.value, at.world.economies
    own, those = names.index("UZB"), [names.index(m) for m in at.members]
    sold = flows[:, own].sum(axis=1) - flows[:, own, own]
    bought = flows[:, :, own].sum(axis=1) - flows[:, own, own]
    whole = at.middle.assign(**{"tariffs.exempt": 0.0, "tariffs.exemptions_end": 1.0})
    sums = {
        "gdp": at.gdp, "income": at.world.model.world.factor_income[own], "exports": sold.sum(),
        "imports": bought.sum(), "gold": sold[9], "to_members": flows[:, own, those].sum(),
        "from_members": flows[:, those, own].sum(), "in_full": duties.own_duties(at, whole, after=True)[0],
        "paid_in": duties.own_duties(at, at.middle, after=True)[0],
    }  # fmt: skip
    for name, value in sums.items():
        assert hand[name] == pytest.approx(value, rel=1e-3), name
    paying = sum(at.imports[k] for k, e in enumerate(at.exporters) if at.regime_of(e) == "mfn")
    rates = [r[0] for r in at.rates(at.middle).pair("mfn")]
    lists = {
        "home": flows[:, own, own], "bought": bought, "dutiable": paying,
        "members": flows[:, those, own].sum(axis=1), "before": rates[0], "after": rates[1],
    }  # fmt: skip
    for name, values in lists.items():
        np.testing.assert_allclose(hand[name], np.asarray(values)[:9], rtol=5e-3, atol=0.6, err_msg=name)


def test_the_shares_of_the_page_follow_from_the_input_output_table(hand: dict[str, Any], at: Setting) -> None:
    """Prices of home goods: wages by value added, other home goods by the table, imports by the tariff alone."""
    world, flows = at.world.model.world, at.world.model.flows.value
    own = at.world.economies.index("UZB")
    sold = (flows[:, own].sum(axis=1) - flows[:, own, own])[:9]
    local = flows[:, own, own]
    share = local / flows[:, :, own].sum(axis=1)
    assert world.inputs is not None
    inputs = world.inputs[:, :, own]
    through = np.linalg.inv(np.eye(len(share)) - (inputs * share[:, None]).T)
    wages = through @ world.value_added[:, own]
    dearer = np.append(hand["dearer"], [0.0, 0.0])
    pushed = through @ (inputs.T @ dearer)
    assert hand["wages_in_exports"] == pytest.approx(np.average(wages[:9], weights=sold), abs=0.01)
    assert hand["wages_in_prices"] == pytest.approx((world.final[:, own] * share * wages).sum(), abs=0.01)
    assert hand["inputs_in_exports"] == pytest.approx(np.average(pushed[:9], weights=sold) / hand["goods"], abs=0.02)
    assert hand["inputs_at_home"] == pytest.approx(np.average(pushed[:9], weights=local[:9]) / hand["goods"], abs=0.02)
