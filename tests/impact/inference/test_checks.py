"""Checks of fits on panels with a known truth: each passes and fails where it should."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.impact.effect import (
    PRE_FIT,
    PRE_TREND,
    Effect,
)
from eaeu_analysis.impact.estimators.difference_in_differences import difference_in_differences
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.options import SyntheticControlOptions


def test_the_rows_behind_the_estimate_are_the_years_judged_of_each_unit():
    y = factor_model(np.random.default_rng(5), 9, 20)
    gaps = synthetic_control(as_panel(y), "y", "U00", 2012, post_years=[2012, 2014, 2017], inference="none")
    assert gaps.post["time"].tolist() == [2012, 2014, 2017]
    assert gaps.post["effect"].mean() == pytest.approx(gaps.estimate)
    again = synthetic_control(as_panel(y), "y", "U00", 2012, post_years=gaps.spec["post_years"], inference="none")
    assert again.estimate == gaps.estimate
    event = {"U00": 2010, "U01": 2014}
    several = difference_in_differences(as_panel(y), "y", list(event), event)
    assert several.post.groupby("unit")["time"].min().to_dict() == event
    assert several.post["effect"].mean() == pytest.approx(several.estimate)


# -- the rules themselves ---------------------------------------------------------------------------------
def ask(y: np.ndarray, **more) -> Effect:
    return call_with_options(
        synthetic_control,
        SyntheticControlOptions,
        as_panel(y),
        "y",
        "U00",
        2012,
        inference="none",
        checks=False,
        **more,
    )


def base(seed: int = 0, noise: float = 0.1) -> np.ndarray:
    y = factor_model(np.random.default_rng(seed), 9, 20, noise=noise)
    y[0] = y[1:5].mean(axis=0) + 0.05 * np.random.default_rng(99).normal(size=20)
    return y


def test_a_good_comparison_passes():
    effect = ask(base())
    for name in (PRE_FIT, PRE_TREND, "convex hull", "effective donors"):
        assert effect.check(name).passed, name


def test_fit_before_the_event():
    y = base()
    swing = y[0, :12].std()
    y[0] += 2.5 * swing * np.sign(np.sin(2.5 * np.arange(20)))
    check = ask(y).check(PRE_FIT)
    assert check.passed is False
    assert check.value > check.threshold
    flat = base() + 1000.0  # 5 % of the mean is plenty here: a gap of one in a thousand is no bad fit
    flat[0] += np.where(np.arange(20) % 2, 1.0, -1.0)
    assert ask(flat).check(PRE_FIT).passed is True


def test_outside_the_hull():
    y = base()
    y[0] = y[1:].max(axis=0) + 1.0
    check = ask(y).check("convex hull")
    assert check.passed is False
    assert check.value == 0.0
    assert ask(y, intercept=True).check("convex hull").passed is None


def test_a_trend_in_the_gap_that_goes_on():
    y = base()
    y[0] = y[1:].max(axis=0) + 0.8 * np.arange(20)
    effect = ask(y)
    assert effect.check(PRE_TREND).passed is False
    assert effect.finding == "unreliable"
    y[0, 12:] += 200.0  # the same trend explains little of an effect as large as this
    assert ask(y).check(PRE_TREND).passed is True


def test_one_country_history():
    y = base()
    y[0] = y[3] + 0.001 * np.random.default_rng(1).normal(size=20)
    effect = ask(y)
    assert effect.check("effective donors").passed is False
    assert effect.check("effective donors").value == pytest.approx(1, abs=0.05)
    assert effect.check("largest weight").text.startswith("U03 weighs")


def test_weights_that_are_not_unique():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(30, 20))
    y[0] = y[1:].mean(axis=0)
    assert ask(y).check("unique weights").value == 0.0
    assert ask(base()).check("unique weights").value == 1.0


def test_leave_one_out_fails_when_one_donor_carries_the_effect():
    y = base(3)
    y[0] = 0.5 * y[1] + 0.5 * y[2] + 0.01 * np.random.default_rng(3).normal(size=20)
    y[1, 12:] -= 8.0  # something happened to a donor
    effect = synthetic_control(as_panel(y), "y", "U00", 2012, inference="none")
    assert effect.estimate > 3
    check = effect.check("leave-one-out")
    assert check.passed is False
    assert "farthest without U01" in check.text
    solid = base(4)
    solid[0, 12:] += 5.0
    assert synthetic_control(as_panel(solid), "y", "U00", 2012, inference="none").check("leave-one-out").passed is True


def test_an_exact_fit_of_more_donors_than_years_is_no_pass():
    rng = np.random.default_rng(5)
    y = rng.normal(size=(30, 12))
    y[0] = y[1:].mean(axis=0)  # inside the hull of 29 donors, over eight years
    effect = call_with_options(
        synthetic_control, SyntheticControlOptions, as_panel(y), "y", "U00", 2008, inference="none", checks=False
    )
    check = effect.check(PRE_FIT)
    assert check.passed is None
    assert "29 donors can follow any path of 8 periods" in check.text


def test_a_large_effect_is_found_and_a_small_one_is_not():
    y = factor_model(np.random.default_rng(5), 24, 20, noise=0.3)
    y[0] = y[1:5].mean(axis=0) + 0.1 * np.random.default_rng(6).normal(size=20)
    assert synthetic_control(as_panel(y), "y", "U00", 2012).finding == "none"
    y[0, 12:] += 10.0
    effect = synthetic_control(as_panel(y), "y", "U00", 2012)
    assert effect.finding == "found", effect.summary()
    assert effect.interval[0] > 0
    assert effect.check("RMSPE ratio").passed
    assert effect.check("well-fitted donors").passed
