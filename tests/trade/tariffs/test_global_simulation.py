"""GSIM: the published example of Francois & Hall, and cases that can be worked out."""

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.trade.tariffs.global_simulation import global_simulation

# Francois & Hall, four-region spreadsheet: trade at world prices and tariff powers, exporter by importer.
REGIONS = ["US", "JP", "EU", "RW"]
TRADE = np.array([[0, 50, 200, 300], [500, 0, 150, 200], [300, 100, 200, 200], [50, 100, 110, 20]], dtype=float)
POWER = np.array([[1.0, 1.21, 1.41, 1.22], [1.37, 1.0, 1.31, 1.23], [1.32, 1.36, 1.0, 1.18], [1.57, 1.41, 1.25, 1.15]])
ELASTICITIES = {"demand": -1.25, "supply": 1.5, "substitution": 5.0}
# World-price changes that the spreadsheet reports for free trade between the United States and the European Union, as
# quoted with the same data in a published R transcription of the model ("reported prices").
REPORTED = {"US": 0.0792, "JP": -0.0316, "EU": 0.0480, "RW": -0.0184}


def tables(trade=TRADE, before=POWER, after=None, regions=REGIONS):
    after = before if after is None else after
    rows = [
        (a, b, trade[i, j], 100 * (before[i, j] - 1), 100 * (after[i, j] - 1))
        for i, a in enumerate(regions)
        for j, b in enumerate(regions)
    ]
    table = pd.DataFrame(rows, columns=["exporter", "importer", "value", "before", "after"])
    return table[["exporter", "importer", "value"]], table[["exporter", "importer", "before", "after"]]


def free_trade():
    after = POWER.copy()
    after[0, 2] = after[2, 0] = 1.0
    return tables(after=after)


def test_the_published_example():
    result = global_simulation(*free_trade(), **ELASTICITIES)
    for region, price in REPORTED.items():
        assert abs(result.to_frame().loc[region, "world_price"] / 100 - price) < 5e-5


def test_supply_is_demand_in_every_market():
    """Equations 6 to 9 of the paper, written out by loops."""
    result = global_simulation(*free_trade(), **ELASTICITIES)
    order = [result.economies.index(name) for name in REGIONS]
    price, after = result.price[order], tables()[1]
    after = POWER.copy()
    after[0, 2] = after[2, 0] = 1.0
    spent = TRADE * POWER
    theta = spent / spent.sum(0)
    for r in range(4):
        demanded = 0.0
        for v in range(4):
            own = theta[r, v] * -1.25 - (1 - theta[r, v]) * 5.0
            change = own * (price[r] + after[r, v] / POWER[r, v] - 1)
            for s in range(4):
                if s != r:
                    cross = theta[s, v] * (-1.25 + 5.0)
                    change += cross * (price[s] + after[s, v] / POWER[s, v] - 1)
            demanded += TRADE[r, v] / TRADE[r].sum() * change
        assert abs(1.5 * price[r] - demanded) < 1e-12


def test_without_a_change_nothing_changes():
    result = global_simulation(*tables(), **ELASTICITIES)
    assert result.to_frame().abs().max().max() < 1e-9


def test_infinite_supply_holds_world_prices():
    result = global_simulation(*free_trade(), demand=-1.25, supply=float("inf"), substitution=5.0)
    assert (result.price == 0).all()
    near = global_simulation(*free_trade(), demand=-1.25, supply=1e9, substitution=5.0)
    np.testing.assert_allclose(near.after, result.after, rtol=1e-6)


def test_elasticities_by_economy_are_those_numbers():
    by_name = {name: dict.fromkeys(REGIONS, value) for name, value in ELASTICITIES.items()}
    a, b = global_simulation(*free_trade(), **ELASTICITIES), global_simulation(*free_trade(), **by_name)
    pd.testing.assert_frame_equal(a.to_frame(), b.to_frame())


def test_order_and_unit_do_not_matter():
    trade, tariffs = free_trade()
    base = global_simulation(trade, tariffs).to_frame()
    mixed = global_simulation(trade.sample(frac=1, random_state=0), tariffs.sample(frac=1, random_state=1)).to_frame()
    pd.testing.assert_frame_equal(mixed, base)
    larger = global_simulation(trade.assign(value=trade["value"] * 1000), tariffs).to_frame()
    np.testing.assert_allclose(larger["welfare_change"], 1000 * base["welfare_change"], rtol=1e-9)
    np.testing.assert_allclose(larger["world_price"], base["world_price"], rtol=1e-9)


def test_large_changes_are_named():
    checks = {check.name: check for check in global_simulation(*free_trade(), **ELASTICITIES).checks}
    assert checks["size of the change"].passed is False
    assert "linear" in checks["size of the change"].text
    assert "GSIM" in global_simulation(*free_trade()).summary()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"demand": 1.25}, "demand: an elasticity must be below zero"),
        ({"supply": -1.0}, "supply: an elasticity must be above zero"),
        ({"substitution": 0.0}, "substitution: an elasticity must be above zero"),
        ({"demand": {"US": -1.0}}, "demand: no elasticity for EU"),
        ({"trade": tables()[0].assign(value=-1.0)}, "a value is negative"),
        ({"trade": pd.concat([tables()[0]] * 2)}, "given more than once"),
        ({"trade": tables()[0].query("exporter != 'US'")}, "US is on one side only"),
        ({"tariffs": tables()[1].assign(after=-5.0)}, "below zero"),
        ({"tariffs": tables()[1].replace("US", "USA")}, "'USA' not known"),
    ],
)
def test_mistakes_get_one_sentence(arguments, sentence):
    trade, tariffs = free_trade()
    with pytest.raises(BadInputError, match=sentence):
        global_simulation(**({"trade": trade, "tariffs": tariffs} | arguments))
