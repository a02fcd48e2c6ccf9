"""Domestic trade from output: the rule, what it leaves out, and the equation with falling borders."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.trade.flows.domestic import INDICATORS, goods_output, with_domestic
from eaeu_analysis.trade.flows.union_panel import TradePanel
from eaeu_analysis.trade.union.model import domestic_sensitivity

CODES = ["RUS", "KAZ", "BLR", "CHN", "DEU", "FRA", "TUR", "UZB", "USA", "IND"]
YEARS = (2008, 2012, 2016)


def macro(gdp: float = 1e12) -> Panel:
    rows = [(c, y, gdp, 10.0, 40.0) for c in CODES for y in YEARS]
    return Panel.from_frame(pd.DataFrame(rows, columns=["economy", "year", *INDICATORS]))


def trade() -> TradePanel:
    rng = np.random.default_rng(0)
    rows = [(a, b, y, float(np.exp(rng.normal(22, 1))), 0.0) for a in CODES for b in CODES if a != b for y in YEARS]
    flows = pd.DataFrame(rows, columns=["exporter", "importer", "year", "usd", "rta"])
    flows["rta"] = (rng.random(len(flows)) < 0.3).astype(float)
    return TradePanel("all goods", "simulated", flows, pd.DataFrame(), YEARS)


def test_output_is_a_multiple_of_value_added_in_goods() -> None:
    output = goods_output(macro(), 1.8)
    assert output["RUS", 2012] == pytest.approx(1.8 * 0.5e12)
    with pytest.raises(BadInputError, match="1 or more was expected"):
        goods_output(macro(), 0.9)
    bare = Panel.from_frame(pd.DataFrame({"economy": ["A"], "year": [2008], "NY.GDP.MKTP.CD": [1.0]}))
    with pytest.raises(BadInputError, match=r"NV\.AGR"):
        goods_output(bare)


def test_domestic_sales_are_output_less_exports() -> None:
    panel, left = with_domestic(trade(), macro(), 2.0)
    own = panel.flows[panel.flows["exporter"] == panel.flows["importer"]].set_index(["exporter", "year"])["usd"]
    sold = trade().flows.groupby(["exporter", "year"])["usd"].sum()
    np.testing.assert_allclose(own, 1e12 - sold.reindex(own.index))
    assert left.empty
    assert (panel.flows.loc[panel.flows["exporter"] == panel.flows["importer"], "rta"] == 0).all()


def test_an_economy_that_exports_more_than_it_makes_is_left_out_and_named() -> None:
    frame = macro().to_frame()
    frame.loc[frame["economy"] == "UZB", "NY.GDP.MKTP.CD"] = 1.0
    panel, left = with_domestic(trade(), Panel.from_frame(frame), 1.8)
    assert set(left["economy"]) == {"UZB"}
    assert left["reason"].str.contains("exceed output").all()
    assert not (set(panel.flows["exporter"]) | set(panel.flows["importer"])) & {"UZB"}


def test_the_table_shows_every_ratio_next_to_none() -> None:
    table = domestic_sensitivity(trade(), macro(), ratios=(None, 1.5, 2.0))
    assert list(table["domestic"].unique()) == ["none", "1.5", "2"]
    assert set(table.loc[table["domestic"] == "none", "regressor"]) == {"rta", "customs_union", "eaeu"}
    assert {"border_2012", "border_2016"} <= set(table.loc[table["domestic"] == "2", "regressor"])
