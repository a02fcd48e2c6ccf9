"""Numbers of a scenario: distributions, draws, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from scipy import stats

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario.model.quantities import (
    Number,
    Quantity,
    count_of_draws,
    draw_quantities,
    read_quantity,
    seed_of_draws,
)
from eaeu_analysis.scenario.tables import scenario_tables

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


@pytest.mark.parametrize(
    ("quantity", "at"),
    [
        (NORMAL, {0.5: 2.0, 0.975: 2.979982, 0.025: 1.020018}),
        (UNIFORM, {0.25: 0.0, 0.5: 1.0, 0.75: 2.0}),
        # a quarter of the mass is below the mode: sqrt(u) below it, 4 - sqrt(12 (1 - u)) above
        (TRIANGULAR, {0.09: 0.6, 0.25: 1.0, 0.75: 4 - 3**0.5, 0.97: 4 - 0.6}),
        (Quantity(kind="triangular", low=1.0, mode=1.0, high=3.0, reference=REF), {0.75: 2.0, 0.19: 1.2}),
        (Quantity(kind="triangular", low=1.0, mode=3.0, high=3.0, reference=REF), {0.25: 2.0, 0.81: 2.8}),
        (Quantity(kind="triangular", low=-3.0, mode=0.0, high=1.0, reference=REF), {0.27: -1.2, 0.75: 0.0}),
        (FIXED, {0.1: 7.0, 0.9: 7.0}),
        (Quantity(kind="normal", mean=2.0, sd=0.0, reference=REF), {0.1: 2.0, 0.9: 2.0}),
        (Quantity(kind="normal", mean=0.0, sd=2.0, reference=REF), {0.5: 0.0}),
        (Quantity(kind="uniform", low=2.0, high=2.0, reference=REF), {0.1: 2.0}),
        (Quantity(kind="triangular", low=2.0, mode=2.0, high=2.0, reference=REF), {0.1: 2.0}),
        (Quantity(kind="uniform", low=-2.0, high=0.0, reference=REF), {0.25: -1.5}),
    ],
)
def test_the_quantile_function_by_hand(quantity, at):
    found = quantity.ppf(np.array(list(at)))
    assert found.tolist() == pytest.approx(list(at.values()), abs=1e-6)
    assert found.dtype == np.float64
    assert quantity.centre == pytest.approx(float(quantity.ppf(np.array([0.5]))[0]))


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (NORMAL, "2 (sd 0.5)"),
        (UNIFORM, "-1 to 3"),
        (TRIANGULAR, "0 to 4 (most likely 1)"),
        (FIXED, "7"),
        (Quantity(kind="uniform", low=2.0, high=2.0, reference=REF), "2"),
    ],
)
def test_quantities_in_words(quantity, text):
    assert quantity.text() == text


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("5", {"kind": "fixed", "value": 5.0}),
        (" -2e3 ", {"kind": "fixed", "value": -2000.0}),
        ("uniform(3, 6)", {"kind": "uniform", "low": 3.0, "high": 6.0}),
        (" Normal (0,1)", {"kind": "normal", "mean": 0.0, "sd": 1.0}),
        ("triangular(1, 2, 3) ", {"kind": "triangular", "low": 1.0, "mode": 2.0, "high": 3.0}),
    ],
)
def test_a_number_or_a_distribution_is_read(text, given):
    assert read_quantity(text, "mine") == {**given, "reference": "mine"}
    assert Quantity(**read_quantity(text, "mine")).reference == "mine"


SHOWN = "a number, uniform(low, high), normal(mean, sd) or triangular(low, mode, high)"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("five", f"'five' is no number of a scenario; expected {SHOWN}"),
        ("uniform(a, 6)", f"'uniform(a, 6)' is no number of a scenario; expected {SHOWN}"),
        ("uniform(3, 6", f"'uniform(3, 6' is no distribution of a scenario; expected {SHOWN}"),
        ("uniform(3)", f"'uniform(3)' is no distribution of a scenario; expected {SHOWN}"),
        ("uniform(3, 4, 5)", f"'uniform(3, 4, 5)' is no distribution of a scenario; expected {SHOWN}"),
        ("unifrom(3, 6)", "is no distribution of a scenario; did you mean uniform(low, high)?"),
        ("NORML(3, 6)", "is no distribution of a scenario; did you mean normal(mean, sd)?"),
        ("zzz(3, 6)", f"'zzz(3, 6)' is no distribution of a scenario; expected {SHOWN}"),
        ("", f"'' is no number of a scenario; expected {SHOWN}"),
    ],
)
def test_what_is_no_number_of_a_scenario(text, sentence):
    with pytest.raises(BadInputError) as caught:
        read_quantity(text, "mine")
    assert str(caught.value).endswith(sentence)


class Holder(BaseModel):
    number: Number


def test_a_number_may_be_written_plainly_or_name_a_shared_assumption():
    assert Holder(number=3).number == Quantity(value=3.0)
    assert Holder(number=2.5).number == Quantity(value=2.5)
    assert Holder(number=NORMAL).number == NORMAL
    assert Holder(number={"value": 1.0}).number == Quantity(value=1.0)
    name, prior = next(iter(scenario_tables()["priors"].items()))
    assert Holder(number=f"prior:{name}").number == Quantity(**prior)
    with pytest.raises(ValidationError, match=rf"no shared assumption '{name}x'; did you mean '{name}'\?"):
        Holder(number=f"prior:{name}x")
    with pytest.raises(ValidationError, match="no shared assumption 'zzz' "):
        Holder(number="prior:zzz")
    for wrong in (True, "5", name):
        with pytest.raises(ValidationError, match="valid dictionary or instance of Quantity"):
            Holder(number=wrong)


@pytest.mark.parametrize("count", [1, 1_000_000, np.int64(7)])
def test_counts_of_draws_in_range(count):
    assert count_of_draws(count) == count
    assert type(count_of_draws(count)) is int


@pytest.mark.parametrize("count", [0, 1_000_001, 2.0, True, "5"])
def test_counts_of_draws_out_of_range(count):
    with pytest.raises(BadInputError, match=f"^draws {count!r}: expected a whole number from 1 to 1,000,000$"):
        count_of_draws(count)


def test_seeds():
    assert seed_of_draws(0) == 0
    assert type(seed_of_draws(np.int64(7))) is int
    for seed in (-1, 1.0, True, "5", None):
        with pytest.raises(BadInputError, match=f"^seed {seed!r}: expected a whole number, 0 or more$"):
            seed_of_draws(seed)


def test_draws_are_a_scrambled_sobol_sequence():
    """Of eight draws one lies in each eighth of the range, in every dimension; with a copula in each of the first."""
    low_high = {"a": UNIFORM, "b": UNIFORM.model_copy(update={"low": 0.0, "high": 8.0})}
    drawn = draw_quantities(low_high, {}, 8, 5)
    assert sorted(np.floor((drawn["a"] + 1) * 2)) == list(range(8))
    assert sorted(np.floor(drawn["b"])) == list(range(8))
    outside = stats.qmc.Sobol(2, scramble=True, rng=np.random.default_rng(5)).random_base2(3)
    np.testing.assert_allclose((drawn["a"] + 1) / 4, outside[:, 0])
    np.testing.assert_allclose(drawn["b"] / 8, outside[:, 1])
    assert list(drawn.columns) == ["a", "b"]


def test_each_name_of_an_order_keeps_its_place():
    order = ["z", "a", "b"]
    outside = stats.qmc.Sobol(3, scramble=True, rng=np.random.default_rng(5)).random_base2(3)
    drawn = draw_quantities({"b": UNIFORM, "fixed": FIXED, "a": UNIFORM}, {}, 7, 5, order)
    assert list(drawn.columns) == ["b", "fixed", "a"]
    assert len(drawn) == 7
    np.testing.assert_allclose((drawn["a"] + 1) / 4, outside[:7, 1])
    np.testing.assert_allclose((drawn["b"] + 1) / 4, outside[:7, 2])
    late = draw_quantities({"late": UNIFORM, "a": UNIFORM, "late too": FIXED}, {}, 7, 5, order)
    more = stats.qmc.Sobol(4, scramble=True, rng=np.random.default_rng([5, 1])).random_base2(3)
    np.testing.assert_allclose((late["a"] + 1) / 4, outside[:7, 1])
    np.testing.assert_allclose((late["late"] + 1) / 4, more[:7, 3])


def test_one_draw_and_none_that_varies():
    assert draw_quantities({"f": FIXED}, {}, 3, 0).to_dict("list") == {"f": [7.0, 7.0, 7.0]}
    assert len(draw_quantities({"n": NORMAL}, {}, 1, 0)) == 1
    fixed = Quantity(kind="normal", mean=1.0, sd=0.0, reference=REF)
    both = draw_quantities({"n": NORMAL, "m": fixed}, {("n", "m"): 0.5, ("x", "n"): 0.5}, 4, 0)
    np.testing.assert_array_equal(both["n"], draw_quantities({"n": NORMAL}, {}, 4, 0)["n"])
    assert (both["m"] == 1.0).all()


def test_a_copula_by_hand():
    other = Quantity(kind="normal", mean=-1.0, sd=2.0, reference=REF)
    pair = {"a": NORMAL, "b": other}
    apart, joined = (draw_quantities(pair, joint, 16, 2) for joint in ({}, {("a", "b"): 0.6}))
    np.testing.assert_array_equal(joined["a"], apart["a"])
    one, two = (apart["a"] - 2.0) / 0.5, (apart["b"] + 1.0) / 2.0
    np.testing.assert_allclose(joined["b"], -1.0 + 2.0 * (0.6 * one + 0.8 * two))
    same = draw_quantities(pair, {("a", "b"): 1.0}, 16, 2)
    np.testing.assert_allclose((same["b"] + 1.0) / 2.0, one)
