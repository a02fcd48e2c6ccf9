"""When did a series break? Sup-F over dates on arrays, with the distribution drawn by bootstrap.

Andrews (1993), "Tests for parameter instability and structural change with unknown change point", Econometrica 61(4);
the set of dates that the data do not rule out inverts the likelihood-ratio test of each date (Eo & Morley 2015,
"Likelihood-ratio-based confidence sets for the timing of structural breaks", Quantitative Economics 6(2)).
Tabulated distributions are for long series with errors that do not drift: here both distributions are drawn from the
fitted autoregression of the errors (:mod:`.autoregressive`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import unknown
from .autoregressive import draw_errors, draw_picks, error_model
from .simplex import Array

KINDS = {"level": "a jump in level", "trend": "a change of slope", "both": "a jump in level and a change of slope"}


@dataclass(frozen=True)
class Breaks:
    """``dates`` (K,) indices of the first period after a break that were tried, ``f`` (K,) the F statistic of each,
    ``p`` (K,) p-value of "the break is here, not elsewhere", ``sup_f``, ``p_value`` of no break at all, ``best`` the
    index of the likeliest date, ``rho`` of the errors under no break, ``size`` the estimated jump (or slope change)."""

    dates: tuple[int, ...]
    f: Array
    p: Array
    sup_f: float
    p_value: float
    best: int
    rho: float
    size: Array


def find_break(y: Array, base: Array, dates: tuple[int, ...], kind: str, draws: int, seed: int) -> Breaks:
    """``y`` (T,), ``base`` (T, k) regressors of the null with a constant, ``dates`` indices of candidate breaks."""
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    periods = len(y)
    wide = [np.hstack([base, _added(periods, date, kind)]) for date in dates]
    added = wide[0].shape[1] - base.shape[1]
    spaces = [np.linalg.qr(z)[0] for z in wide]
    null = np.linalg.qr(base)[0]
    df = periods - base.shape[1] - added

    def squares(samples: Array) -> tuple[Array, Array]:
        """Residual sums of squares (B,) under no break and (B, K) under a break at each date."""
        total = (samples**2).sum(axis=1)
        without = total - ((samples @ null) ** 2).sum(axis=1)
        within = np.column_stack([total - ((samples @ q) ** 2).sum(axis=1) for q in spaces])
        floor = 1e-14 * total
        return np.maximum(without, floor), np.maximum(within, floor[:, None])

    without, with_break = squares(y[None, :])
    f = (without[:, None] / with_break - 1)[0] * df / added
    best = int(np.argmax(f))
    picks = draw_picks(periods, draws, seed)

    nothing = error_model(y, base)
    s0, s1 = squares(draw_errors(nothing, picks))
    drawn = (s0[:, None] / s1 - 1).max(axis=1) * df / added
    p_value = (1 + int((drawn >= f[best] * (1 - 1e-12)).sum())) / (1 + draws)

    p = np.empty(len(dates))
    for k, z in enumerate(wide):
        ratio = with_break[0, k] / with_break[0].min()
        if ratio <= 1 + 1e-12:
            p[k] = 1.0
            continue
        coefficients = np.linalg.lstsq(z, y, rcond=None)[0]
        samples = z @ coefficients + draw_errors(error_model(y, z), picks)
        _, s = squares(samples)
        p[k] = (1 + int((s[:, k] / s.min(axis=1) >= ratio * (1 - 1e-12)).sum())) / (1 + draws)
    size = np.asarray(np.linalg.lstsq(wide[best], y, rcond=None)[0][base.shape[1] :], dtype=np.float64)
    return Breaks(tuple(dates), f, p, float(f[best]), p_value, dates[best], nothing.rho, size)


def _added(periods: int, date: int, kind: str) -> Array:
    t = np.arange(periods, dtype=np.float64)
    jump = (t >= date).astype(np.float64)
    slope = np.maximum(t - date, 0.0)
    return np.column_stack({"level": [jump], "trend": [slope], "both": [jump, slope]}[kind])
