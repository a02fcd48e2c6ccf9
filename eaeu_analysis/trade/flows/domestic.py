"""Domestic trade: what an economy sells to itself, built from output, and how much rests on the rule.

Gravity with domestic trade separates trade that an agreement created from trade that it took from home, and lets
borders fall over time (Yotov 2012; Bergstrand, Larch and Yotov 2015). Output of goods is not published for most
economies, so it is put at a multiple of value added in agriculture and industry: 1.8, the ratio of the output of
agriculture, mining and manufacturing to that value added in Uzbekistan's input-output table of 2022. Everything is to
be shown for other ratios too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import BadInputError
from .flows import add_domestic
from .union_panel import TradePanel

if TYPE_CHECKING:
    from ...data.panel import Panel

RATIO = 1.8
RATIOS = (1.4, 1.8, 2.4)
INDICATORS = ("NY.GDP.MKTP.CD", "NV.AGR.TOTL.ZS", "NV.IND.TOTL.ZS")


def goods_output(panel: Panel, ratio: float = RATIO) -> pd.Series[Any]:
    """Gross output of goods in US$ by (economy, year): ``ratio`` times value added in agriculture and industry.

    ``panel`` has GDP in US$ and the two shares of value added (World Bank codes in ``INDICATORS``).
    Raises BadInputError for a ratio below one, or a panel without those series.
    """
    if ratio < 1:
        raise BadInputError(f"ratio {ratio:g}: output is at least the value added in it, so 1 or more was expected")
    gdp, farms, industry = (panel.column(code) for code in INDICATORS)
    return (ratio * gdp * (farms + industry) / 100).dropna().rename("output")


def with_domestic(trade: TradePanel, panel: Panel, ratio: float = RATIO) -> tuple[TradePanel, pd.DataFrame]:
    """The panel with a domestic flow per economy and year, and the economies that got none, with the reason.

    Economies without a domestic flow in some year leave the panel for that year on both sides.
    """
    flows = trade.flows.assign(product="TOTAL", basis="exporter_fob", source=trade.name, status="")
    full, left = add_domestic(flows, goods_output(panel, ratio))
    own = full[full["exporter"] == full["importer"]]
    have = pd.MultiIndex.from_frame(own[["exporter", "year"]])
    keep = np.ones(len(full), dtype=bool)
    for side in ("exporter", "importer"):
        keep &= np.asarray(pd.MultiIndex.from_frame(full[[side, "year"]]).isin(have))
    kept = full.loc[keep, ["exporter", "importer", "year", "usd", "rta"]].reset_index(drop=True)
    label = f"{trade.label}, domestic sales at {ratio:g} times value added"
    return replace(trade, label=label, flows=kept.fillna({"rta": 0.0})), left
