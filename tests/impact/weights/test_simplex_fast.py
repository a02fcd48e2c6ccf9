"""The fast solvers against the exact one: the same weights, certified; the shortest of many; free of order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.impact.weights import simplex
from eaeu_analysis.impact.weights.simplex import shortest, simplex_fit, simplex_nnls, simplex_ridge


def problem(seed: int, rows: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    donors = rng.normal(size=(rows, count)) + rng.normal(size=(rows, 1))
    return donors, donors.mean(axis=1) + rng.normal(size=rows)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 20), st.integers(2, 40))
def test_the_objective_is_that_of_the_exact_solver(seed, rows, count):
    donors, target = problem(seed, rows, count)
    weights = simplex_nnls(donors - target[:, None])
    exact = simplex_fit(donors, target)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert ((donors @ weights - target) ** 2).sum() == pytest.approx(exact.objective, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 20), st.integers(2, 60), st.floats(1e-3, 1e3))
def test_the_ridge_weights_are_those_of_the_exact_solver(seed, rows, count, ridge):
    donors, target = problem(seed, rows, count)
    weights = simplex_ridge(donors - target[:, None], ridge)
    np.testing.assert_allclose(weights, simplex_fit(donors, target, ridge).weights, atol=1e-7)


def test_unique_weights_agree_to_rounding():
    donors, target = problem(1, 30, 8)
    np.testing.assert_allclose(simplex_nnls(donors - target[:, None]), simplex_fit(donors, target).weights, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_of_perfect_fits_the_shortest_and_whatever_the_order(seed):
    """A quadratic programme by scipy is the slow reference."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    donors = rng.normal(size=(6, 20))
    distance = donors - (donors @ rng.dirichlet(np.ones(20)))[:, None]
    weights = simplex_nnls(distance)
    assert np.abs(distance @ weights).max() < 1e-9
    slow = minimize(
        lambda w: w @ w,
        np.full(20, 0.05),
        jac=lambda w: 2 * w,
        bounds=[(0, 1)] * 20,
        constraints=[
            {"type": "eq", "fun": lambda w: distance @ w, "jac": lambda w: distance},
            {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(20)},
        ],
        options={"maxiter": 500, "ftol": 1e-14},
    )
    assert weights @ weights <= slow.fun + 1e-9
    order = rng.permutation(20)
    np.testing.assert_allclose(simplex_nnls(distance[:, order]), weights[order], atol=1e-8)


def test_scale_does_not_matter():
    donors, target = problem(3, 12, 30)
    distance = donors - target[:, None]
    np.testing.assert_allclose(simplex_nnls(1e9 * distance), simplex_nnls(distance), atol=1e-9)
    np.testing.assert_allclose(simplex_nnls(1e-9 * distance), simplex_nnls(distance), atol=1e-9)
    np.testing.assert_allclose(simplex_ridge(1e6 * distance, 1e12), simplex_ridge(distance, 1.0), atol=1e-8)


def test_donors_that_equal_the_target_share_alike():
    np.testing.assert_allclose(simplex_nnls(np.zeros((5, 4))), 0.25)
    two = np.column_stack([np.zeros(5), np.zeros(5), np.ones(5)])
    np.testing.assert_allclose(shortest(two[:1], 1.0), [0.5, 0.5, 0.0], atol=1e-9)


def test_a_solver_that_stops_early_is_refused(monkeypatch):
    from eaeu_analysis.errors import NotConvergedError

    donors, target = problem(4, 15, 20)
    monkeypatch.setattr(simplex, "nnls", lambda a, b, maxiter: (np.eye(20)[0], 1.0))
    with pytest.raises(NotConvergedError, match="did not converge"):
        simplex_nnls(donors - target[:, None])
    monkeypatch.setattr(simplex, "STEPS", 1)
    with pytest.raises(NotConvergedError, match="did not converge"):
        simplex_ridge(donors - target[:, None], 0.01)


def test_a_target_a_hair_outside_the_hull_is_answered_as_it_is():
    """Met to one part in a million by the nearest donors, exactly by none: the nearest point is the answer."""
    rng = np.random.default_rng(8)
    a = np.vstack([rng.uniform(0.0, 1.0, (1, 30)), rng.normal(size=(4, 30))])
    a[0, :6] = 0.0  # the six donors of the face that the target is nearest to
    target = a[:, :6] @ rng.dirichlet(np.ones(6))
    for away in (1e-4, 1e-6, 1e-8):
        moved = target - np.array([away, 0, 0, 0, 0])
        weights = simplex_nnls(a - moved[:, None])
        assert weights[6:].sum() < 1e-3 * away**0.5
        np.testing.assert_allclose(a @ weights, target, atol=10 * away)
