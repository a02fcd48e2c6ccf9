"""A small grid of specifications and a panel with an effect that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from simulated_panels import factor_model

from eaeu_analysis.impact.curve.grid import Grid, PoolRule, PredictorRule

EVENT = 2015

SMALL = Grid(
    estimators=("sc", "sc-demeaned", "sc-predictors", "sdid", "did", "augmented"),
    pools={
        "all": PoolRule("all units"),
        "few": PoolRule("a few", units=tuple(f"U{i:02d}" for i in range(2, 8))),
    },
    before=(12, 8),
    after=(2, 4),
    shock_years=(2014, 2015),
    shocks=("kept", "dropped", "moved"),
    predictors={"lags": (PredictorRule("", "first"), PredictorRule("", "last"), PredictorRule("", "all"))},
)

QUICK = replace(SMALL, estimators=("sc-demeaned", "did", "sdid"), before=(12,), after=(4,), predictors={})


def made(effect: float = 0.0, seed: int = 0, units: int = 14) -> np.ndarray:
    y = factor_model(np.random.default_rng(seed), units, 20)
    y[0, EVENT - 2000 :] += effect
    return y
