"""Placebo tests: exact ranks, intervals that invert them, the right size on worlds without an effect."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.inference import placebo
from eaeu_analysis.impact.inference.placebo import rank_p_value, rejections
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.question.predictors import Predictor
from eaeu_analysis.impact.question.problem import Problem, state_problem
from eaeu_analysis.impact.weights.fit import Setup, WeightSettings, fit_unit
from eaeu_analysis.series import SeriesInfo

QUICK = {"checks": False}


def setup_of(y: np.ndarray, event: int = 2012) -> Setup:
    """As :func:`state_problem` would state it (a test compares), without the panel's making and checking."""
    times = 2000 + np.arange(y.shape[1])
    units = tuple(f"U{i:02d}" for i in range(len(y)))
    return Setup(Problem("y", "U00", event, units, times, y.T, times < event, times >= event, SeriesInfo("y"), "drop"))


def test_the_short_way_states_the_same_problem():
    y = factor_model(np.random.default_rng(0), 9, 20)
    stated, short = state_problem(as_panel(y), "y", "U00", 2012), setup_of(y).problem
    assert stated.spec() == short.spec()
    np.testing.assert_array_equal(stated.outcomes, short.outcomes)


def placebos(y: np.ndarray, level: float = 0.9, event: int = 2012) -> placebo.Placebos:
    setup = setup_of(y, event)
    return placebo.placebo_in_space(setup, WeightSettings(), fit_unit(setup, WeightSettings()), level)


def test_the_best_of_eleven_is_one_in_eleven():
    """Not 0, as where the treated unit is left out of its own ranking."""
    y = factor_model(np.random.default_rng(0), 11, 20)
    y[0, 12:] += 100.0
    effect = call_with_options(synthetic_control, SyntheticControlOptions, as_panel(y), "y", "U00", 2012, **QUICK)
    assert effect.p_value == pytest.approx(1 / 11)
    assert effect.p_values["ratio"] == pytest.approx(1 / 11)
    assert effect.p_values["greater"] == pytest.approx(1 / 11)
    assert effect.p_values["less"] == 1.0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_rank_p_counts_ties_and_itself(values):
    p = rank_p_value(np.array(values))
    assert p == pytest.approx(sum(v >= values[0] for v in values) / len(values), abs=1e-9) or p >= 1 / len(values)
    assert 1 / len(values) <= p <= 1


def test_rejections_allowed():
    assert [rejections(n, 0.9) for n in (9, 10, 19, 20, 39)] == [0, 1, 1, 2, 3]
    assert rejections(20, 0.95) == 1


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), level=st.sampled_from([0.8, 0.9]), effect=st.sampled_from([0.0, 2.0]))
def test_the_interval_is_the_set_of_effects_that_are_not_rejected(seed, level, effect):
    """Take theta off the treated unit after the event and test again: p > 1 - level exactly inside the interval."""
    y = factor_model(np.random.default_rng(seed), 14, 18)
    y[0, 12:] += effect
    made = placebos(y, level)
    low, high = made.interval
    assert math.isfinite(low)
    for theta in np.concatenate(
        [np.linspace(low - 2, high + 2, 23), [low + 1e-6, high - 1e-6, low - 1e-6, high + 1e-6]]
    ):
        shifted = y.copy()
        shifted[0, 12:] -= theta
        kept = placebos(shifted, level).p["two_sided"] > 1 - level + 1e-12
        assert kept == (low <= theta <= high)
    assert (made.p["two_sided"] > 1 - level + 1e-12) == (low <= 0 <= high)


def test_the_bounds_of_a_period_invert_the_test_of_that_period():
    y = factor_model(np.random.default_rng(5), 14, 18)
    made = placebos(y)
    t = 14
    for theta in np.linspace(made.lower[t] - 1, made.upper[t] + 1, 31):
        values = made.gaps.to_numpy()[t].copy()
        values[0] -= theta
        kept = rank_p_value(np.abs(values) / made.table["scale"].to_numpy()) > 0.1 + 1e-12
        assert kept == (made.lower[t] <= theta <= made.upper[t])


def test_too_few_donors_for_the_level_leave_the_interval_open_and_say_so():
    y = factor_model(np.random.default_rng(1), 7, 20, noise=0.2)
    y[0] = y[1:4].mean(axis=0)
    y[0, 12:] += 50.0
    effect = call_with_options(synthetic_control, SyntheticControlOptions, as_panel(y), "y", "U00", 2012, **QUICK)
    assert effect.interval == (-math.inf, math.inf)
    assert effect.p_value == pytest.approx(1 / 7)
    assert "p cannot fall below 0.143" in effect.inference
    assert effect.finding == "none"
    assert "no effect, however large, would have been seen" in effect.verdict
    assert math.isinf(effect.check("minimum detectable effect").value)
    assert "unbounded" in effect.summary()


def test_the_treated_unit_is_in_no_donors_pool():
    y = factor_model(np.random.default_rng(2), 9, 20)
    plain = placebos(y).gaps.drop(columns="U00")
    y[0] += 1000.0
    assert np.allclose(plain, placebos(y).gaps.drop(columns="U00"))


def test_badly_fitted_donors_are_left_out_by_rule():
    y = factor_model(np.random.default_rng(3), 12, 20, noise=0.2)
    y[5] += 60.0 * np.sin(np.arange(20))  # nobody can follow it
    made = placebos(y)
    worse = made.table["pre_rmspe"] ** 2 > 20 * made.table["pre_rmspe"].iloc[0] ** 2
    assert worse["U05"]
    assert made.p["within_20_donors"] == 11 - worse.sum()
    kept = made.table[~worse]
    assert made.p["within_20_average_two_sided"] == rank_p_value(kept["average"].abs().to_numpy())


def test_a_perfect_fit_before_the_event_is_no_proof():
    """With more donors than years the gap before the event is fitted away: noise keeps the ratio finite."""
    rng = np.random.default_rng(4)
    y = rng.normal(size=(30, 12))
    y[0, :8] = y[1:9, :8].mean(axis=0)
    made = placebos(y, event=2008)
    assert made.table["pre_rmspe"].iloc[0] < 1e-9
    assert made.table["scale"].iloc[0] > 0.1
    assert abs(made.table["standardised"].iloc[0]) < 20


def test_noise_is_free_of_level_and_trend():
    rng = np.random.default_rng(6)
    y = rng.normal(size=(4000, 1))
    trend = 100 + 3.0 * np.arange(4000)[:, None]
    assert placebo.noise(y)[0] == pytest.approx(1.0, abs=0.05)
    assert placebo.noise(y + trend)[0] == pytest.approx(placebo.noise(y)[0])


def test_detectable_effect_is_detected_four_times_in_five():
    y = factor_model(np.random.default_rng(7), 30, 20)
    made = placebos(y)
    scale, standardised = made.table["scale"].iloc[0], made.table["standardised"].to_numpy()[1:]
    both = np.concatenate([standardised, -standardised])  # what the treated unit's statistic might have been
    critical = np.sort(np.abs(standardised))[-rejections(30, 0.9)]
    power = np.mean(np.abs(both + made.detectable / scale) > critical)
    assert power >= 0.8
    assert np.mean(np.abs(both + 0.8 * made.detectable / scale) > critical) < power + 1e-9


def false_positives(worlds: int, seed: int) -> tuple[float, float]:
    """Shares of worlds without an effect in which p <= 0.10, two- and one-sided."""
    two, one = [], []
    for i in range(worlds):
        rng = np.random.default_rng([seed, i])
        made = placebos(factor_model(rng, 20, 16), event=2012)
        two.append(made.p["two_sided"] <= 0.1 + 1e-12)
        one.append(made.p["greater"] <= 0.1 + 1e-12)
    return float(np.mean(two)), float(np.mean(one))


def test_size():
    """20 exchangeable units: p <= 0.10 in 2 of 20. Three standard errors of 250 worlds are 0.057."""
    for share in false_positives(250, 11):
        assert abs(share - 0.10) < 0.057


@pytest.mark.slow
def test_size_in_many_worlds():
    for share in false_positives(600, 12):
        assert abs(share - 0.10) < 3 * math.sqrt(0.1 * 0.9 / 600)


@pytest.mark.slow
@pytest.mark.parametrize("v", ["search", "cross-validation"])
def test_size_with_predictor_weights_searched_for_every_unit(v):
    """Ten exchangeable units with predictors, their weights chosen anew for each: p <= 0.10 for the first of ten. Three
    standard errors of 150 worlds are 0.073."""
    hits = []
    for i in range(150):
        rng = np.random.default_rng([14, i])
        y = factor_model(rng, 10, 16)
        table = as_panel(y).to_frame()
        for k in range(2):  # noisy signs of where each unit is going
            table[f"x{k}"] = np.repeat(y[:, :12].mean(axis=1) + rng.normal(size=10), 16) + 0.1 * rng.normal(size=160)
        predictors = [Predictor("x0", (2000, 2011)), Predictor("x1", (2000, 2011)), Predictor("y", 2003)]
        predictors += [Predictor("y", 2011)]
        effect = synthetic_control(
            Panel.from_frame(table, "unit", "year"),
            "y",
            "U00",
            2012,
            None,
            predictors=predictors,
            v=v,
            options=SyntheticControlOptions(starts=3, checks=False),
        )
        hits.append(effect.p_value <= 0.1 + 1e-12)
    assert abs(np.mean(hits) - 0.10) < 3 * math.sqrt(0.09 / 150)


def test_coverage_of_the_interval():
    """The true effect 1.5 is inside the 90 % interval in 90 % of worlds: it is the same test, moved."""
    inside = []
    for i in range(150):
        y = factor_model(np.random.default_rng([13, i]), 20, 16)
        y[0, 12:] += 1.5
        low, high = placebos(y).interval
        inside.append(low <= 1.5 <= high)
    assert abs(np.mean(inside) - 0.90) < 3 * math.sqrt(0.09 / 150)


# -- in time, leave-one-out -----------------------------------------------------------------------------------
def test_in_time_moves_the_event_to_the_last_third_of_the_fit_years():
    y = factor_model(np.random.default_rng(8), 12, 20)
    setup = setup_of(y)
    assert placebo.moved_event(setup) == 2008
    moved = placebo.placebo_in_time(setup, WeightSettings(), 0.9)
    by_hand = synthetic_control(
        as_panel(y[:, :12]), "y", "U00", 2008, inference="placebo", options=SyntheticControlOptions(checks=False)
    )
    assert moved.average == pytest.approx(by_hand.estimate)
    assert moved.p == pytest.approx(by_hand.p_value)


def test_in_time_finds_what_happened_before():
    y = factor_model(np.random.default_rng(9), 14, 20, noise=0.3)
    y[0, 8:] += 6.0  # four years before the event that is asked about
    check = synthetic_control(as_panel(y), "y", "U00", 2012).check("placebo in time")
    assert check.passed is False
    assert check.value == pytest.approx(1 / 14)


def test_in_time_needs_years():
    """Three to fit on and two to judge: five fit years are too few, six are enough."""
    y = factor_model(np.random.default_rng(10), 12, 12)
    check = synthetic_control(as_panel(y), "y", "U00", 2005).check("placebo in time")
    assert check.passed is None
    assert "too few years" in check.text
    assert placebo.moved_event(setup_of(y, 2005)) is None
    assert placebo.moved_event(setup_of(y, 2006)) == 2004


def test_leave_one_out_is_the_fit_without_the_donor():
    y = factor_model(np.random.default_rng(11), 10, 20)
    effect = synthetic_control(as_panel(y), "y", "U00", 2012)
    table = effect.leave_one_out
    assert set(table["donor"]) == set(effect.weights[effect.weights >= 0.01].index)
    for row in table.itertuples():
        rest = [name for name in effect.weights.index if name != row.donor]
        alone = synthetic_control(
            as_panel(y), "y", "U00", 2012, donors=rest, inference="none", options=SyntheticControlOptions(checks=False)
        )
        assert row.estimate == pytest.approx(alone.estimate)
        assert row.weight == pytest.approx(effect.weights[row.donor])
    assert table["weight"].is_monotonic_decreasing
