"""The rules of the checks by placebos at their limits: moved events, donors left out, donors in the treated's place."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from stated_checks import facts
from texts import numbers

from eaeu_analysis.impact.inference import checks as rules
from eaeu_analysis.impact.inference import placebo_checks
from eaeu_analysis.impact.inference.placebo import Placebos, TimePlacebo

INF = math.inf


# -- placebos -----------------------------------------------------------------------------------------------
def placebos(detectable: float = 3.5, donors: int = 25, **p: float) -> Placebos:
    given = {"two_sided": 0.04, "ratio": 0.05, "within_20_two_sided": 0.06, "within_20_donors": 20.0,
             "within_5_two_sided": 0.07, "within_5_donors": 9.0, "greater": 0.02, "less": 0.98,
             "average_two_sided": 0.08, **p}  # fmt: skip
    table = pd.DataFrame({"ratio": [7.5] + [1.0] * donors})
    return Placebos(table, pd.DataFrame(), given, (0.0, 1.0), np.zeros(1), np.zeros(1), detectable)


def test_the_other_statistics_of_the_placebo_test():
    ratio, well, sided, detectable = rules.placebo_test_checks(placebos(), 0.9)
    alpha = pytest.approx(0.1)
    assert facts(ratio) == ("RMSPE ratio", True, 0.05, alpha, "warning", ["0.050", "7.50"])
    stated = ["0.060", "20", "25", "20", "0.070", "9", "5"]
    assert facts(well) == ("well-fitted donors", True, 0.06, alpha, "warning", stated)
    assert facts(sided) == ("one-sided", None, 0.02, alpha, "info", ["0.020", "0.980", "0.080"])
    assert facts(detectable) == ("minimum detectable effect", None, 3.5, None, "info", ["3.50"])
    assert rules.placebo_test_checks(placebos(less=0.01), 0.9)[2].value == 0.01
    none = rules.placebo_test_checks(placebos(INF, donors=5), 0.9)[3]
    assert facts(none) == ("minimum detectable effect", None, INF, None, "info", ["5", "10%"])


@pytest.mark.parametrize(
    ("main", "other", "agrees"),
    [
        (0.04, 0.10, True),  # p at the level rejects, in both
        (0.10, 0.04, True),
        (0.04, 0.11, False),
        (0.11, 0.04, False),
        (0.11, 0.2, True),
        (0.11, 0.10, False),
        (0.10, 0.11, False),
    ],
)
def test_a_statistic_fails_where_it_decides_otherwise(main, other, agrees):
    by_ratio = rules.placebo_test_checks(placebos(two_sided=main, ratio=other, within_20_two_sided=main), 0.9)
    assert [c.passed for c in by_ratio] == [agrees, True, None, None]
    by_fit = rules.placebo_test_checks(placebos(two_sided=main, ratio=main, within_20_two_sided=other), 0.9)
    assert [c.passed for c in by_fit] == [True, agrees, None, None]


@pytest.mark.parametrize(
    ("average", "p", "estimate", "passed", "stated"),
    [
        (-1.0, 0.11, 2.0, True, ["2008", "-1.00", "0.110", "50%", "0.10", "50%"]),  # half of it passes
        (1.1, 0.11, 2.0, False, ["2008", "+1.10", "0.110", "55%", "0.10", "50%"]),
        (0.1, 0.10, 2.0, False, ["2008", "+0.10", "0.100", "5%", "0.10", "50%"]),  # p at the level is an effect
        (0.1, 0.11, -2.0, True, ["2008", "+0.10", "0.110", "5%", "0.10", "50%"]),
    ],
)
def test_the_event_moved_into_the_years_before(average, p, estimate, passed, stated):
    found = rules.time_check(TimePlacebo(2008, average, p), 0.9, estimate)
    assert facts(found) == ("placebo in time", passed, p, pytest.approx(0.1), "warning", stated)


def test_an_event_that_cannot_be_moved():
    assert facts(rules.time_check(None, 0.9, 2.0)) == ("placebo in time", None, None, None, "info", [])
    assert rules.time_check(TimePlacebo(2008, 0.0, 0.5), 0.9, 0.0).passed is False


@pytest.mark.parametrize(
    ("estimates", "estimate", "passed", "share", "farthest"),
    [
        ([2.0, 6.0], 4.0, True, 0.5, "D1"),  # half of it either way passes
        ([3.9, 6.1], 4.0, False, 1.525, "D2"),
        ([1.9, 4.0], 4.0, False, 0.475, "D1"),
        ([-2.0, -6.1], -4.0, False, 1.525, "D2"),
    ],
)
def test_the_estimate_without_one_donor(estimates, estimate, passed, share, farthest):
    table = pd.DataFrame({"donor": ["D1", "D2"], "estimate": estimates})
    found = rules.loo_check(table, estimate)
    low, high = min(estimates), max(estimates)
    stated = [f"{low:.2f}", f"{high:.2f}", "50%"]
    assert facts(found) == ("leave-one-out", passed, pytest.approx(share), 0.5, "warning", stated)
    assert f"without {farthest};" in found.text


def test_no_donor_to_leave_out_and_no_estimate():
    empty = pd.DataFrame({"donor": [], "estimate": []})
    assert facts(rules.loo_check(empty, 4.0)) == ("leave-one-out", None, None, None, "info", [])
    table = pd.DataFrame({"donor": ["D1"], "estimate": [1.0]})
    assert rules.loo_check(table, 0.0).passed is False


# -- every donor in the treated unit's place ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("actual", "draws", "p"),
    [
        (5.0, [1.0, 2.0, 3.0], 0.25),
        (2.0, [1.0, 2.0, 3.0], 0.75),
        (2.0, [1.0, 2.0 - 1e-10, 3.0], 0.75),  # a tie to rounding counts
        (2.0, [1.0, 2.0 - 1e-7, 3.0], 0.5),
        (1e-3, [1e-3 - 1e-7, 1e3], 1.0),  # rounding is judged by the largest of all
        (1e3, [1e3 - 5e-7, 1.0], 2 / 3),
        (2.0, [], 1.0),
        (1e-8, [1e-8 - 1e-10, 1e-9], 1 / 3),
    ],
)
def test_the_rank_among_placebos(actual, draws, p):
    assert placebo_checks.placebo_rank_p_value(actual, np.array(draws)) == pytest.approx(p)


def test_slopes_by_hand():
    rows = np.array([[0.0, 2.0, 4.0], [1.0, 1.0, 1.0], [3.0, 1.0, 2.0]])
    assert placebo_checks.slopes(rows) == pytest.approx([2.0, 0.0, -0.5])
    assert placebo_checks.slopes(rows[:, :2]) == pytest.approx([2.0, 0.0, -2.0])
    assert placebo_checks.slopes(rows[:, :1]) == pytest.approx([0.0, 0.0, 0.0])


def flat(size: float) -> list[float]:
    """A gap of that size without a slope."""
    return [size, -size, -size, size]


def steep(slope: float) -> list[float]:
    return [slope * (t - 1.5) for t in range(4)]


@pytest.mark.parametrize(
    ("pre", "others", "p"),
    [
        (flat(3.0), [flat(1.0)] * 19, 0.05),  # largest of twenty: 5 % is half of 1 - level
        (flat(3.0), [flat(1.0)] * 18 + [flat(-4.0)], 0.10),
        (steep(-1.0), [flat(9.0)] * 19, 0.05),  # the steepest, and the smallest
        (steep(1.0), [flat(9.0)] * 18 + [steep(-2.0)], 0.10),
        (flat(0.5), [steep(1.0)] * 19, 1.0),
    ],
)
def test_the_gap_before_the_event_among_those_of_the_placebos(pre, others, p):
    found, rank = placebo_checks.placebo_gap_checks(np.array(pre), np.array(others), -3.0, np.r_[4.0, [-1.0] * 18], 0.9)
    value, limit = pytest.approx(p), pytest.approx(0.05)
    assert facts(found)[:5] == ("gap among placebos", p > 0.05, value, limit, "warning")
    assert facts(rank)[:5] == ("placebo rank", None, pytest.approx(0.1), pytest.approx(0.1), "info")
    assert numbers(rank.text) == ["0.100", "19", "0.050"]


@pytest.mark.parametrize(("count", "judged"), [(19, True), (18, False), (39, True)])
def test_too_few_placebos_cannot_fail_a_gap(count, judged):
    """With 19 placebos the largest gap has p = 5 %, which is what it takes; with 18 nothing could fail."""
    found, rank = placebo_checks.placebo_gap_checks(
        np.array(flat(3.0)), np.array([flat(1.0)] * count), 1.0, np.full(count, 2.0), 0.9
    )
    assert (found.name, found.passed) == ("gap among placebos", False if judged else None)
    assert found.value == pytest.approx(1 / (count + 1))
    assert rank.value == 1.0


def test_both_size_and_slope_of_the_gap_are_stated():
    others = [flat(1.0)] * 17 + [flat(4.0)] * 2 + [steep(1.0)]
    found, _ = placebo_checks.placebo_gap_checks(np.array(flat(3.0)), np.array(others), 1.0, np.ones(20), 0.9)
    assert found.passed is True
    assert numbers(found.text) == ["14%", "100%", "5%"]
    larger, _ = placebo_checks.placebo_gap_checks(np.array(flat(9.0)), np.array(others), 1.0, np.ones(20), 0.8)
    assert (larger.passed, larger.threshold) == (False, pytest.approx(0.1))
    assert numbers(larger.text) == ["5%", "100%", "10%"]


@pytest.mark.parametrize(("weights", "passed", "many"), [([0.5, 0.5], True, 2.0), ([0.51, 0.49], False, 1.9992)])
def test_the_effective_donors_of_other_estimators(weights, passed, many):
    found = placebo_checks.weight_check(np.array(weights))
    value = pytest.approx(many, abs=1e-4)
    assert facts(found) == ("effective donors", passed, value, 2.0, "warning", ["2.0", "1", "2"])


@pytest.mark.parametrize(
    ("weights", "passed", "negative"),
    [([1.25, 0.25, -0.5], True, 0.5), ([1.0, 0.51, -0.26, -0.25], False, 0.51), ([0.5, 0.5], True, 0.0)],
)
def test_how_far_outside_the_donors_a_counterfactual_may_lie(weights, passed, negative):
    found = placebo_checks.extrapolation_check(np.array(weights))
    stated = [f"{negative:.2f}", "0.5"]
    assert facts(found) == ("extrapolation", passed, pytest.approx(negative), 0.5, "warning", stated)


def test_donors_with_events_of_their_own_heaviest_first():
    flagged = {name: f"event {name}" for name in "AEBCDFG"}  # equal weights by name
    weights = {"A": 0.01, "E": 0.04, "B": -0.04, "C": 0.005, "D": 0.02, "F": 0.03}
    left, found = placebo_checks.donor_notes({"X": "a gap"}, flagged, weights)
    assert left.text == "X (a gap)"
    assert (found.passed, found.value) == (False, pytest.approx(0.145))  # sizes, whatever their sign; G weighs nothing
    listed = "(B 4%: event B; E 4%: event E; F 3%: event F; D 2%: event D; and 1 more)"
    assert found.text.endswith(listed)
    few = placebo_checks.donor_notes({}, {"A": "a war"}, {"A": 0.1, "B": 0.9})
    assert (few[0].value, few[1].passed, few[1].text.rpartition(" (")[2]) == (0.0, True, "A 10%: a war)")


def test_the_estimate_without_each_donor_that_weighs():
    asked = []

    def without(i: int) -> float:
        asked.append(i)
        return 10.0 + i

    weights = np.array([0.4, 0.005, -0.3, 0.006])
    table, check = placebo_checks.leave_one_out_estimates(without, weights, ["A", "B", "C", "D"], 12.0)
    assert asked == [0, 2, 3]
    assert table.to_dict("list") == {"donor": ["A", "C", "D"], "weight": [0.4, -0.3, 0.006], "estimate": [10, 12, 13]}
    assert check == rules.loo_check(table, 12.0)
    for donors in (["A", "B"], ["A"]):
        table, check = placebo_checks.leave_one_out_estimates(without, np.array([0.5, 0.5]), donors, 12.0)
        assert table.empty
        assert check.passed is None
    table, _ = placebo_checks.leave_one_out_estimates(without, np.array([0.5, 0.3, 0.2]), ["A", "B", "C"], 12.0)
    assert len(table) == 3


@pytest.mark.parametrize(
    ("periods", "start"),
    [(1, None), (3, None), (4, None), (5, None), (6, 4), (7, 5), (8, 6), (9, 6), (10, 7), (12, 8)],
)
def test_where_the_moved_event_falls(periods, start):
    assert placebo_checks.moved_start(periods) == start


def test_the_event_moved_and_every_donor_in_its_place():
    rng = np.random.default_rng(8)
    control, treated = rng.normal(size=(6, 9)), rng.normal(size=(1, 9))
    asked = []

    def effect(others: np.ndarray, own: np.ndarray, start: int) -> float:
        asked.append((others.shape, own.shape, start))
        return float(own[:, start:].mean() - others[:, start:].mean())

    labels = [f"month {t}" for t in range(9)]
    found = placebo_checks.moved_check(control, treated, labels, effect, 0.9, 2.0)
    assert asked == [((6, 9), (1, 9), 6)] + [((5, 9), (1, 9), 6)] * 6
    late = control[:, 6:].mean(axis=1)
    draws = [late[i] - np.delete(late, i).mean() for i in range(6)]
    average = treated[:, 6:].mean() - late.mean()
    p = 2 * stats.t.sf(abs(average) / np.std(draws), 5)
    assert found.name == "placebo in time"
    assert "month 6" in found.text
    assert (found.value, found.threshold) == (pytest.approx(p), pytest.approx(0.1))
    assert f"{average:+.2f}" in found.text
    assert f"{abs(average / 2):.0%}" in found.text
    short = placebo_checks.moved_check(control[:, :5], treated[:, :5], labels[:5], effect, 0.9, 2.0)
    assert short == rules.time_check(None, 0.9, 2.0)
