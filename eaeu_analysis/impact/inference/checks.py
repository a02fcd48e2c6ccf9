"""Checks of a synthetic control, each with its rule fixed here, before any fit.

A check fails when its rule says so; ``passed`` None only informs. The verdict (:func:`.effect.finding_of`) treats a
failed pre-period fit or pre-trend as "the comparison does not hold" and any other failure as a sign of fragility.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from ...arrays import Array
from ...results import Check
from ...text import format_number, format_p, format_p_equals
from ..effect import PRE_FIT, PRE_TREND
from ..question.design import Design
from ..question.problem import Problem
from ..weights.fit import Fitted, Setup
from ..weights.simplex import is_unique
from .placebo import Placebos, TimePlacebo

# The gap before the event: whether it is small, and whether it drifts. One rule each, for every estimator.

FIT_SHARE = 0.5  # of the standard deviation of the outcome before the event
FIT_LEVEL = 0.05  # of its mean: a flat outcome has little deviation to compare with
TREND_LEVEL = 0.10  # p-value of the gap's trend at or below which its size is asked about
TREND_SHARE = 0.5  # of the estimate that the gap's own trend may explain
EXACT = 1e-4  # of the outcome's standard deviation: a smaller gap is an exact fit


def fit_check(gap: Array, outcome: Array, donors: int = 0) -> Check:
    """Fails when the root mean squared gap before the event (T0,) exceeds half a standard deviation of the treated
    unit's outcome (T0,) then and 5 % of its mean. An exact fit of more ``donors`` than periods only informs: as many
    donors follow any path."""
    size = float(np.sqrt((gap**2).mean()))
    deviation, mean = float(outcome.std()), float(np.abs(outcome).mean())
    limit = max(FIT_SHARE * deviation, FIT_LEVEL * mean)
    if donors > len(gap) and size <= EXACT * deviation:
        text = f"an exact fit, which says nothing: {donors} donors can follow any path of {len(gap)} periods"
        return Check(PRE_FIT, None, size, limit, text)
    text = (
        f"root mean squared gap {format_number(size)} before the event; passes up to {FIT_SHARE:g} of the outcome's "
        f"standard deviation ({format_number(deviation)}) or {FIT_LEVEL:.0%} of its mean ({format_number(mean)})"
    )
    return Check.at_most(PRE_FIT, size, limit, text, role="fatal")


def drift(gap: Array, times: Array, reach: float, estimate: float) -> tuple[float, float, float]:
    """Slope per period of the ``gap`` (T0,) before the event, its least squares p-value, and what the slope drawn on by
    ``reach`` periods would make of the ``estimate`` (a share)."""
    from scipy.stats import linregress

    if len(gap) < 3 or float(np.ptp(gap)) <= 1e-9 * float(np.abs(gap).max()):
        return 0.0, 1.0, 0.0
    line = linregress(times, gap)
    drawn = abs(float(line.slope)) * reach
    return float(line.slope), float(line.pvalue), drawn / abs(estimate) if estimate else float("inf")


def trend_check(gap: Array, times: Array, reach: float, estimate: float) -> Check:
    """Fails when the gap has a trend (p <= ``TREND_LEVEL``) that, drawn on by ``reach`` to the middle of the periods
    after the event, would make up more than half of the estimate."""
    slope, p, share = drift(gap, times, reach, estimate)
    text = (
        f"the gap before the event moves by {format_number(slope, signed=True)} a period "
        f"({format_p_equals(p)}), "
        f"which drawn on "
        f"would make {share:.0%} of the estimate; fails at p <= {TREND_LEVEL:g} with more than {TREND_SHARE:.0%}"
    )
    return Check(PRE_TREND, not (p <= TREND_LEVEL and share > TREND_SHARE), p, TREND_LEVEL, text, role="fatal")


HULL_SHARE = 0.9  # of the fit years in which the outcome must lie within the donors' range
EFFECTIVE = 2.0  # donors, 1 / sum of squared weights
LOO_SHARE = 0.5  # of the estimate by which it may change, either way, without any one donor
TIME_SHARE = 0.5  # of the estimate that the event moved into the years before may show
FLAGGED_WEIGHT = 0.10  # total weight of contaminated donors


def fit_checks(setup: Setup, fitted: Fitted, intercept: bool, estimate: float) -> list[Check]:
    """Fit before the event, hull, trend of the gap, concentration of the weights, balance of the predictors."""
    problem = setup.problem
    before, times = problem.pre, problem.times.astype(np.float64)
    reach = float(times[problem.post].mean() - times[before].mean())
    checks = [
        fit_check(fitted.gap[problem.fit], problem.outcomes[problem.fit, fitted.column], len(problem.donors)),
        trend_check(fitted.gap[before], times[before], reach, estimate),
        hull(problem, fitted, intercept),
    ]
    checks += concentration(problem, fitted)
    checks.append(uniqueness(problem, fitted) if setup.x is None else predictor_balance_check(setup, fitted))
    if fitted.search.get("agreeing") == 1 < fitted.search["starts"]:
        text = (
            f"one start of {fitted.search['starts']:.0f} ended at the fit that is taken: another seed may find another"
        )
        checks.append(Check("search of predictor weights", None, 1.0, None, text))
    return checks


def hull(problem: Problem, fitted: Fitted, intercept: bool) -> Check:
    """Fails when the outcome leaves the range of the donors in more than a tenth of the fit years (with an intercept
    levels need not be met, so that it only informs)."""
    own = problem.outcomes[problem.fit, fitted.column]
    others = problem.outcomes[problem.fit][:, list(fitted.donors)]
    inside = float(((own >= others.min(axis=1)) & (own <= others.max(axis=1))).mean())
    text = (
        f"within the donors' range in {inside:.0%} of the fit {problem.calendar.words()}; no average of donors "
        "can follow it outside"
    )
    return Check("convex hull", None if intercept else inside >= HULL_SHARE, inside, HULL_SHARE, text)


def concentration(problem: Problem, fitted: Fitted) -> list[Check]:
    """Fails below two effective donors; the largest weight informs."""
    weights = fitted.weights
    effective = float(1.0 / (weights**2).sum())
    top = int(np.argmax(weights))
    name = problem.units[fitted.donors[top]]
    effective_donors_text = (
        f"{effective:.1f} effective donors (1 / sum of squared weights); below {EFFECTIVE:g} the counterfactual is "
        "one country's history"
    )
    return [
        Check("effective donors", effective >= EFFECTIVE, effective, EFFECTIVE, effective_donors_text),
        Check("largest weight", None, float(weights[top]), None, f"{name} weighs {weights[top]:.0%}"),
    ]


def uniqueness(problem: Problem, fitted: Fitted) -> Check:
    """Informs whether other weights fit the years before the event as well, and what they give (outcomes-only)."""
    own = problem.outcomes[problem.fit, fitted.column] - fitted.intercept
    unique = is_unique(problem.outcomes[problem.fit][:, list(fitted.donors)], own, fitted.weights)
    text = "no other weights fit as well"
    if not unique:
        text = f"other weights fit the {problem.calendar.words()} before the event as well; the shortest are taken"
        if (ends := equally_good(problem, fitted)) is not None:
            text += f", the others give from {format_number(ends[0])} to {format_number(ends[1])}"
    return Check("unique weights", None, float(unique), None, text)


def equally_good(problem: Problem, fitted: Fitted) -> tuple[float, float] | None:
    """Least and largest average effect among all weights that follow the fit years as the fitted do; None where linear
    programming finds no end."""
    donors = problem.outcomes[:, list(fitted.donors)]
    if fitted.intercept:
        donors = donors - donors[problem.fit].mean(axis=0)
    before, after = donors[problem.fit], donors[problem.post].mean(axis=0)
    size = float(np.abs(before).max())
    same = np.vstack([before / size, np.ones(len(after))])
    ends = [
        linprog(sign * after, A_eq=same, b_eq=same @ fitted.weights, bounds=(0.0, None), method="highs")
        for sign in (-1.0, 1.0)
    ]
    if not all(end.success for end in ends):
        return None
    centre = float(fitted.gap[problem.post].mean() + after @ fitted.weights)
    return centre - float(after @ ends[0].x), centre - float(after @ ends[1].x)


def predictor_balance_check(setup: Setup, fitted: Fitted) -> Check:
    """Informs how far the synthetic control is from the treated unit in each predictor, and which lie out of range."""
    if setup.x is None:
        return Check("predictor balance", None, None, None, "no predictors")
    own, others = setup.x[:, fitted.column], setup.x[:, list(fitted.donors)]
    spread = setup.x[:, [fitted.column, *fitted.donors]].std(axis=1, ddof=1)
    away = np.abs(own - others @ fitted.weights) / np.where(spread > 0, spread, 1.0)
    outside = [
        label
        for label, value, low, high in zip(setup.labels, own, others.min(axis=1), others.max(axis=1), strict=True)
        if not low <= value <= high
    ]
    worst = int(np.argmax(away))
    within = f"outside the donors' range: {', '.join(outside)}" if outside else "all within the donors' range"
    text = f"farthest in '{setup.labels[worst]}': {away[worst]:.2f} standard deviations; {within}"
    return Check("predictor balance", None, away[worst], None, text)


def left_out(dropped: Mapping[str, str]) -> Check:
    """The donors dropped, the first four with the reason."""
    reasons = [f"{name} ({why})" for name, why in list(dropped.items())[:4]]
    more = len(dropped) - 4
    text = "; ".join(reasons) + (f"; and {more} more" if more > 0 else "") if reasons else "none"
    return Check("donors left out", None, float(len(dropped)), None, text)


def contamination(total: float, heavy: Sequence[str]) -> Check:
    """The weight of donors with an event of their own: fails above ``FLAGGED_WEIGHT``."""
    named = f" ({'; '.join(heavy)})" if heavy else ""
    text = (
        f"donors with an event of their own in the window weigh {total:.0%}, passes up to {FLAGGED_WEIGHT:.0%}{named}"
    )
    return Check("contamination", total <= FLAGGED_WEIGHT + 1e-12, total, FLAGGED_WEIGHT, text)


def donor_checks(problem: Problem, fitted: Fitted) -> list[Check]:
    """Donors dropped, filled, and contaminated (fails when the contaminated weigh more than a tenth)."""
    checks = [left_out(problem.dropped)]
    if problem.filled:
        filled = ", ".join(f"{name} {count}" for name, count in problem.filled.items())
        checks.append(
            Check("values interpolated", None, float(sum(problem.filled.values())), None, f"in gaps of {filled}")
        )
    if problem.flagged:
        names = [problem.units[i] for i in fitted.donors]
        parts = {name: float(w) for name, w in zip(names, fitted.weights, strict=True) if name in problem.flagged}
        total = sum(parts.values())
        heavy = [f"{name} {weight:.0%}: {problem.flagged[name]}" for name, weight in parts.items() if weight > 0.005]
        checks.append(contamination(total, heavy))
    return checks


def placebo_test_checks(placebos: Placebos, level: float) -> list[Check]:
    """Other statistics of the placebo test: they fail when they decide otherwise than the main one."""
    alpha = 1.0 - level
    p = placebos.p
    main = p["two_sided"] <= alpha + 1e-12
    donors = len(placebos.table) - 1

    def agrees(value: float) -> bool:
        return (value <= alpha + 1e-12) == main

    rmspe_ratio_text = (
        f"{format_p_equals(p['ratio'])} by the ratio of root mean squared gaps after and before "
        f"({format_number(float(placebos.table['ratio'].iloc[0]))}); fails if it decides otherwise than "
        f"the main p"
    )
    p_fitted = p["within_20_two_sided"]
    well_fitted_donors_text = (
        f"{format_p_equals(p_fitted)} among the {p['within_20_donors']:.0f} of {donors} donors "
        f"with a "
        "mean squared gap before the event of at most 20 times the treated unit's, "
        f"{format_p(p['within_5_two_sided'])} among the {p['within_5_donors']:.0f} within 5 times; fails if the "
        "first decides otherwise than the main p"
    )
    one_sided_text = (
        f"{format_p_equals(p['greater'])} for a rise, {format_p(p['less'])} for a fall; by the average effect "
        f"as it is, "
        f"{format_p(p['average_two_sided'])} two-sided"
    )
    detectable_text = f"{donors} donors are too few for a test at {alpha:.0%}: no effect can be found"
    if np.isfinite(placebos.detectable):
        detectable_text = f"an average effect of {format_number(placebos.detectable)} would be found four times in five"
    return [
        Check("RMSPE ratio", agrees(p["ratio"]), p["ratio"], alpha, rmspe_ratio_text),
        Check("well-fitted donors", agrees(p_fitted), p_fitted, alpha, well_fitted_donors_text),
        Check("one-sided", None, min(p["greater"], p["less"]), alpha, one_sided_text),
        Check("minimum detectable effect", None, placebos.detectable, None, detectable_text),
    ]


def time_check(moved: TimePlacebo | None, level: float, estimate: float) -> Check:
    """Fails when the event moved into the years before it shows an effect (p <= 1 - level), or a gap of more than half
    of the estimate."""
    alpha = 1.0 - level
    if moved is None:
        return Check("placebo in time", None, None, None, "too few years before the event to move it")
    share = abs(moved.average / estimate) if estimate else float("inf")
    text = (
        f"with the event moved to {moved.event}, {format_number(moved.average, signed=True)} up to the true one "
        f"({format_p_equals(moved.p)}), {share:.0%} of the estimate; fails at p <= {alpha:.2f} or above "
        f"{TIME_SHARE:.0%}"
    )
    return Check("placebo in time", moved.p > alpha + 1e-12 and share <= TIME_SHARE, moved.p, alpha, text)


def loo_check(table: pd.DataFrame, estimate: float) -> Check:
    """Fails when leaving out one donor changes the sign of the estimate, or makes it smaller or larger by more than
    half."""
    if table.empty:
        return Check("leave-one-out", None, None, None, "no donor can be left out")
    relative = (table["estimate"] / estimate if estimate else table["estimate"] * np.nan).to_numpy(dtype=np.float64)
    worst = int(np.abs(relative - 1.0).argmax())
    text = (
        f"without any one donor between {format_number(float(table['estimate'].min()))} and "
        f"{format_number(float(table['estimate'].max()))}; farthest without {table['donor'].iloc[worst]}; fails if the "
        f"estimate changes by more than {LOO_SHARE:.0%} either way"
    )
    return Check(
        "leave-one-out", bool((np.abs(relative - 1.0) <= LOO_SHARE).all()), float(relative[worst]), LOO_SHARE, text
    )


def design_checks(design: Design, curves: Mapping[int, Array], estimate: float) -> list[Check]:
    """Pre-period fit and pre-trend of the cohort that does worst: ``curves`` first treated column -> (T,) mean gap."""
    worst: list[Check] = []
    for pre, curve in curves.items():
        times = design.times.astype(np.float64)
        outcome = design.treated[design.starts == pre].mean(axis=0)[:pre]
        reach = float(times[pre:].mean() - times[:pre].mean())
        pair = [fit_check(curve[:pre], outcome), trend_check(curve[:pre], times[:pre], reach, estimate)]
        worst = pair if not worst else [b if a.passed and not b.passed else a for a, b in zip(worst, pair, strict=True)]
    return worst
