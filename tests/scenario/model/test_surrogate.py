"""The polynomial that stands in: exact where the truth is one, shares against closed forms."""

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario.model.quantities import Quantity, draw_quantities
from eaeu_analysis.scenario.model.surrogate import fit

QUANTITIES = {
    "a": Quantity(kind="normal", mean=1.0, sd=2.0, reference="x"),
    "b": Quantity(kind="uniform", low=0.0, high=6.0, reference="x"),
    "c": Quantity(kind="triangular", low=0.0, mode=1.0, high=5.0, reference="x"),
    "fixed": Quantity(value=3.0),
}


@pytest.fixture(scope="module")
def values():
    return draw_quantities(QUANTITIES, {}, 512, seed=0)


def test_a_polynomial_is_recovered_and_evaluated_by_its_plain_numbers(values):
    truth = 1 + 2 * values["a"] - 0.5 * values["b"] ** 2 + values["a"] * values["c"]
    found = fit(QUANTITIES, values, pd.DataFrame({"y": truth}))
    assert found.r2["y"] == pytest.approx(1.0, abs=1e-12)
    new = pd.DataFrame({"a": [0.0, 3.0], "b": [1.0, 5.0], "c": [2.0, 0.5]})
    expected = 1 + 2 * new["a"] - 0.5 * new["b"] ** 2 + new["a"] * new["c"]
    np.testing.assert_allclose(found.predict("y", new), expected, rtol=1e-9)
    document = found.document(["y"])
    for row, want in zip(new.to_dict("records"), expected, strict=True):  # as a page would, without this package
        total = 0.0
        for degrees, coefficient in zip(document["terms"], document["coefficients"]["y"], strict=True):
            part = coefficient
            for degree, q in zip(degrees, document["quantities"], strict=True):
                z = row[q["name"]] - q["mean"]
                part *= {0: 1.0, 1: z / q["sd"], 2: (z**2 - q["slope"] * z - q["sd"] ** 2) / q["scale"]}[degree]
            total += part
        assert total == pytest.approx(want, rel=1e-9)


def test_shares_of_variance_are_the_shapley_effects(values):
    """y = 2 a' + 1 b' + 1 a'b' in standardised a', b': variances 4, 1 and 1, the last shared (Owen 2014)."""
    a, b = (values["a"] - 1) / 2, (values["b"] - 3) / np.sqrt(3)
    found = fit(QUANTITIES, values, pd.DataFrame({"y": 2 * a + b + a * b}))
    shares = found.shares("y")
    assert shares["a"] == pytest.approx(4.5 / 6, abs=1e-4)
    assert shares["b"] == pytest.approx(1.5 / 6, abs=1e-4)
    assert shares["c"] == pytest.approx(0.0, abs=1e-6)
    assert shares.sum() == pytest.approx(1.0)
    assert list(shares.index) == ["a", "b", "c"]


def test_shares_agree_with_brute_force_first_order_indices(values):
    """Variance of the conditional mean by nested sampling, for an additive function that is no polynomial."""
    shape = {"a": lambda x: np.tanh((x - 1) / 4), "b": lambda x: np.exp(x / 10), "c": np.sqrt}
    big = draw_quantities(QUANTITIES, {}, 2**14, seed=5)
    variances = pd.Series({name: float(np.var(f(big[name]))) for name, f in shape.items()})
    truth = sum(f(values[name]) for name, f in shape.items())
    shares = fit(QUANTITIES, values, pd.DataFrame({"y": truth})).shares("y")
    np.testing.assert_allclose(shares[variances.index], variances / variances.sum(), atol=0.02)


def test_tornado_and_break_even_follow_the_polynomial(values):
    found = fit(QUANTITIES, values, pd.DataFrame({"y": values["a"] - values["b"]}))
    table = found.tornado("y").set_index("quantity")
    low, high = QUANTITIES["b"].ppf(np.array([0.05, 0.95]))
    assert table.loc["b", "at_low"] == pytest.approx(1.0 - low, abs=1e-9)
    assert table.loc["b", "at_high"] == pytest.approx(1.0 - high, abs=1e-9)
    assert list(table.index)[:2] == ["a", "b"]  # the wider range first
    grid = found.break_even("y", "a", "b", points=5)
    np.testing.assert_allclose(grid["y"], grid["a"] - grid["b"], atol=1e-9)
    assert len(grid) == 25


def test_failed_draws_are_left_out_and_too_few_are_refused(values):
    y = pd.DataFrame({"y": values["a"].to_numpy().copy()})
    y.loc[[3, 10], "y"] = np.nan
    assert fit(QUANTITIES, values, y).r2["y"] == pytest.approx(1.0)
    with pytest.raises(BadInputError, match=r"5 draws are too few for 3 quantities: 15 or more are needed"):
        fit(QUANTITIES, values.head(5), y.head(5).fillna(0.0))
    with pytest.raises(BadInputError, match="did you mean"):
        fit({**QUANTITIES}, values, pd.DataFrame({"welfare": values["a"]})).predict("welfar", values[["a"]])
