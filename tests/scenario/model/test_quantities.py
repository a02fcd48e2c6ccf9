"""Numbers of a scenario: distributions, draws, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario.model.quantities import Quantity, draw_quantities

REF = "a test"
NORMAL = Quantity(kind="normal", mean=2.0, sd=0.5, reference=REF)
UNIFORM = Quantity(kind="uniform", low=-1.0, high=3.0, reference=REF)
TRIANGULAR = Quantity(kind="triangular", low=0.0, mode=1.0, high=4.0, reference=REF)
FIXED = Quantity(value=7.0)


def test_moments_are_those_of_the_distributions():
    drawn = draw_quantities({"n": NORMAL, "u": UNIFORM, "t": TRIANGULAR, "f": FIXED}, {}, 4096, seed=0)
    assert drawn["n"].mean() == pytest.approx(2.0, abs=0.01)
    assert drawn["n"].std() == pytest.approx(0.5, rel=0.02)
    assert drawn["u"].mean() == pytest.approx(1.0, abs=0.01)
    assert drawn["u"].var() == pytest.approx(16 / 12, rel=0.02)
    assert drawn["t"].mean() == pytest.approx(5 / 3, abs=0.01)  # (low + mode + high) / 3
    assert (drawn["f"] == 7.0).all()
    assert stats.kstest(drawn["u"], "uniform", (-1, 4)).pvalue > 0.5


def test_quantities_are_drawn_independently_unless_joined():
    other = Quantity(kind="normal", mean=-1.0, sd=2.0, reference=REF)
    apart = draw_quantities({"a": NORMAL, "b": other}, {}, 2048, seed=1).corr().loc["a", "b"]
    joined = draw_quantities({"a": NORMAL, "b": other}, {("a", "b"): -0.7}, 2048, seed=1)
    assert abs(apart) < 0.05
    assert joined.corr().loc["a", "b"] == pytest.approx(-0.7, abs=0.02)
    assert joined["b"].std() == pytest.approx(2.0, rel=0.03)


def test_more_draws_extend_fewer_and_seeds_matter():
    few, many = (draw_quantities({"n": NORMAL, "u": UNIFORM}, {}, n, seed=3) for n in (100, 1000))
    np.testing.assert_array_equal(few.to_numpy(), many.to_numpy()[:100])
    assert not np.array_equal(
        draw_quantities({"n": NORMAL}, {}, 8, seed=0), draw_quantities({"n": NORMAL}, {}, 8, seed=1)
    )


def test_a_number_outside_the_order_leaves_the_other_draws_as_they_were():
    """Its own sequence is independent of theirs, and does not depend on how many others there are."""
    order = ["n", "u", "t"]
    without = draw_quantities({"n": NORMAL, "u": UNIFORM}, {}, 512, 0, order)
    with_it = draw_quantities({"n": NORMAL, "u": UNIFORM, "late": UNIFORM}, {}, 512, 0, order)
    np.testing.assert_array_equal(with_it[["n", "u"]].to_numpy(), without.to_numpy())
    assert np.abs(with_it.corr().loc["late", ["n", "u"]]).max() < 0.1
    assert with_it["late"].mean() == pytest.approx(1.0, abs=0.01)


@settings(max_examples=50, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(0, 1e3), st.floats(0, 1))
def test_the_quantile_function_stays_between_the_ends(low, width, at):
    quantity = Quantity(kind="triangular", low=low, mode=low + at * width, high=low + width, reference=REF)
    values = quantity.ppf(np.linspace(0.001, 0.999, 21))
    assert (np.diff(values) >= -1e-9).all()
    assert values.min() >= low - 1e-9
    assert values.max() <= low + width + 1e-9


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "normal", "mean": 1.0, "sd": -0.1, "reference": REF}, "negative"),
        ({"kind": "normal", "mean": 1.0, "reference": REF}, "sd is missing"),
        ({"kind": "uniform", "low": 2.0, "high": 1.0, "reference": REF}, "not in order"),
        ({"kind": "triangular", "low": 0.0, "mode": 3.0, "high": 1.0, "reference": REF}, "not in order"),
        ({"kind": "uniform", "low": 0.0, "high": 1.0}, "needs a reference"),
        ({"value": float("nan")}, "finite"),
        ({"value": 1.0, "sd": 2.0}, "has no sd"),
    ],
)
def test_mistakes_are_named(given, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Quantity(**given)


@pytest.mark.parametrize("count", [0, -1, 10**9, 2.5, True])
def test_draws_out_of_range_are_refused(count):
    with pytest.raises(BadInputError, match="expected a whole number from 1 to 1,000,000"):
        draw_quantities({"u": UNIFORM}, {}, count, seed=0)
