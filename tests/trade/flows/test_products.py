"""Trade by product: what is pinned agrees with the tables by partner and with the figures of its source."""

from __future__ import annotations

import pytest

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.trade.flows.flows import flow_names, load_flows
from eaeu_analysis.trade.flows.products import armenian_headings, kyrgyz_goods
from eaeu_analysis.trade.tariffs.steps import cet_2013_by_heading


def test_headings_of_armenia_add_up_to_its_partners() -> None:
    """To 2 % below, since trade with partners that have no code is not in the table by partner."""
    headings = armenian_headings("exports").groupby("year")["usd"].sum()
    partners = load_flows("armenia_annual")
    own = partners[partners["basis"] == "exporter_fob"].groupby("year")["usd"].sum()
    assert (headings / own).between(1.0, 1.02).all()
    assert list(headings.index) == list(range(2007, 2025))
    bought = partners[(partners["basis"] == "importer_cif") & (partners["year"] == 2014)]["usd"].sum()
    assert armenian_headings(years=[2014])["usd"].sum() == pytest.approx(bought, rel=0.002)


def test_a_row_of_a_heading_has_trade_and_a_quantity_only_where_it_is_recorded() -> None:
    table = armenian_headings("imports")
    assert table["heading"].str.fullmatch(r"\d{4}").all()
    assert not table.duplicated(["heading", "year", "month"]).any()
    assert (table["usd"] > 0).all()
    assert table["tonnes"].isna().sum() == 399
    assert (table["tonnes"].dropna() > 0).all()


def test_the_tariff_of_2013_covers_nine_tenths_of_what_armenia_imported_before_it_joined() -> None:
    bought = armenian_headings(years=[2014]).groupby("heading")["usd"].sum()
    rates = cet_2013_by_heading()["rate"].reindex(bought.index)
    assert bought[rates.notna()].sum() / bought.sum() == pytest.approx(0.916, abs=0.001)


def test_goods_of_kyrgyzstan() -> None:
    bought = kyrgyz_goods("imports")
    assert bought["good"].nunique() == 33
    total = bought[bought["good"] == "TOTAL"].set_index("year")["usd"]
    assert total[1994] == pytest.approx(317_004_700)
    share = bought[bought["good"] != "TOTAL"].groupby("year")["usd"].sum() / total
    assert 0.26 < share.loc[2009:2023].min() < share.loc[2009:2023].max() < 0.45
    assert kyrgyz_goods("exports").set_index(["good", "year"])["hs"]["Gold", 2014] == "7108"


def test_a_direction_or_a_year_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInputError, match="import"):
        armenian_headings("import")  # type: ignore[arg-type]
    with pytest.raises(NoDataError, match="2007 to 2024"):
        armenian_headings(years=[2006])
    assert not {"armenia_headings", "kyrgyzstan_goods"} & set(flow_names())
