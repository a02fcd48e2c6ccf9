"""Weights found in the dual, against non-negative least squares of the same problem."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from eaeu_analysis.errors import NotConvergedError
from eaeu_analysis.impact.weights import simplex
from eaeu_analysis.impact.weights.simplex import dual_newton, shortest


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's method needs a dozen steps at most here; a wrong derivative needs many more, or never ends."""
    monkeypatch.setattr(simplex, "STEPS", 12)


def problem(seed: int, rows: int = 5, donors: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Rows of donors, the last of ones; and what some sparse weights make of them, so that there is a solution."""
    rng = np.random.default_rng(seed)
    a = np.vstack([rng.normal(size=(rows, donors)), np.ones(donors)])
    weights = rng.dirichlet(np.full(donors, 0.2))
    return a, a @ weights


@pytest.mark.parametrize("seed", range(8))
def test_without_a_penalty_the_rows_are_met_by_the_shortest_weights(seed: int) -> None:
    a, b = problem(seed)
    found = dual_newton(a, b, np.zeros(len(b)))
    np.testing.assert_allclose(a @ found, b, atol=1e-10)
    assert (found >= 0).all()
    heavy = 1e5  # weight on the rows: the limit is the shortest of the weights that meet them
    slow, _ = nnls(np.vstack([heavy * a, np.eye(a.shape[1])]), np.append(heavy * b, np.zeros(a.shape[1])))
    np.testing.assert_allclose(found, slow, atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_a_penalised_row_is_a_ridge_on_its_miss(seed: int) -> None:
    a, b = problem(seed)
    b[:-1] += np.random.default_rng(100 + seed).normal(0, 0.5, len(b) - 1)  # out of reach: the penalty has to decide
    soft = np.random.default_rng(200 + seed).uniform(0.05, 2.0, len(b))
    found = dual_newton(a, b, soft)
    root = np.sqrt(soft)
    slow, _ = nnls(np.vstack([a / root[:, None], np.eye(a.shape[1])]), np.append(b / root, np.zeros(a.shape[1])))
    np.testing.assert_allclose(found, slow, atol=1e-9)


def test_the_shortest_of_equally_good_weights_does_not_hang_on_lengths_or_order() -> None:
    rng = np.random.default_rng(0)
    distance = rng.normal(size=(3, 20))
    inside = rng.dirichlet(np.ones(20))
    distance -= (distance @ inside)[:, None]  # the target is among the donors' averages
    found = shortest(distance, 1.0)
    assert found.sum() == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(distance @ found, 0.0, atol=1e-10)
    assert float(found @ found) <= float(inside @ inside)
    np.testing.assert_allclose(shortest(1e6 * distance, 1e6), found, atol=1e-10)
    turned = rng.permutation(20)
    np.testing.assert_allclose(shortest(distance[:, turned], 1.0), found[turned], atol=1e-10)


def test_rows_that_repeat_each_other_are_no_obstacle() -> None:
    a, b = problem(3)
    twice, same = np.vstack([a, a[:2]]), np.append(b, b[:2])
    np.testing.assert_allclose(dual_newton(twice, same, np.zeros(len(same))), dual_newton(a, b, 0 * b), atol=1e-6)


@pytest.mark.parametrize("steps", [12, 200])
def test_rows_out_of_reach_raise(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplex, "STEPS", steps)
    a, b = problem(1)
    b[0] = 2 * np.abs(a[0]).max()  # no average of the donors goes so far
    with pytest.raises(NotConvergedError, match="weights of 30 donors did not converge"):
        dual_newton(a, b, np.zeros(len(b)))
