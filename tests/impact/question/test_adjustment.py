"""Covariates and seasons: what is taken off, and that the estimate is right after it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_panels import as_panel, factor_model

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.methods import METHODS
from eaeu_analysis.impact.question.problem import state_problem


def with_covariate(seed: int = 0, slope: float = 3.0, effect: float = -2.0) -> ea.Panel:
    """A covariate that jumps in the treated unit at the event: without it, the estimate is off by slope x 4."""
    rng = np.random.default_rng(seed)
    shape = (10, 20)
    x = rng.normal(0, 1, shape)
    x[0, 14:] += 4
    y = rng.normal(0, 0.2, shape) + 5 * rng.normal(0, 1, (10, 1)) + rng.normal(0, 1, 20) + slope * x
    y[0, 14:] += effect
    rows = [(f"U{i:02d}", 2000 + t, y[i, t], x[i, t]) for i in range(10) for t in range(20)]
    return ea.Panel.from_frame(pd.DataFrame(rows, columns=["unit", "year", "y", "x"]), unit="unit")


@pytest.mark.parametrize("method", ["did", "sdid", "mc", "augmented", "difp", "sc-demeaned"])
def test_covariates_are_taken_off(method: str) -> None:
    panel, chosen = with_covariate(), METHODS[method]
    call = replace(chosen, options=replace(chosen.options, covariates=["x"]))
    raw, clean = chosen(panel, "y", "U00", 2014), call(panel, "y", "U00", 2014)
    assert raw.estimate > 5
    assert clean.estimate == pytest.approx(-2.0, abs=0.3)
    assert re.search(r"taken off the outcomes: x \(slope (3.0|2.9)", clean.window)
    assert clean.spec["covariates"] == ["x"]


def test_the_slope_is_that_of_a_regression_on_untreated_cells() -> None:
    panel = with_covariate()
    frame = panel.to_frame()
    seen = frame[(frame["unit"] != "U00") | (frame["year"] < 2014)]
    dummies = pd.get_dummies(seen[["unit", "year"]].astype(str), dtype=float)
    beta = np.linalg.lstsq(np.column_stack([seen["x"], dummies]), seen["y"], rcond=None)[0][0]
    problem = state_problem(panel, "y", "U00", 2014, options=ea.EffectOptions(covariates=["x"]))
    own = frame[frame["unit"] == "U00"]
    np.testing.assert_allclose(problem.outcomes[:, 0], own["y"] - beta * own["x"], rtol=1e-9)


def test_covariates_that_cannot_be_used_are_refused() -> None:
    panel = with_covariate()
    frame = panel.to_frame().assign(flat=lambda d: d["year"] * 1.0, hole=lambda d: d["x"].where(d["unit"] != "U03"))
    panel = ea.Panel.from_frame(frame, unit="unit")
    for name, says in (
        ("flat", "does not vary beyond"),
        ("y", "is the outcome itself"),
        ("z", "indicator 'z' not known"),
    ):
        with pytest.raises(BadInputError, match=says):
            ea.difference_in_differences(panel, "y", "U00", 2014, options=ea.EffectOptions(covariates=[name]))
    effect = ea.difference_in_differences(panel, "y", "U00", 2014, options=ea.EffectOptions(covariates=["hole"]))
    assert "no 'hole' in 2000-2019" in effect.dropped["U03"]


def monthly(effect: float, seed: int = 0) -> ea.Panel:
    """Twelve units with seasons of their own, strong where the treated unit is concerned; judged over five months."""
    rng = np.random.default_rng(seed)
    y = np.cumsum(rng.normal(0, 0.3, 48)) + rng.normal(0, 0.5, (12, 48))
    size = rng.uniform(0, 1, 12)
    size[0] = 4
    y += size[:, None] * np.cos(2 * np.pi * (np.arange(48) % 12) / 12)
    y[0, 36:] += effect
    times = pd.period_range("2010-01", periods=48, freq="M")
    rows = [(f"U{i:02d}", t, v) for i in range(12) for t, v in zip(times, y[i], strict=True)]
    return ea.Panel.from_frame(pd.DataFrame(rows, columns=["unit", "month", "y"]), "unit", "month")


def test_seasons_are_taken_off() -> None:
    panel, months = monthly(0.0), ("2013-01", "2013-02")
    raw = ea.difference_in_differences(panel, "y", "U00", "2013-01", post_years=months)
    clean = ea.difference_in_differences(
        panel, "y", "U00", "2013-01", post_years=months, options=ea.EffectOptions(seasonal=True)
    )
    assert raw.estimate > 2.5  # winter, not an effect
    assert abs(clean.estimate) < 1
    assert "taken off the outcomes: a seasonal pattern" in clean.summary()
    shifted = ea.difference_in_differences(
        monthly(5.0), "y", "U00", "2013-01", post_years=months, options=ea.EffectOptions(seasonal=True)
    )
    assert shifted.estimate == pytest.approx(clean.estimate + 5.0, abs=1e-9)  # nothing after the event is used


def test_seasons_need_months_or_quarters_and_two_of_each() -> None:
    with pytest.raises(BadInputError, match="is for months and quarters, and this panel has years"):
        ea.difference_in_differences(with_covariate(), "y", "U00", 2014, options=ea.EffectOptions(seasonal=True))
    with pytest.raises(BadInputError, match="needs every season twice"):
        ea.synthetic_did(
            monthly(0.0), "y", "U00", "2013-01", fit_years=2012, options=ea.SyntheticDidOptions(seasonal=True)
        )


@pytest.mark.parametrize(("donors", "before"), [(1, 1), (1, 4), (8, 1), (8, 2), (2, 1)])
def test_difference_in_differences_of_few_periods_or_one_donor_warns(donors: int, before: int) -> None:
    y = factor_model(np.random.default_rng(1), donors + 1, before + 3)
    effect = ea.difference_in_differences(as_panel(y), "y", "U00", 2000 + before)
    change = y[:, before:].mean(axis=1) - y[:, :before].mean(axis=1)
    assert effect.estimate == pytest.approx(change[0] - change[1:].mean())
    failed = {check.name: check.role for check in effect.failed}
    assert failed["periods before the event"] == "warning"
    assert ("number of donors" in failed) == (donors == 1)
    assert effect.finding in ("none", "fragile", "unreliable")


def test_two_by_two() -> None:
    effect = ea.difference_in_differences(as_panel(np.array([[1.0, 5.0], [2.0, 3.0]])), "y", "U00", 2001)
    assert effect.estimate == 3.0
    assert effect.finding == "none"
    assert np.isnan(effect.cluster_se)
