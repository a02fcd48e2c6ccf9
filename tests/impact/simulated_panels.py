"""Panels with known truth for the tests of the estimators: unit and period effects, factors, autoregressive noise."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd

from eaeu_analysis.data.panel import Panel


def factor_model(
    rng: np.random.Generator, units: int, periods: int, rank: int = 2, rho: float = 0.5, noise: float = 1.0
) -> np.ndarray:
    """(units, periods): unit effects + period effects + loadings x wandering factors + AR(1) noise of unit variance."""
    factors = 0.3 * np.cumsum(rng.normal(size=(rank, periods)), axis=1)
    loadings = rng.normal(size=(units, rank))
    shocks = rng.normal(size=(units, periods + 20))
    for t in range(1, periods + 20):
        shocks[:, t] = rho * shocks[:, t - 1] + shocks[:, t] * np.sqrt(1 - rho**2)
    common = rng.normal(size=(units, 1)) + rng.normal(size=periods)
    return common + loadings @ factors + noise * shocks[:, 20:]


def as_panel(y: np.ndarray, first: int = 2000, names: list[str] | None = None) -> Panel:
    """Units in rows become U00, U01, ... over years from ``first``; the indicator is 'y'."""
    names = names or [f"U{i:02d}" for i in range(len(y))]
    rows = [(name, first + t, value) for name, row in zip(names, y, strict=True) for t, value in enumerate(row)]
    return Panel.from_frame(pd.DataFrame(rows, columns=["unit", "year", "y"]), "unit", "year")


def call_with_options(function, options, *arguments, **keywords):
    """``function`` with those of the ``keywords`` that are fields of ``options`` put into one object of that class."""
    rare = {field.name: keywords.pop(field.name) for field in fields(options) if field.name in keywords}
    return function(*arguments, **keywords, **({"options": options(**rare)} if rare else {}))
