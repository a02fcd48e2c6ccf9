"""The common tariff of 2013 and tariffs by stage of processing: figures that the sources print."""

from __future__ import annotations

import numpy as np
import pytest

from eaeu_analysis.errors import NoDataError
from eaeu_analysis.trade.tariffs.steps import cet_2013, cet_2013_by_heading, tariffs_by_stage


def test_the_schedule_of_2013_has_its_codes_and_no_invented_rate() -> None:
    lines = cet_2013()
    counts = lines["kind"].value_counts().to_dict()
    assert counts == {"ad_valorem": 5222, "combined": 622, "excluded": 376, "specific": 45}
    unknown = lines["kind"].isin(["excluded", "specific"])
    assert lines.loc[unknown, "ad_valorem"].isna().all()
    assert lines.loc[~unknown, "ad_valorem"].notna().all()
    assert lines.loc[lines["part_of_code"], "code"].tolist() == ["640391", "640391", "640399", "640399"]


def test_averages_by_heading() -> None:
    table = cet_2013_by_heading()
    assert table.loc["0101", "rate"] == pytest.approx(3.75)  # 0, 5, 5 and 5 per cent by subheading
    assert np.isnan(table.loc["0103", "rate"])  # swine: excluded from the agreement
    assert table.loc["0103", "without_rate"] == 1
    assert table["rate"].notna().sum() == 1166


@pytest.mark.parametrize(
    ("economy", "stage", "before", "after", "low", "high"),
    [
        ("KGZ", "intermediate", 2014, 2015, 0.81, 2.84),
        ("KGZ", "raw", 2014, 2015, 2.74, 7.39),
        ("ARM", "intermediate", 2014, 2015, 0.35, 2.56),
        ("KAZ", "capital", 2008, 2010, 0.95, 3.76),
    ],
)
def test_steps_of_the_accessions(economy: str, stage: str, before: int, after: int, low: float, high: float) -> None:
    table = tariffs_by_stage([economy], [before, after]).set_index(["stage", "year"])["tariff"]
    assert (table[stage, before], table[stage, after]) == (low, high)


def test_a_year_that_repeats_the_year_before_is_marked() -> None:
    table = tariffs_by_stage(["KGZ", "ARM"], range(2009, 2017))
    assert set(table.loc[table["carried"], ["economy", "year"]].itertuples(index=False, name=None)) == {("KGZ", 2013)}
    with pytest.raises(NoDataError, match="Uzbekistan"):
        tariffs_by_stage(["UZB"])
