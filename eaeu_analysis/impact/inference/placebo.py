"""Placebos in space and in time: would an effect of this size be seen where nothing happened?

In space every donor is treated in turn, by the same recipe and with the treated unit left out of its pool; the p-value
is the exact rank of the treated unit among all of them, itself included (Abadie, Diamond & Hainmueller 2010, 2015;
Firpo & Possebom 2018). Best of eleven gives 1/11, never 0. In time the event is moved into the years before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...arrays import Array
from ..question.problem import Problem
from ..weights.fit import Fitted, Setup, WeightSettings, fit_unit

EXACT = 1e-6  # of a unit's scale: a gap before the event smaller than this is rounding, and the fit exact
LEAST = 0.05  # of the median unit's scale: no unit's is taken as less, lest a constant outcome divide by zero
LIMITS = (20.0, 5.0)  # times the treated unit's mean squared gap before the event: donors above are badly fitted
POWER = 0.8


@dataclass(frozen=True)
class Placebos:
    """``table``: a row per unit, the treated first, with root mean squared gaps before and after (``pre_rmspe``,
    ``post_rmspe``), their ``ratio``, the ``average`` effect, the ``scale`` that it is judged by (:func:`compare`), and
    the one over the other (``standardised``).

    ``gaps``: time x unit. ``p``: exact rank p-values by name. ``interval``: of the average effect, by inverting the
    two-sided test on ``standardised``; infinite when there are too few donors for the level. ``lower``, ``upper`` (T,):
    the same for the effect of each period from the event on. ``detectable``: the smallest average effect that the test
    finds with probability ``POWER``, from the placebo distribution.
    """

    table: pd.DataFrame
    gaps: pd.DataFrame
    p: Mapping[str, float]
    interval: tuple[float, float]
    lower: Array
    upper: Array
    detectable: float


def rank_p_value(values: Array) -> float:
    """Exact p of the first of ``values`` (N,): the share that is at least as large, itself included; ties count."""
    tied = 1e-12 * max(abs(float(values[0])), 1e-300)
    return float(np.count_nonzero(values >= values[0] - tied)) / len(values)


def rejections(count: int, level: float) -> int:
    """How many of ``count`` units may rank at or above the treated one, itself included, for a test at 1 - level."""
    return int(np.floor((1.0 - level) * count + 1e-9))


def placebo_in_space(setup: Setup, recipe: WeightSettings, treated: Fitted, level: float) -> Placebos:
    """Treat every donor in turn; see :class:`Placebos`."""
    problem = setup.problem
    fits = [treated] + [fit_unit(setup, recipe, column) for column in range(1, len(problem.units))]
    gaps = np.column_stack([fit.gap for fit in fits])
    return rank_among_placebos(gaps, problem, level)


def noise(outcomes: Array) -> Array:
    """(N,) size of the yearly noise in ``outcomes`` (T, N): standard deviation of the changes over root two.

    Von Neumann (1941): a trend hardly enters it, and a fit can not shrink it.
    """
    return np.asarray(np.diff(outcomes, axis=0).std(axis=0) / np.sqrt(2.0), dtype=np.float64)


def rank_among_placebos(gaps: Array, problem: Problem, level: float) -> Placebos:
    """Rank the first column of ``gaps`` (T, N) among the others, over the years of ``problem``.

    The average effect is judged against the root mean squared gap before the event or the noise of the unit's own
    outcome in the fit years, whichever is larger: where donors outnumber years, some are fitted to nothing before the
    event, and a gap that is small only because it was fitted says nothing of how far a comparison strays afterwards.
    """
    pre, post, times = problem.pre, problem.post, problem.times
    before = np.sqrt((gaps[pre] ** 2).mean(axis=0))
    after = np.sqrt((gaps[post] ** 2).mean(axis=0))
    scale = _at_least(np.maximum(before, noise(problem.outcomes[problem.fit])))
    average = gaps[post].mean(axis=0)
    table = pd.DataFrame(
        {
            "pre_rmspe": before,
            "post_rmspe": after,
            "ratio": after / _at_least(before),
            "average": average,
            "scale": scale,
            "standardised": average / scale,
        },
        index=pd.Index(problem.units, name="unit"),
    )
    p = _p_values(table, np.maximum(before, EXACT * scale))
    standardised = table["standardised"].to_numpy()
    half = scale[0] * _critical(np.abs(standardised[1:]), level)
    interval = (float(average[0] - half), float(average[0] + half))
    lower, upper = np.full(len(times), np.nan), np.full(len(times), np.nan)
    for t in np.flatnonzero((times >= problem.event) & np.isfinite(gaps[:, 0])):
        others = gaps[t, 1:] / scale[1:]
        margin = scale[0] * _critical(np.abs(others[np.isfinite(others)]), level)
        lower[t], upper[t] = gaps[t, 0] - margin, gaps[t, 0] + margin
    detectable = float(half + scale[0] * _upper_quantile(np.abs(standardised[1:]), level))
    frame = pd.DataFrame(gaps, index=problem.index.rename("time"), columns=pd.Index(problem.units, name="unit"))
    return Placebos(table, frame, p, interval, lower, upper, detectable)


def _at_least(sizes: Array) -> Array:
    return np.maximum(sizes, LEAST * max(float(np.median(sizes)), 1e-300))


def _p_values(table: pd.DataFrame, before: Array) -> dict[str, float]:
    """Every rank p-value, two- and one-sided; ``within_20`` leaves out donors fitted more than 20 times worse."""
    standardised = table["standardised"].to_numpy()
    average = table["average"].to_numpy()
    ratio = table["ratio"].to_numpy()
    p = {
        "two_sided": rank_p_value(np.abs(standardised)),
        "greater": rank_p_value(standardised),
        "less": rank_p_value(-standardised),
        "ratio": rank_p_value(ratio),
        "average_two_sided": rank_p_value(np.abs(average)),
        "average_greater": rank_p_value(average),
        "average_less": rank_p_value(-average),
    }
    for limit in LIMITS:
        kept = before**2 <= limit * before[0] ** 2
        kept[0] = True
        name = f"within_{limit:.0f}"
        p[f"{name}_two_sided"] = rank_p_value(np.abs(standardised[kept]))
        p[f"{name}_ratio"] = rank_p_value(ratio[kept])
        p[f"{name}_average_two_sided"] = rank_p_value(np.abs(average[kept]))
        p[f"{name}_donors"] = float(np.count_nonzero(kept) - 1)
    return p


def _critical(others: Array, level: float) -> float:
    """The value that the treated unit must exceed to be rejected at 1 - level; infinite when none suffices."""
    allowed = rejections(len(others) + 1, level)
    return float(np.sort(others)[-allowed]) if allowed >= 1 else float("inf")


def _upper_quantile(others: Array, level: float) -> float:
    """Quantile ``POWER`` of a placebo statistic that takes either sign alike, given its absolute values."""
    if rejections(len(others) + 1, level) < 1:
        return float("inf")
    return float(np.quantile(np.concatenate([others, -others]), POWER, method="higher"))


@dataclass(frozen=True)
class TimePlacebo:
    """A placebo in time: the moved ``event``, the ``average`` gap from it to the true event and its rank ``p``."""

    event: object
    average: float
    p: float


def moved_event(setup: Setup) -> int | None:
    """The first of the last third of the fit years; None when fewer than three years would be left to fit on."""
    years = setup.problem.fit_years
    cut = -(-2 * len(years) // 3)
    return years[cut] if cut >= 3 and len(years) - cut >= 2 else None


def placebo_in_time(setup: Setup, recipe: WeightSettings, level: float) -> TimePlacebo | None:
    """The same comparison with the event moved back; ``setup`` has predictors as of the moved event.

    None when too few years are left. The years from the moved event to the true one are judged.
    """
    event = moved_event(setup)
    if event is None:
        return None
    problem = setup.problem
    moved = replace(
        problem,
        event=event,
        fit=problem.fit & (problem.times < event),
        post=problem.pre & (problem.times >= event),
    )
    shifted = replace(setup, problem=moved)
    result = placebo_in_space(shifted, recipe, fit_unit(shifted, recipe), level)
    return TimePlacebo(problem.calendar.plain(event), float(result.table["average"].iloc[0]), result.p["two_sided"])


def leave_one_out_refits(setup: Setup, recipe: WeightSettings, treated: Fitted, least: float = 0.01) -> pd.DataFrame:
    """A row per donor that weighs at least ``least``: its weight, the average effect without it, the fit without it."""
    problem = setup.problem
    rows = []
    for name, weight in zip(problem.donors, treated.weights, strict=True):
        if weight < least or len(problem.donors) < 3:
            continue
        again = fit_unit(setup.without(name), recipe)
        rows.append((name, float(weight), float(again.gap[problem.post].mean()), float(np.sqrt(again.fit_mspe))))
    return pd.DataFrame(rows, columns=["donor", "weight", "estimate", "fit_rmspe"]).sort_values(
        ["weight", "donor"], ascending=[False, True], ignore_index=True
    )
