"""Simulated trade: panels with a known coefficient, as in Weidner and Zylkin (2021), section 4."""

from __future__ import annotations

import numpy as np
import pandas as pd

THREE = [("exporter", "year"), ("importer", "year"), ("exporter", "importer")]
PAIR = ("exporter", "importer")


def simulate(n: int, periods: int, errors: int, seed: int, beta: float = 1.0) -> pd.DataFrame:
    """Flows between n economies: log-normal errors of mean one, correlated over time (0.3).

    ``errors``: 0 none; 1 variance constant in levels, 2 proportional to the mean (as Poisson), 3 to its square,
    4 to the mean plus a part that grows with the regressor.
    """
    rng = np.random.default_rng([seed, n, periods, errors])
    i, j, t = np.meshgrid(np.arange(n), np.arange(n), np.arange(periods), indexing="ij")
    pair = rng.normal(0, 1 / 16, (n, n, 1))
    effects = rng.normal(0, 1 / 16, (n, 1, periods)) + rng.normal(0, 1 / 16, (1, n, periods)) + pair
    x, z = np.empty((n, n, periods)), np.empty((n, n, periods))
    last_x, last_z = pair[:, :, 0] + rng.normal(0, 0.5, (n, n)), rng.normal(size=(n, n))
    for s in range(periods):
        last_x = x[:, :, s] = last_x / 2 + effects[:, :, s] + rng.normal(0, 0.5, (n, n))
        last_z = z[:, :, s] = 0.3 * last_z + rng.normal(0, np.sqrt(1 - 0.09), (n, n))
    mean = np.exp(beta * x + effects)
    spread = {
        0: np.zeros_like(mean),
        1: mean**-2,
        2: 1 / mean,
        3: np.ones_like(mean),
        4: 0.5 / mean + 0.5 * np.exp(2 * x),
    }[errors]
    y = mean * np.exp(-0.5 * np.log1p(spread) + np.sqrt(np.log1p(spread)) * z)
    off = i != j
    return pd.DataFrame(
        {
            "exporter": [f"E{k:02d}" for k in i[off]],
            "importer": [f"E{k:02d}" for k in j[off]],
            "year": 2000 + 4 * t[off],
            "x": x[off],
            "usd": y[off],
        }
    )
