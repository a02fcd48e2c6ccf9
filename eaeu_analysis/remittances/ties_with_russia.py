"""Who shares the exposure to Russia and its rouble: two columns to match donors by, trade and money sent home.

A pool of donors of one region shares the shock on average; a predictor makes the weighted donors share it in the
measure of the treated economy, so that what the rouble did falls out and what joining did is left.
"""

from __future__ import annotations

import functools

import pandas as pd

from ..data.load import load_panel
from ..data.panel import Panel
from ..errors import BadInputError, EaeuError, require_option
from ..reference.shipped_tables import FLOWS, REMITTANCES
from ..series import SeriesInfo
from ..trade.flows.flows import load_flows
from .shares import corridors
from .tables import ORIGINS, WORLD, load_remittance_table

TRADE, MONEY = "trade_russia", "remittances_russia"
COLUMNS = (TRADE, MONEY)
MATRIX, MATRIX_YEAR = "world_sitc", 2005  # the one matrix of all flows, those of non-reporters too, before the union
SHARES, SHARES_YEAR = "from_russia_2010", 2013  # shares as they were known before the rouble fell
GDP = "NY.GDP.MKTP.CD"


def with_exposure(panel: Panel, columns: tuple[str, ...] = COLUMNS) -> Panel:
    """``panel`` with exposure to Russia in per cent of GDP.

    "trade_russia": goods exports to and imports from Russia, in 2005 alone. "remittances_russia": remittances received
    times Russia's share in them as known in 2013, in every year. Missing where a flow or a share is not known, and for
    Russia itself. A column that is there already stays. BadInputError for a panel that is not of economies.
    """
    if not panel.world:
        raise BadInputError("exposure to Russia is known of economies; the units of this panel are others")
    for name in columns:
        require_option("exposure", name, COLUMNS)
        if name not in panel.frame.columns:
            values, info = trade_with_russia() if name == TRADE else money_from_russia()
            panel = panel.with_column(name, values, info)
    return panel


@functools.lru_cache
def trade_with_russia() -> tuple[pd.Series[float], SeriesInfo]:
    """By (economy, year): goods trade with Russia, % of GDP; only where both directions are known."""
    flows = load_flows(MATRIX, [MATRIX_YEAR])
    sold = flows[flows["importer"] == "RUS"].set_index("exporter")["usd"]
    bought = flows[flows["exporter"] == "RUS"].set_index("importer")["usd"]
    gdp = load_panel([GDP])
    share = pd.Series(100.0 * (sold + bought) / gdp.wide(GDP).loc[MATRIX_YEAR], dtype="float64").dropna()
    index = pd.MultiIndex.from_product([share.index, [MATRIX_YEAR]], names=["economy", "year"])
    info = SeriesInfo(
        code=TRADE,
        label="Goods trade with Russia, 2005",
        unit="% of GDP",
        kind="share",
        formula="100 * (exports to + imports from Russia) / GDP",
        derived_from=(FLOWS.info(MATRIX), gdp.info(GDP)),
    )
    return pd.Series(share.to_numpy(), index), info


@functools.lru_cache
def money_from_russia() -> tuple[pd.Series[float], SeriesInfo]:
    """By (economy, year): remittances from Russia, % of GDP."""
    received = load_panel(["remittances"])
    shares = russia_shares()
    table = received.wide("remittances")
    values = pd.Series((table[table.columns.intersection(shares.index)] * shares).T.stack().dropna(), dtype="float64")
    info = SeriesInfo(
        code=MONEY,
        label=f"Remittances from Russia, its share as of {SHARES_YEAR}",
        unit="% of GDP",
        kind="share",
        formula="remittances received * Russia's share",
        derived_from=(received.info("remittances"), REMITTANCES.info(SHARES)),
    )
    return values.rename_axis(["economy", "year"]), info


def russia_shares() -> pd.Series[float]:
    """Russia's share in the remittances of every receiver whose corridors are known: the best source of each former
    Soviet economy (:func:`..remittances.shares.corridors`), the World Bank's matrix elsewhere."""
    matrix = load_remittance_table(SHARES).pivot(index="origin", columns="destination", values="usd")
    shares = (matrix["RUS"] / matrix[WORLD]).dropna()
    for origin in ORIGINS:
        try:
            shares[origin] = corridors(origin, SHARES_YEAR).share("RUS").value
        except EaeuError:
            shares = shares.drop(origin, errors="ignore")
    return shares.sort_index().rename("share")
