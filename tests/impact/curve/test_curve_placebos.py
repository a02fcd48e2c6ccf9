"""Every unit in the treated unit's place: the numbers of the public estimators, for the treated and each placebo."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.errors import BadInputError, NotConvergedError
from eaeu_analysis.impact.curve.placebos import ESTIMATORS, UnitArrays, gaps_of_every_unit, ridge_augmented
from eaeu_analysis.impact.estimators import matrix_completion_placebos
from eaeu_analysis.impact.estimators.augmented import augmented_synthetic_control, augmented_weights
from eaeu_analysis.impact.estimators.difference_in_differences import difference_in_differences
from eaeu_analysis.impact.estimators.matrix_completion import (
    MatrixCompletionEffect,
    best_penalty,
    complete,
    cross_validate_completion,
    held_out_folds,
    largest_penalty,
    matrix_completion,
    penalty_grid,
)
from eaeu_analysis.impact.estimators.matrix_completion_placebos import complete_rows
from eaeu_analysis.impact.estimators.synthetic import SyntheticControlEffect, synthetic_control
from eaeu_analysis.impact.estimators.synthetic_did import SyntheticDidEffect, synthetic_did
from eaeu_analysis.impact.options import SyntheticControlOptions

PRE, EVENT = 14, 2014
OUTCOMES_ONLY = [name for name in ESTIMATORS if name != "sc-predictors"]


def made(seed: int = 0, units: int = 9) -> np.ndarray:
    y = factor_model(np.random.default_rng(seed), units, 19)
    y[0, PRE:] += 3.0
    return y


def field(y: np.ndarray, donors: int) -> UnitArrays:
    return UnitArrays(y.T.copy(), donors, PRE)


PUBLIC = {
    "sc": lambda p: synthetic_control(
        p, "y", "U00", EVENT, v="outcomes", options=SyntheticControlOptions(checks=False)
    ),
    "sc-demeaned": lambda p: synthetic_control(
        p, "y", "U00", EVENT, v="outcomes", options=SyntheticControlOptions(intercept=True, checks=False)
    ),
    "sdid": lambda p: synthetic_did(p, "y", "U00", EVENT),
    "did": lambda p: difference_in_differences(p, "y", "U00", EVENT),
    "augmented": lambda p: augmented_synthetic_control(p, "y", "U00", EVENT),
    "mc": lambda p: matrix_completion(p, "y", "U00", EVENT),
}
TOLERANCE = {"mc": 1e-4}


@pytest.mark.parametrize("name", OUTCOMES_ONLY)
def test_estimate_and_placebos_are_those_of_the_public_function(name):
    y = made()
    effect = PUBLIC[name](as_panel(y))
    average = gaps_of_every_unit(name, field(y, 8)).gaps[PRE:].mean(axis=0)
    tolerance = TOLERANCE.get(name, 1e-8)
    assert average[0] == pytest.approx(effect.estimate, abs=tolerance)
    if isinstance(effect, SyntheticControlEffect):
        np.testing.assert_allclose(average, effect.placebos["average"], atol=tolerance)
    elif isinstance(effect, (SyntheticDidEffect, MatrixCompletionEffect)):
        np.testing.assert_allclose(average[1:], effect.draws, atol=tolerance)
    elif effect.se is not None:
        assert average[1:].std() == pytest.approx(effect.se, abs=tolerance)
    else:  # randomisation: each unit less the others, the treated among them
        changes = y[:, PRE:].mean(axis=1) - y[:, :PRE].mean(axis=1)
        np.testing.assert_allclose(
            average[1:], [c - np.delete(changes[1:], i).mean() for i, c in enumerate(changes[1:])]
        )


@pytest.mark.parametrize("name", OUTCOMES_ONLY)
def test_a_unit_outside_the_pool_is_treated_as_if_it_were_the_treated_one(name):
    y = made(1, units=10)
    outside = gaps_of_every_unit(name, field(y, 8)).gaps[:, 9]
    itself = gaps_of_every_unit(name, field(y[[9, *range(1, 9)]], 8)).gaps[:, 0]
    if name != "mc":  # there the penalty is the treated unit's
        np.testing.assert_allclose(outside, itself, atol=1e-9)
    else:
        assert np.abs(outside - itself).max() < np.abs(y).max()
    with_more = gaps_of_every_unit(name, field(y, 8)).gaps[:, :9]
    without = gaps_of_every_unit(name, field(y[:9], 8)).gaps
    np.testing.assert_allclose(with_more, without, atol=1e-9)


@pytest.mark.parametrize("name", OUTCOMES_ONLY)
def test_units_of_measurement_and_constants(name):
    y = made(2)
    gaps = gaps_of_every_unit(name, field(y, 8)).gaps
    tolerance = 1e-3 if name == "mc" else 1e-7
    np.testing.assert_allclose(gaps_of_every_unit(name, field(1000 * y, 8)).gaps / 1000, gaps, atol=tolerance)
    np.testing.assert_allclose(gaps_of_every_unit(name, field(y + 500, 8)).gaps, gaps, atol=tolerance)


@pytest.mark.parametrize("name", [n for n in OUTCOMES_ONLY if n != "mc"])
def test_the_order_of_donors_does_not_matter_even_where_all_fits_are_perfect(name):
    y = made(3, units=60)
    order = np.r_[0, 1 + np.random.default_rng(0).permutation(59)]
    gaps = gaps_of_every_unit(name, field(y, 59)).gaps
    np.testing.assert_allclose(gaps_of_every_unit(name, field(y[order], 59)).gaps, gaps[:, order], atol=1e-6)


def test_predictors_of_equal_weight_are_those_of_the_public_function():
    from eaeu_analysis.impact.question.predictors import Predictor

    y = made(4, units=12)
    years = [list(range(2000, 2014)), [2013], [2000], [2007]]
    predictors = [Predictor("y", when) for when in years]
    effect = synthetic_control(
        as_panel(y),
        "y",
        "U00",
        EVENT,
        None,
        predictors=predictors,
        v="equal",
        options=SyntheticControlOptions(checks=False),
    )
    x = np.array([y[:, [year - 2000 for year in when]].mean(axis=1) for when in years])
    found = gaps_of_every_unit("sc-predictors", UnitArrays(y.T.copy(), 11, PRE, x))
    inside = np.isclose(effect.predictor_balance["treated"], effect.predictor_balance["synthetic"])
    assert not inside.all()  # outside the donors' hull, so that the weights are unique
    np.testing.assert_allclose(found.weights, effect.weights, atol=1e-7)


@pytest.mark.parametrize("shape", [(6, 15), (14, 9), (40, 12)])
def test_the_augmented_weights_by_eigenvalues(shape):
    rng = np.random.default_rng(5)
    donors = rng.normal(size=shape) + rng.normal(size=shape[1]).cumsum()
    treated = donors.mean(axis=0) + rng.normal(size=shape[1])
    np.testing.assert_allclose(ridge_augmented(donors, treated), augmented_weights(donors, treated).weights, atol=1e-6)


def test_matrices_completed_together_are_those_completed_alone():
    rng = np.random.default_rng(6)
    y = factor_model(rng, 8, 15)
    hidden = np.zeros((3, 8, 15), dtype=bool)
    for b, row in enumerate((0, 3, 7)):
        hidden[b, row, 10:] = True
    start = np.broadcast_to(y.mean(), hidden.shape)
    stacked = np.broadcast_to(y, hidden.shape)
    for lam in (0.01, 0.05, 0.3):
        together = matrix_completion_placebos.complete_batch(stacked, hidden, lam, start, tolerance=1e-8)
        for b in range(3):
            np.testing.assert_allclose(together[b], complete(y, ~hidden[b], lam, tolerance=1e-9).fitted, atol=1e-5)


@pytest.mark.parametrize("shape", [(9, 18), (30, 14), (5, 5)])
def test_a_row_is_completed_as_the_whole_matrix_is(shape):
    units, periods = shape
    y = factor_model(np.random.default_rng(units), units, periods)
    pre, missing = periods - 2, np.arange(units)
    stacked = np.broadcast_to(y, (units, *shape))
    observed = np.ones(shape, dtype=bool)
    observed[0, pre:] = False
    for lam in largest_penalty(y, observed) * np.array([1.5, 0.3, 0.05, 0.002]):
        rows = complete_rows(stacked, missing, pre, float(lam), np.zeros((units, 2)))
        for i in range(units):
            observed = np.ones(shape, dtype=bool)
            observed[i, pre:] = False
            slow = complete(y, observed, float(lam), tolerance=1e-9, most=200_000).fitted[i]
            np.testing.assert_allclose(rows[i], slow, atol=2e-4 * y.std())


def test_penalties_that_predict_alike_give_way_to_the_largest():
    assert best_penalty(np.array([4.0, 2.0, 1.0, 0.5]), np.array([3.0, 1.0002, 1.0, 1.0001])) == 2.0
    assert best_penalty(np.array([4.0, 2.0, 1.0, 0.5]), np.array([3.0, 1.1, 1.0, 2.0])) == 1.0


def test_the_penalty_is_that_of_the_public_cross_validation():
    for seed in range(2):
        y = factor_model(np.random.default_rng(seed), 7, 14)
        observed = np.ones(y.shape, dtype=bool)
        observed[-1, 10:] = False
        grid = penalty_grid(y, observed)
        errors = cross_validate_completion(y, observed, grid, held_out_folds(observed, 5, seed))
        assert matrix_completion_placebos.choose_penalty(y, observed, seed) == best_penalty(grid, errors)


def test_what_does_not_converge_is_refused(monkeypatch):
    monkeypatch.setattr(matrix_completion_placebos, "MAX_PROXIMAL_STEPS", 2)
    with pytest.raises(NotConvergedError, match="did not converge"):
        gaps_of_every_unit("mc", field(made(), 8))


def test_bad_input_in_one_sentence():
    with pytest.raises(BadInputError, match="did you mean 'sdid'"):
        gaps_of_every_unit("sdidd", field(made(), 8))
    with pytest.raises(BadInputError, match="at least 3"):
        gaps_of_every_unit("sc", field(made(), 2))
    with pytest.raises(BadInputError, match="needs predictors"):
        gaps_of_every_unit("sc-predictors", field(made(), 8))
