"""The tariff channel market by market (SMART), for Uzbekistan by HS chapter: a second answer to the same question.

Method. Laird and Yeats (1986) with the import-demand elasticities of the data: incomes and all other markets stand
still. Imports by chapter are those of 2025, scaled to the imports of the baseline year; partners divide a chapter as
they divide its section in the baseline, because imports by partner and chapter are not available. Shown with the world
model's answer and never added to it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...arrays import Array
from ...trade.tariffs.partial_equilibrium import effects
from .setting import Setting
from .tariff_rates import Rates, by_chapter, chapters, surcharge

AT_ONCE = 50  # draws in one call: a draw's chapters are products of their own
GROUPS = ("free", "CHN", "TUR", "KOR", "EU", "rest", "full")
OUTCOMES = (
    "smart_imports",
    "smart_diverted",
    "smart_duties",
    "smart_consumers",
    "smart_net_of_gdp",
    "smart_from_members",
    "smart_from_CHN",
)


def applies(at: Setting) -> bool:
    """Whether the scenario has a tariff by chapter."""
    block = at.scenario.tariffs
    return by_chapter(at.economy) and block is not None and block.schedule not in ("average", "sections")


def shares(at: Setting) -> pd.DataFrame:
    """Share of each group of partners in the imports of a section (rows) in the baseline."""
    of = [_group(at, exporter, at.regime_of(exporter)) for exporter in at.exporters]
    table = pd.DataFrame(at.imports, index=of).groupby(level=0).sum().reindex(list(GROUPS)).fillna(0.0)
    total = table.sum()
    return table.div(total.where(total > 0, 1.0), axis=1).T


def _group(at: Setting, exporter: str, regime: str) -> str:
    if regime != "mfn":
        return "free" if regime == "freed" else regime
    if exporter in ("CHN", "TUR", "KOR"):
        return exporter
    return "EU" if exporter in at.partners.get("EU", ()) else "rest"


def partial_outcomes(at: Setting, values: pd.DataFrame) -> dict[str, Array]:
    """Totals of every draw, million US$."""
    some = [values.iloc[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE)]
    parts = [_some(at, rows, at.rates(rows)) for rows in some]
    return {name: np.concatenate([part[name] for part in parts]) for name in OUTCOMES}


def _some(at: Setting, values: pd.DataFrame, found: Rates) -> dict[str, Array]:
    table = chapters().table
    weight = table["weight"].to_numpy()
    weight = weight * (at.imports.sum() / weight.sum())
    split = shares(at).to_numpy()[table["section"].astype(int).to_numpy()]  # (chapters, groups)
    draws, (n, groups) = len(values), split.shape
    value = np.broadcast_to(weight[:, None] * split, (draws, n, groups))
    charged = np.array([g != "free" for g in GROUPS])
    own, after = found.by_chapter
    law = table["own"].to_numpy()
    added = surcharge(at.economy, law) * np.divide(own, law, out=np.zeros_like(own), where=law > 0)
    full = np.where(np.array(GROUPS) == "full", added[:, :, None], 0.0)
    before = np.where(charged, own[:, :, None] + full, 0.0)
    new = np.where(charged, after[:, :, None], 0.0)
    product = np.repeat(np.arange(draws * n), groups)
    frame = pd.DataFrame(
        {
            "product": product,
            "partner": np.tile(np.arange(groups), draws * n),
            "value": value.ravel(),
            "before": before.ravel(),
            "after": new.ravel(),
        }
    )
    demand = (values["elasticities.demand"].to_numpy()[:, None] * table["demand"].to_numpy()).ravel()[product]
    swap = np.repeat(values["elasticities.substitution"].to_numpy(), n)[product]
    none = np.zeros(len(frame))
    result = effects(frame, demand, swap, np.full(len(frame), np.inf), none, none, "laird-yeats")
    draw = product // n
    moved = result["imports_after"] - result["imports_before"]

    def total(column: pd.Series[float], keep: pd.Series[bool] | None = None) -> Array:
        weights = column.to_numpy() if keep is None else column.where(keep, 0.0).to_numpy()
        return np.asarray(np.bincount(draw, weights=weights, minlength=draws), dtype=np.float64)

    return {
        "smart_imports": total(moved),
        "smart_diverted": total(result["diversion"].clip(lower=0)),
        "smart_duties": total(result["duty_change"]),
        "smart_consumers": total(result["consumer_surplus"]),
        "smart_net_of_gdp": 100 * total(result["consumer_surplus"] + result["duty_change"]) / at.gdp,
        "smart_from_members": total(moved, result["partner"] == GROUPS.index("free")),
        "smart_from_CHN": total(moved, result["partner"] == GROUPS.index("CHN")),
    }
