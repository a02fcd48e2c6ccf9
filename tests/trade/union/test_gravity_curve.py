"""The specification curve of gravity, the prior that follows from it, and the path with later matrices."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis import settings
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.trade.flows.domestic import INDICATORS
from eaeu_analysis.trade.flows.flows import load_flows
from eaeu_analysis.trade.flows.union_panel import TradePanel, all_goods
from eaeu_analysis.trade.union.curve import COLUMNS, SHIPPED, GravityCurve, _domestic, prior_of
from eaeu_analysis.trade.union.later import union_path, with_later_matrices
from eaeu_analysis.trade.union.other_sources import _own_flows, national_paths

SHIPPED_CURVE = json.loads((settings.data_dir() / "results" / SHIPPED).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.DataFrame(SHIPPED_CURVE["table"])[COLUMNS]


def test_every_choice_is_in_the_curve(table: pd.DataFrame) -> None:
    assert set(table["neighbours"]) == {"none", "never joined", "with Ukraine", "all that border members"}
    assert set(table["domestic"]) == {"none", "1.4", "1.8", "2.4"}
    assert set(table["border_trend"]) == {"none", "common", "members"}
    assert set(table["step"]) == {"customs union", "EAEU", "both"}
    assert not table.duplicated(COLUMNS[:5]).any()
    np.testing.assert_allclose(table["percent"], 100 * np.expm1(table["estimate"]), atol=1e-3)


def test_the_choice_of_neighbours_moves_the_net_effect(table: pd.DataFrame) -> None:
    """With Ukraine, or with all economies that border members, the EAEU step is several times as large."""
    rows = table.query("panel == 'all goods' and step == 'EAEU' and domestic == 'none' and neighbours != 'none'")
    net = rows.set_index("neighbours")["percent"]
    assert net["never joined"] < 30
    assert net["with Ukraine"] > 60
    assert net["all that border members"] > 80


def test_the_prior_has_the_spread_between_choices_and_within(table: pd.DataFrame) -> None:
    prior = prior_of(table)
    for name, value in SHIPPED_CURVE["prior"].items():
        assert value == pytest.approx(prior[name], abs=1e-5)
    both = table[(table["step"] == "both") & (table["domestic"] != "none")]
    assert prior["mean"] == pytest.approx(both["estimate"].mean())
    assert prior["sd"] ** 2 == pytest.approx((both["se"] ** 2).mean() + both["estimate"].var(ddof=0))
    assert prior["sd"] > both["se"].min()
    plain = both.query("domestic == '1.8' and border_trend == 'common'").iloc[0]
    assert plain["estimate"] == pytest.approx(-0.073, abs=0.01)
    curve = GravityCurve(table, prior, 0.9, ())
    assert curve.ranges().loc["both", "specifications"] == int((table["step"] == "both").sum())
    assert "for scenarios: -0.0" in curve.summary()
    assert "measure the union" in curve.plot().get_title(loc="left")


@pytest.mark.slow
def test_a_shipped_row_is_computed_again(table: pd.DataFrame) -> None:
    rows = _domestic(all_goods(), load_panel(list(INDICATORS)), 1.8, "common", 0.9)
    for row in rows:
        same = table[(table[COLUMNS[:5]] == pd.Series({c: row[c] for c in COLUMNS[:5]})).all(axis=1)].iloc[0]
        assert row["estimate"] == pytest.approx(same["estimate"], abs=2e-5)
        assert row["se"] == pytest.approx(same["se"], abs=2e-4)


def few() -> TradePanel:
    """The pinned panel with the members, their neighbours and some large economies, to be quick."""
    panel = all_goods()
    kept = ["ARM", "BLR", "KAZ", "KGZ", "RUS", "AZE", "GEO", "MDA", "TJK", "TKM", "UZB", "UKR", "CHN", "TUR", "DEU"]
    kept += ["FRA", "ITA", "POL", "USA", "JPN", "KOR", "IND", "BRA", "NLD", "ESP"]
    flows = panel.flows[panel.flows["exporter"].isin(kept) & panel.flows["importer"].isin(kept)]
    return TradePanel("all goods", "few", flows.reset_index(drop=True), panel.changes, panel.years)


def test_later_matrices_extend_the_path_and_are_named() -> None:
    panel, sources = with_later_matrices(few())
    assert panel.years == (2000, 2004, 2008, 2012, 2016, 2019, 2023)
    assert sources == {2019: "world_2019", 2023: "world_2023"}
    matrix = load_flows("world_2019", [2019])
    usd = matrix[(matrix["exporter"] == "RUS") & (matrix["importer"] == "KGZ")]["usd"].item()
    here = panel.flows.query("exporter == 'RUS' and importer == 'KGZ' and year == 2019")["usd"].item()
    assert here == usd
    path = union_path(few(), bias_correction=False)
    net = path.table[path.table["group"] == "founders less neighbours"].set_index("year")
    assert list(net.index) == [2000, 2004, 2008, 2016, 2019, 2023]
    assert list(net["same_source"]) == [True] * 4 + [False] * 2
    parts = path.table.set_index(["group", "year"])["estimate"]
    for year in net.index:
        assert net.loc[year, "estimate"] == pytest.approx(parts["founders", year] - parts["neighbours", year], abs=1e-9)
    assert "world_2019" in path.summary()
    assert "another source" in path.plot().get_title(loc="left")
    lines = path.table[path.table["source"] != "world_4yearly"].groupby("source")["year"].agg(["min", "max"])
    assert tuple(lines.loc["world_with_domestic"]) == (2011, 2022)
    assert tuple(lines.loc["kyrgyzstan_annual"])[1] == 2023
    assert set(path.table.loc[path.table["source"] == "kazakhstan_annual", "base"]) == {2018}
    assert "in 2014, before the EAEU" in path.summary()


def test_the_line_of_a_member_by_its_own_statistics_is_a_poisson_mean_of_ratios() -> None:
    """With partners and sides as effects and one group, the estimate of two years follows from totals by side."""
    rows = pd.DataFrame(national_paths(2012)).set_index(["group", "year"])
    own = _own_flows("KGZ", [])
    shares = own.assign(inside=own["partner"].isin(["ARM", "BLR", "KAZ", "RUS"]))
    total = shares[shares["year"].isin([2012, 2016])].groupby(["year", "side", "inside"])["usd"].sum().unstack()
    odds = np.log(total[True] / total[False]).unstack("side")
    change = (odds.loc[2016] - odds.loc[2012]).mean()
    assert rows.loc[("Kyrgyzstan with members", 2016), "estimate"] == pytest.approx(change, abs=0.25)
    assert rows.loc[("Kyrgyzstan with members", 2016), "estimate"] == pytest.approx(-0.38, abs=0.005)
