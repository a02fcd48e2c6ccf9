"""Bounds on the elasticity to the rise of the tariff when the country's own rates by product are not known.

The estimate gamma uses ``c = ln(1 + common tariff)``; the rise is ``x = c - a`` with ``a = ln(1 + own rate)`` unknown,
between two limits and with a known mean over lines. Two bounds (Manski 2003, Partial Identification of Probability
Distributions):

- rates unrelated to what would have happened to imports: gamma = beta (1 - delta) with delta the slope of
  ``a`` on ``c`` (the common tariff is an instrument for the rise). The extremes of delta are a continuous knapsack,
  solved by sorting.
- no restriction: the largest and smallest regression slope on the rise that some assignment gives, chosen with
  knowledge of the outcomes. For a given slope the problem is concave, so that the extremes are exact for the linearised
  estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from ...arrays import Array
from ...errors import BadInputError, NotConvergedError


@dataclass(frozen=True, kw_only=True)
class OwnRates:
    """What is known of the rates that a country had before, when they are not known by product.

    Parameters
    ----------
    low, high : float, default 0.0 and 10.0
        The lowest and the highest rate, in per cent.
    average : float
        Mean over lines, in per cent.
    source : str, default ""
        Where these figures are from.

    Raises
    ------
    BadInputError
        If the average is not between the limits.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.OwnRates(average=4.6).high
    10.0
    """

    average: float
    low: float = 0.0
    high: float = 10.0
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.average <= self.high or self.low == self.high:
            raise BadInputError(
                f"own rates from {self.low:g} to {self.high:g} % with average {self.average:g} %: expected "
                "0 <= low <= average <= high, and low below high"
            )


@dataclass(frozen=True)
class RiseBounds:
    """Bounds of the elasticity to the rise of the tariff.

    Attributes
    ----------
    delta : tuple of float
        Smallest and largest slope of own rates on common rates.
    estimate : tuple of float
        Bounds of the elasticity when own rates are unrelated to what would have happened; infinite where ``delta``
        reaches one.
    interval : tuple of float
        The same with the sampling error: bounds over the interval of the estimate.
    worst : tuple of float
        Bounds over all assignments, chosen with knowledge of the outcomes.
    """

    delta: tuple[float, float]
    estimate: tuple[float, float]
    interval: tuple[float, float]
    worst: tuple[float, float]


def rise_bounds(
    gamma: float,
    interval: tuple[float, float],
    common: Array,
    response: Array,
    weight: Array,
    lines: Array,
    own: OwnRates,
) -> RiseBounds:
    """The bounds for an estimate ``gamma`` from products with ``common`` = ln(1 + rate), all arrays (P,).

    ``response`` and ``weight`` are those of the linearised regression (:class:`.fit.WindowsFit`); products that are not
    in the regression have weight zero. ``lines``: how many lines a product stands for in the known mean.
    """
    slopes = slope_range(common, weight, lines, own)
    worst = worst_case(common, response, weight, lines, own)
    return RiseBounds(slopes, _over((gamma, gamma), slopes), _over(interval, slopes), worst)


def slope_range(common: Array, weight: Array, lines: Array, own: OwnRates) -> tuple[float, float]:
    """Smallest and largest slope of own on common rates over all assignments with the known mean."""
    centre = float(np.average(common, weights=weight))
    gain = weight * (common - centre)
    spread = float((gain * (common - centre)).sum())
    low, high = (float(np.log1p(end / 100)) for end in (own.low, own.high))
    target = _target(lines, own)
    found = []
    for sign in (-1.0, 1.0):
        order = np.argsort(-sign * gain / lines, kind="stable")
        room = np.cumsum(lines[order]) * (high - low)
        budget = target - low * lines.sum()
        filled = np.clip((budget - np.concatenate([[0.0], room[:-1]])) / lines[order], 0, high - low)
        rates = np.empty(len(lines))
        rates[order] = low + filled
        found.append(float((gain * rates).sum()) / spread)
    return found[0], found[1]


def worst_case(common: Array, response: Array, weight: Array, lines: Array, own: OwnRates) -> tuple[float, float]:
    """Smallest and largest slope of ``response`` on the rise over all assignments (Dinkelbach 1967)."""
    centred = response - np.average(response, weights=weight)
    top = _steepest(common, centred, weight, lines, own)
    return -_steepest(common, -centred, weight, lines, own), top


def _steepest(common: Array, response: Array, weight: Array, lines: Array, own: OwnRates) -> float:
    """The largest slope: the ratio of two functions of the assignment, raised until no assignment gives more."""
    slope = 1e-3
    for _ in range(100):
        rise = common - _best_assignment(slope, common, response, weight, lines, own)
        deviation = rise - np.average(rise, weights=weight)
        spread = float((weight * deviation**2).sum())
        if spread <= 1e-12 * float(weight.sum()):
            return np.inf
        reached = float((weight * deviation * response).sum()) / spread
        if abs(reached - slope) < 1e-8 * max(1.0, abs(slope)):
            return reached
        if reached <= 0:
            raise NotConvergedError("no assignment of own rates gives a slope of this sign")
        slope = reached
    raise NotConvergedError("the worst-case bounds on own rates did not converge")


def _best_assignment(slope: float, common: Array, response: Array, weight: Array, lines: Array, own: OwnRates) -> Array:
    """The assignment with the largest covariance less ``slope`` times variance of the rise: concave, so any optimum."""
    low, high = (float(np.log1p(end / 100)) for end in (own.low, own.high))
    target = _target(lines, own)
    price = np.divide(lines, weight, out=np.full(len(lines), np.inf), where=weight > 0)

    def assigned(centre: float) -> Array:
        pull = common - centre - response / (2 * slope)

        def at(multiplier: float) -> Array:
            with np.errstate(invalid="ignore"):
                wanted = pull - np.where(np.isinf(price), np.sign(multiplier) * np.inf, multiplier * price)
            return np.clip(np.where(np.isnan(wanted), pull, wanted), low, high)

        return _meet(at, lines, target)

    def miss(centre: float) -> float:
        return float(np.average(common - assigned(centre), weights=weight)) - centre

    ends = float(common.min()) - high - 1e-9, float(common.max()) - low + 1e-9
    return assigned(float(brentq(miss, *ends, xtol=1e-13)))


def _meet(at: Callable[[float], Array], lines: Array, target: float) -> Array:
    """The rates at the multiplier that meets the mean; what is short is spread over the products at its jump."""
    below, above = -1.0, 1.0
    while (lines * at(below)).sum() < target and below > -1e12:
        below *= 4
    while (lines * at(above)).sum() > target and above < 1e12:
        above *= 4
    for _ in range(100):
        middle = (below + above) / 2
        if (lines * at(middle)).sum() > target:
            below = middle
        else:
            above = middle
    more, less = at(below), at(above)
    extra = float((lines * more).sum() - (lines * less).sum())
    share = 0.0 if extra <= 0 else float(np.clip((target - (lines * less).sum()) / extra, 0, 1))
    return np.asarray(less + share * (more - less))


def _target(lines: Array, own: OwnRates) -> float:
    """The known sum over lines of ``ln(1 + rate)``: exact for lines that pay the lowest or the highest rate."""
    low, high = (float(np.log1p(end / 100)) for end in (own.low, own.high))
    share = (own.average - own.low) / (own.high - own.low)
    return float(lines.sum()) * (low + share * (high - low))


def _over(ends: tuple[float, float], slopes: tuple[float, float]) -> tuple[float, float]:
    """The range of gamma / (1 - delta) over both ranges."""
    if slopes[0] < 1 <= slopes[1] or slopes[0] <= 1 < slopes[1]:
        return -np.inf, np.inf
    values = [end / (1 - slope) for end in ends for slope in slopes]
    return min(values), max(values)
