"""Windows around an event and what is computed in them: pure functions on plain arrays.

Two windows of years, the mean shift between them with its Newey-West interval, least-squares growth inside one,
and the exact permutation test of one unit against others.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from .. import settings
from ..arrays import Array, bartlett_sum
from ..errors import BadInputError
from ..text import format_percent, year_span

TIE = 1e-9  # two statistics closer than this share of the largest are equal: a tie counts against the treated unit


@dataclass(frozen=True)
class Windows:
    """Years before and after an event; both ends of a window are inside it. ``latest`` is None where no year is."""

    event: int
    before: tuple[int, int]
    after: tuple[int, int]
    latest: tuple[int, int] | None = None

    @property
    def skipped(self) -> tuple[int, ...]:
        return tuple(range(self.before[1] + 1, self.after[0]))

    @property
    def distance(self) -> float:
        """Years between the centres of the two windows."""
        return (sum(self.after) - sum(self.before)) / 2


def windows(event: int, pre: int, post: int, skip: int, last: int | None = None) -> Windows:
    """``pre`` years to the one before ``event``, ``post`` years once ``skip`` from ``event`` on are left out.

    With event 2015, pre 5, post 4, skip 1: 2010-14 and 2016-19. ``last``: last year of the data, for the years after
    settings.LAST_CLEAN_YEAR. Raises BadInputError for a count that is not whole, ``pre`` or ``post`` below 1 or
    ``skip`` below 0.
    """
    for name, value, least in (("pre", pre, 1), ("post", post, 1), ("skip", skip, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise BadInputError(f"{name} {value!r} is not a number of years: expected a whole number, {least} or more")
    first_late = settings.LAST_CLEAN_YEAR + 1
    latest = (first_late, last) if last is not None and last >= first_late > event else None
    start = event + skip
    return Windows(event, (event - pre, event - 1), (start, start + post - 1), latest)


def years_needed(size: int) -> int:
    """How many years of a window of ``size`` years must be present: settings.MIN_WINDOW_SHARE of them, rounded up."""
    return max(1, math.ceil(settings.MIN_WINDOW_SHARE * size - TIE))


def from_when(spec: Windows, last: int) -> str:
    """From which year an answer can be had, for an event too recent for data that end in ``last``; "" for others."""
    if last >= spec.after[1]:
        return ""
    needed = spec.after[0] + years_needed(spec.after[1] - spec.after[0] + 1) - 1
    return f"; an answer can be had once the data reach {needed}"


def growth(years: Array, values: Array, relative: bool) -> float:
    """Annualised growth inside a window by least squares, so that no single end year decides.

    Relative: 100 (exp(b) - 1), b the OLS slope of ln(value) on the year: per cent a year, the least-squares growth
    rate of the World Development Indicators' statistical methods; NaN where a value is not positive.
    Otherwise the OLS slope itself, own units a year. NaN for fewer than two years.
    """
    if len(values) < 2 or (relative and (values <= 0).any()):
        return math.nan
    y = np.log(values) if relative else values
    x = years - years.mean()
    slope = float(x @ y / (x @ x))
    return 100 * math.expm1(slope) if relative else slope


def newey_west_lags(n: int) -> int:
    """floor(4 (n/100)^(2/9)), the rule of Newey and West (1994, Review of Economic Studies 61), Bartlett kernel."""
    return int(4 * (n / 100) ** (2 / 9))


@dataclass(frozen=True)
class Shift:
    """Mean ``before`` and ``after``, ``cov`` the (2, 2) Newey-West covariance of the two, ``df`` and ``lags`` used."""

    before: float
    after: float
    cov: Array
    df: int
    lags: int

    def interval(self, relative: bool, level: float) -> tuple[float, float]:
        """Of the difference of the means, or of their ratio in per cent by the delta method on its logarithm.

        NaN where no degree of freedom is left, or a mean that a ratio needs is not positive.
        """
        if self.df < 1 or (relative and min(self.before, self.after) <= 0):
            return math.nan, math.nan
        slope = np.array([-1 / self.before, 1 / self.after]) if relative else np.array([-1.0, 1.0])
        half = _student((1 + level) / 2, self.df) * math.sqrt(max(0.0, float(slope @ self.cov @ slope)))
        if not relative:
            return self.after - self.before - half, self.after - self.before + half
        middle = math.log(self.after / self.before)
        return 100 * math.expm1(middle - half), 100 * math.expm1(middle + half)


@functools.lru_cache(maxsize=256)
def _student(share: float, df: int) -> float:
    """Quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, share))


def mean_shift(years: Array, values: Array, spec: Windows) -> Shift:
    """OLS of the values on a dummy per window, with the Newey-West covariance of the Bartlett kernel.

    Every year from the first to the last of the two windows is a row; a year left out or missing has a dummy of its
    own, so that its residual is nought and autocovariances keep their distance in time (the amplitude-modulated
    estimator of Parzen 1963; Datta and Du 2012, IFDP 1060). Scaled by n / (n - 2), n the years present;
    n - 2 degrees of freedom; lags by :func:`newey_west_lags`. Too narrow for windows of 5 and 4 years: a nominal 90 %
    covers the truth in 78 % of simulated cases without serial correlation, in 56 % at a correlation of 0.6.
    """
    span = np.arange(spec.before[0], spec.after[1] + 1)
    inside = np.column_stack([span <= spec.before[1], span >= spec.after[0]])
    y, present = np.zeros(len(span)), np.zeros(len(span), dtype=bool)
    row = np.asarray(years, dtype=np.int64) - spec.before[0]
    within = (row >= 0) & (row < len(span))
    y[row[within]], present[row[within]] = np.asarray(values, dtype=np.float64)[within], True
    inside &= present[:, None]
    counts = inside.sum(axis=0)
    n, lags = int(counts.sum()), newey_west_lags(int(counts.sum()))
    before, after = (float(y[window].mean()) for window in inside.T)
    if n < 3:
        return Shift(before, after, np.full((2, 2), math.nan), n - 2, lags)
    scores = inside * (y[:, None] - [before, after])
    return Shift(before, after, bartlett_sum(scores, lags) / np.outer(counts, counts) * n / (n - 2), n - 2, lags)


@dataclass(frozen=True)
class Permutation:
    """One treated value among ``n`` exchangeable ones, itself included.

    ``statistic``: treated minus the mean of the others. ``p_two_sided``, ``p_greater``, ``p_less`` are exact;
    none can be below ``floor`` = 1/n. ``rank``: 1 for the largest value. ``lower``, ``upper``: the constant effects
    that the two-sided test does not reject at 1 - ``level``; infinite where n is too small for any to be rejected.
    """

    statistic: float
    p_two_sided: float
    p_greater: float
    p_less: float
    rank: int
    n: int
    lower: float
    upper: float
    level: float

    @property
    def floor(self) -> float:
        return 1 / self.n


def permutation(treated: float, others: Sequence[float] | Array, level: float = settings.LEVEL) -> Permutation:
    """Exact permutation test: each of the n values in turn stands as the treated one (Fisher; Rosenbaum 2002, ch. 2).

    Two-sided by the distance of a value from the mean of the others, ties against the treated unit.
    The interval inverts that test. With S the sum of the others, unit i is at least as extreme as a treated value x
    exactly when x lies between c_i and (2 S - n c_i) / (n - 2), which gives the bounds in closed form.
    """
    rest = np.sort(np.asarray(others, dtype=float))
    n = len(rest) + 1
    if n < 2 or not np.isfinite(rest).all() or not math.isfinite(treated):
        raise BadInputError(f"a permutation test needs finite values and at least one other unit; {n - 1} came")
    everyone = np.append(rest, treated)
    tie = TIE * float(np.abs(everyone).max())
    # value - mean of the others = n / (n - 1) x (value - mean of all): the order is the same
    extreme = np.abs(everyone - everyone.mean())
    two = int((extreme >= extreme[-1] - tie).sum())
    greater, less = int((everyone >= treated - tie).sum()), int((everyone <= treated + tie).sum())
    lower, upper = _accepted(rest, 1 - level)
    rank = 1 + int((rest > treated + tie).sum())
    return Permutation(
        treated - float(rest.mean()), two / n, greater / n, less / n, rank, n, treated - upper, treated - lower, level
    )


def _accepted(others: Array, alpha: float) -> tuple[float, float]:
    """Bounds of the treated values that the two-sided test does not reject at ``alpha``."""
    n = len(others) + 1
    # the smallest number of other units at least as extreme with which p = (1 + number) / n is above alpha
    need = max(0, math.floor(alpha * n + TIE))
    if need == 0 or n < 3:
        return -math.inf, math.inf
    mirrored = (2 * float(others.sum()) - n * others) / (n - 2)
    starts = np.sort(np.minimum(others, mirrored))
    ends = np.sort(np.maximum(others, mirrored))[::-1]
    return float(starts[need - 1]), float(ends[need - 1])


@dataclass(frozen=True)
class UnitStats:
    """One unit in the windows; NaN where a window is not available, ``reason`` then says why.

    ``change`` is in per cent where it is relative and in the outcome's own units otherwise; ``log_change`` is
    100 ln(after / before), log points, NaN for the latter. ``lower``, ``upper``: Newey-West interval of ``change``.
    """

    mean_before: float
    mean_after: float
    change: float
    log_change: float
    lower: float
    upper: float
    sd_before: float
    sd_after: float
    growth_before: float
    growth_after: float
    years_before: int
    years_after: int
    latest_mean: float
    latest_change: float
    latest_years: int
    available: bool
    reason: str

    def test_value(self, relative: bool) -> float:
        """What the permutation compares: log points where changes are relative, else the change itself."""
        return self.log_change if relative else self.change


def unit_stats(years: Any, values: Any, spec: Windows, relative: bool, level: float = settings.LEVEL) -> UnitStats:
    """All of :class:`UnitStats` for one series: ``years`` (n,), ``values`` (n,), NaN for missing."""
    t, y = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
    t, y = t[np.isfinite(y)], y[np.isfinite(y)]
    reasons: list[str] = []
    cut: dict[str, tuple[Array, Array]] = {}
    mean: dict[str, float] = {}
    for name, window in (("before", spec.before), ("after", spec.after), ("latest", spec.latest)):
        inside = (t >= window[0]) & (t <= window[1]) if window else np.zeros(len(t), dtype=bool)
        cut[name] = t[inside], y[inside]
        size = window[1] - window[0] + 1 if window else 1
        enough = int(inside.sum()) >= years_needed(size)
        mean[name] = float(y[inside].mean()) if enough else math.nan
        if not enough and window and name != "latest":
            reasons.append(_too_few(name, window, t[inside]))

    def changed(to: str) -> tuple[float, float]:
        a, b = mean["before"], mean[to]
        if not relative:
            return b - a, math.nan
        if not (a > 0 and b > 0):
            return math.nan, math.nan
        return 100 * (b / a - 1), 100 * math.log(b / a)

    change, log_change = changed("after")
    if not reasons and math.isnan(change):
        reasons.append("a change in per cent needs positive means")
    low = high = math.nan
    if not reasons:
        low, high = mean_shift(t, y, spec).interval(relative, level)

    def spread(name: str) -> float:
        return float(cut[name][1].std(ddof=1)) if len(cut[name][1]) > 1 and not math.isnan(mean[name]) else math.nan

    def grown(name: str) -> float:
        return math.nan if math.isnan(mean[name]) else growth(*cut[name], relative)

    return UnitStats(
        mean["before"],
        mean["after"],
        change,
        log_change,
        low,
        high,
        spread("before"),
        spread("after"),
        grown("before"),
        grown("after"),
        len(cut["before"][0]),
        len(cut["after"][0]),
        mean["latest"],
        changed("latest")[0],
        len(cut["latest"][0]),
        not reasons,
        "; ".join(reasons),
    )


def _too_few(name: str, window: tuple[int, int], present: Array) -> str:
    size, n = window[1] - window[0] + 1, len(present)
    have = f" ({', '.join(str(int(year)) for year in present)})" if n else ""
    least = format_percent(settings.MIN_WINDOW_SHARE)
    return f"{name} {year_span(window)}: {n} of {size} years present{have}, under {least}"
