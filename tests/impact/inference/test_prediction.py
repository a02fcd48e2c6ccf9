"""Prediction intervals: the extreme predictions against a general solver, and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from simulated_panels import as_panel

from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.inference import prediction
from eaeu_analysis.impact.inference.prediction import farthest, in_sample_bounds, left_out_residuals
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.weights.simplex import simplex_weights


@pytest.mark.parametrize("seed", range(8))
def test_the_farthest_prediction_against_a_general_solver(seed):
    rng = np.random.default_rng(seed)
    donors = rng.normal(size=(15, 5))
    weights = simplex_weights(donors, donors @ rng.dirichlet(np.ones(5)) + 0.3 * rng.normal(size=15))
    gram, score = donors.T @ donors, donors.T @ (0.3 * rng.normal(size=15))
    target = rng.normal(size=5)
    bound = farthest(gram, weights, score, target)

    def excess(w):
        d = w - weights
        return float(2 * score @ d - d @ gram @ d)

    best = 0.0
    for _ in range(12):
        end = minimize(
            lambda w: -float(target @ (w - weights)),
            rng.dirichlet(np.ones(5)),
            bounds=[(0, 1)] * 5,
            constraints=[{"type": "eq", "fun": lambda w: w.sum() - 1}, {"type": "ineq", "fun": excess}],
            method="SLSQP",
            options={"ftol": 1e-12, "maxiter": 500},
        )
        if excess(end.x) > -1e-7 and abs(end.x.sum() - 1) < 1e-7 and end.x.min() > -1e-9:
            best = max(best, -end.fun)
    assert bound == pytest.approx(best, abs=1e-4)
    assert bound >= best - 1e-6  # a bound from above


def test_no_noise_no_width():
    rng = np.random.default_rng(1)
    donors = rng.normal(size=(20, 4))
    weights = rng.dirichlet(np.ones(4))
    low, high = in_sample_bounds(donors, weights, np.zeros(20), rng.normal(size=(3, 4)), 0.05, 20, 0)
    np.testing.assert_allclose(low, 0, atol=1e-5)
    np.testing.assert_allclose(high, 0, atol=1e-5)


def test_residuals_are_of_fits_that_did_not_see_the_period():
    rng = np.random.default_rng(2)
    donors, y = rng.normal(size=(10, 4)), rng.normal(size=10)
    before = left_out_residuals(y, donors)
    y[3] += 100.0
    assert left_out_residuals(y, donors)[3] == pytest.approx(before[3] + 100.0)


def world(seed: int, donors: int = 8, pre: int = 20, post: int = 3) -> np.ndarray:
    """(1 + donors, periods): the first is a simplex combination of the others plus noise of steady size."""
    rng = np.random.default_rng(seed)
    others = rng.normal(size=(donors, pre + post)).cumsum(axis=1)
    return np.vstack([rng.dirichlet(np.ones(donors)) @ others + 0.5 * rng.normal(size=pre + post), others])


def test_through_the_front_door(monkeypatch):
    monkeypatch.setattr(prediction, "DRAWS", 40)
    y = world(0)
    y[0, 20:] += 10.0
    effect = synthetic_control(
        as_panel(y), "y", "U00", 2020, inference="prediction", options=SyntheticControlOptions(checks=False)
    )
    low, high = effect.interval
    assert 0 < low < effect.estimate < high
    assert math.isnan(effect.p_value)
    assert effect.finding in ("found", "fragile")
    assert "no p-value" in effect.inference
    post = effect.table[effect.table["time"] >= 2020]
    assert (post["lower"] < post["effect"]).all()
    assert (post["effect"] < post["upper"]).all()
    inner = effect.prediction.in_sample
    assert inner[0] <= 0 <= inner[1]
    assert effect.prediction.out_of_sample > effect.prediction.sigma
    again = synthetic_control(
        as_panel(y), "y", "U00", 2020, inference="prediction", options=SyntheticControlOptions(checks=False)
    )
    assert again.interval == effect.interval


def test_an_intercept_takes_up_any_constant(monkeypatch):
    monkeypatch.setattr(prediction, "DRAWS", 20)
    y = world(1, post=1)
    shifted = y + np.where(np.arange(9) == 0, 50.0, 0.0)[:, None]
    first, second = (
        synthetic_control(
            as_panel(table),
            "y",
            "U00",
            2020,
            inference="prediction",
            options=SyntheticControlOptions(intercept=True, checks=False),
        )
        for table in (y, shifted)
    )
    assert first.interval == pytest.approx(second.interval, abs=1e-6)


def coverage(worlds: int, seed: int, draws: int = 60) -> float:
    """Share of worlds in which the 90 % interval of one period's effect holds the true one, which is none."""
    held = []
    for i in range(worlds):
        y = world(1000 * seed + i, post=1)
        own, donors = y[0, :20], y[1:, :20].T
        weights = simplex_weights(donors, own)
        residuals = left_out_residuals(own, donors)
        low, high = in_sample_bounds(donors, weights, np.abs(residuals), y[1:, 20][None, :], 0.05, draws, i)
        tail = np.sqrt((residuals**2).mean()) * math.sqrt(2 * math.log(2 / 0.05))
        gap = y[0, 20] - y[1:, 20] @ weights
        held.append(gap + low[0] - tail <= 0 <= gap + high[0] + tail)
    return float(np.mean(held))


def test_coverage_is_at_least_what_is_stated():
    """Bounds, not equalities: 0.90 less three standard errors."""
    assert coverage(30, 1, 30) >= 0.90 - 3 * math.sqrt(0.09 / 30)


@pytest.mark.slow
def test_coverage_in_many_worlds():
    assert coverage(80, 2, 40) >= 0.90 - 3 * math.sqrt(0.09 / 80)
