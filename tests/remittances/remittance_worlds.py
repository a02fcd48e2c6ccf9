"""Simulated panels of remittances whose pass-through is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eaeu_analysis.data.panel import Panel

SHARES = {"ARM": 0.7, "AZE": 0.55, "GEO": 0.6, "KGZ": 0.8, "MDA": 0.3, "TJK": 0.75, "UKR": 0.5, "UZB": 0.65}
ROUBLE, INCOME = -0.9, 1.5


def world(
    seed: int = 0,
    years: tuple[int, int] = (2003, 2019),
    common: float = 0.0,
    own: float = 0.0,
    shares: dict[str, float] = SHARES,
    persistent: bool = True,
) -> Panel:
    """Log remittances: a country's own growth, its share times the drivers, shocks of all and of each.

    ``persistent``: shocks stay (errors of the changes are independent); otherwise they pass (errors of the levels are).
    """
    rng = np.random.default_rng(seed)
    times = np.arange(years[0], years[1] + 1)
    rate = 3.4 + np.cumsum(rng.normal(0.05, 0.15, len(times)))
    real = 27.0 + np.cumsum(rng.normal(0.03, 0.04, len(times)))
    dollars = real - 0.8 * (rate - rate[0])
    rows = [pd.DataFrame({"economy": "RUS", "year": times, "rate": rate, "real": real, "dollars": dollars})]
    shared = rng.normal(0, common, len(times))
    for i, (origin, share) in enumerate(shares.items()):
        shock = shared + rng.normal(0, own, len(times))
        shock = np.cumsum(shock) if persistent else shock
        logs = 20 + 0.02 * i * (times - times[0]) + share * (ROUBLE * rate + INCOME * real) + shock
        rows.append(pd.DataFrame({"economy": origin, "year": times, "logs": logs}))
    frame = pd.concat(rows)
    codes = {
        "BX.TRF.PWKR.CD.DT": np.exp(frame["logs"]),
        "PA.NUS.FCRF": np.exp(frame["rate"]),
        "NY.GDP.MKTP.KD": np.exp(frame["real"]),
        "NY.GDP.MKTP.CD": np.exp(frame["dollars"]),
    }
    return Panel.from_frame(pd.DataFrame({"economy": frame["economy"], "year": frame["year"], **codes}))


def changed(panel: Panel, code: str, change) -> Panel:
    """The panel with one column changed by a function of the long frame."""
    frame = panel.to_frame()
    frame[code] = change(frame)
    return Panel.from_frame(frame)
