"""Bootstrap of regressions on short series whose errors follow an autoregression of order one.

Least squares on twenty annual figures with serially dependent errors: tests that lean on large samples (a t with
heteroskedasticity and autocorrelation consistent variance, tabulated sup-F values) reject a true null of 10 per cent a
third of the time and more. Drawing errors from the autoregression estimated under the null, its coefficient
corrected for the downward bias of short series (Kendall 1954; Marriott & Pope 1954), brings the size near its nominal
value; tests/impact/estimators/test_interrupted_series.py measures it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Array

BURN = 30  # periods run before the sample, so that draws start from the stationary distribution
LARGEST = 0.97  # of the autoregressive coefficient: beyond it the errors would wander without limit


@dataclass(frozen=True)
class ErrorModel:
    """``rho``, corrected for bias; ``innovations`` (T-1,) centred and rescaled for degrees of freedom."""

    rho: float
    innovations: Array


def least_squares_residuals(y: Array, z: Array) -> Array:
    """Least squares residuals of ``y`` (T,) on ``z`` (T, k)."""
    return np.asarray(y - z @ np.linalg.lstsq(z, y, rcond=None)[0], dtype=np.float64)


def error_model(y: Array, z: Array) -> ErrorModel:
    """Autoregression of the residuals of ``y`` (T,) on ``z`` (T, k), k regressors that include a constant."""
    e = least_squares_residuals(y, z)
    periods, k = z.shape
    past = float(e[:-1] @ e[:-1])
    raw = float(e[1:] @ e[:-1]) / past if past > 0 else 0.0
    # least squares rho is too small by (1 + 3 rho)/T with a constant and (2 + 4 rho)/T with a trend besides
    rho = float(np.clip(raw + (k + (k + 2) * max(raw, 0.0)) / periods, -LARGEST, LARGEST))
    steps = e[1:] - raw * e[:-1]
    steps = (steps - steps.mean()) * np.sqrt((periods - 1) / max(periods - 1 - k, 1))
    return ErrorModel(rho, steps)


def draw_picks(periods: int, draws: int, seed: int) -> Array:
    """(draws, T + BURN) uniform numbers that choose innovations: made once, so that tests of neighbouring nulls share
    them and an interval by inversion is not blurred by simulation."""
    return np.random.default_rng(seed).random((draws, periods + BURN))


def draw_errors(model: ErrorModel, picks: Array) -> Array:
    """(draws, T) error paths from innovations chosen by ``picks``."""
    count = len(model.innovations)
    steps = model.innovations[np.minimum((picks * count).astype(np.intp), count - 1)]
    paths = np.zeros_like(steps)
    for t in range(1, steps.shape[1]):
        paths[:, t] = model.rho * paths[:, t - 1] + steps[:, t]
    return paths[:, BURN:]
