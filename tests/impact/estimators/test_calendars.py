"""Months, weekdays, uneven years: the same findings under an index and under dates, and what was fitted is stated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.compare.run import before_after
from eaeu_analysis.data.panel import Panel
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.impact.curve.run import specification_curve
from eaeu_analysis.impact.effect import Effect
from eaeu_analysis.impact.estimators.interrupted_series import interrupted_series
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.methods import METHODS
from eaeu_analysis.impact.options import SyntheticControlOptions, SyntheticDidOptions
from eaeu_analysis.impact.question.predictors import Predictor

MONTHS = [year * 100 + month for year in (2010, 2011, 2012) for month in range(1, 13)]
WEEKDAYS = [7 * week + day for week in range(6) for day in range(1, 6)]


def values(seed: int, units: int = 6, periods: int = 36, effect: float = 0.0, start: int = 30) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = np.cumsum(rng.normal(0.0, 1.0, periods))
    y = 50 + 0.5 * np.arange(periods) + common + rng.normal(0.0, 1.0, (units, periods))
    y[0, start:] += effect
    return y


def panel_of(y: np.ndarray, times: Any, freq: Any = None) -> Panel:
    names = ["T", *(f"D{i:02d}" for i in range(1, len(y)))]
    rows = [
        (name, time, value) for name, row in zip(names, y, strict=True) for time, value in zip(times, row, strict=True)
    ]
    return Panel.from_frame(pd.DataFrame(rows, columns=["unit", "time", "y"]), "unit", "time", freq=freq)


def estimate(panel: Panel, event: object, method: str = "sdid", **more: Any) -> Effect:
    return METHODS[method](panel, "y", "T", event, **more)


def test_codes_of_months_are_refused_and_declared_months_are_the_index() -> None:
    y = values(0)
    with pytest.raises(BadInputError, match="give freq='M'"):
        panel_of(y, MONTHS)
    found = interrupted_series(panel_of(y, MONTHS, "M"), "y", "T", 201201, method="segmented", draws=99)
    plain = interrupted_series(panel_of(y, range(36)), "y", "T", 24, method="segmented", draws=99)
    assert found.estimate == pytest.approx(plain.estimate, rel=1e-9)
    assert abs(found.estimate) < 5
    assert found.window.startswith("fitted on 24 months, 2010-01 to 2011-12; judged on 12 months, 2012-01 to 2012-12")
    assert found.window in found.summary()


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_estimator_fits_all_thirty_months(method: str) -> None:
    y = values(1)
    months = estimate(panel_of(y, MONTHS, "M"), "2012-07", method)
    plain = estimate(panel_of(y, range(36)), 30, method)
    assert months.window.startswith("fitted on 30 months, 2010-01 to 2012-06")
    assert months.estimate == pytest.approx(plain.estimate, rel=1e-9)
    assert months.p_value == pytest.approx(plain.p_value, rel=1e-9, nan_ok=True)
    assert months.event == pd.Period("2012-07", "M")
    assert (
        months.post["effect"].mean() == pytest.approx(months.estimate, abs=1e-6 * abs(y).max()) or method == "segmented"
    )
    assert len(months.post) == 6
    assert months.spec["event"] == "2012-07"
    assert "480" not in months.summary()
    assert "year" not in months.summary()


@pytest.mark.parametrize("method", ["sc", "sdid", "did", "mc", "augmented", "interrupted_series", "segmented"])
def test_every_estimator_fits_all_weekdays(method: str) -> None:
    effect = estimate(panel_of(values(2, periods=30, start=20), WEEKDAYS), 29, method)
    assert effect.window.startswith("fitted on 20 periods, 1-26 (unevenly spaced); judged on 10 periods, 29-40")
    assert "10 periods without a value of any unit" in effect.window


@pytest.mark.parametrize("method", METHODS)
def test_a_month_without_a_value_of_any_unit_is_refused_with_the_way_out(method: str) -> None:
    months = MONTHS[:10] + MONTHS[11:]
    y = values(2, periods=35)
    with pytest.raises(NoDataError, match=r"no unit has a value of 'y' in 2010-11: .*fit_years .*number the periods"):
        estimate(panel_of(y, months, "M"), "2012-07", method)
    assert estimate(panel_of(y, months, "M"), "2012-07", method, fit_years=("2010-12", "2012-06")).window.startswith(
        "fitted on 19 months"
    )


def test_uneven_years_are_all_fitted_and_stated() -> None:
    years = [2001, 2004, 2006, 2008, 2011, 2013, 2014, 2016]
    effect = estimate(panel_of(values(3, periods=8, start=5), years), 2013)
    assert effect.window.startswith(
        "fitted on 5 years, 2001-2011 (unevenly spaced: 2001, 2004, 2006, 2008, 2011); judged on 3 years, 2013-2016"
    )


def test_a_gap_of_the_treated_unit_obeys_the_rule_in_every_estimator() -> None:
    y = values(4, periods=24, start=18)
    y[0, 11] = np.nan
    panel = panel_of(y, range(1990, 2014))
    for method in METHODS:
        dropped = estimate(panel, 2008, method)
        filled = estimate(panel, 2008, method, gaps="interpolate")
        assert dropped.window.startswith("fitted on 17 years, 1990-2007"), method
        assert "1 missing (2001)" in dropped.window, method
        assert filled.window.startswith("fitted on 18 years, 1990-2007"), method
        assert "1 of the treated unit's values interpolated" in filled.window, method
    with pytest.raises(BadInputError, match="no value in 2001"):
        estimate(panel, 2008, gaps="error")


def test_a_hole_is_time_that_passes_in_a_structural_series() -> None:
    """A level that wandered through ten unseen periods is known less well than one seen in the period before."""
    y = values(5, periods=30, start=25)
    near = estimate(panel_of(y, range(30)), 25, "interrupted_series")
    far = estimate(panel_of(y, [*range(25), *range(35, 40)]), 35, "interrupted_series")
    assert far.estimate == pytest.approx(near.estimate, abs=1.0)
    width = [e.interval[1] - e.interval[0] for e in (near, far)]
    assert width[1] > width[0]


def test_the_same_findings_under_an_index_and_under_dates() -> None:
    quick = SyntheticDidOptions(checks=False)
    found = []
    dates = pd.date_range("2010-01-31", periods=36, freq="ME")
    for seed in range(25):
        y = values(100 + seed, units=15, effect=4.0)
        plain = synthetic_did(panel_of(y, range(36)), "y", "T", 30, options=quick)
        dated = synthetic_did(panel_of(y, dates), "y", "T", "2012-07-31", options=quick)
        assert dated.estimate == plain.estimate
        assert dated.finding == plain.finding
        found.append(plain.finding)
    assert found.count("found") >= 10


def test_predictors_and_windows_by_month() -> None:
    panel = panel_of(values(6), MONTHS, "M")
    predictors = [Predictor("y", ("2010-01", "2010-06")), Predictor("y", 2011), Predictor("y", ["2012-05", "2012-06"])]
    options = SyntheticControlOptions(checks=False)
    effect = synthetic_control(panel, "y", "T", "2012-07", predictors=predictors, v="equal", options=options)
    assert effect.predictor_balance is not None
    labels = ["y 2010-01 to 2010-06", "y 2011-01 to 2011-12", "y 2012-05, 2012-06"]
    assert list(effect.predictor_balance.index) == labels
    short = estimate(panel, "2012-07", fit_years=(2011, "2012-06"), post_years="2012-08")
    assert short.window.startswith("fitted on 18 months, 2011-01 to 2012-06; judged on 1 month, 2012-08")
    again = estimate(panel, short.spec["event"], fit_years=short.spec["fit_years"], post_years=short.spec["post_years"])
    assert again.estimate == short.estimate
    with pytest.raises(BadInputError, match="what comes after it is part of the effect"):
        synthetic_control(panel, "y", "T", "2012-07", predictors=[Predictor("y", "2012-07")])
    assert isinstance(effect.table["time"].dtype, pd.PeriodDtype)


def test_what_is_made_for_years_refuses_months() -> None:
    panel = panel_of(values(6), MONTHS, "M")
    for call in (before_after, specification_curve):
        with pytest.raises(BadInputError, match="takes a panel of years, and this one has months"):
            call(panel, "y", "T", "2012-07")
