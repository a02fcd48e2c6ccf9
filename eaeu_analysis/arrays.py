"""The array types that every numerical module shares, and the sum over lags that several covariances rest on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Index = NDArray[np.intp]


def bartlett_sum(scores: Array, lags: int) -> Array:
    """Sum of the products of ``scores`` (T, k) at distances 0 to ``lags``, with Bartlett weights: (k, k).

    Newey and West (1987), Econometrica 55(3), equation 5.
    """
    total = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        total += (1 - lag / (lags + 1)) * (cross + cross.T)
    return np.asarray(total, dtype=np.float64)
