"""When did a series break? Sup-F over dates on arrays, with the distribution drawn by bootstrap.

Andrews (1993), "Tests for parameter instability and structural change with unknown change point", Econometrica 61(4);
the set of dates that the data do not rule out inverts the likelihood-ratio test of each date (Eo & Morley 2015,
"Likelihood-ratio-based confidence sets for the timing of structural breaks", Quantitative Economics 6(2)).
Tabulated distributions are for long series with errors that do not drift: here both distributions are drawn from the
fitted autoregression of the errors (:mod:`.autoregressive`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..errors import unknown
from .autoregressive import draw_errors, draw_picks, error_model

APART = 3  # periods between two breaks
KINDS = {"level": "a jump in level", "trend": "a change of slope", "both": "a jump in level and a change of slope"}


@dataclass(frozen=True)
class Breaks:
    """``dates`` (K,) indices of the first period after a break that were tried, ``f`` (K,) the F statistic of each,
    ``p`` (K,) p-value of "the break is here, not elsewhere", ``sup_f``, ``p_value`` of no break at all, ``best`` the
    index of the likeliest date, ``rho`` of the errors under no break, ``size`` the estimated jump (or slope change);
    ``second``: given the first break, the likeliest date of another and its p-value."""

    dates: tuple[int, ...]
    f: Array
    p: Array
    sup_f: float
    p_value: float
    best: int
    rho: float
    size: Array
    second: tuple[int, float] | None


class _Dates:
    """Sums of squares for one null and every date of a break, for one series or for many bootstrap samples at once."""

    def __init__(self, base: Array, dates: Sequence[int], kind: str) -> None:
        self.wide = [np.hstack([base, _added(len(base), date, kind)]) for date in dates]
        self.null = np.linalg.qr(base)[0]
        self.spaces = [np.linalg.qr(z)[0] for z in self.wide]
        self.added = self.wide[0].shape[1] - base.shape[1]
        self.df = len(base) - self.wide[0].shape[1]

    def squares(self, samples: Array) -> tuple[Array, Array]:
        """Residual sums of squares (B,) under no break and (B, K) under a break at each date."""
        total = (samples**2).sum(axis=1)
        without = total - ((samples @ self.null) ** 2).sum(axis=1)
        within = np.column_stack([total - ((samples @ q) ** 2).sum(axis=1) for q in self.spaces])
        floor = 1e-14 * total
        return np.maximum(without, floor), np.maximum(within, floor[:, None])

    def f(self, samples: Array) -> Array:
        """(B, K) F statistics."""
        without, within = self.squares(samples)
        return np.asarray((without[:, None] / within - 1) * self.df / self.added, dtype=np.float64)


def sup_test(y: Array, base: Array, dates: _Dates, picks: Array) -> tuple[Array, float, float]:
    """F by date (K,), p-value of no break at all, and the autoregressive coefficient of the errors under none."""
    f = dates.f(y[None, :])[0]
    errors = error_model(y, base)
    drawn = dates.f(draw_errors(errors, picks)).max(axis=1)
    p_value = (1 + int((drawn >= f.max() * (1 - 1e-12)).sum())) / (1 + len(picks))
    return f, p_value, errors.rho


def find_break(y: Array, base: Array, dates: tuple[int, ...], kind: str, draws: int, seed: int) -> Breaks:
    """``y`` (T,), ``base`` (T, k) regressors of the null with a constant, ``dates`` indices of candidate breaks."""
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    y = y - y.mean()
    picks = draw_picks(len(y), draws, seed)
    tried = _Dates(base, dates, kind)
    f, p_value, rho = sup_test(y, base, tried, picks)
    best = int(np.argmax(f))
    within = tried.squares(y[None, :])[1][0]
    p = np.empty(len(dates))
    for k, z in enumerate(tried.wide):
        ratio = within[k] / within.min()
        if ratio <= 1 + 1e-12:
            p[k] = 1.0
            continue
        coefficients = np.linalg.lstsq(z, y, rcond=None)[0]
        samples = z @ coefficients + draw_errors(error_model(y, z), picks)
        s = tried.squares(samples)[1]
        p[k] = (1 + int((s[:, k] / s.min(axis=1) >= ratio * (1 - 1e-12)).sum())) / (1 + draws)
    size = np.asarray(np.linalg.lstsq(tried.wide[best], y, rcond=None)[0][base.shape[1] :], dtype=np.float64)
    second = _second(y, tried.wide[best], [d for d in dates if abs(d - dates[best]) >= APART], kind, picks)
    return Breaks(tuple(dates), f, p, float(f[best]), p_value, dates[best], rho, size, second)


def _second(y: Array, base: Array, dates: list[int], kind: str, picks: Array) -> tuple[int, float] | None:
    """Sup-F for another break, the first taken as known; None when the series is too short to ask."""
    if not dates or len(y) - base.shape[1] - 2 < 4:
        return None
    f, p_value, _ = sup_test(y, base, _Dates(base, dates, kind), picks)
    return dates[int(np.argmax(f))], p_value


def _added(periods: int, date: int, kind: str) -> Array:
    t = np.arange(periods, dtype=np.float64)
    jump = (t >= date).astype(np.float64)
    slope = np.maximum(t - date, 0.0)
    return np.column_stack({"level": [jump], "trend": [slope], "both": [jump, slope]}[kind])
