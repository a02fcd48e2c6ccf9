"""Checks of the gap before the event: each rule passes and fails where it says."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.impact.estimators.matrix_completion import matrix_completion
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.inference.checks import drift, fit_check, trend_check
from eaeu_analysis.impact.inference.placebo_checks import (
    donor_notes,
    placebo_gap_checks,
    placebo_rank_p_value,
    weight_check,
)
from eaeu_analysis.impact.options import MatrixCompletionOptions

TIMES = np.arange(12.0)


def test_rank_counts_the_treated_unit() -> None:
    assert placebo_rank_p_value(5.0, np.array([1.0, 2.0, 3.0])) == 1 / 4
    assert placebo_rank_p_value(0.0, np.array([1.0, 2.0, 3.0])) == 1.0
    assert placebo_rank_p_value(2.0, np.array([1.0, 2.0, 3.0])) == 3 / 4  # ties count


def test_fit_is_judged_against_deviation_or_mean() -> None:
    outcome = 10 + np.sin(TIMES)  # deviation about 0.7: half of it is 0.35, 5 per cent of the mean is 0.5
    assert fit_check(np.full(12, 0.49), outcome).passed
    assert not fit_check(np.full(12, 0.51), outcome).passed


def test_trend_fails_only_when_it_matters() -> None:
    rng = np.random.default_rng(1)
    steep = 0.5 * TIMES + 0.1 * rng.normal(size=12)
    assert trend_check(steep, TIMES, 8.0, 2.0).passed is False  # 4.0 drawn on, twice the estimate
    assert trend_check(steep, TIMES, 8.0, 20.0).passed  # a fifth of it
    assert trend_check(rng.normal(size=12), TIMES, 8.0, 2.0).passed
    slope, p, share = drift(steep, TIMES, 8.0, 2.0)
    assert slope == pytest.approx(0.5, abs=0.02)
    assert p < 0.001
    assert share == pytest.approx(2.0, abs=0.1)
    assert drift(np.full(12, 3.0), TIMES, 8.0, 2.0) == (0.0, 1.0, 0.0)


def test_gap_among_placebos_needs_enough_of_them() -> None:
    rng = np.random.default_rng(2)
    odd, usual = 10 * rng.normal(size=12), rng.normal(size=12)
    for count, verdict in ((30, False), (10, None)):
        placebos = rng.normal(size=(count, 12))
        assert placebo_gap_checks(odd, placebos, 1.0, rng.normal(size=count), 0.9)[0].passed is verdict
    assert placebo_gap_checks(usual, rng.normal(size=(30, 12)), 1.0, rng.normal(size=30), 0.9)[0].passed


def test_effective_donors_and_contamination() -> None:
    assert weight_check(np.array([0.5, 0.5, 0.0])).value == pytest.approx(2.0)
    assert weight_check(np.array([0.9, 0.1])).passed is False
    left_out, contaminated = donor_notes(
        {"A": "a gap"}, {"B": "a war", "C": "a treaty"}, {"B": 0.08, "C": 0.07, "D": 0.85}
    )
    assert left_out.passed is None
    assert "A (a gap)" in left_out.text
    assert contaminated.passed is False
    assert contaminated.value == pytest.approx(0.15)
    assert len(donor_notes({}, {}, {})) == 1
    many = {f"D{i}": "joins a union" for i in range(6)}
    text = donor_notes({}, many, {name: 0.01 * (i + 1) for i, name in enumerate(many)})[1].text
    assert text.index("D5 6%") < text.index("D4 5%")
    assert "and 2 more" in text


def test_estimators_carry_them() -> None:
    panel = as_panel(factor_model(np.random.default_rng(3), 25, 14))
    wanted = {"pre-period fit", "pre-trend", "gap among placebos", "placebo rank", "donors left out"}
    for effect in (
        synthetic_did(panel, "y", "U00", 2010),
        matrix_completion(panel, "y", "U00", 2010, options=MatrixCompletionOptions(penalty=0.05)),
    ):
        assert wanted <= {check.name for check in effect.checks}
    several = synthetic_did(panel, "y", ["U00", "U01"], {"U00": 2009, "U01": 2011}, draws=5)
    assert {"pre-period fit", "pre-trend"} <= {check.name for check in several.checks}


def test_the_worst_cohort_is_shown() -> None:
    rng = np.random.default_rng(4)
    y = rng.normal(size=(14, 1)) + rng.normal(size=14) + 0.2 * rng.normal(size=(14, 14))
    y[0, 9:] += 2.0
    y[1] += 5.0 * np.arange(14)
    event = {"U00": 2009, "U01": 2010}
    found = synthetic_did(as_panel(y), "y", list(event), event, method="did", draws=5)
    assert found.finding == "unreliable"
    alone = synthetic_did(as_panel(y), "y", "U00", 2009, donors=[f"U{i:02d}" for i in range(2, 14)], method="did")
    assert alone.check("pre-trend").passed  # type: ignore[union-attr] # the check is made
