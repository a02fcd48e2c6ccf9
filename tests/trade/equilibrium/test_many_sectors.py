"""Many sectors: equal to one sector where it must be, formulas of Caliendo & Parro, a slow reference, many draws."""

import numpy as np
import pandas as pd
import pytest
from eq_worlds import even_out, frame, matrix, names, sectors, shock, tariff_frame, world

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.trade.equilibrium.draws import CHUNK, solve_draws
from eaeu_analysis.trade.equilibrium.input_output import uzbekistan_inputs
from eaeu_analysis.trade.equilibrium.result import COLUMNS
from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium
from eaeu_analysis.trade.equilibrium.world_model import world_model


def inputs(count, share=0.5, seed=0, economy="*"):
    """Coefficients of one table for everybody; the share of output spent on inputs is ``share``."""
    use = np.random.default_rng(seed).dirichlet(np.full(count, 8.0), count).T * share
    rows = [(economy, f"s{k}", f"s{s}", use[k, s]) for k in range(count) for s in range(count)]
    return pd.DataFrame(rows, columns=["economy", "input", "sector", "coefficient"])


def dense(table, count):
    return table.pivot(index="input", columns="sector", values="coefficient").to_numpy().reshape(count, count)


# -- equal to one sector ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("deficits", ["per_gdp", "fixed"])
@pytest.mark.parametrize("taxed", [False, True])
def test_one_sector_by_two_methods(deficits, taxed):
    flows, (change, _) = world(9), shock(9)
    tariffs = tariff_frame(9)[0] if taxed else None
    one = solve_equilibrium(flows, change, sigma=5, tariffs=tariffs, deficits=deficits)
    same = solve_equilibrium(flows.assign(sector="goods"), change, sigma=5, tariffs=tariffs, deficits=deficits)
    pd.testing.assert_frame_equal(same.to_frame(), one.to_frame(), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(same.after, one.after, rtol=1e-7)


def test_two_halves_of_a_sector_are_the_sector():
    flows, (change, _) = world(7), shock(7)
    halves = pd.concat([flows.assign(value=flows["value"] / 2, sector=name) for name in ("a", "b")])
    one, two = (solve_equilibrium(given, change, sigma=5).to_frame() for given in (flows, halves))
    pd.testing.assert_frame_equal(two, one, rtol=1e-6, atol=1e-7)


def test_splitting_a_country_in_two_changes_nothing():
    flows, (change, factor) = sectors(5, 2), shock(5)
    whole = solve_equilibrium(flows, change, sigma=5, input_output=inputs(2, 0.3)).to_frame()
    at, weight = [0, 1, 2, 3, 4, 4], np.array([1, 1, 1, 1, 0.5, 0.5])
    parts = []
    for name, part in flows.groupby("sector"):
        value = part["value"].to_numpy().reshape(5, 5)[np.ix_(at, at)] * np.outer(weight, weight)
        parts.append(frame(value).assign(sector=name))
    split = frame(factor[np.ix_(at, at)]).rename(columns={"value": "factor"})
    table = solve_equilibrium(pd.concat(parts), split, sigma=5, input_output=inputs(2, 0.3)).to_frame()
    columns = ["price_index", "nominal_income", "real_income", "welfare"]
    np.testing.assert_allclose(table[columns].to_numpy()[:5], whole[columns].to_numpy(), rtol=1e-6, atol=1e-7)


# -- formulas --------------------------------------------------------------------------------------------------------
def domestic(result):
    """Change of the domestic share by sector and economy."""
    ratio = []
    for trade in (result.before, result.after):
        ratio.append(np.diagonal(trade, axis1=1, axis2=2) / trade.sum(1))
    return ratio[1] / ratio[0]


def test_two_symmetric_countries_with_inputs():
    """One sector, inputs a share of cost: real wage = (change of domestic share) ** (-1 / (theta * value added))."""
    share, theta, added = 0.8, 4.0, 0.4
    flows = frame(np.array([[share, 1 - share], [1 - share, share]]) * 500).assign(sector="s0")
    change = pd.DataFrame({"exporter": names(2), "importer": names(2)[::-1], "factor": 1.7})
    table = pd.DataFrame({"economy": ["*"], "input": ["s0"], "sector": ["s0"], "coefficient": [1 - added]})
    result = solve_equilibrium(flows, change, sigma=theta + 1, input_output=table)
    index = (share + (1 - share) * 1.7) ** (1 / (theta * added))
    np.testing.assert_allclose(result.to_frame()["real_income"], 100 * (index - 1), rtol=1e-7)


def test_real_wage_without_inputs():
    """ln(wage / price) = - sum of (share in demand / theta) * ln(change of domestic share)."""
    sigma = {"s0": 4.0, "s1": 7.5, "s2": 10.0}
    result = solve_equilibrium(sectors(6, 3), shock(6)[0], sigma=sigma)
    weight = result.before.sum(1) / result.before.sum((0, 1))
    theta = np.array([s - 1 for s in sigma.values()])[:, None]
    expected = np.exp(-(weight / theta * np.log(domestic(result))).sum(0))
    np.testing.assert_allclose(result.wage / result.price_index, expected, rtol=1e-8)


def test_real_wage_with_inputs_is_the_formula_of_caliendo_and_parro():
    """Their equation 15: prices solve ln P = value added * ln w + inputs' ln P + ln(domestic share) / theta."""
    flows, table = sectors(6, 3), inputs(3, 0.2)
    result = solve_equilibrium(flows, shock(6)[0], sigma=5, input_output=table)
    use = dense(table, 3)  # input by user
    prices = np.linalg.solve(np.eye(3) - use.T, np.log(domestic(result)) / 4.0)  # relative to the wage
    output = result.before.sum(2)
    final = result.before.sum(1) - use @ output
    expected = np.exp(-(final / final.sum(0) * prices).sum(0))
    np.testing.assert_allclose(result.wage / result.price_index, expected, rtol=1e-7)


def test_sectors_that_trade_nothing_are_prices_at_home():
    """A service sold at home alone takes the wage's price, and dilutes the gain by its share of demand."""
    goods = world(5, balanced=True).assign(sector="goods")
    home = frame(np.diag(np.full(5, 400.0))).assign(sector="services")
    change, _ = shock(5)
    result = solve_equilibrium(pd.concat([goods, home]), change, sigma=5)
    share = result.before[0].sum(0) / result.before.sum((0, 1))
    np.testing.assert_allclose(
        np.log(result.wage / result.price_index), -share / 4 * np.log(domestic(result)[0]), atol=1e-9
    )


# -- accounts and the slow reference ---------------------------------------------------------------------------------
def slow(flows, factor, theta, use, before, after, deficit, output, final):
    """The equations in levels, by tatonnement on wages and plain iteration inside."""
    count, n = len(flows), len(deficit)
    paid = flows * (1 + before)
    share = paid / paid.sum(1)[:, None, :]
    added = 1 - use.sum(0)
    labour = (added[:, None] * output).sum(0)
    wage, price, spending = np.ones(n), np.ones((count, n)), paid.sum(1)
    for _ in range(6000):
        for _ in range(3):
            cost = wage ** added[:, None] * np.prod(price[:, None, :] ** use[:, :, None], axis=0)
            weight = share * factor * (cost[:, :, None] * (1 + after) / (1 + before)) ** -theta
            price = weight.sum(1) ** (-1 / theta)
        pi = weight / weight.sum(1)[:, None, :]
        for _ in range(3):
            trade = pi * spending[:, None, :] / (1 + after)
            made = trade.sum(2)
            revenue = (trade * after).sum((0, 1))
            spending = np.einsum("ks,sn->kn", use, made) + final * (wage * labour + revenue + deficit)
        excess = (added[:, None] * made).sum(0) / (wage * labour) - 1
        wage = wage * (1 + 0.1 * excess)
        wage *= labour.sum() / (wage * labour).sum()
        if np.abs(excess).max() < 1e-13:
            break
    return wage, price, trade


def test_against_the_equations_in_levels():
    n, count, theta = 4, 2, 4.0
    flows, (change, factor) = sectors(n, count, seed=5), shock(n, seed=6, size=0.2)
    tariffs, before, after = tariff_frame(n)
    table = inputs(count, 0.2)
    result = solve_equilibrium(flows, change, sigma=theta + 1, tariffs=tariffs, deficits="fixed", input_output=table)
    values, use = result.before, dense(table, count)
    output, paid = values.sum(2), (values * (1 + before)).sum(1)
    final = paid - use @ output
    deficit = values.sum((0, 1)) - values.sum((0, 2))
    wage, price, trade = slow(values, factor, theta, use, before, after, deficit, output, final / final.sum(0))
    np.testing.assert_allclose(result.wage, wage, rtol=1e-7)
    np.testing.assert_allclose(result.price_index, np.exp((final / final.sum(0) * np.log(price)).sum(0)), rtol=1e-7)
    np.testing.assert_allclose(result.after, trade, rtol=1e-6)


@pytest.mark.parametrize("deficits", ["per_gdp", "fixed"])
def test_accounts_close(deficits):
    n, count = 8, 3
    tariffs, before, after = tariff_frame(n)
    table = inputs(count, 0.2)
    result = solve_equilibrium(
        sectors(n, count), shock(n)[0], sigma=5, tariffs=tariffs, deficits=deficits, input_output=table
    )
    use, made = dense(table, count), result.after.sum(2)
    added = (1 - use.sum(0))[:, None]
    income = result.wage * (added * result.before.sum(2)).sum(0)
    np.testing.assert_allclose((added * made).sum(0), income, rtol=1e-8)  # factors earn what is made
    np.testing.assert_allclose(income.sum(), (added * result.before.sum(2)).sum(), rtol=1e-9)  # numeraire
    revenue = (result.after * after).sum((0, 1))
    np.testing.assert_allclose(result.revenue[1], revenue, rtol=1e-8)
    np.testing.assert_allclose(result.revenue[0], (result.before * before).sum((0, 1)), rtol=1e-10)
    bought = (result.after * (1 + after)).sum((0, 1))
    inputs_bought = (use.sum(0)[:, None] * made).sum(0)
    np.testing.assert_allclose(bought - inputs_bought, result.spending[1], rtol=1e-7)
    deficit = result.spending[1] - income - revenue
    np.testing.assert_allclose(result.after.sum((0, 1)) - made.sum(0), deficit, atol=1e-5)
    assert abs(deficit.sum()) < 1e-5  # Walras
    assert result.checks[0].passed is True


def test_conditional_holds_output_and_spending_of_every_sector():
    result = solve_equilibrium(sectors(6, 3), shock(6)[0], sigma=5, closure="conditional")
    for axis in (1, 2):
        np.testing.assert_allclose(result.after.sum(axis), result.before.sum(axis), rtol=1e-9)
    assert result.to_frame()["exports"].abs().max() > 0.1


def test_sector_shocks_and_frames():
    flows = sectors(5, 3)
    change = shock(5)[0].assign(sector="s1")
    result = solve_equilibrium(flows, change, sigma=5)
    by = result.by_sector().set_index(["sector", "economy"])
    assert by.loc["s1", "exports"].abs().max() > 3 * by.loc["s0", "exports"].abs().max()
    assert result.bilateral().columns.tolist()[0] == "sector"
    total = by.groupby("economy")[["exports_before", "exports_after"]].sum()
    expected = 100 * (total["exports_after"] / total["exports_before"] - 1)
    np.testing.assert_allclose(result.to_frame()["exports"], expected, rtol=1e-9)


def test_a_change_that_multiplies_foreign_trade_by_ten_is_solved():
    """The slope at the baseline does not carry that far: the change comes in by steps."""
    n = 12
    flows = pd.concat([world(n, s, border=3.0).assign(sector=f"s{s}") for s in range(3)])
    factor = frame(np.where(np.eye(n) == 1, 1.0, 10.0)).rename(columns={"value": "factor"})
    result = solve_equilibrium(flows, factor, sigma=5, input_output=inputs(3, 0.4), negative_demand="absorb")
    assert result.checks[0].value < 1e-8
    assert (result.to_frame()["real_income"] > 0).all()


# -- many draws ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("taxed", [False, True])
def test_draws_are_single_solutions(taxed):
    n, draws = 6, CHUNK + 6  # more than are solved together
    rng = np.random.default_rng(0)
    flows, table = sectors(n, 2), inputs(2, 0.2)
    tariffs = tariff_frame(n)[0].assign(after=0.0)
    cells = tariffs[tariffs["importer"] == "C002"][["exporter", "importer"]].reset_index(drop=True)
    factors = np.exp(rng.normal(0.2, 0.2, (draws, len(cells))))
    rates = rng.uniform(0, 15, (draws, len(cells))) if taxed else None
    sigma = rng.uniform(3, 8, draws)
    model = world_model(flows, 5.0, tariffs=tariffs if taxed else None, input_output=table)
    many = solve_draws(model, cells, factors, rates, sigma)
    assert not many.failed.any()
    np.testing.assert_array_equal(solve_draws(model, cells, factors, rates, sigma, jobs=3).changes, many.changes)
    for b in (0, 1, CHUNK - 1, CHUNK, draws - 1):
        change = cells.assign(factor=factors[b])
        single_tariffs = None
        if taxed:
            single_tariffs = tariffs.assign(after=tariffs["before"])
            own = single_tariffs["importer"] == "C002"
            single_tariffs.loc[own, "after"] = rates[b]
        single = solve_equilibrium(flows, change, sigma=sigma[b], tariffs=single_tariffs, input_output=table)
        np.testing.assert_allclose(many.changes[b], single.to_frame()[list(COLUMNS)], atol=1e-6)
    long = many.to_frame()
    assert list(long.columns) == ["draw", "economy", *COLUMNS]
    assert len(long) == draws * n
    np.testing.assert_array_equal(many.outcome("welfare", "C002"), long.query("economy == 'C002'")["welfare"])


@pytest.mark.parametrize("taxed", [False, True])
def test_draws_keep_the_trade_and_revenue_asked_for(taxed):
    n, pairs = 5, [("C003", "C002"), ("C002", "C001"), ("C002", "C002"), ("C003", "C002")]
    flows = sectors(n, 2)
    tariffs = tariff_frame(n)[0].assign(after=0.0)
    cells = tariffs[tariffs["importer"] == "C002"][["exporter", "importer"]].reset_index(drop=True)
    factors = np.exp(np.random.default_rng(1).normal(0.2, 0.2, (3, len(cells))))
    model = world_model(flows, 5.0, tariffs=tariffs if taxed else None)
    many = solve_draws(model, cells, factors, pairs=pairs)
    for b in range(3):
        same = tariffs.assign(after=tariffs["before"]) if taxed else None
        single = solve_equilibrium(flows, cells.assign(factor=factors[b]), sigma=5, tariffs=same)
        after = single.bilateral().groupby(["exporter", "importer"])["after"].sum()
        np.testing.assert_allclose(many.trade[b], after.loc[pairs], rtol=1e-7)
        np.testing.assert_allclose(many.revenue[b], single.details()["revenue_after"], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("deficits", ["fixed", "per_gdp"])
def test_a_transfer_is_spent_abroad_and_paid_for(deficits):
    """Imports less exports rise by what is received, fall by what is paid; at given wages it would be one for one."""
    flows = sectors(5, 2, balanced=True)
    model = world_model(flows, 5.0, deficits=deficits)
    names, gift = list(model.flows.economies), float(flows["value"].sum()) * 0.002
    nobody = pd.DataFrame({"exporter": ["C000"], "importer": ["C001"]})
    pairs = [(a, b) for a in names for b in names if a != b]
    paid = pd.DataFrame({"C000": [gift, 0.0, gift], "C001": [-gift, 0.0, 0.0]})
    many = solve_draws(model, nobody, transfers=paid, pairs=pairs)
    trade = pd.DataFrame(many.trade, columns=pd.MultiIndex.from_tuples(pairs, names=["exporter", "importer"]))
    balance = trade.T.groupby("importer").sum().T - trade.T.groupby("exporter").sum().T
    np.testing.assert_allclose(balance.loc[0], [gift, -gift, 0, 0, 0], atol=1e-6 * gift)
    np.testing.assert_allclose(balance.loc[1], 0, atol=1e-6 * gift)
    assert balance.loc[2, "C000"] == pytest.approx(gift, rel=1e-6)
    assert (balance.loc[2].drop("C000") <= 1e-6 * gift).all()  # the rest of the world pays
    welfare = many.changes[:, :, COLUMNS.index("welfare")]
    assert welfare[0, 0] > 0 > welfare[0, 1]
    np.testing.assert_allclose(welfare[1], 0, atol=1e-6)


def test_draws_with_one_sector_and_a_draw_that_cannot_be():
    """A draw without a solution is marked, and does not spoil its neighbours."""
    flows = np.array([[1.0, 6.0, 6.0], [1.0, 20.0, 2.0], [1.0, 2.0, 20.0]])
    model = world_model(frame(flows), 1.5, deficits="fixed")
    cells = pd.DataFrame({"exporter": ["C000", "C000"], "importer": ["C001", "C002"]})
    factors = np.array([[1.05, 1.05], [1e-9, 1e-9], [0.95, 0.95]])
    many = solve_draws(model, cells, factors)
    assert many.failed.tolist() == [False, True, False]
    assert np.isnan(many.changes[1]).all()
    single = solve_equilibrium(frame(flows), cells.assign(factor=0.95), sigma=1.5, deficits="fixed")
    np.testing.assert_allclose(many.changes[2], single.to_frame(), atol=1e-6)


def test_draws_do_not_depend_on_their_company():
    model = world_model(sectors(5, 2), 5.0)
    cells = pd.DataFrame({"exporter": ["C000"], "importer": ["C001"]})
    factors = np.linspace(0.5, 3.0, 9)[:, None]
    together = solve_draws(model, cells, factors)
    for b in (0, 4, 8):
        np.testing.assert_allclose(
            solve_draws(model, cells, factors[b : b + 1]).changes[0], together.changes[b], atol=1e-7
        )


# -- tables of inputs ------------------------------------------------------------------------------------------------
def test_uzbekistans_table_adds_up():
    table = uzbekistan_inputs()
    assert set(table["economy"]) == {"UZB"}
    assert set(table["sector"]) == {*"012345678", "services"}
    taken = table.groupby("sector")["coefficient"].sum()
    assert ((taken > 0.3) & (taken < 0.75)).all()
    whole = uzbekistan_inputs(dict.fromkeys("ABCDEFGHIJKLMNOPQRS", "all"))
    # inputs 849.1 of output 1,817.4 trillion soums in 2022: 46.7 per cent
    assert abs(whole["coefficient"].iloc[0] - 0.467) < 0.001


def test_uzbekistans_table_next_to_economies_without_one():
    codes = ["KAZ", "RUS", "UZB"]
    flows = pd.concat([frame(matrix(3, s), codes).assign(sector=name) for s, name in enumerate(["6", "services"])])
    place = dict.fromkeys("ABDEFGHIJKLMNOPQRS", "services") | {"C": "6"}
    table = uzbekistan_inputs(place)
    result = solve_equilibrium(
        flows, pd.DataFrame({"exporter": ["RUS"], "importer": ["UZB"], "factor": [1.5]}), sigma=5,
        input_output=table, negative_demand="absorb",
    )  # fmt: skip
    assert result.to_frame().loc["UZB", "real_income"] > 0
    assert result.checks[0].passed


FLOWS = sectors(4, 2)
TABLE = inputs(2, 0.2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input_output": TABLE.assign(coefficient=-0.1)}, "every coefficient must be zero or more"),
        ({"input_output": TABLE.assign(coefficient=0.6)}, "some value added must be left"),
        ({"input_output": pd.concat([TABLE, TABLE])}, "given more than once"),
        ({"input_output": TABLE.replace("s1", "s9")}, "input_output: input 's9' not known"),
        ({"input_output": TABLE.replace("*", "KAZ")}, "input_output: economy 'KAZ' not known"),
        ({"input_output": TABLE.drop(columns="input")}, "lacks the column 'input'"),
        ({"input_output": TABLE, "negative_demand": "ignore"}, "negative_demand 'ignore' not known"),
        ({"sigma": {"s0": 5.0}}, "no value for sector 's1'"),
        ({"replicate": "agtpa"}, "one-sector procedure"),
        ({"cost_change": shock(4)[0].assign(sector="s7")}, "sector 's7' not known"),
    ],
)
def test_mistakes_get_one_sentence(arguments, sentence):
    call = {"flows": FLOWS, "cost_change": shock(4)[0], "sigma": 5.0} | arguments
    with pytest.raises(BadInputError, match=sentence) as caught:
        solve_equilibrium(**call)
    assert "\n" not in str(caught.value)


def test_a_table_that_asks_for_more_than_is_bought():
    """A sector nobody buys but as an input, and not enough of it."""
    few = FLOWS.assign(value=FLOWS["value"].where(FLOWS["sector"] != "s1", FLOWS["value"] / 1000))
    with pytest.raises(BadInputError, match="final demand would be negative"):
        solve_equilibrium(few, shock(4)[0], sigma=5, input_output=TABLE)
    result = solve_equilibrium(few, shock(4)[0], sigma=5, input_output=TABLE, negative_demand="absorb")
    shown = next(check for check in result.checks if check.name == "final demand")
    assert shown.value > 0
    assert "scaled down" in shown.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"factors": np.ones((3, 2))}, r"factors must have shape \(3, 1\)"),
        ({"factors": -np.ones((3, 1))}, "zero or more"),
        ({"sigma": np.ones(3)}, "sigma must be above 1 in every draw"),
        ({"sigma": np.full(4, 5.0)}, "sigma must have shape"),
        ({"factors": None}, "needs factors, tariffs or transfers"),
        ({"tariffs": np.ones((3, 1))}, "laid out without tariffs"),
        ({"cells": pd.DataFrame({"exporter": ["C000"] * 2, "importer": ["C001"] * 2}), "factors": np.ones((3, 2))},
         "given more than once"),
    ],
)  # fmt: skip
def test_mistakes_in_draws_get_one_sentence(arguments, sentence):
    cells = pd.DataFrame({"exporter": ["C000"], "importer": ["C001"]})
    call = {"model": world_model(FLOWS, 5.0), "cells": cells, "factors": np.ones((3, 1))} | arguments
    with pytest.raises(BadInputError, match=sentence):
        solve_draws(**call)


def test_even_out_balances_trade():
    total = even_out(FLOWS).groupby(["exporter", "importer"])["value"].sum().unstack()
    np.testing.assert_allclose(total.sum(axis=0), total.sum(axis=1), rtol=1e-9)
