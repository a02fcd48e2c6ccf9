"""The weaker companions: rates of goods and stages from the shipped tables, and no finding from so few units."""

from __future__ import annotations

import numpy as np
import pytest

from eaeu_analysis.trade.tariff_exposure.companions import good_rate, goods_exposure, stage_exposure
from eaeu_analysis.trade.tariffs.steps import cet_2013, tariffs_by_stage


def test_a_good_has_a_rate_only_if_every_line_has_one() -> None:
    assert np.isnan(good_rate("8703"))  # the lines of cars that the agreement prints are the free ones
    assert np.isnan(good_rate("3004"))
    lines = cet_2013()
    milk = lines[lines["code"].str[:4].between("0401", "0406")]
    assert good_rate("0401-0406") == pytest.approx(milk.groupby(milk["code"].str[:6])["ad_valorem"].mean().mean())
    assert np.isnan(good_rate("9999"))


@pytest.mark.parametrize("economy", ["ARM", "KAZ", "KGZ"])
def test_stages_have_the_known_rise_and_too_few_units_to_find_anything(economy: str) -> None:
    found = stage_exposure(economy)
    assert found.spec["rise_known"]
    assert found.spec["products"] == 4
    assert found.finding != "found"
    assert found.detectable > 3
    if economy == "KGZ":
        table = tariffs_by_stage(["KGZ"]).query("stage == 'intermediate'").set_index("year")["tariff"]
        rise = np.log1p(table[[2016, 2017]].mean() / 100) - np.log1p(table[[2012, 2014]].mean() / 100)
        assert found.products.set_index("product").loc["intermediate", "x"] == pytest.approx(rise)


def test_the_listed_goods_find_nothing() -> None:
    found = goods_exposure()
    assert found.finding == "none"
    assert found.spec["products"] == 10
    assert not {"Cars", "Drugs"} & set(found.products["product"])
    assert not found.products["product"].isin(["Diesel fuel", "Natural gas"]).any()
