"""Trends that bend: the closed form against the linear programme it solves, invariance, and the sentences."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.stats import truncnorm

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.inference import bent_trends
from eaeu_analysis.impact.inference.bent_trends import Study, relative_interval, smooth_interval


def random_study(seed: int, before: int = 3, after: int = 3) -> Study:
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 0.3, (before + after, before + after))
    weights = rng.uniform(0.2, 1, after)
    after_values = 0.7 + rng.normal(0, 0.2, after)
    return Study(rng.normal(0, 0.4, before), after_values, root @ root.T / 6, weights / weights.sum())


def slow_accepts(study: Study, bound: float, value: float, largest: int, sign: float, limit: float, size: float) -> Any:
    """The test by linear programmes: least slack, its dual vertex, and truncation points by bisection (Algorithm 1 in
    the appendix of Andrews, Roth and Pakes)."""
    k, later = len(study.before), len(study.after)
    turn = np.diff(np.vstack([np.eye(k), np.zeros((1, k))]), axis=0)
    steps_before = np.hstack([turn, np.zeros((k, later))])
    steps_after = np.hstack([np.zeros((later, k)), np.eye(later) - np.eye(later, k=-1)])
    v = sign * steps_before[largest]
    moments = np.vstack([steps_after - bound * v, -steps_after - bound * v])
    basis = np.linalg.svd(study.weights[None, :])[2][1:].T  # effects that leave the weighted one alone
    fixed = study.weights / (study.weights @ study.weights)
    tau = np.vstack([np.zeros((k, later)), np.eye(later)])
    beta = np.concatenate([study.before, study.after])
    y = moments @ (beta - tau @ fixed * value)
    x = moments @ tau @ basis
    sigma = moments @ study.covariance @ moments.T
    sd = np.sqrt(np.diag(sigma))
    w = np.column_stack([sd, x])
    equal = np.append(1.0, np.zeros(x.shape[1]))

    def largest_of(objective: Any) -> Any:
        return linprog(-objective, A_eq=w.T, b_eq=equal, method="highs")

    solved = largest_of(y)
    eta, gamma = -solved.fun, solved.x
    if eta > limit:
        return False
    variance = float(gamma @ sigma @ gamma)
    b = sigma @ gamma / variance
    rest = y - b * (gamma @ y)

    def is_solution(c: float) -> bool:
        return abs(-largest_of(rest + b * c).fun - c) <= 1e-7

    def edge(outside: float) -> float:
        inside = eta
        if is_solution(outside):
            return float(np.sign(outside) * np.inf)
        for _ in range(45):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if is_solution(middle) else (inside, middle)
        return inside

    low, high = edge(-50.0), min(edge(50.0), limit)
    s = np.sqrt(variance)
    critical = s * truncnorm.ppf(1 - size, low / s, high / s)
    return eta <= max(critical, 0.0)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_closed_form_is_the_linear_programme(seed: int) -> None:
    study, bound = random_study(seed), 0.8
    agree = []
    for number in (1, 2):
        part = bent_trends._parts(study, bound, 0.90)[number]
        for value in (-0.6, 0.4, 1.6):
            fast = bool(part.accepts(np.array([value]))[0])
            sign = 1.0 if number % 2 else -1.0
            agree.append(fast == slow_accepts(study, bound, value, number // 2, sign, part.limit, part.size))
    assert all(agree)


def test_first_stage_against_simulation() -> None:
    part = bent_trends._parts(random_study(5), 1.0, 0.90)[1]
    draws = np.random.default_rng(0).multivariate_normal(np.zeros(len(part.cross)), part.cross, 400_000, method="eigh")
    assert (draws.max(axis=1) > part.limit).mean() == pytest.approx(0.01, abs=0.0006)


def test_without_violations_it_is_the_plain_interval() -> None:
    study = random_study(1)
    half = 1.6448536269514722 * study.error
    assert relative_interval(study, 0.0, 0.90) == pytest.approx(
        (study.estimate - half, study.estimate + half), abs=2e-3 * half
    )


def test_intervals_grow_with_the_bound_and_follow_the_scale() -> None:
    study = random_study(2)
    times = Study(1e6 * study.before, 1e6 * study.after, 1e12 * study.covariance, study.weights)
    for interval, bounds in ((relative_interval, (0.0, 0.5, 1.0)), (smooth_interval, (0.0, 0.1, 0.3))):
        ends = [interval(study, bound, 0.90) for bound in bounds]
        assert all(a[1] - a[0] < b[1] - b[0] for a, b in pairwise(ends))
        factor = 1e6 if interval is smooth_interval else 1.0
        large = interval(times, bounds[1] * factor, 0.90)
        assert large == pytest.approx(tuple(1e6 * end for end in ends[1]), rel=1e-6)


def test_coverage_when_trends_bend_as_far_as_allowed() -> None:
    """The true difference in trends rises by 1 a period after the event, as it did at its steepest before."""
    rng = np.random.default_rng(3)
    violation = np.array([1.0, 0.0, 1.0, 2.0, 3.0])  # coefficients -3, -2 | base | 0, 1, 2
    inside = []
    for _ in range(80):
        beta = violation + rng.normal(0, 0.3, 5)
        study = Study(beta[:2], beta[2:], 0.09 * np.eye(5), np.ones(3) / 3)
        low, high = relative_interval(study, 1.0, 0.90)
        inside.append(low <= 0.0 <= high)
    assert np.mean(inside) >= 0.85


@lru_cache
def made(kind: str = "staggered", count: int = 8) -> Any:
    rng = np.random.default_rng(11)
    years = np.arange(2000, 2010)
    dates = {f"U{i:02d}": 2005 if i < count - 3 else 2007 for i in range(count)}
    rows = []
    for i in range(30):
        base, unit = rng.normal(0, 1), f"U{i:02d}"
        for t in years:
            value = base + 0.1 * (t - 2000) + rng.normal(0, 0.3) + 2.0 * (t >= dates.get(unit, 9999))
            rows.append((unit, int(t), value))
    panel = ea.Panel.from_frame(pd.DataFrame(rows, columns=["unit", "year", "y"]), unit="unit")
    if kind == "staggered":
        return ea.staggered_did(panel, "y", list(dates), dates, draws=99)
    return ea.difference_in_differences(panel, "y", list(dates), 2005, draws=99)


def test_a_strong_effect_survives_and_the_sentence_gives_the_breakdown_value() -> None:
    found = ea.honest_trends(made())
    assert found.estimate == pytest.approx(made().estimate)
    assert 1.0 < found.breakdown < 5.0
    check = found.check("bent trends")
    assert check.passed
    assert check.value == found.breakdown
    assert f"{found.breakdown:.2f} times the largest before it" in found.summary()
    low = found.interval[0]
    assert found.table["lower"].iloc[0] == pytest.approx(low, abs=0.02)
    assert found.table["excludes_zero"].tolist() == (found.table["bound"] <= found.breakdown).tolist()


def test_smooth_restriction_and_one_period() -> None:
    found = ea.honest_trends(made("did"), restriction="smooth", bounds=[0, 0.1, 3.0], period=0)
    study = made("did").event_study.set_index("relative")
    assert found.estimate == pytest.approx(study.loc[0, "estimate"])
    assert found.table["excludes_zero"].tolist() == [True, True, False]
    assert 0.1 < found.breakdown < 3.0
    assert found.plot(title="Bent").get_title(loc="left") or found.plot().figure


def test_few_treated_units_take_the_spread_of_the_assignments() -> None:
    effect = made(count=4)
    found = ea.honest_trends(effect)
    assert found.check("treated units").failed
    assert np.linalg.eigvalsh(effect.covariance.to_numpy()).min() > -1e-9
    assert np.isfinite(found.table[["lower", "upper"]].to_numpy()).all()


def test_what_has_no_event_study_is_one_sentence() -> None:
    panel = ea.load_panel(["trade"], ["KGZ", "ALB", "AZE", "GEO", "MDA", "MNG", "TJK"], (2002, 2019))
    other = ea.synthetic_did(panel, "trade", "KGZ", 2015, [u for u in panel.units if u != "KGZ"])
    for effect, options, says in (
        (other, {}, "need an event study"),
        (made(), {"restriction": "relativ"}, "did you mean 'relative'"),
        (made(), {"bounds": [-1]}, "zero or more"),
        (made(), {"bounds": []}, "bounds is empty"),
        (made(), {"bounds": 1.0}, "expected a list"),
        (made(), {"period": 40}, "expected 'average' or a number of periods from 0"),
    ):
        with pytest.raises(BadInputError, match=says):
            ea.honest_trends(effect, **options)
