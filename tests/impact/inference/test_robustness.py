"""Leave-one-out and the moved event of the weighting estimators, by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from simulated_panels import as_panel, factor_model

from eaeu_analysis.impact.estimators.augmented import augmented_synthetic_control, augmented_weights
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.estimators.synthetic_did_core import estimate_cohort
from eaeu_analysis.impact.inference.placebo_checks import moved_start
from eaeu_analysis.impact.options import AugmentedOptions, SyntheticDidOptions
from eaeu_analysis.text import format_number

Y = factor_model(np.random.default_rng(1), 8, 16)


def test_the_event_moves_to_the_last_third() -> None:
    assert moved_start(12) == 8
    assert moved_start(10) == 7
    assert moved_start(5) is None  # one period would be left to judge
    assert moved_start(6) == 4


def test_synthetic_did_without_each_donor() -> None:
    effect = synthetic_did(as_panel(Y), "y", "U00", 2012)
    table = effect.leave_one_out
    for row in table.itertuples():
        i = int(row.donor[1:])
        slow = estimate_cohort(np.delete(Y, [0, i], axis=0), Y[:1], 12).estimate
        assert row.estimate == pytest.approx(slow, abs=1e-9)
        assert row.weight == pytest.approx(effect.weights[row.donor])  # type: ignore[index] # there are weights
    check = effect.check("leave-one-out")
    assert check is not None
    relative = table["estimate"] / effect.estimate
    assert check.value == pytest.approx(relative[(relative - 1).abs().idxmax()])


def test_synthetic_did_with_the_event_moved() -> None:
    effect = synthetic_did(as_panel(Y), "y", "U00", 2012)
    before = Y[:, :12]
    moved = estimate_cohort(before[1:], before[:1], 8).estimate
    draws = [estimate_cohort(np.delete(before[1:], i, 0), before[[i + 1]], 8).estimate for i in range(7)]
    p = 2 * stats.t.sf(abs(moved) / np.std(draws), 6)
    check = effect.check("placebo in time")
    assert check is not None
    assert check.value == pytest.approx(p)
    assert "2008" in check.text
    assert check.passed == (p > 0.1 and abs(moved) <= abs(effect.estimate) / 2)


def test_a_shock_before_the_event_is_noticed() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=(16, 1)) + rng.normal(size=18) + 0.2 * rng.normal(size=(16, 18))
    y[0, 10:] += 3.0  # four years before the event that is asked about
    for effect in (
        synthetic_did(as_panel(y), "y", "U00", 2014),
        augmented_synthetic_control(as_panel(y), "y", "U00", 2014, options=AugmentedOptions(penalty=1e6)),
    ):
        assert effect.check("placebo in time").passed is False  # type: ignore[union-attr] # the check is made


def test_augmented_without_each_donor_and_moved() -> None:
    effect = augmented_synthetic_control(as_panel(Y), "y", "U00", 2012, options=AugmentedOptions(penalty=2.0))
    for row in effect.leave_one_out.itertuples():
        rest = np.delete(Y, [0, int(row.donor[1:])], axis=0)
        weights = augmented_weights(rest[:, :12], Y[0, :12], 2.0).weights
        assert row.estimate == pytest.approx((Y[0] - weights @ rest)[12:].mean())
    weights = augmented_weights(Y[1:, :8], Y[0, :8], 2.0).weights
    check = effect.check("placebo in time")
    assert check is not None
    assert format_number(float((Y[0] - weights @ Y[1:])[8:12].mean()), signed=True) in check.text


def test_the_slow_checks_can_be_left_out() -> None:
    for call, options in ((synthetic_did, SyntheticDidOptions), (augmented_synthetic_control, AugmentedOptions)):
        plain = call(as_panel(Y), "y", "U00", 2012, options=options(checks=False))
        full = call(as_panel(Y), "y", "U00", 2012)
        assert plain.check("leave-one-out") is None
        assert plain.leave_one_out is None
        assert plain.interval == full.interval
