"""Trade by product: what is pinned agrees with the tables by partner and with the figures of its source."""

from __future__ import annotations

import pytest

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.reference.shipped_tables import FLOWS
from eaeu_analysis.trade.flows.flows import flow_names, load_flows
from eaeu_analysis.trade.flows.products import (
    armenian_headings,
    kyrgyz_goods,
    sales_with_domestic,
)
from eaeu_analysis.trade.tariffs.steps import cet_2013_by_heading


def test_headings_of_armenia_add_up_to_its_partners() -> None:
    """In all 18 years and both directions, to rounding."""
    partners = load_flows("armenia_annual")
    for direction, basis in (("exports", "exporter_fob"), ("imports", "importer_cif")):
        headings = armenian_headings(direction).groupby("year")["usd"].sum()
        own = partners[partners["basis"] == basis].groupby("year")["usd"].sum()
        assert list(headings.index) == list(range(2007, 2025))
        assert (headings / own).sub(1).abs().max() < 2e-5


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
        armenian_headings("import")  # type: ignore[arg-type] # wrong on purpose
    with pytest.raises(NoDataError, match="2007 to 2024"):
        armenian_headings(years=[2006])
    assert not {"armenia_headings", "kyrgyzstan_goods"} & set(flow_names())


def test_months_of_russian_customs_add_up_to_the_table_by_year() -> None:
    """Partners of both tables by the same source: every year of Uzbekistan to 0.1 %; Kazakhstan has half of 2010."""
    months = 1e6 * FLOWS.load("russia_months").query("flow == 'imports'").groupby(["partner", "year"])["musd"].sum()
    years = load_flows("russia_annual").query("importer == 'RUS'").set_index(["exporter", "year"])["usd"]
    ratio = (months / years.rename_axis(["partner", "year"])).dropna()
    assert ratio["UZB"].sub(1).abs().max() < 0.001
    assert ratio["KAZ", 2010] == pytest.approx(0.6, abs=0.02)
    assert ratio["CHN"].sub(1).abs().max() < 1e-9


def test_chapters_of_uzbekistan_show_both_sides_and_are_not_totals() -> None:
    table = FLOWS.load("uzbekistan_chapters").query("year == 2019")
    russia = table[table["partner"] == "RUS"]
    assert russia["partner_exports_usd"].sum() / 1e6 == pytest.approx(3908, abs=1)  # Russian customs
    customs = (
        load_flows("russia_annual").query("exporter == 'RUS' and importer == 'UZB' and year == 2019")["usd"].item()
    )
    assert russia["partner_exports_usd"].sum() == pytest.approx(customs, rel=0.001)
    official = FLOWS.load("uzbekistan_goods").set_index("year")["imports_usd"]
    assert 0.5 < table["imports_usd"].sum() / official[2019] < 0.95


def test_domestic_sales_are_most_of_what_an_economy_buys() -> None:
    table = sales_with_domestic([2019])
    home = table[table["exporter"] == table["importer"]].groupby("importer")["usd"].sum()
    assert len(home) == 81
    assert (home / table.groupby("importer")["usd"].sum()).median() > 0.6
    assert not {"KGZ", "ARM", "UZB"} & set(table["importer"])
