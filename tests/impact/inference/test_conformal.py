"""Conformal inference: p-values by hand, intervals that agree with them, size and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.inference.conformal import (
    acceptance_interval,
    conformal_inference,
    conformal_p_value,
    null_residuals,
    residual_permutation_p_value,
)
from eaeu_analysis.impact.options import SyntheticControlOptions


def world(seed: int, donors: int = 12, pre: int = 16, post: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The treated outcome is a simplex combination of the donors plus AR(1) noise; (y, donors, post)."""
    rng = np.random.default_rng(seed)
    others = factor_model(rng, donors, pre + post).T
    noise = np.zeros(pre + post)
    shocks = rng.normal(size=pre + post)
    for t in range(pre + post):
        noise[t] = 0.3 * (noise[t - 1] if t else 0.0) + 0.5 * shocks[t]
    return others @ rng.dirichlet(np.ones(donors)) + noise, others, np.arange(pre + post) >= pre


def test_cyclic_shifts_by_hand():
    residuals = np.array([1.0, -2.0, 0.5, 3.0, -4.0])
    post = np.array([False, False, False, True, True])
    sums = [7.0, 5.0, 3.0, 2.5, 3.5]  # of neighbours' sizes on the ring
    assert residual_permutation_p_value(residuals, post) == pytest.approx(sum(s >= 7.0 for s in sums) / 5)
    quiet = np.array([1.0, -2.0, 4.0, 3.0, -0.5])  # observed 3.5; the others 1.5, 3, 6, 7
    assert residual_permutation_p_value(quiet, post) == pytest.approx(3 / 5)


def test_weights_are_fitted_to_all_periods_under_the_null():
    y, donors, post = world(0)
    residuals = null_residuals(y, donors, post, 3.0)
    untreated = y - 3.0 * post
    again = null_residuals(untreated, donors, np.zeros_like(post), 0.0)
    np.testing.assert_allclose(residuals, again)
    shifted = null_residuals(y + 50, donors, post, 3.0, intercept=True)
    np.testing.assert_allclose(shifted, null_residuals(y, donors, post, 3.0, intercept=True), atol=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_the_interval_is_the_set_of_effects_that_are_not_rejected(seed):
    y, donors, post = world(seed)
    y = y + (seed % 3) * post
    made = conformal_inference(y, donors, post, 0.9)
    low, high = made.interval
    margin = 1e-5 * y.std()
    for theta in np.linspace(low - 3, high + 3, 61):
        if conformal_p_value(y, donors, post, theta) > 0.1:
            assert low - margin <= theta <= high + margin
    for end in (low, high):
        assert conformal_p_value(y, donors, post, end) > 0.1
    if made.p_value > 0.1:
        assert low <= 0 <= high
    elif not made.holes:
        assert not low <= 0 <= high
    assert made.p_value == conformal_p_value(y, donors, post)


def test_each_period_has_its_own_test():
    y, donors, post = world(7)
    made = conformal_inference(y, donors, post, 0.9)
    rows = np.flatnonzero(post)
    t = rows[2]
    keep = ~post
    keep[t] = True
    only = np.flatnonzero(keep) == t
    assert made.p[2] == conformal_p_value(y[keep], donors[keep], only)
    assert made.least_p == 1 / len(y)
    for i in range(len(rows)):
        assert (made.p[i] > 0.1) == (made.lower[i] <= 0 <= made.upper[i])


def test_too_few_periods_leave_the_interval_open():
    y, donors, post = world(8, pre=6, post=2)
    made = conformal_inference(y, donors, post, 0.9)
    assert made.interval == (-math.inf, math.inf)
    effect = synthetic_control(
        as_panel(np.vstack([y, donors.T])),
        "y",
        "U00",
        2006,
        inference="conformal",
        options=SyntheticControlOptions(checks=False),
    )
    assert effect.interval == (-math.inf, math.inf)
    assert "p cannot fall below 0.125" in effect.inference


def test_holes_are_found_and_zero_is_always_looked_at():
    def p_of(theta: float) -> float:
        return 1.0 if abs(theta - 5) < 1 or abs(theta) < 0.2 else 0.0

    low, high, holes = acceptance_interval(p_of, 5.0, 3.0, 0.1)
    assert low == pytest.approx(-0.2, abs=1e-4)
    assert high == pytest.approx(6.0, abs=1e-4)
    assert holes
    assert (
        acceptance_interval(lambda theta: 0.0, 0.0, 1.0, 0.1)[0]
        != acceptance_interval(lambda theta: 0.0, 0.0, 1.0, 0.1)[0]
    )  # NaN


def test_through_the_front_door():
    y, donors, post = world(9)
    y = y + 4.0 * post
    panel = as_panel(np.vstack([y, donors.T]))
    effect = synthetic_control(
        panel, "y", "U00", 2016, inference="conformal", options=SyntheticControlOptions(checks=False)
    )
    direct = conformal_inference(y, donors, post, 0.9)
    assert effect.p_value == direct.p_value == 1 / 20
    assert effect.interval == pytest.approx(direct.interval)
    assert effect.interval[0] > 0
    assert effect.finding in ("found", "fragile")
    after = effect.table[effect.table["time"] >= 2016]
    np.testing.assert_allclose(after["lower"], direct.lower)
    assert effect.p_by_period.index.tolist() == [2016, 2017, 2018, 2019]


def shares(worlds: int, seed: int) -> tuple[float, float]:
    """False positives at 10 %, and coverage of a true effect of 2 by the 90 % interval."""
    wrong, inside = [], []
    for i in range(worlds):
        y, donors, post = world(1000 * seed + i)
        wrong.append(conformal_p_value(y, donors, post) <= 0.1)
        inside.append(conformal_p_value(y + 2.0 * post, donors, post, 2.0) > 0.1)  # what it means to be in the interval
    return float(np.mean(wrong)), float(np.mean(inside))


def test_size_and_coverage():
    """20 cyclic shifts under stationary noise: p <= 0.10 in about 2 of 20; three standard errors are 0.052."""
    wrong, inside = shares(300, 1)
    assert wrong < 0.10 + 0.052
    assert inside == pytest.approx(1 - wrong)


@pytest.mark.slow
def test_size_in_many_worlds():
    wrong, _ = shares(1500, 2)
    assert abs(wrong - 0.10) < 0.025  # approximate validity: the paper's bound has a term of the fit's error
