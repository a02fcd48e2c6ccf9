"""Checks by rule, and the verdict that follows from them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.effect import (
    PRE_FIT,
    PRE_TREND,
    Effect,
    effect_table,
    finding_of,
    interval_text,
)
from eaeu_analysis.impact.estimators.difference_in_differences import difference_in_differences
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.inference.checks import loo_check, time_check
from eaeu_analysis.impact.inference.placebo import TimePlacebo
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.results import Check, CheckRole, Provenance

INF, NAN = math.inf, math.nan


def check(name: str, passed: bool | None, value: float | None = None, role: CheckRole = "warning") -> Check:
    return Check(name, passed, value, None, "", role=role)


@pytest.mark.parametrize(
    ("estimate", "interval", "p", "checks", "finding"),
    [
        (2.0, (1.0, 3.0), 0.02, (), "found"),
        (2.0, (1.0, 3.0), 0.10, (), "found"),
        (2.0, (1.0, 3.0), 0.02, (check("anything", None),), "found"),
        (2.0, (1.0, 3.0), 0.02, (check("leave-one-out", False),), "fragile"),
        (2.0, (1.0, 3.0), 0.02, (check(PRE_FIT, False, role="fatal"),), "unreliable"),
        (2.0, (1.0, 3.0), 0.02, (check("anything", False, role="fatal"),), "unreliable"),
        (2.0, (1.0, 3.0), 0.02, (check(PRE_FIT, False, role="warning"),), "fragile"),  # the role counts, not the name
        (2.0, (1.0, 3.0), 0.02, (check(PRE_TREND, False, role="fatal"), check("x", True)), "unreliable"),
        (2.0, (-1.0, 3.0), 0.3, (check("leave-one-out", False),), "none"),
        (2.0, (-INF, INF), 0.2, (), "none"),
        (2.0, (-1.0, 3.0), 0.05, (), "none"),  # the two must agree for an effect to be found
        (2.0, (1.0, 3.0), 0.3, (), "none"),
        (2.0, (NAN, NAN), NAN, (), "untested"),
        (2.0, (1.0, 3.0), NAN, (), "found"),
        (2.0, (-1.0, 3.0), NAN, (), "none"),
        (2.0, (NAN, NAN), 0.02, (), "found"),
        (NAN, (NAN, NAN), 0.02, (), "unreliable"),
    ],
)
def test_the_finding_by_rule(estimate, interval, p, checks, finding):
    assert finding_of(estimate, interval, 0.9, p, checks) == finding


def made(**changes) -> Effect:
    table = effect_table("A", [2000, 2001], [1.0, 4.0], [1.0, 2.0])
    weights = pd.Series({"B": 0.75, "C": 0.25}, name="weight")
    effect = Effect(
        {"unit": "A", "outcome": "y", "event": 2001, "post_years": None},
        table, 2.0, (1.0, 3.0), 0.9, 0.02, weights, 0.04, (), Provenance(), "synthetic control", "% of GDP",
    )  # fmt: skip
    return replace(effect, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "an effect found: +2.00 (% of GDP), higher than without the event (p = 0.020), but no check was run"),
        ({"checks": (check("leave-one-out", True),)}, "(p = 0.020), and every check passed"),
        ({"estimate": -2.0, "interval": (-3.0, -1.0)}, "lower than without the event"),
        ({"checks": (check("leave-one-out", False),)}, "a fragile effect: +2.00 (% of GDP)"),
        ({"checks": (check("leave-one-out", False),)}, "it fails: leave-one-out"),
        (
            {"checks": (check(PRE_FIT, False, role="fatal"),)},
            "not answered: the comparison does not hold (pre-period fit)",
        ),
        (
            {"p_value": 0.4, "interval": (-1.0, 5.0)},
            "no effect found: +2.00 (% of GDP) does not stand out (p = 0.400)",
        ),
        (
            {"p_value": 0.4, "interval": (-1.0, 5.0), "checks": (check("minimum detectable effect", None, 3.2),)},
            "one smaller than 3.20 would often be missed",
        ),
        ({"p_value": 0.05, "interval": (-1.0, 5.0)}, "(p = 0.050, but the interval holds zero)"),
        ({"p_value": NAN, "interval": (NAN, NAN)}, "an estimate without a test: +2.00 (% of GDP)"),
        ({"p_value": NAN}, "(the interval leaves zero out)"),
        ({"p_value": NAN, "interval": (-1.0, 5.0)}, "(the interval holds zero)"),
    ],
)
def test_the_verdict_in_words(changes, says):
    effect = made(**changes)
    assert says in effect.verdict
    assert effect.verdict in effect.summary()


def test_intervals_in_words():
    assert interval_text((NAN, NAN)) == "not available"
    assert interval_text((-INF, INF)) == "unbounded (no value can be rejected)"
    assert interval_text((-1.0, 2.0)) == "[-1.00, 2.00]"


def test_post_is_what_the_estimate_averages():
    effect = made()
    assert effect.post["effect"].mean() == effect.estimate
    assert effect.failed == ()
    assert effect.check("nothing") is None


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


def test_leave_one_out_fails_either_way():
    """An estimate of -6 that is -24 without one donor is as fragile as one that is -2."""

    def verdict(*estimates: float) -> bool | None:
        rows = [(f"U{i}", 0.3, value, 1.0) for i, value in enumerate(estimates)]
        return loo_check(pd.DataFrame(rows, columns=["donor", "weight", "estimate", "fit_rmspe"]), -6.4).passed

    assert verdict(-6.0, -24.2) is False
    assert verdict(-6.0, -2.0) is False
    assert verdict(-6.0, 6.4) is False
    assert verdict(-6.0, -9.5, -3.3) is True


def test_a_placebo_in_time_is_compared_with_the_estimate():
    moved = TimePlacebo(2009, -16.0, 0.5)
    assert time_check(moved, 0.9, -6.4).passed is False  # two and a half times as large
    assert time_check(moved, 0.9, -40.0).passed is True
    assert time_check(TimePlacebo(2009, -1.0, 0.05), 0.9, -40.0).passed is False
    assert time_check(moved, 0.9, 0.0).passed is False


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


def test_a_check_that_is_not_judged_informs_and_nothing_else_does():
    assert check("x", None, role="fatal").role == "info"
    with pytest.raises(BadInputError, match="has the role 'info' and passed=True; expected passed=None"):
        check("x", True, role="info")
    with pytest.raises(BadInputError, match="role of a check 'fatl' not known; did you mean 'fatal'"):
        check("x", True, role="fatl")
    assert check("x", np.bool_(False)).failed
    assert check("x", False, 2.0, role="fatal").as_info() == check("x", None, 2.0)
