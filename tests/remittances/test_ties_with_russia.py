"""Exposure to Russia: shares by hand from the pinned tables, missing where unknown, and donors matched on it."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.curve.estimates import slim_panel
from eaeu_analysis.impact.curve.grid import default_grid
from eaeu_analysis.impact.members.effects import effects_plan, union_effects
from eaeu_analysis.remittances.ties_with_russia import COLUMNS, russia_shares, with_exposure


@pytest.fixture(scope="module")
def world():
    return load_panel(["trade", "remittances", "NY.GDP.MKTP.CD"])


def test_trade_with_russia_is_both_directions_over_gdp(world):
    panel = with_exposure(world)
    assert panel.info("trade_russia").unit == "% of GDP"
    own = panel.wide("trade_russia")
    assert own.drop(index=2005).isna().all(axis=None), "one year is known"
    by_hand = 100 * (146_220_100 + 376_774_200) / world.wide("NY.GDP.MKTP.CD").loc[2005, "KGZ"]
    assert own.loc[2005, "KGZ"] == pytest.approx(by_hand, rel=1e-4)
    assert own.loc[2005].idxmax() == "BLR"
    assert "RUS" not in own.loc[2005].dropna().index


def test_remittances_from_russia_are_receipts_times_its_share(world):
    panel = with_exposure(world)
    shares = russia_shares()
    assert shares.between(0, 1).all()
    for economy in ("KGZ", "TJK", "MEX"):
        np.testing.assert_allclose(
            panel.wide("remittances_russia")[economy], world.wide("remittances")[economy] * shares[economy]
        )
    assert shares["MEX"] < 0.001 < shares["LTU"] < shares["KGZ"]
    assert {"UZB", "TKM"} <= set(shares.index), "not in the matrix, but migrants abroad are counted"
    assert "SGP" not in shares.index, "no receiver of the matrix: not known, which is not nothing"
    leaning = panel.wide("remittances_russia").loc[2009:2013].mean().sort_values(ascending=False)
    assert {"TJK", "KGZ", "ARM", "MDA"} == set(leaning.index[:4])


def test_columns_that_are_there_stay_and_others_are_refused(world):
    once = with_exposure(world, ("trade_russia",))
    assert set(COLUMNS) & set(once.frame.columns) == {"trade_russia"}
    assert with_exposure(once).frame["trade_russia"].equals(once.frame["trade_russia"])
    with pytest.raises(BadInputError, match="exposure 'trade_rusia' not known; did you mean 'trade_russia'"):
        with_exposure(world, ("trade_rusia",))
    with pytest.raises(BadInputError, match="units of this panel are others"):
        with_exposure(as_panel(factor_model(np.random.default_rng(0), 5, 12)))


def test_the_curve_makes_them_itself(world):
    assert not set(COLUMNS) & set(default_grid().series("trade")), "nothing that has to be loaded"
    used = {rule.indicator for rule in default_grid().predictors["exposure"]}
    assert set(COLUMNS) <= used
    slim, columns = slim_panel(world, "trade", ["trade_russia", "remittances_russia"], False)
    assert columns == {name: name for name in ("trade", *COLUMNS)}
    assert slim.wide("trade_russia")["KGZ"].notna().sum() == 1


@pytest.fixture(scope="module")
def effects(world):
    return union_effects(world, ["trade"], units=["KGZ"], pools=["wide", "exposure"], method="sc-demeaned")


def test_donors_matched_on_exposure_are_nearer_in_it(world, effects):
    panel = with_exposure(world)
    trade = panel.wide("trade_russia").loc[2005]
    money = panel.wide("remittances_russia").loc[2009:2013].mean()
    away = {}
    for question, effect in effects.effects.items():
        weights = effect.weights
        away[question.pool] = [
            abs(exposure["KGZ"] - float((exposure.reindex(weights.index).fillna(0.0) * weights).sum()))
            for exposure in (trade, money)
        ]
    assert away["exposure"][0] < away["wide"][0]
    assert away["exposure"][1] < away["wide"][1]
    assert set(effects.table["reason"]) == {""}


def test_the_specification_of_the_matched_pool_is_data(effects):
    matched = next(e for q, e in effects.effects.items() if q.pool == "exposure")
    v = matched.spec["v"]
    exposure = [weight for label, weight in v.items() if label.split()[0] in COLUMNS]
    assert sum(exposure) == pytest.approx(effects_plan().pools["exposure"]["share"])
    assert sum(v.values()) == pytest.approx(1.0)
    assert effects_plan().default_pools == ("alike",)
    assert "exposure" not in effects_plan().alternatives


def test_an_estimator_without_predictors_says_so(world):
    found = union_effects(world, ["trade"], units=["KGZ"], pools=["exposure"], method="did")
    assert found.table["reason"].iloc[0].startswith("pool 'exposure' is matched on predictors")


def test_russia_itself_has_no_exposure_to_russia(world):
    found = union_effects(world, ["trade"], units=["RUS"], pools=["exposure"])
    assert "no value for the treated unit RUS" in found.table["reason"].iloc[0]
