"""The rules of the checks at their limits: what passes, fails or informs, and the numbers that are stated."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from stated_checks import facts
from texts import numbers

from eaeu_analysis.impact.effect import PRE_FIT, PRE_TREND
from eaeu_analysis.impact.inference import checks as rules
from eaeu_analysis.impact.question.design import Design
from eaeu_analysis.impact.question.predictors import Predictor
from eaeu_analysis.impact.question.problem import Problem
from eaeu_analysis.impact.weights.fit import Fitted, Setup
from eaeu_analysis.series import SeriesInfo

INF = math.inf


# -- the gap before the event -------------------------------------------------------------------------------
WAVE = np.array([9.0, 11.0, 9.0, 11.0])  # mean 10, standard deviation 1: the limit is the larger of 0.5 and 0.5


@pytest.mark.parametrize(
    ("gap", "outcome", "passed", "size", "limit", "stated"),
    [
        ([0.5, -0.5, 0.5, -0.5], WAVE, True, 0.5, 0.5, ["0.50", "0.5", "1.00", "5%", "10.0"]),  # at the limit it passes
        ([0.3, -0.3, 0.4, 0.4], WAVE, True, 0.125**0.5, 0.5, ["0.35", "0.5", "1.00", "5%", "10.0"]),
        ([0.5, -0.5, 0.5, -0.6], WAVE, False, 0.2775**0.5, 0.5, ["0.53", "0.5", "1.00", "5%", "10.0"]),
        (
            [0.7, 0.7, 0.7, 0.7],
            WAVE + 10.0,
            True,
            0.7,
            1.0,
            ["0.70", "0.5", "1.00", "5%", "20.0"],
        ),  # 5 % of a mean of 20
        ([0.7, 0.7, 0.7, 0.7], WAVE - 10.0, False, 0.7, 0.5, ["0.70", "0.5", "1.00", "5%", "1.00"]),  # of its size
        ([1.4, 1.4, 1.4, 1.4], 3 * (WAVE - 10), True, 1.4, 1.5, ["1.40", "0.5", "3.00", "5%", "3.00"]),
    ],
)
def test_the_fit_before_the_event(gap, outcome, passed, size, limit, stated):
    found = rules.fit_check(np.array(gap), outcome)
    assert (found.name, found.passed, found.role) == (PRE_FIT, passed, "fatal")
    assert (found.value, found.threshold) == (pytest.approx(size), pytest.approx(limit))
    assert numbers(found.text) == stated


@pytest.mark.parametrize(
    ("share", "donors", "judged"),
    [(1e-5, 5, False), (1e-4, 5, False), (1.1e-4, 5, True), (1e-5, 4, True), (1e-5, 0, True)],
)
def test_an_exact_fit_informs_where_donors_outnumber_periods(share, donors, judged):
    found = rules.fit_check(np.full(4, share), WAVE, donors)
    assert found.passed is (True if judged else None)
    assert (found.value, found.threshold) == (pytest.approx(share), pytest.approx(0.5))
    if not judged:
        assert (found.name, numbers(found.text)) == (PRE_FIT, ["5", "4"])


TIMES = np.arange(2000.0, 2006.0)
LINE = 0.5 * (TIMES - 2000)


def test_an_exact_fit_is_measured_by_the_deviation_of_the_outcome():
    small, large = 0.01 * WAVE, 100 * WAVE
    assert rules.fit_check(np.full(4, 5e-6), small, 5).passed is True
    assert rules.fit_check(np.full(4, 5e-3), large, 5).passed is None
    assert rules.fit_check(np.zeros(1), np.ones(1)).passed is True  # no donors are counted unless given


def test_a_drift_by_hand():
    slope, p, share = rules.drift(LINE + np.array([0.1, -0.1, 0, 0, -0.1, 0.1]), TIMES, 4.0, -8.0)
    assert (slope, share) == (pytest.approx(0.5), pytest.approx(0.25))  # half a unit a year, over four, of eight
    assert 0 < p < 1e-3
    assert rules.drift(-LINE, TIMES, 4.0, 8.0)[::2] == (pytest.approx(-0.5), pytest.approx(0.25))
    assert rules.drift(LINE, TIMES, 4.0, 0.0)[2] == INF


@pytest.mark.parametrize(
    ("gap", "none"),
    [(LINE[:2], True), (LINE[:3], False), (np.full(6, 3.0), True), (np.full(6, -3.0), True), (np.zeros(6), True),
     (3 + 1e-10 * LINE, True), (3 + 1e-7 * LINE, False), (-3 - 1e-10 * LINE, True)],
)  # fmt: skip
def test_what_has_no_drift(gap, none):
    found = rules.drift(gap, TIMES[: len(gap)], 4.0, 8.0)
    assert (found == (0.0, 1.0, 0.0)) is none


def test_rounding_is_judged_by_the_size_of_the_gap():
    """A range of exactly a billionth of the largest gap is rounding, and a gap is as large below zero as above."""
    at = 2.0**-30
    assert rules.drift(np.array([1.0, 1.0 - at, 1.0]) * -1, TIMES[:3], 4.0, 8.0) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("estimate", "passed", "share"),
    [(4.0, True, "50%"), (-4.0, True, "50%"), (3.9, False, "51%"), (-3.9, False, "51%"), (0.0, False, None)],
)
def test_a_trend_of_the_gap_fails_when_it_makes_more_than_half_of_the_estimate(estimate, passed, share):
    found = rules.trend_check(LINE, TIMES, 4.0, estimate)  # 0.5 a year over four: 2
    assert (found.name, found.passed, found.threshold, found.role) == (PRE_TREND, passed, 0.10, "fatal")
    assert found.value == pytest.approx(0.0, abs=1e-9)
    stated = numbers(found.text)
    assert stated[0] == "+0.50"
    assert stated[-2:] == ["0.1", "50%"]
    assert share is None or share in stated


def test_a_trend_that_chance_explains_passes(monkeypatch):
    for p, passed in ((0.11, True), (0.10, False), (0.09, False)):
        monkeypatch.setattr(rules, "drift", lambda *given, p=p: (0.5, p, 0.51))
        found = rules.trend_check(LINE, TIMES, 4.0, 1.0)
        assert (found.passed, found.value) == (passed, p)
    assert numbers(found.text)[:3] == ["+0.50", "0.090", "51%"]


# -- weights ------------------------------------------------------------------------------------------------
FIT = np.array([True] * 10 + [False] * 2)


def problem(outcomes: np.ndarray, **more: Any) -> Problem:
    """Years 2000-09 before an event in 2010, with two years after it."""
    units = ("T", *(f"D{i}" for i in range(1, outcomes.shape[1])))
    given: dict[str, Any] = {"post": ~FIT, "info": SeriesInfo("y", "y"), "gaps": "drop", **more}
    return Problem("y", "T", 2010, units, np.arange(2000, 2012), outcomes, FIT, **given)


def fitted(asked: Problem, weights: list[float], intercept: float = 0.0, **more: Any) -> Fitted:
    donors = asked.outcomes[:, 1:]
    other = intercept + donors @ np.array(weights)
    gap = asked.outcomes[:, 0] - other
    return Fitted(0, tuple(range(1, len(weights) + 1)), np.array(weights), intercept, other, gap, 0.0, **more)


def three(own: list[float]) -> Problem:
    """Donors at 0 and at 4, with a third between; the treated unit as given."""
    return problem(np.column_stack([own, np.zeros(12), np.full(12, 4.0), np.tile([1.0, 2.0], 6)]))


@pytest.mark.parametrize(
    ("outside", "passed", "stated"), [(0, True, "100%"), (1, True, "90%"), (2, False, "80%"), (10, False, "0%")]
)
def test_the_hull_may_be_left_in_a_tenth_of_the_years(outside, passed, stated):
    for beyond in (4.5, -0.5):
        asked = three([beyond] * outside + [2.0] * (10 - outside) + [9.0, 9.0])
        found = rules.hull(asked, fitted(asked, [0.5, 0.5, 0.0]), intercept=False)
        assert (found.name, found.passed, found.threshold) == ("convex hull", passed, 0.9)
        assert found.value == pytest.approx(1 - outside / 10)
        assert numbers(found.text) == [stated]
        assert "years" in found.text
        assert rules.hull(asked, fitted(asked, [0.5, 0.5, 0.0]), intercept=True).passed is None


def test_the_range_of_the_donors_is_that_of_the_year():
    rising = np.arange(12.0)
    asked = problem(np.column_stack([rising + 1.5, rising, rising + 1]))
    assert rules.hull(asked, fitted(asked, [0.5, 0.5]), intercept=False).value == 0.0
    below = problem(np.column_stack([rising - 0.5, rising, rising + 1]))
    assert rules.hull(below, fitted(below, [0.5, 0.5]), intercept=False).value == 0.0


def test_the_edge_of_the_hull_is_inside():
    asked = three([0.0] * 5 + [4.0] * 5 + [2.0, 2.0])
    assert rules.hull(asked, fitted(asked, [0.5, 0.5, 0.0]), intercept=False).value == 1.0
    middle = problem(asked.outcomes)
    donors = Fitted(1, (0, 2, 3), np.array([0.5, 0.5, 0.0]), 0.0, np.zeros(12), np.zeros(12), 0.0)
    assert rules.hull(middle, donors, intercept=False).value == pytest.approx(0.5)  # the first donor among the others


@pytest.mark.parametrize(
    ("weights", "effective", "passed", "top"),
    [
        ([0.5, 0.5, 0.0], 2.0, True, "D1 weighs 50%"),
        ([0.25, 0.75, 0.0], 1.6, False, "D2 weighs 75%"),
        ([0.0, 0.0, 1.0], 1.0, False, "D3 weighs 100%"),
    ],
)
def test_two_effective_donors_are_needed(weights, effective, passed, top):
    asked = three([2.0] * 12)
    many, largest = rules.concentration(asked, fitted(asked, weights))
    assert (many.name, many.passed, many.threshold, many.role) == ("effective donors", passed, 2.0, "warning")
    assert many.value == pytest.approx(effective)
    assert numbers(many.text) == [f"{effective:.1f}", "1", "2"]
    assert (largest.name, largest.passed, largest.threshold) == ("largest weight", None, None)
    assert (largest.value, largest.text) == (max(weights), top)


def test_other_weights_that_fit_as_well_are_named_with_what_they_give():
    """Two equal donors before the event that part after it: any weights fit, and give from -4 to 2."""
    before = np.linspace(1, 4, 10)
    outcomes = np.column_stack([before, before, before, before**2])
    after = np.array([[6.0, 10.0, 4.0, 1.0], [6.0, 10.0, 4.0, 1.0]])
    asked = problem(np.vstack([outcomes, after]))
    found = rules.uniqueness(asked, fitted(asked, [0.5, 0.5, 0.0]))
    assert facts(found)[:5] == ("unique weights", None, 0.0, None, "info")
    assert numbers(found.text) == ["-4.00", "2.00"]
    assert rules.equally_good(asked, fitted(asked, [0.5, 0.5, 0.0])) == (pytest.approx(-4), pytest.approx(2))
    higher = problem(asked.outcomes + np.array([5.0, 0, 0, 0]))
    shifted = fitted(higher, [0.5, 0.5, 0.0], intercept=5.0)
    assert rules.equally_good(higher, shifted) == (pytest.approx(-4), pytest.approx(2))
    assert rules.uniqueness(higher, shifted).value == 0.0


def test_the_intercept_is_taken_off_before_other_weights_are_looked_for():
    """The first donor is the mean of the other two, which drift apart; the treated unit is five above it."""
    first, apart = np.linspace(1, 4, 12), np.linspace(0.1, 1, 12)
    asked = problem(np.column_stack([first + 5, first, first + apart, first - apart]))
    found = rules.uniqueness(asked, fitted(asked, [1.0, 0.0, 0.0], intercept=5.0))
    assert found.value == 0.0
    assert "shortest" in found.text


def test_with_an_intercept_donors_of_another_level_fit_as_well():
    """The second donor moves as the first one does, ten above it: the same path once levels are free."""
    before = np.linspace(1, 4, 10)
    outcomes = np.column_stack([before, before, before + 10, before**2])
    asked = problem(np.vstack([outcomes, [[6.0, 10.0, 14.0, 1.0]] * 2]))
    own = fitted(asked, [1.0, 0.0, 0.0], intercept=1e-12)
    assert rules.equally_good(asked, own) == (pytest.approx(-4), pytest.approx(2))
    assert rules.equally_good(asked, fitted(asked, [1.0, 0.0, 0.0])) == (pytest.approx(-4), pytest.approx(-4))


def test_weights_that_are_the_only_ones():
    asked = three([1.0, 3.0] * 6)
    own = problem(np.column_stack([asked.outcomes[:, 3], asked.outcomes[:, 3], asked.outcomes[:, 2]]))
    found = rules.uniqueness(own, fitted(own, [1.0, 0.0]))
    assert facts(found) == ("unique weights", None, 1.0, None, "info", [])


def test_no_end_is_given_where_there_is_none(monkeypatch):
    monkeypatch.setattr(rules, "linprog", lambda *a, **k: SimpleNamespace(success=False, x=np.zeros(3)))
    asked = problem(np.column_stack([np.ones(12)] * 4))
    assert rules.equally_good(asked, fitted(asked, [1.0, 0.0, 0.0])) is None
    found = rules.uniqueness(asked, fitted(asked, [1.0, 0.0, 0.0]))
    assert (found.value, numbers(found.text)) == (0.0, [])


# -- predictors and donors ----------------------------------------------------------------------------------
def test_the_balance_of_the_predictors():
    asked = three([2.0] * 12)
    x = np.array([[3.0, 0.0, 4.0, 2.0], [9.0, 1.0, 3.0, 2.0], [7.0, 7.0, 7.0, 7.0]])
    predictors = tuple(Predictor(name, (2000,)) for name in ("open", "rich", "same"))
    setup = Setup(asked, predictors, x)
    found = rules.predictor_balance_check(setup, fitted(asked, [0.5, 0.5, 0.0]))
    distance = 7 / x[1].std(ddof=1)  # 9 against the mean of 1 and 3
    assert facts(found)[:5] == ("predictor balance", None, pytest.approx(distance), None, "info")
    rich = predictors[1].label
    assert f"'{rich}': {distance:.2f} " in found.text
    assert found.text.endswith(f"range: {rich}")
    two = Setup(asked, predictors, np.array([[9.0, 0.0, 4.0, 2.0], x[1], x[2]]))
    named = rules.predictor_balance_check(two, fitted(asked, [0.5, 0.5, 0.0])).text
    assert named.endswith(f"range: {predictors[0].label}, {rich}")
    inside = Setup(asked, predictors, np.array([x[0], [1.0, 1.0, 3.0, 2.0], [3.0, 1.0, 3.0, 2.0]]))
    calm = rules.predictor_balance_check(inside, fitted(asked, [0.0, 1.0, 0.0]))
    assert "outside" not in calm.text  # the ends of the range are inside
    assert calm.value == pytest.approx(2 / np.std([1.0, 1.0, 3.0, 2.0], ddof=1))
    none = rules.predictor_balance_check(Setup(asked), fitted(asked, [1.0, 0.0, 0.0]))
    assert facts(none) == ("predictor balance", None, None, None, "info", [])


def test_a_predictor_that_all_share_is_measured_as_it_is():
    asked = three([2.0] * 12)
    setup = Setup(asked, (Predictor("same", (2000,)),), np.array([[7.0, 7.0, 7.0, 7.0]]))
    apart = rules.predictor_balance_check(setup, fitted(asked, [0.5, 0.0, 0.0]))
    assert apart.value == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("count", "named", "more"), [(0, 0, None), (1, 1, None), (4, 4, None), (5, 4, "1"), (7, 4, "3")]
)
def test_the_donors_left_out(count, named, more):
    found = rules.left_out({f"D{i}": f"reason {i}" for i in range(count)})
    assert facts(found)[:5] == ("donors left out", None, float(count), None, "info")
    assert [f"D{i} (reason {i})" in found.text for i in range(count)] == [True] * named + [False] * (count - named)
    assert (more is None) or numbers(found.text)[-1] == more
    assert found.text.count("; ") == max(0, named - 1) + (more is not None)
    assert " more" in found.text or more is None
    assert count or found.text == "none"


@pytest.mark.parametrize(("total", "passed"), [(0.0, True), (0.1, True), (0.1 + 1e-13, True), (0.11, False)])
def test_contaminated_donors_may_weigh_a_tenth(total, passed):
    found = rules.contamination(total, [])
    assert facts(found) == ("contamination", passed, total, 0.1, "warning", [f"{total:.0%}", "10%"])
    assert found.text.endswith("10%")  # nobody is named
    assert rules.contamination(total, ["A 5%: a war", "B 6%: a union"]).text.endswith("(A 5%: a war; B 6%: a union)")


def test_what_is_said_of_the_donors():
    asked = problem(
        np.ones((12, 4)),
        dropped={"X": "a gap"},
        filled={"D1": 2, "D3": 1},
        flagged={"D1": "a war", "D2": "a union", "D3": "a coup", "X": "gone"},
    )
    left, filled, flagged = rules.donor_checks(asked, fitted(asked, [0.005, 0.2, 0.795]))
    assert (left.value, left.text) == (1.0, "X (a gap)")
    assert facts(filled) == ("values interpolated", None, 3.0, None, "info", ["2", "1"])
    assert "D1 2, D3 1" in filled.text
    assert (flagged.passed, flagged.value) == (False, pytest.approx(1.0))
    assert flagged.text.endswith("(D2 20%: a union; D3 80%: a coup)")  # half a per cent is not named
    only = problem(np.ones((12, 4)), flagged={"D2": "a union"})
    left, flagged = rules.donor_checks(only, fitted(only, [0.9, 0.1, 0.0]))
    assert (left.value, flagged.passed, flagged.value) == (0.0, True, pytest.approx(0.1))
    plain = problem(np.ones((12, 4)))
    assert [c.name for c in rules.donor_checks(plain, fitted(plain, [1.0, 0.0, 0.0]))] == ["donors left out"]


# -- all of a fit -------------------------------------------------------------------------------------------
def test_the_checks_of_a_fit():
    own = np.append(2 + 0.1 * np.arange(10) % 0.2, [5.0, 5.0])
    asked = three(list(own))
    fit = fitted(asked, [0.5, 0.5, 0.0])
    names = [PRE_FIT, PRE_TREND, "convex hull", "effective donors", "largest weight"]
    found = rules.fit_checks(Setup(asked), fit, False, 3.0)
    assert [c.name for c in found] == [*names, "unique weights"]
    gap = fit.gap[:10]
    assert found[0] == rules.fit_check(gap, own[:10], 3)
    assert found[1] == rules.trend_check(gap, np.arange(2000.0, 2010), 6.0, 3.0)  # from 2004.5 to 2010.5
    assert found[2] == rules.hull(asked, fit, False)
    assert found[3:5] == rules.concentration(asked, fit)
    assert found[5] == rules.uniqueness(asked, fit)
    assert rules.fit_checks(Setup(asked), fit, True, 3.0)[2].passed is None
    setup = Setup(asked, (Predictor("open", (2000,)),), np.ones((1, 4)))
    assert rules.fit_checks(setup, fit, False, 3.0)[5] == rules.predictor_balance_check(setup, fit)


@pytest.mark.parametrize(
    ("search", "stated"),
    [
        ({"agreeing": 1.0, "starts": 5.0}, True),
        ({"agreeing": 2.0, "starts": 5.0}, False),
        ({"agreeing": 1.0, "starts": 1.0}, False),
        ({}, False),
    ],
)
def test_a_search_that_ends_differently_from_every_start_is_stated(search, stated):
    asked = three([2.0] * 12)
    found = rules.fit_checks(Setup(asked), fitted(asked, [0.5, 0.5, 0.0], search=search), False, 3.0)
    last = found[-1]
    assert (len(found) == 7) is stated
    if stated:
        assert facts(last) == ("search of predictor weights", None, 1.0, None, "info", ["5"])


def test_an_exact_fit_is_seen_among_the_checks_of_a_fit():
    asked = problem(np.column_stack([np.sin(np.arange(12.0))] * 12))
    found = rules.fit_checks(Setup(asked), fitted(asked, [1.0] + [0.0] * 10), False, 3.0)
    assert found[0].passed is None  # eleven donors, ten years


# -- several treated units ----------------------------------------------------------------------------------
def test_the_cohort_that_does_worst_is_shown():
    times = np.arange(2000, 2010)
    flat, wave = np.full(10, 10.0), 10 + np.tile([1.0, -1.0], 5)
    treated = np.vstack([wave, wave + 6, flat])
    problems = (problem(np.ones((12, 2))),)
    design = Design(problems, ("D1",), times, np.ones((1, 10)), treated, np.array([6, 6, 8]))
    early, late = 0.1 * np.tile([1.0, -1.0], 5), 0.6 * np.tile([1.0, -1.0], 5)
    good = rules.design_checks(design, {6: early}, 4.0)
    assert good[0] == rules.fit_check(early[:6], (wave + 3)[:6])
    assert good[1] == rules.trend_check(early[:6], times[:6].astype(float), 5.0, 4.0)  # 2002.5 to 2007.5
    both = rules.design_checks(design, {6: early, 8: late}, 4.0)
    assert both[0] == rules.fit_check(late[:8], flat[:8])  # 0.6 where 0.5 is allowed
    assert both[0].passed is False
    assert both[1] == good[1]
    assert rules.design_checks(design, {8: late, 6: early}, 4.0)[0] == both[0]
    two = rules.design_checks(design, {6: 9 * early, 8: 2 * late}, 4.0)
    assert two[0] == rules.fit_check(9 * early[:6], (wave + 3)[:6])  # the first that fails
    assert rules.design_checks(design, {}, 4.0) == []
