"""Matrix completion: optimality conditions, a slow reference, limits, recovery, coverage, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.errors import BadInputError, EaeuError, NotConvergedError
from eaeu_analysis.impact.estimators.matrix_completion import (
    best_penalty,
    complete,
    cross_validate_completion,
    held_out_folds,
    largest_penalty,
    matrix_completion,
    penalty_grid,
    two_way_means,
)
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.options import MatrixCompletionOptions


def problem(seed: int, units: int = 9, periods: int = 12) -> tuple[np.ndarray, np.ndarray]:
    y = factor_model(np.random.default_rng(seed), units, periods)
    observed = np.ones(y.shape, dtype=bool)
    observed[-1, periods - 3 :] = False
    observed[-2, periods - 1 :] = False
    return y, observed


def objective(y: np.ndarray, observed: np.ndarray, fitted: np.ndarray, lam: float) -> float:
    low_rank = fitted - two_way_means(fitted)
    loss = ((y - fitted)[observed] ** 2).sum() / observed.sum()
    return float(loss + lam * np.linalg.norm(low_rank, "nuc"))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.9, 0.3, 0.05, 0.01]), st.sampled_from([(9, 12), (14, 7)]))
def test_optimality_conditions_hold(seed: int, share: float, shape: tuple[int, int]) -> None:
    """The residual on the observed cells is a subgradient: no row or column means, spectral norm equal to the
    threshold, and aligned with the low-rank part."""
    y, observed = problem(seed, *shape)
    lam = share * largest_penalty(y, observed)
    fit = complete(y, observed, lam)
    threshold = lam * observed.sum() / 2
    residual = np.where(observed, y - fit.fitted, 0.0)
    tolerance = 1e-4 * threshold
    np.testing.assert_allclose(residual.sum(axis=0), 0, atol=tolerance)
    np.testing.assert_allclose(residual.sum(axis=1), 0, atol=tolerance)
    assert np.linalg.norm(residual, 2) == pytest.approx(threshold, rel=1e-4)
    low_rank = fit.fitted - two_way_means(fit.fitted)
    assert (residual * low_rank).sum() == pytest.approx(threshold * np.linalg.norm(low_rank, "nuc"), rel=1e-3)


def test_plain_soft_impute_reaches_the_same_optimum_slowly() -> None:
    y, observed = problem(1)
    lam = 0.1 * largest_penalty(y, observed)
    fitted = np.zeros_like(y)
    for _ in range(4000):  # the published algorithm: fill, take means out, lower singular values, one block at a time
        filled = np.where(observed, y, fitted)
        low_rank = fitted - two_way_means(fitted)
        means = two_way_means(filled - low_rank)
        u, s, vt = np.linalg.svd(filled - means, full_matrices=False)
        fitted = means + (u * np.maximum(s - lam * observed.sum() / 2, 0)) @ vt
    fast = complete(y, observed, lam)
    assert objective(y, observed, fast.fitted, lam) <= objective(y, observed, fitted, lam) + 1e-10
    np.testing.assert_allclose(fast.fitted, fitted, atol=1e-4)


def test_largest_penalty_is_difference_in_differences() -> None:
    y = factor_model(np.random.default_rng(2), 8, 12)
    panel = as_panel(y)
    observed = np.ones(y.shape, dtype=bool)
    observed[0, 9:] = False
    lam = 1.001 * largest_penalty(y, observed)
    did = synthetic_did(panel, "y", "U00", 2009, method="did").estimate
    assert matrix_completion(
        panel, "y", "U00", 2009, options=MatrixCompletionOptions(penalty=lam)
    ).estimate == pytest.approx(did, abs=1e-5)
    assert complete(y, observed, lam).rank == 0
    assert complete(y, observed, 0.99 * lam).rank == 1


def test_no_penalty_reproduces_the_observed_cells() -> None:
    y, observed = problem(3)
    fit = complete(y, observed, 1e-5, most=100_000)
    np.testing.assert_allclose(fit.fitted[observed], y[observed], atol=1e-3)


def test_folds_part_the_observed_cells() -> None:
    _, observed = problem(4)
    held = held_out_folds(observed, 5, seed=1)
    assert (np.sum(held, axis=0) == observed).all()
    for out in held:
        assert (observed & ~out).any(axis=0).all()
        assert (observed & ~out).any(axis=1).all()
    np.testing.assert_array_equal(held[0], held_out_folds(observed, 5, seed=1)[0])
    assert not np.array_equal(held[0], held_out_folds(observed, 5, seed=2)[0])


def test_cross_validation_by_hand() -> None:
    y, observed = problem(5, 6, 9)
    penalties, held = penalty_grid(y, observed)[[2, 12]], held_out_folds(observed, 3, 0)
    slow = [
        np.mean([((y - complete(y, observed & ~out, lam).fitted)[out] ** 2).mean() for out in held])
        for lam in penalties
    ]
    np.testing.assert_allclose(cross_validate_completion(y, observed, penalties, held), slow, rtol=1e-3)


@pytest.mark.parametrize(("units", "periods", "noise"), [(9, 14, 1.0), (20, 30, 0.3), (20, 30, 3.0), (30, 12, 1.0)])
def test_penalties_that_are_not_tried_would_have_been_no_better(units: int, periods: int, noise: float) -> None:
    """By fits with no memory of the ones before, the penalty chosen is within a step of the grid of the best of all."""
    y = factor_model(np.random.default_rng(units), units, periods, noise=noise)
    observed = np.ones(y.shape, dtype=bool)
    observed[-1, periods - 4 :] = False
    penalties, held = penalty_grid(y, observed), held_out_folds(observed, 5, 0)
    whole = np.array(
        [
            np.mean([((y - complete(y, observed & ~out, lam).fitted)[out] ** 2).mean() for out in held])
            for lam in penalties
        ]
    )
    errors = cross_validate_completion(y, observed, penalties, held)
    tried = ~np.isnan(errors)
    assert tried.sum() < len(penalties)
    np.testing.assert_allclose(errors[tried], whole[tried], rtol=1e-3)
    chosen, best = (int(np.argmin(abs(penalties - best_penalty(penalties, e)))) for e in (errors, whole))
    assert abs(chosen - best) <= 1
    assert whole[chosen] <= whole.min() * 1.002


def test_low_rank_truth_is_recovered_better_than_by_did() -> None:
    rng = np.random.default_rng(6)
    errors = []
    for _ in range(4):
        y = 3 * rng.normal(size=(25, 2)) @ np.cumsum(rng.normal(size=(2, 24)), axis=1) * 0.3
        y = y + rng.normal(size=(25, 1)) + 0.1 * rng.normal(size=y.shape)
        y[0, 18:] += 1.0
        panel = as_panel(y)
        found = matrix_completion(panel, "y", "U00", 2018)
        did = synthetic_did(panel, "y", "U00", 2018, method="did")
        errors.append((abs(found.estimate - 1), abs(did.estimate - 1)))
    ours, plain = np.mean(errors, axis=0)
    assert ours < 0.35
    assert ours < 0.5 * plain


def test_invariances() -> None:
    y = factor_model(np.random.default_rng(7), 9, 14)
    lam = 0.05
    base = matrix_completion(as_panel(y), "y", "U00", 2010, options=MatrixCompletionOptions(penalty=lam))
    scaled = matrix_completion(
        as_panel(100 * y + 5), "y", "U00", 2010, options=MatrixCompletionOptions(penalty=100 * lam)
    )
    assert scaled.estimate == pytest.approx(100 * base.estimate, rel=1e-4)
    rng = np.random.default_rng(8)
    effects = 4 * rng.normal(size=(9, 1)) + 4 * rng.normal(size=14)
    assert matrix_completion(
        as_panel(y + effects), "y", "U00", 2010, options=MatrixCompletionOptions(penalty=lam)
    ).estimate == pytest.approx(base.estimate, abs=1e-4)
    moved = matrix_completion(
        as_panel(y[[0, 4, 2, 8, 6, 1, 3, 5, 7]]), "y", "U00", 2010, options=MatrixCompletionOptions(penalty=lam)
    )
    assert moved.estimate == pytest.approx(base.estimate, abs=1e-5)
    assert moved.se == pytest.approx(base.se, abs=1e-4)


def test_staggered_cells_and_table() -> None:
    y = factor_model(np.random.default_rng(9), 12, 14, noise=0.1)
    y[0, 8:] += 2.0
    y[1, 11:] += 5.0
    found = matrix_completion(as_panel(y), "y", ["U00", "U01"], {"U00": 2008, "U01": 2011}, draws=10)
    event = {"U00": 2008, "U01": 2011}
    cells = [row.effect for row in found.table.itertuples() if row.time >= event[row.unit]]
    assert len(cells) == 9
    assert found.estimate == pytest.approx(np.mean(cells))
    assert found.post["effect"].tolist() == cells
    assert found.estimate == pytest.approx((6 * 2 + 3 * 5) / 9, abs=1.0)
    one = matrix_completion(as_panel(y), "y", "U00", 2008, donors=[f"U{i:02d}" for i in range(2, 12)], seed=3)
    two = matrix_completion(as_panel(y), "y", "U00", 2008, donors=[f"U{i:02d}" for i in range(2, 12)], seed=3)
    assert one.table.to_csv() == two.table.to_csv()
    assert one.post["effect"].mean() == pytest.approx(one.estimate)


def covered(repetitions: int, seed: int) -> float:
    rng, hits = np.random.default_rng(seed), 0
    for r in range(repetitions):
        y = factor_model(rng, 13, 14)
        y[0, 11:] += 1.0
        found = matrix_completion(as_panel(y), "y", "U00", 2011, seed=r)
        hits += found.interval[0] <= 1.0 <= found.interval[1]
    return hits / repetitions


@pytest.mark.slow
def test_coverage_within_monte_carlo_error() -> None:
    assert covered(100, 10) == pytest.approx(0.90, abs=3 * 0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"penalty": -1.0}, "not positive"),
        ({"penalty": float("nan")}, "not positive"),
        ({"folds": 1}, "at least 2"),
        ({"draws": 0}, "at least 2 are needed"),
        ({"level": 0.0}, "not between 0 and 1"),
        ({"event": 2002}, "at least 5 are needed"),
        ({"donors": ["U00", "U01", "U02"]}, "among the donors"),
        ({"unit": ["U00", "U01"], "donors": ["U02", "U03", "U04"]}, "two more donors than treated"),
        ({"unit": ["U00", "U01"], "donors": ["U01", "U02", "U03", "U04"]}, "treated unit 'U01' is among the donors"),
    ],
)
def test_bad_input_is_one_sentence(arguments: dict[str, object], message: str) -> None:
    panel = as_panel(factor_model(np.random.default_rng(11), 8, 14))
    question = {"outcome": "y", "unit": "U00", "event": 2010} | arguments
    with pytest.raises(EaeuError, match=message) as caught:
        call_with_options(matrix_completion, MatrixCompletionOptions, panel, **question)  # type: ignore[arg-type] # wrong on purpose
    assert "\n" not in str(caught.value)


def test_empty_period_and_constant_outcome() -> None:
    y, observed = problem(12)
    observed[:, 3] = False
    with pytest.raises(BadInputError, match="at least one observed cell"):
        complete(y, observed, 0.1)
    flat = np.full((4, 8), 2.0)
    assert complete(flat, np.ones(flat.shape, dtype=bool), 0.1).fitted == pytest.approx(flat)
    flat = factor_model(np.random.default_rng(12), 8, 14)
    flat[0] = 2.0
    with pytest.raises(BadInputError, match="constant"):
        matrix_completion(as_panel(flat), "y", "U00", 2010)


def test_a_fit_cut_short_raises() -> None:
    y, observed = problem(13)
    with pytest.raises(NotConvergedError, match="did not converge"):
        complete(y, observed, 0.001 * largest_penalty(y, observed), most=2)
