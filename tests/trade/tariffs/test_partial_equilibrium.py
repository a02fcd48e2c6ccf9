"""SMART: the formulas of its papers written out, accounts that close, GSIM next to it, taxes on top of taxes.

No worked example that prints both what went in and what came out was found for SMART: the manual and the online help
of WITS, Laird and Yeats (1986), Jammes and Olarreaga (2005), the manual of TRIST and the Asian Development Bank's
methodology (Plummer, Cheong and Hamanaka 2010) give formulas, or results whose inputs are the service's data of the
day. So the published formulas are worked out here by hand, and GSIM, which has a published example, is the second.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.trade.tariffs.global_simulation import global_simulation
from eaeu_analysis.trade.tariffs.partial_equilibrium import COLUMNS, partial_equilibrium


def market(values=(300.0, 500.0, 200.0), tariff=20.0, product="870323"):
    partners = ["CHN", "KOR", "RUS"]
    return pd.DataFrame({"product": product, "partner": partners, "value": values, "tariff": tariff})


def cut(partner="RUS", after=0.0):
    return pd.DataFrame({"partner": [partner], "after": [after]})


def row(result, partner):
    return result.to_frame().set_index("partner").loc[partner]


def test_trade_creation_of_laird_and_yeats():
    """TC = M * Em * dt / (1 + t): 200 * 1.2 * 0.2 / 1.2 = 40 for a duty of 20 % that goes."""
    result = partial_equilibrium(market(), cut(), demand_elasticity=-1.2, substitution=2.0)
    assert abs(row(result, "RUS")["creation"] - 40.0) < 1e-10
    assert row(result, "CHN")["creation"] == 0
    assert abs(result.creation - 40.0) < 1e-10


def test_trade_diversion_of_laird_and_yeats():
    """TD = M * Mn * Es * r / (M + Mn + M * Es * r), r the fall of the relative price, 1 - 1 / 1.2."""
    result = partial_equilibrium(market(), cut(), demand_elasticity=-1.2, substitution=2.0)
    r, m, others = 0.2 / 1.2, 200.0, 800.0
    expected = m * others * 2.0 * r / (m + others + m * 2.0 * r)
    assert abs(row(result, "RUS")["diversion"] - expected) < 1e-10
    assert abs(result.diversion - expected) < 1e-10
    lost = result.to_frame().set_index("partner")["diversion"]
    assert abs(lost["CHN"] / lost["KOR"] - 300 / 500) < 1e-12  # the others lose in proportion


def test_linear_diversion_of_jammes_and_olarreaga():
    """TD = Es * dp / p * M * Mn / (M + Mn)."""
    result = partial_equilibrium(market(), cut(), demand_elasticity=-1.2, substitution=2.0, diversion="linear")
    assert abs(row(result, "RUS")["diversion"] - 2.0 * (0.2 / 1.2) * 200 * 800 / 1000) < 1e-10


def test_the_three_rules_agree_on_small_changes():
    sizes = []
    for rule in ("laird-yeats", "ces", "linear"):
        sizes.append(partial_equilibrium(market(), cut(after=19.99), diversion=rule).diversion)
    np.testing.assert_allclose(sizes, sizes[0], rtol=1e-3)


def test_finite_supply_of_exports():
    """Jammes & Olarreaga: creation is divided by 1 - Em / Ex, and the world price takes the rest."""
    result = partial_equilibrium(market(), cut(), demand_elasticity=-1.2, supply_elasticity=3.0)
    assert abs(row(result, "RUS")["creation"] - 40.0 / (1 + 1.2 / 3.0)) < 1e-10
    world = -1.2 * (-0.2 / 1.2) / (3.0 + 1.2)  # what demand adds, supply asks for
    assert abs(row(result, "RUS")["price_effect"] / (row(result, "RUS")["imports_after"]) - world / (1 + world)) < 1e-12
    large = partial_equilibrium(market(), cut(), demand_elasticity=-1.2, supply_elasticity=1e9)
    free = partial_equilibrium(market(), cut(), demand_elasticity=-1.2)
    np.testing.assert_allclose(large.creation, free.creation, rtol=1e-6)


def test_welfare_of_an_equal_cut_is_the_area_under_the_demand_curve():
    """All partners alike, no diversion: welfare = creation * (t0 + t1) / 2, triangle and rectangle."""
    change = pd.DataFrame({"product": ["870323"], "after": [5.0]})
    result = partial_equilibrium(market(), change, demand_elasticity=-1.0)
    assert abs(result.diversion) < 1e-9
    assert abs(result.welfare_change - result.creation * (0.20 + 0.05) / 2) < 1e-9


def test_viner_diversion_alone_loses_revenue():
    """With demand that hardly answers, a preference only moves imports away from those who pay."""
    result = partial_equilibrium(market(), cut(), demand_elasticity=-1e-9, substitution=5.0)
    table = result.to_frame().set_index("partner")
    lost = -0.2 * table.loc[["CHN", "KOR"], "diversion"].sum()
    assert abs(result.welfare_change + lost) < 1e-6
    assert result.welfare_change < 0


# -- against GSIM -----------------------------------------------------------------------------------------------------
def comparison(values, before, after, em, es):
    """The same market in both models: one importer, supply without limit."""
    partners = [f"P{i}" for i in range(len(values))]
    smart = partial_equilibrium(
        pd.DataFrame({"product": "1", "partner": partners, "value": values}).assign(product="A"),
        pd.DataFrame({"partner": partners, "before": before, "after": after}),
        demand_elasticity=em, substitution=es, diversion="linear",
    )  # fmt: skip
    trade = pd.DataFrame({"exporter": partners, "importer": "HOME", "value": values})
    back = pd.DataFrame({"exporter": "HOME", "importer": partners, "value": 1.0})
    tariffs = pd.DataFrame({"exporter": partners, "importer": "HOME", "before": before, "after": after})
    gsim = global_simulation(
        pd.concat([trade, back]), tariffs, demand=em, supply=float("inf"), substitution=es
    )  # fmt: skip
    change = gsim.bilateral().query("importer == 'HOME'").set_index("exporter").loc[partners, "change"]
    return smart, change


def test_equal_cuts_agree_with_gsim_partner_by_partner():
    smart, gsim = comparison([300.0, 500.0, 200.0], [20.0] * 3, [10.0] * 3, -1.2, 3.0)
    np.testing.assert_allclose(smart.to_frame()["creation"], gsim, rtol=1e-10)


def test_a_preference_agrees_with_gsim_in_all_and_in_what_is_diverted():
    """SMART lets demand answer partner by partner, GSIM through the price of the whole; at equal rates before the sum
    is the same, and so is what moves between partners once the sum is taken out."""
    values, em, es = np.array([300.0, 500.0, 200.0]), -1.2, 3.0
    smart, gsim = comparison(values, [20.0] * 3, [20.0, 20.0, 5.0], em, es)
    table = smart.to_frame()
    np.testing.assert_allclose(table["creation"].sum(), gsim.sum(), rtol=1e-10)
    moved = gsim.to_numpy() - values / values.sum() * gsim.sum()
    np.testing.assert_allclose(table["diversion"], moved, rtol=1e-9)


# -- revenue ---------------------------------------------------------------------------------------------------------
def test_excise_and_vat_cascade():
    """Value 100, duty 20 to 10 %, excise 30 % of value and duty, VAT 12 % of all of it, demand that hardly answers."""
    one = pd.DataFrame({"product": "220830", "partner": ["CHN"], "value": [100.0], "tariff": [20.0]})
    change = pd.DataFrame({"product": ["220830"], "after": [10.0]})
    result = partial_equilibrium(one, change, demand_elasticity=-1e-12, excise=30.0, vat=12.0)
    table = result.to_frame().iloc[0]
    assert abs(table["duty_change"] - -10.0) < 1e-8
    assert abs(table["excise_change"] - -3.0) < 1e-8  # 30 % of 10
    assert abs(table["vat_change"] - -1.56) < 1e-8  # 12 % of 13
    assert abs(table["consumer_surplus"] - 14.56) < 1e-8  # prices fall by what the state loses
    assert abs(result.revenue_change - -14.56) < 1e-8


def test_revenue_without_other_taxes_is_duty_alone():
    result = partial_equilibrium(market(), cut(), demand_elasticity=-1.2)
    table = result.to_frame()
    before = (table["imports_before"] * table["tariff_before"] / 100).sum()
    after = (table["imports_after"] * table["tariff_after"] / 100).sum()
    assert abs(result.revenue_change - (after - before)) < 1e-9
    assert (table[["excise_change", "vat_change"]] == 0).all(axis=None)


# -- whatever comes --------------------------------------------------------------------------------------------------
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.0, 1e6), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60)), min_size=6, max_size=6),
    st.sampled_from(["laird-yeats", "ces", "linear"]),
    st.floats(0.2, 8.0),
)
def test_diversion_moves_trade_and_never_makes_any(values, rates, rule, es):
    partners = [f"P{i}" for i in range(len(values))]
    imports = pd.DataFrame({"product": "A", "partner": partners, "value": values})
    change = pd.DataFrame(rates[: len(values)], columns=["before", "after"]).assign(partner=partners)
    table = partial_equilibrium(imports, change, substitution=es, diversion=rule).to_frame()
    assert abs(table["diversion"].sum()) <= 1e-9 * max(1.0, table["imports_before"].sum())
    assert (table["diversion"] >= -table["imports_before"] - 1e-9 * max(values)).all()


def test_order_does_not_matter_and_sums_are_sums():
    two = pd.concat([market(), market(product="870899", values=(10.0, 20.0, 30.0))])
    a = partial_equilibrium(two, cut())
    b = partial_equilibrium(two.sample(frac=1, random_state=3), cut())
    pd.testing.assert_frame_equal(a.to_frame(), b.to_frame())
    assert list(a.to_frame().columns) == list(COLUMNS)
    assert abs(a.by("partner")["revenue_change"].sum() - a.revenue_change) < 1e-9
    assert abs(a.by("product")["welfare_change"].sum() - a.welfare_change) < 1e-9
    assert "trade creation" in a.summary()


def test_rates_may_come_from_either_side():
    bare = market().drop(columns="tariff")
    given_before = cut().assign(before=20.0)
    a = partial_equilibrium(bare, given_before)
    assert row(a, "CHN")["tariff_before"] == 0
    assert [check.name for check in a.checks][-1] == "tariffs assumed"
    b = partial_equilibrium(market(), cut())
    assert row(b, "CHN")["tariff_before"] == row(b, "CHN")["tariff_after"] == 20.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"demand_elasticity": 1.2}, "demand_elasticity must be below zero"),
        ({"substitution": -1.0}, "substitution must be above zero"),
        ({"supply_elasticity": 0.0}, "supply_elasticity must be above zero"),
        ({"vat": -1.0}, "vat must be zero or more"),
        ({"demand_elasticity": {"1": -1.0}}, "no value for product 870323"),
        ({"diversion": "viner"}, "diversion 'viner' not known"),
        ({"imports": market(values=(1.0, -2.0, 3.0))}, "below zero"),
        ({"imports": market(values=(1.0, np.nan, 3.0))}, "missing value is not a zero"),
        ({"imports": market(product="87032")}, "'87032' has 5 digits"),
        ({"imports": pd.concat([market(), market(product="8703")])}, "several lengths"),
        ({"imports": pd.concat([market()] * 2)}, "given more than once"),
        ({"imports": market().drop(columns="value")}, "lacks the column 'value'"),
        ({"tariff_change": cut(partner="RUSS")}, "did you mean 'RUS'"),
        ({"tariff_change": cut(after=-1.0)}, "below zero"),
        ({"tariff_change": pd.DataFrame({"after": [1.0]})}, "product or partner"),
        ({"tariff_change": pd.concat([cut(), cut()])}, "given more than once"),
    ],
)
def test_mistakes_get_one_sentence(arguments, sentence):
    with pytest.raises(BadInputError, match=sentence) as caught:
        partial_equilibrium(**({"imports": market(), "tariff_change": cut()} | arguments))
    assert "\n" not in str(caught.value)


def test_shares_given_for_per_cent_are_warned_about():
    imports = pd.DataFrame({"product": ["8703", "8703"], "partner": ["KOR", "CHN"], "value": [100.0, 50.0]})
    share, rate = (pd.DataFrame({"product": ["8703"], "before": [0.3 * k], "after": [0.2 * k]}) for k in (1, 100))
    found = partial_equilibrium(imports, share)
    check = next(c for c in found.checks if c.name == "unit of tariffs")
    assert check.failed
    assert "20 for 20 %" in found.summary()
    assert not any(c.name == "unit of tariffs" for c in partial_equilibrium(imports, rate).checks)
    none = partial_equilibrium(imports, pd.DataFrame({"product": ["8703"], "before": [0.0], "after": [0.0]}))
    assert not any(c.name == "unit of tariffs" for c in none.checks)
