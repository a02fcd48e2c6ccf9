"""The simplex solver against slow references, its certificate and its invariances."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from eaeu_analysis.errors import BadInputError, NotConvergedError
from eaeu_analysis.impact.weights import simplex
from eaeu_analysis.impact.weights.simplex import is_unique, simplex_fit, simplex_weights, solve_gram


def every_face(gram, slope):
    """Slow reference: the best feasible point among the optima of all faces, by enumeration."""
    count = len(slope)
    best, weights = np.inf, None
    for size in range(1, count + 1):
        for face in combinations(range(count), size):
            face = list(face)
            system = np.block([[gram[np.ix_(face, face)], np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
            try:
                w = np.linalg.solve(system, np.append(slope[face], 1.0))[:size]
            except np.linalg.LinAlgError:
                continue
            if w.min() < -1e-12 or abs(w.sum() - 1) > 1e-9:  # a face of donors that cancel out has no optimum
                continue
            value = w @ gram[np.ix_(face, face)] @ w - 2 * slope[face] @ w
            if value < best - 1e-14:
                best, weights = value, np.zeros(count)
                weights[face] = w
    return best, weights


def by_nnls(a, b):
    """Second reference: |(a - b1')u|^2 + (sum(u) - 1)^2 over u >= 0 has its optimum on the same ray."""
    d = a - b[:, None]
    scale = np.sqrt((d**2).sum(axis=0).mean())
    u, _ = nnls(np.vstack([d / scale, np.ones(a.shape[1])]), np.append(np.zeros(len(b)), 1.0), maxiter=10_000)
    return u / u.sum()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 9),
    donors=st.integers(1, 7),
    ridge=st.sampled_from([0.0, 0.1, 5.0]),
    sloped=st.booleans(),
    level=st.sampled_from([0.0, 100.0]),
)
@example(seed=289, rows=1, donors=6, ridge=0.0, sloped=True, level=0.0)  # donors that cancel out, at a gain
def test_equals_enumeration_of_every_face(seed, rows, donors, ridge, sloped, level):
    rng = np.random.default_rng(seed)
    a = level + rng.normal(size=(rows, donors))
    b = level + rng.normal(size=rows)
    linear = rng.normal(size=donors) if sloped else None
    fit = simplex_fit(a, b, ridge, linear)
    d = a - b[:, None]
    gram = d.T @ d + ridge * np.eye(donors)
    slope = np.zeros(donors) if linear is None else -linear / 2
    best, weights = every_face(gram, slope)
    assert fit.weights.min() >= 0
    assert fit.weights.sum() == pytest.approx(1, abs=1e-12)
    assert fit.objective == pytest.approx(best, abs=1e-9 * (1 + abs(best)))
    if rows >= donors or ridge:  # otherwise several weights may do equally well
        np.testing.assert_allclose(fit.weights, weights, atol=1e-6)


@pytest.mark.parametrize(("rows", "donors"), [(10, 40), (19, 38), (30, 12), (8, 150), (60, 60)])
def test_equals_nnls_on_larger_problems(rows, donors):
    rng = np.random.default_rng(rows * donors)
    factors = rng.normal(size=(rows, 3)).cumsum(axis=0)
    a = factors @ rng.normal(size=(3, donors)) + rng.normal(size=(rows, donors))
    b = factors @ rng.normal(size=3) + rng.normal(size=rows)
    w, reference = simplex_weights(a, b), by_nnls(a, b)
    assert np.sum((a @ w - b) ** 2) <= np.sum((a @ reference - b) ** 2) * (1 + 1e-9) + 1e-12
    if is_unique(a, b, w):
        np.testing.assert_allclose(w, reference, atol=1e-6)


def test_certificate_bounds_the_distance_from_the_optimum():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(12, 30)), rng.normal(size=12)
    fit = simplex_fit(a, b)
    assert 0 <= fit.gap <= 1e-9
    loose = np.sum((a @ by_nnls(a, b) - b) ** 2)
    assert fit.objective - loose <= fit.gap + 1e-12


def test_units_and_level_do_not_matter():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(15, 9)), rng.normal(size=15)
    w = simplex_weights(a, b)
    for scale in (1e-9, 1e12):
        np.testing.assert_allclose(simplex_weights(a * scale, b * scale), w, atol=1e-9)
    np.testing.assert_allclose(simplex_weights(a + 1e5, b + 1e5), w, atol=1e-6)


def test_order_of_rows_and_donors_does_not_matter():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(15, 9)), rng.normal(size=15)
    rows, donors = rng.permutation(15), rng.permutation(9)
    np.testing.assert_allclose(simplex_weights(a[rows][:, donors], b[rows]), simplex_weights(a, b)[donors], atol=1e-12)


def test_a_target_inside_the_hull_is_met_exactly():
    rng = np.random.default_rng(6)
    a = rng.normal(size=(5, 20))
    b = a @ rng.dirichlet(np.ones(20))
    fit = simplex_fit(a, b)
    assert fit.objective < 1e-20
    assert not is_unique(a, b, fit.weights)


def test_equal_donors_share_without_failing():
    column = np.arange(6.0)
    a = np.column_stack([column, column, column + 1])
    fit = simplex_fit(a, column + 0.5)
    assert fit.objective == pytest.approx(0, abs=1e-12)
    assert fit.weights.tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert simplex_fit(np.column_stack([column, column]), column).objective == 0


def test_donors_that_cancel_out_go_to_the_cheapest():
    """Equal donors at different prices: no optimum inside the face, so that the dearer ones must leave."""
    rng = np.random.default_rng(12)
    for rows in (1, 3):
        column = rng.normal(size=(rows, 1))
        a = np.hstack([column, column, column, column + 1.0])
        linear = np.array([0.3, 0.1, 0.2, 5.0])
        for start in (None, np.full(4, 0.25)):
            fit = simplex_fit(a, column[:, 0], linear=linear, start=start)
            np.testing.assert_allclose(fit.weights, [0, 1, 0, 0], atol=1e-12)
            assert fit.objective == pytest.approx(0.1)


@pytest.mark.parametrize("seed", range(5))
def test_few_rows_many_donors_and_a_slope_end_at_a_certified_optimum(seed):
    rng = np.random.default_rng(seed)
    for _ in range(60):
        rows, donors = int(rng.integers(1, 6)), int(rng.integers(2, 40))
        a, b = rng.normal(size=(rows, donors)).round(1), rng.normal(size=rows).round(1)  # rounded: many ties
        linear = rng.normal(size=donors).round(1)
        fit = simplex_fit(a, b, linear=linear)
        d = a - b[:, None]
        gradient = 2 * d.T @ (d @ fit.weights) + linear
        assert fit.weights @ gradient - gradient.min() <= 1e-8 * (np.mean(np.sum(d**2, axis=0)) + np.abs(linear).max())


def test_one_donor_and_a_vertex():
    assert simplex_weights(np.ones((3, 1)), np.zeros(3)).tolist() == [1.0]
    a = np.array([[1.0, 2.0], [1.0, 2.0]])
    assert simplex_weights(a, np.zeros(2)).tolist() == [1.0, 0.0]


def test_a_warm_start_changes_nothing_but_the_work():
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(30, 20)), rng.normal(size=30)
    cold = simplex_fit(a, b)
    warm = simplex_fit(a, b, start=cold.weights)
    np.testing.assert_allclose(warm.weights, cold.weights, atol=1e-12)
    assert warm.iterations == 1 < cold.iterations
    elsewhere = simplex_fit(a, b, start=rng.dirichlet(np.ones(20)))
    np.testing.assert_allclose(elsewhere.weights, cold.weights, atol=1e-9)


def test_ridge_spreads_the_weights():
    rng = np.random.default_rng(9)
    a, b = rng.normal(size=(10, 8)), rng.normal(size=10)
    tight, loose = simplex_weights(a, b), simplex_weights(a, b, ridge=1e6)
    assert np.sum(loose**2) < np.sum(tight**2)
    np.testing.assert_allclose(loose, 1 / 8, atol=1e-3)


def test_penalty_moves_weight_to_the_cheap_donor():
    a, b = np.zeros((3, 2)), np.zeros(3)
    assert simplex_weights(a, b, linear=np.array([1.0, 0.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("a", "b", "ridge", "says"),
    [
        (np.ones((3, 2)), np.ones(4), 0.0, "as many rows"),
        (np.ones((3, 0)), np.ones(3), 0.0, "as many rows"),
        (np.array([[1.0, np.nan]]), np.ones(1), 0.0, "missing or infinite"),
        (np.ones((3, 2)), np.ones(3), -1.0, "negative"),
    ],
)
def test_bad_input_is_one_sentence(a, b, ridge, says):
    with pytest.raises(BadInputError, match=says):
        simplex_fit(a, b, ridge)


def test_ill_conditioned_problems_converge():
    rng = np.random.default_rng(10)
    trend = np.linspace(0, 1, 25)[:, None]
    for _ in range(40):  # donors that are almost the same line, at very different levels
        a = trend * rng.uniform(0.5, 2, 60) * 10.0 ** rng.uniform(-3, 4, 60) + 1e-6 * rng.normal(size=(25, 60))
        b = trend[:, 0] * 30 + 1e-6 * rng.normal(size=25)
        d = a - b[:, None]
        fit = simplex_fit(a, b)
        reference = by_nnls(a, b)
        assert fit.objective <= np.sum((d @ reference) ** 2) * (1 + 1e-6) + 1e-9 * np.mean(np.sum(d**2, axis=0))


def test_what_did_not_converge_raises(monkeypatch):
    rng = np.random.default_rng(11)
    gram = rng.normal(size=(6, 6))
    gram = gram @ gram.T
    assert solve_gram(gram).gap <= 1e-9
    with pytest.raises(NotConvergedError, match="did not converge"):
        solve_gram(np.full((4, 4), np.nan))
    monkeypatch.setattr(simplex, "TOLERANCE", -1.0)
    monkeypatch.setattr(simplex, "ACCEPTED", -1.0)
    with pytest.raises(NotConvergedError, match="weights of 6 donors did not converge: the duality gap is"):
        solve_gram(gram)


def test_solve_gram_takes_an_indefinite_rounding():
    gram = np.full((4, 4), 1.0) + 1e-17
    assert solve_gram(gram, np.zeros(4)).weights.sum() == pytest.approx(1)


def test_donors_that_all_equal_the_target_share_evenly():
    b = np.array([2.0, -1.0, 5.0])
    fit = simplex_fit(np.repeat(b[:, None], 4, axis=1), b)
    assert fit.weights.tolist() == [0.25] * 4
    assert (fit.objective, fit.gap, fit.iterations) == (0.0, 0.0, 0)
    assert fit.support.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_whether_the_weights_are_the_only_ones(unit):
    rng = np.random.default_rng(5)
    a = rng.normal(size=(6, 5))
    outside = a.mean(axis=1) + np.array([3.0, 0, 0, 0, 0, 0])
    weights = simplex_weights(unit * a, unit * outside)
    used, idle = int(np.argmax(weights)), int(np.argmin(weights))
    assert weights[idle] == 0.0
    assert is_unique(unit * a, unit * outside, weights)
    for twin, alone in ((used, False), (idle, True)):  # a second donor like the first: who carries the weight is open
        twice = np.column_stack([a, a[:, twin]])
        assert is_unique(unit * twice, unit * outside, np.append(weights, 0.0)) is alone
    inside = a.mean(axis=1)  # five donors in six rows: met exactly, and in one way
    assert is_unique(unit * a, unit * inside, np.full(5, 0.2))
    assert not is_unique(unit * a[:3], unit * inside[:3], np.full(5, 0.2))  # in three rows there are many


def test_donors_equal_to_the_target_are_the_only_ones_when_there_is_one():
    b = np.array([1.0, 2.0])
    assert is_unique(b[:, None], b, np.ones(1))
    assert not is_unique(np.column_stack([b, b]), b, np.array([0.5, 0.5]))


def test_a_face_that_is_nearly_flat_is_solved_to_rounding():
    """Columns a ten-thousandth apart: the Gram matrix alone would leave the weights good to a few digits."""
    rng = np.random.default_rng(8)
    base = rng.normal(size=12)
    a = base[:, None] + 1e-4 * rng.normal(size=(12, 4))
    truth = np.array([0.4, 0.3, 0.2, 0.1])
    fit = simplex_fit(a, a @ truth)
    np.testing.assert_allclose(fit.weights, truth, atol=1e-9)
    assert fit.support.tolist() == [0, 1, 2, 3]
    assert fit.gap >= 0.0
