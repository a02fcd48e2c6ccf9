"""The unit of measurement and the level of an outcome make no difference."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

import eaeu_analysis as ea
from eaeu_analysis.impact.methods import METHODS


def outcomes() -> np.ndarray:
    y = factor_model(np.random.default_rng(3), 9, 18)
    y[0, 13:] -= 3.0
    return y


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_estimator_gives_the_same_answer_in_any_unit_and_at_any_level(method: str) -> None:
    y = outcomes()
    plain = METHODS[method](as_panel(y), "y", "U00", 2013)
    for factor, level in ((1e9, 0.0), (1e-9, 0.0), (1.0, 1e9)):
        other = METHODS[method](as_panel(factor * y + level), "y", "U00", 2013)
        assert other.estimate / factor == pytest.approx(plain.estimate, abs=1e-5)
        assert other.p_value == pytest.approx(plain.p_value, abs=1e-4, nan_ok=True)
        if level == 0.0:  # the fit before the event is also compared with the mean of the outcome
            assert other.finding == plain.finding
            assert [c.passed for c in other.checks] == [c.passed for c in plain.checks]


def test_matrix_completion_leaves_unit_and_period_effects_free() -> None:
    unit, period = np.mgrid[0:10, 0:20].astype(float)
    y = 10 * unit + period
    y[0, 15:] -= 5
    exact = ea.matrix_completion(as_panel(y), "y", "U00", 2015)
    assert exact.estimate == pytest.approx(-5, abs=1e-9)
    noisy = y + np.random.default_rng(0).normal(0, 1, y.shape)
    near = ea.matrix_completion(as_panel(noisy), "y", "U00", 2015)
    far = ea.matrix_completion(as_panel(noisy + 1e6 * unit), "y", "U00", 2015)
    assert far.estimate == pytest.approx(near.estimate, abs=1e-4)
    twoway = ea.difference_in_differences(as_panel(noisy), "y", "U00", 2015)
    assert near.estimate == pytest.approx(twoway.estimate, abs=0.5)


def test_difference_in_differences_of_levels_in_dollars() -> None:
    code, donors = "NY.GDP.MKTP.CD", ["TJK", "MDA", "GEO", "CHN", "UKR", "MNG", "ALB"]
    panel = ea.load_panel([code], ["KGZ", *donors])
    years = {"fit_years": (2000, 2014), "post_years": (2015, 2019)}
    dollars = ea.difference_in_differences(panel, code, "KGZ", 2015, donors, **years)
    frame = panel.to_frame()
    frame[code] /= 1e9
    billions = ea.difference_in_differences(ea.Panel.from_frame(frame), code, "KGZ", 2015, donors, **years)
    assert dollars.estimate == pytest.approx(1e9 * billions.estimate, rel=1e-9)
    assert dollars.cluster_se == pytest.approx(1e9 * billions.cluster_se, rel=1e-9)


def test_donors_fitted_up_to_rounding_are_all_well_fitted() -> None:
    """Forty donors and six periods: many fits are exact, and rounding must not decide which are better."""
    rng = np.random.default_rng(1)
    y = rng.normal(0, 1, (41, 10)) + np.linspace(0, 3, 10)
    y[0] = y[1:21].mean(axis=0)  # inside the hull of the donors
    y[0, 6:] += rng.normal(0, 1, 4)
    effect = ea.synthetic_control(as_panel(y), "y", "U00", 2006, options=ea.SyntheticControlOptions(checks=False))
    assert effect.placebos is not None
    exact = effect.placebos["pre_rmspe"] < 1e-6
    assert exact.sum() > 5
    check = effect.check("well-fitted donors")
    assert check is not None
    assert check.passed
    assert f"among the {int(exact.sum()) - 1} of 40 donors" in check.text
