"""From the economy's own tariff to another.

Method. Imports from partners that pay duty move to the new rates by section; partners with free trade stay free, and so
do the economy's exports to them, which were free before. The world model gives trade, prices, revenue and welfare;
duties are handed back to households as they are collected (who keeps them is the channel of customs revenue).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...arrays import Array
from ..setting import Setting
from . import Shock


def shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Rates after, by cell; those of exports to members do not change."""
    found, laid = at.rates(values), at.rates(at.middle)
    rates = np.zeros((len(values), len(at.cells)))
    width = len(at.dutiable)
    for k, exporter in enumerate(at.exporters):
        before, after = found.pair(exporter)
        start = laid.pair(exporter)[0]  # the world is laid out at the middle: a draw's own start only shifts its change
        rates[:, k * width : (k + 1) * width] = np.clip(start + after - before, 0.0, None)
    return Shock(tariffs=rates)


def own_duties(at: Setting, values: pd.DataFrame, after: bool = False) -> Array:
    """(B,) duties on the imports of the baseline at the rates before or after, million US$."""
    found = at.rates(values)
    total = np.zeros(len(values))
    for k, exporter in enumerate(at.exporters):
        total += found.pair(exporter)[int(after)] @ at.imports[k] / 100
    return total


def unchanged(at: Setting, draws: int) -> Shock:
    """Every tariff as it was: what a scenario without channels asks for."""
    found = at.rates(at.middle)
    row = np.concatenate([found.pair(e)[0][0] for e in at.exporters] + [np.zeros(len(at.cells) - at.inward)])
    return Shock(tariffs=np.repeat(row[None], draws, axis=0))
