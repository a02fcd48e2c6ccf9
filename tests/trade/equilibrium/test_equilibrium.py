"""One sector: analytic cases, invariances, a slow reference, accounts that must close, and one sentence a mistake."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from eq_worlds import frame, matrix, names, scaled, shock, slow_clear, tariff_frame, world
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError, NotConvergedError
from eaeu_analysis.trade.equilibrium.one_sector import balance_trade, components
from eaeu_analysis.trade.equilibrium.result import COLUMNS
from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium

REAL = ["real_income", "welfare"]


def nothing(flows):
    one = flows[["exporter", "importer"]].head(1)
    return one.assign(factor=1.0)


# -- analytic cases --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("closure", ["full", "conditional"])
def test_without_a_change_nothing_changes(closure):
    result = solve_equilibrium(world(8), nothing(world(8)), sigma=5, closure=closure)
    assert result.to_frame().abs().max().max() < 1e-9


@pytest.mark.parametrize("factor", [0.1, 0.7, 1.6, 20.0])
def test_two_symmetric_countries(factor):
    """Both buy a share s at home; with both borders changed by c real income is (s + (1 - s) c) ** (1 / theta)."""
    share, theta = 0.8, 4.0
    flows = frame(np.array([[share, 1 - share], [1 - share, share]]) * 500)
    change = pd.DataFrame({"exporter": names(2), "importer": names(2)[::-1], "factor": factor})
    table = solve_equilibrium(flows, change, sigma=theta + 1).to_frame()
    expected = 100 * ((share + (1 - share) * factor) ** (1 / theta) - 1)
    np.testing.assert_allclose(table["real_income"], expected, rtol=1e-9)
    np.testing.assert_allclose(table["producer_price"], 0, atol=1e-9)


def test_two_symmetric_countries_with_tariffs():
    share, theta, rate = 0.8, 4.0, 25.0
    flows = frame(np.array([[share, 1 - share], [1 - share, share]]) * 500)
    tariffs = pd.DataFrame({"exporter": names(2), "importer": names(2)[::-1], "before": 0.0, "after": rate})
    result = solve_equilibrium(flows, None, sigma=theta + 1, tariffs=tariffs)
    foreign = (1 - share) * 1.25**-theta
    index = (share + foreign) ** (-1 / theta)
    part = foreign / (share + foreign)
    income = 1 / (1 - part * 0.25 / 1.25)
    np.testing.assert_allclose(result.to_frame()["real_income"], 100 * (income / index - 1), rtol=1e-9)
    np.testing.assert_allclose(result.revenue[1], 500 * (income - 1), rtol=1e-9)


def test_gains_from_autarky_are_the_domestic_share_to_the_power_minus_one_over_theta():
    flows = matrix(7, balanced=True)
    off = frame(np.eye(7)).rename(columns={"value": "factor"})
    table = solve_equilibrium(frame(flows), off, sigma=6.0).to_frame()
    share = np.diagonal(flows) / flows.sum(0)
    np.testing.assert_allclose(1 / (1 + table["real_income"] / 100), share ** (-1 / 5.0), rtol=1e-9)
    assert (table["exports"] == -100).all()


def test_real_income_is_the_change_of_the_domestic_share():
    """Arkolakis, Costinot & Rodriguez-Clare (2012): real income = (change of domestic share) ** (-1 / theta)."""
    change, _ = shock(9)
    result = solve_equilibrium(world(9), change, sigma=5)
    shares = result.details()
    ratio = shares["domestic_share_after"] / shares["domestic_share_before"]
    np.testing.assert_allclose(result.to_frame()["real_income"], 100 * (ratio ** (-1 / 4) - 1), rtol=1e-8, atol=1e-10)


# -- invariances -----------------------------------------------------------------------------------------------------
def test_a_numeraire_changes_nothing_real():
    change, _ = shock(8)
    base = solve_equilibrium(world(8), change, sigma=5)
    other = solve_equilibrium(world(8), change, sigma=5, numeraire="C003")
    pd.testing.assert_frame_equal(base.to_frame()[REAL], other.to_frame()[REAL], rtol=1e-9, atol=1e-10)
    assert abs(other.to_frame().loc["C003", "price_index"]) < 1e-12
    np.testing.assert_allclose(base.after / other.after, base.price_index[3], rtol=1e-12)


@pytest.mark.parametrize("deficits", ["per_gdp", "fixed"])
def test_splitting_a_country_in_two_changes_nothing(deficits):
    flows, (change, factor) = matrix(6), shock(6)
    whole = solve_equilibrium(frame(flows), change, sigma=5, deficits=deficits).to_frame()
    at = [0, 1, 2, 3, 4, 5, 5]  # the last economy becomes two halves
    weight = np.array([1, 1, 1, 1, 1, 0.5, 0.5])
    split = flows[np.ix_(at, at)] * np.outer(weight, weight)
    inside = factor[np.ix_(at, at)]
    parts = solve_equilibrium(
        frame(split), frame(inside).rename(columns={"value": "factor"}), sigma=5, deficits=deficits
    ).to_frame()
    columns = ["producer_price", "price_index", "nominal_income", "real_income", "welfare"]
    np.testing.assert_allclose(parts[columns].to_numpy()[:6], whole[columns].to_numpy(), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(parts[columns].to_numpy()[6], whole[columns].to_numpy()[5], rtol=1e-8, atol=1e-9)


def test_order_scale_and_names_do_not_matter():
    flows, (change, _) = world(7), shock(7)
    base = solve_equilibrium(flows, change, sigma=5).to_frame()
    shuffled = solve_equilibrium(flows.sample(frac=1, random_state=1), change.sample(frac=1, random_state=2), sigma=5)
    pd.testing.assert_frame_equal(shuffled.to_frame(), base)
    larger = solve_equilibrium(flows.assign(value=flows["value"] * 1e6), change, sigma=5).to_frame()
    pd.testing.assert_frame_equal(larger, base, rtol=1e-9, atol=1e-10)
    turned = {name: f"Z{9 - i}" for i, name in enumerate(names(7))}
    renamed = solve_equilibrium(flows.replace(turned), change.replace(turned), sigma=5).to_frame()
    np.testing.assert_allclose(renamed.loc[[turned[n] for n in names(7)]], base, rtol=1e-9, atol=1e-10)


def test_undoing_the_change_leads_back():
    flows, (change, _) = world(8, balanced=True), shock(8)
    there = solve_equilibrium(flows, change, sigma=5)
    new = frame(there.after[0])
    back = solve_equilibrium(new, change.assign(factor=1 / change["factor"]), sigma=5)
    np.testing.assert_allclose(back.after[0], there.before[0], rtol=1e-8)


def test_pairs_left_out_are_zero_flows():
    full = matrix(6)
    full[0, 3] = full[4, 1] = 0.0
    given = frame(full)
    with_gaps = given[given["value"] > 0]
    a, b = (solve_equilibrium(flows, shock(6)[0], sigma=5) for flows in (given, with_gaps))
    pd.testing.assert_frame_equal(a.to_frame(), b.to_frame())
    assert [check.name for check in b.checks] == ["market clearing", "trade balance", "absent pairs"]


def test_same_input_same_bytes():
    flows, (change, _) = world(20), shock(20)
    a, b = (solve_equilibrium(flows, change, sigma=5) for _ in range(2))
    assert a.to_frame().to_csv() == b.to_frame().to_csv()
    assert a.summary() == b.summary()


# -- accounts --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("deficits", ["per_gdp", "fixed"])
@pytest.mark.parametrize("with_tariffs", [False, True])
def test_accounts_close(deficits, with_tariffs):
    n = 10
    change, _ = shock(n)
    tariffs = tariff_frame(n)[0] if with_tariffs else None
    result = solve_equilibrium(world(n), change, sigma=5, tariffs=tariffs, deficits=deficits)
    old, new = result.before[0], result.after[0]
    rate = tariff_frame(n)[2] if with_tariffs else 0.0
    output = old.sum(1) * result.producer_price
    np.testing.assert_allclose(new.sum(1), output, rtol=1e-9)  # every market clears
    np.testing.assert_allclose(output.sum(), old.sum(), rtol=1e-10)  # world income is the numeraire
    np.testing.assert_allclose(result.revenue[1], (new * rate).sum(0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(result.income[1], output + result.revenue[1], rtol=1e-9)
    np.testing.assert_allclose(result.spending[1], (new * (1 + rate)).sum(0), rtol=1e-9)
    deficit = result.spending[1] - result.income[1]
    np.testing.assert_allclose(deficit.sum(), 0, atol=1e-7)  # Walras
    if deficits == "fixed":
        np.testing.assert_allclose(deficit, old.sum(0) - old.sum(1), atol=1e-7)
    assert result.checks[0].passed is True


def test_conditional_holds_output_and_expenditure_and_equals_proportional_fitting():
    flows, (change, factor) = matrix(8), shock(8)
    result = solve_equilibrium(frame(flows), change, sigma=5, closure="conditional")
    slow = scaled(flows * factor, flows.sum(1), flows.sum(0))
    np.testing.assert_allclose(result.after[0], slow, rtol=1e-8)
    table = result.to_frame()
    assert (table[["producer_price", "nominal_income"]] == 0).all(axis=None)
    again = solve_equilibrium(frame(flows), change, sigma=9, closure="conditional")
    np.testing.assert_allclose(again.after, result.after)  # given factors, sigma only turns costs into prices


def test_frames_agree_with_one_another():
    result = solve_equilibrium(world(6), shock(6)[0], sigma=5)
    table, pairs, matrix_ = result.to_frame(), result.bilateral(), result.diversion()
    assert table.index.name == "economy"
    assert list(table.columns) == list(COLUMNS)
    assert list(pairs.columns) == ["exporter", "importer", "before", "after", "change"]
    foreign = pairs[pairs["exporter"] != pairs["importer"]].groupby("exporter")[["before", "after"]].sum()
    np.testing.assert_allclose(100 * (foreign["after"] / foreign["before"] - 1), table["exports"], rtol=1e-9)
    np.testing.assert_allclose(
        matrix_.loc["C001", "C002"], pairs.set_index(["exporter", "importer"]).loc[("C001", "C002"), "change"]
    )
    assert "real_income" in result.summary()
    assert "<table" in result._repr_html_()


# -- the slow reference ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("per_gdp", [True, False])
@pytest.mark.parametrize("taxed", [False, True])
def test_against_tatonnement(per_gdp, taxed):
    n, theta = 6, 4.0
    flows, (change, factor) = matrix(n, seed=3), shock(n, seed=4)
    tariffs, before, after = tariff_frame(n)
    if not taxed:
        tariffs = before = after = None
    price, index, trade, _ = slow_clear(flows, factor, theta, before, after, per_gdp)
    fast = solve_equilibrium(
        frame(flows), change, sigma=theta + 1, tariffs=tariffs, deficits="per_gdp" if per_gdp else "fixed"
    )
    np.testing.assert_allclose(fast.producer_price, price, rtol=1e-9)
    np.testing.assert_allclose(fast.price_index, index, rtol=1e-9)
    np.testing.assert_allclose(fast.after[0], trade, rtol=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10_000), st.floats(1.5, 12.0), st.floats(0.0, 1.5))
def test_markets_clear_whatever_the_world(n, seed, sigma, size):
    change, _ = shock(n, seed + 1, size)
    result = solve_equilibrium(world(n, seed), change, sigma=sigma)
    output = result.before[0].sum(1) * result.producer_price
    np.testing.assert_allclose(result.after[0].sum(1), output, rtol=1e-8)
    assert np.isfinite(result.to_frame().to_numpy()).all()


def test_a_change_that_multiplies_foreign_trade_by_twelve_is_solved():
    n = 30
    factor = frame(np.where(np.eye(n) == 1, 1.0, 12.0)).rename(columns={"value": "factor"})
    result = solve_equilibrium(world(n, border=3.5), factor, sigma=7)
    assert result.checks[0].value < 1e-10
    assert (result.to_frame()["real_income"] > 0).all()


# -- building blocks -------------------------------------------------------------------------------------------------
@settings(max_examples=25, deadline=None)
@given(st.integers(2, 15), st.integers(0, 10_000), st.floats(0.1, 4.0), st.sampled_from([1e-6, 1.0, 1e12]))
def test_balance_meets_margins_of_any_size(n, seed, spread, unit):
    rng = np.random.default_rng(seed)
    kernel = np.exp(rng.normal(0, spread, (n, n)))
    rows, columns = np.exp(rng.normal(0, spread, (2, n))) * unit
    columns *= rows.sum() / columns.sum()
    trade = balance_trade(kernel, rows, columns).trade
    np.testing.assert_allclose(trade.sum(1), rows, rtol=1e-9)
    np.testing.assert_allclose(trade.sum(0), columns, rtol=1e-9)


def test_balance_needs_margins_that_can_be_met():
    kernel = np.array([[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(NotConvergedError, match="no trade matrix with these margins"):
        balance_trade(kernel, np.array([1.0, 2.0]), np.array([2.0, 1.0]))


def test_conditional_cut_in_two_unequal_parts_has_no_solution():
    """Output and expenditure held, a part that may no longer buy what it has to spend."""
    factor = np.ones((6, 6))
    factor[:2, 2:] = factor[2:, :2] = 0.0
    with pytest.raises(NotConvergedError):
        solve_equilibrium(world(6), frame(factor).rename(columns={"value": "factor"}), sigma=5, closure="conditional")


def test_components():
    linked = np.zeros((5, 5), dtype=bool)
    linked[0, 1] = linked[2, 3] = linked[3, 4] = True
    assert [list(group) for group in components(linked)] == [[0, 1], [2, 3, 4]]


def test_an_economy_cut_off_keeps_what_it_makes():
    """Balanced trade: the others solve among themselves, the one cut off falls back on its domestic share."""
    flows = matrix(5, balanced=True)
    factor = np.ones((5, 5))
    factor[0, 1:] = factor[1:, 0] = 0.0
    table = solve_equilibrium(
        frame(flows), frame(factor).rename(columns={"value": "factor"}), sigma=5, deficits="per_gdp"
    ).to_frame()
    share = flows[0, 0] / flows[:, 0].sum()
    np.testing.assert_allclose(table.loc["C000", "real_income"], 100 * (share**0.25 - 1), rtol=1e-8)
    assert table.loc["C000", "exports"] == -100


# -- published procedures, on made-up data ---------------------------------------------------------------------------
def test_the_copied_procedures_are_near_the_solution_but_not_on_it():
    flows, (change, _) = world(8), shock(8, size=0.2)
    solved = solve_equilibrium(flows, change, sigma=5, numeraire="C000").to_frame()
    for name in ("agtpa", "gegravity"):
        copied = solve_equilibrium(flows, change, sigma=5, replicate=name, numeraire="C000")
        gap = (copied.to_frame() - solved)["producer_price"].abs().max()
        assert 1e-6 < gap < 2.0
        assert copied.checks[0].passed is None  # it does not claim to clear markets
        assert name in copied.summary()


# -- one sentence a mistake ------------------------------------------------------------------------------------------
def changed(flows, row, **values):
    out = flows.copy()
    for column, value in values.items():
        out.loc[row, column] = value
    return out


FLOWS = world(6)
AT_HOME = FLOWS["exporter"] == FLOWS["importer"]
CASES = [
    ({"flows": FLOWS[FLOWS["exporter"] != FLOWS["importer"]]}, "domestic trade .* is missing for C000"),
    ({"flows": changed(FLOWS, 1, value=-1.0)}, "C000 to C001 is negative"),
    ({"flows": changed(FLOWS, 1, value=np.nan)}, "missing value is not a zero"),
    ({"flows": FLOWS[FLOWS["exporter"] != "C002"]}, r"on one side only \(importer\): C002"),
    ({"flows": pd.concat([FLOWS, FLOWS.head(1)])}, "C000 to C000 is given more than once"),
    ({"flows": FLOWS.assign(value=FLOWS["value"].where(FLOWS["exporter"] != "C001", 0.0))}, "C001 exports nothing"),
    ({"flows": FLOWS.assign(unit=["USD"] * 35 + ["million USD"])}, "several units"),
    *(
        (
            {"flows": FLOWS.assign(value=FLOWS["value"].where(FLOWS["exporter"] != "C003", FLOWS["value"] * factor))},
            "exports of C003 are .* in another unit",
        )
        for factor in (1e3, 1e-3)
    ),
    (
        {"flows": FLOWS.assign(value=FLOWS["value"].where(AT_HOME, FLOWS["value"] / 1e6))},
        "different units",
    ),
    ({"flows": FLOWS.drop(columns="value")}, "lacks the column 'value'"),
    ({"flows": [1, 2]}, "must be a DataFrame"),
    ({"cost_change": pd.DataFrame({"exporter": ["C000"], "importer": ["C001"], "factor": [-0.5]})}, "zero or more"),
    ({"cost_change": pd.DataFrame({"exporter": ["C00"], "importer": ["C001"], "factor": [2]})}, "did you mean 'C00"),
    ({"sigma": 1.0}, "sigma must be above 1"),
    ({"sigma": -3.0}, "sigma must be above 1"),
    ({"closure": "partial"}, "closure 'partial' not known"),
    ({"deficits": "none"}, "deficits 'none' not known"),
    ({"replicate": "agtp"}, "did you mean 'agtpa'"),
    ({"replicate": "agtpa"}, "name it with numeraire="),
    ({"numeraire": "DEU"}, "numeraire 'DEU' not known"),
    ({"tariffs": tariff_frame(6)[0], "closure": "conditional"}, "closure='full'"),
    (
        {"tariffs": pd.DataFrame({"exporter": ["C001"], "importer": ["C001"], "before": [0.0], "after": [5.0]})},
        "its own goods",
    ),
    (
        {"tariffs": pd.DataFrame({"exporter": ["C001"], "importer": ["C002"], "before": [0.0], "after": [-5.0]})},
        "a tariff is zero or more",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), CASES)
def test_mistakes_get_one_sentence(arguments, sentence):
    call = {"flows": FLOWS, "cost_change": nothing(FLOWS), "sigma": 5.0} | arguments
    with pytest.raises(BadInputError, match=sentence) as caught:
        solve_equilibrium(**call)
    assert "\n" not in str(caught.value)


def test_cutting_off_an_economy_with_a_deficit_has_no_price():
    factor = frame(np.eye(6)).rename(columns={"value": "factor"})
    with pytest.raises(BadInputError, match="their trade is not balanced"):
        solve_equilibrium(FLOWS, factor, sigma=5, deficits="fixed")


def test_an_impossible_change_raises_instead_of_answering():
    """A surplus held constant while exports all but end: the economy cannot earn what it has to give away."""
    flows = np.array([[1.0, 6.0, 6.0], [1.0, 20.0, 2.0], [1.0, 2.0, 20.0]])
    factor = np.ones((3, 3))
    factor[0, 1:] = 1e-9
    with pytest.raises(NotConvergedError, match="no prices were found"):
        solve_equilibrium(frame(flows), frame(factor).rename(columns={"value": "factor"}), sigma=1.5, deficits="fixed")


def test_flows_laid_out_once_give_the_same_as_the_frame() -> None:
    from eaeu_analysis.trade.equilibrium.inputs import flow_arrays as read_flows
    from quality.benchmarks.gravity_baseline import gravity_baseline

    names = ["A", "B", "C"]
    costs = pd.DataFrame(
        [(a, b, 1.0 if a == b else 0.1 + 0.05 * i) for i, a in enumerate(names) for b in names],
        columns=["exporter", "importer", "cost"],
    )
    size = pd.Series([10.0, 20.0, 40.0], index=names)
    base = gravity_baseline(costs, size, size)
    change = pd.DataFrame({"exporter": ["A"], "importer": ["B"], "factor": [1.4]})
    from_frame = solve_equilibrium(base.flows, change).to_frame()
    for laid_out in (base.world, read_flows(base.flows)):
        pd.testing.assert_frame_equal(solve_equilibrium(laid_out, change).to_frame(), from_frame)


def test_flows_in_polars_give_the_same_answer() -> None:
    cut = pd.DataFrame({"exporter": ["A"], "importer": ["B"], "factor": [0.9]})
    cut["exporter"], cut["importer"] = FLOWS["exporter"].iloc[0], FLOWS["importer"].iloc[-1]
    plain = solve_equilibrium(FLOWS, cut, sigma=5.0).to_frame()
    found = solve_equilibrium(pl.from_pandas(FLOWS), pl.from_pandas(cut), sigma=5.0).to_frame()
    pd.testing.assert_frame_equal(found, plain)
