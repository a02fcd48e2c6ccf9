"""The curve on panels of economies: donors, logarithms, other measures of an outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eaeu_analysis.impact.curve.grid import default_grid
from eaeu_analysis.impact.curve.run import specification_curve


# -- the union ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def world():
    from eaeu_analysis.data.load import load_panel

    return load_panel(["trade", "remittances", "gdp_per_head", "merchandise_trade", "SP.POP.TOTL"])


def test_nobody_in_the_union_is_a_donor_and_logs_are_taken(world):
    grid = replace(
        default_grid(), estimators=("did",), before=(9,), after=(4,), shocks=("kept",), measures={}, predictors={}
    )
    curve = specification_curve(world, "gdp_per_head", "Kyrgyzstan", "2015-08-12", grid)
    assert curve.measure_unit == "log points x 100"
    assert curve.spec["unit"] == "KGZ"
    assert not {"ARM", "BLR", "KAZ", "RUS", "KGZ"} & set(curve.statistics.columns)
    assert {"TJK", "UZB", "MDA", "UKR"} <= set(curve.statistics.columns)
    assert curve.table.set_index("pool").loc["cis", "donors"] == 7
    row = curve.table.set_index("pool").loc["cis"]
    wide = world.with_outcome("gdp_per_head").wide("gdp_per_head")
    logs = 100 * np.log(wide[["KGZ", "AZE", "GEO", "MDA", "TJK", "TKM", "UKR", "UZB"]])
    change = logs.loc[2015:2019].mean() - logs.loc[2006:2014].mean()
    assert row["estimate"] == pytest.approx(change["KGZ"] - change.drop("KGZ").mean())


def test_other_measures_of_an_outcome_are_in_the_curve(world):
    grid = replace(default_grid(), estimators=("did",), before=(9,), after=(4,), shocks=("kept",), predictors={})
    table = specification_curve(world, "trade", "KGZ", 2015, grid).table
    assert set(table["measure"]) == {"trade", "merchandise_trade"}
    # the pinned panel of this test has no published remittances: a row with its reason
    table = specification_curve(world, "remittances", "KGZ", 2015, grid).table
    assert table.loc[table["measure"] == "remittances_published", "failed"].str.contains("lacks the series").all()


@pytest.mark.slow
def test_the_default_grid_on_kyrgyz_exports():
    from eaeu_analysis.data.load import load_panel

    curve = specification_curve(load_panel(), "exports", "KGZ", 2015, jobs=2, limit=300)
    assert (curve.table["failed"] == "").all()
    assert curve.answered["estimate"].abs().max() < 100
    assert 0 < curve.test().p_value <= 1
