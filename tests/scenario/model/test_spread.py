"""What is published of an outcome does not depend on rounding errors of a processor."""

import numpy as np

from eaeu_analysis.scenario.model.spread import ends_of, monte_carlo_error


def test_rounding_errors_of_a_processor_are_not_published():
    draws = np.random.default_rng(0).normal(size=101)
    other = draws + np.random.default_rng(1).normal(scale=1e-13, size=101)
    assert not np.array_equal(draws, other)
    assert ends_of(draws, 0.9) == ends_of(other, 0.9)
    assert monte_carlo_error(draws) == monte_carlo_error(other)
    assert np.allclose(ends_of(draws, 0.9), np.quantile(draws, [0.5, 0.05, 0.95]), rtol=0, atol=5.1e-8)


def test_an_outcome_that_does_not_move_has_no_sign():
    assert [str(v) for v in ends_of(np.full(5, -1e-15), 0.9)] == ["0.0", "0.0", "0.0"]


def test_draws_without_a_solution_are_left_out():
    assert ends_of(np.array([1.0, np.nan, 3.0, 2.0]), 0.9)[0] == 2.0
    assert np.isnan(ends_of(np.array([np.nan]), 0.9)).all()
    assert np.isnan(monte_carlo_error(np.array([1.0, np.nan])))
