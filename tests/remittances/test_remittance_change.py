"""The change by channel: the formula by hand, exact sums, draws, work rights, patents, bad input."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.impact.members.effects import union_effects
from eaeu_analysis.remittances import (
    RemittanceBaseline,
    Share,
    known_by,
    pass_through,
    patents,
    remittance_baseline,
    remittance_change,
)
from eaeu_analysis.scenario.model.work_rights import (
    published_rights,
    work_rights,
    work_rights_panel,
)

BASE = RemittanceBaseline("UZB", 2019, 8.0e9, 64.0e9, Share(0.75, 0.55, 0.8, "made up"))
COEF = {"rouble": -1.0, "income": 4.0}
small = st.floats(-1.5, 1.5)


# -- the formula -----------------------------------------------------------------------------------------------
def test_the_formula_by_hand() -> None:
    found = remittance_change(BASE, {"rouble": 0.5, "income": -0.02}, COEF, rights=0.1)
    d = 0.75 * (-1.0 * 0.5 + 4.0 * -0.02) + 0.1
    assert found.log == pytest.approx([d])
    assert found.usd == pytest.approx([8e9 * (math.exp(d) - 1)])
    assert found.percent_of_gdp == pytest.approx([100 * 8e9 * (math.exp(d) - 1) / 64e9])
    assert found.by_channel["rouble"] == pytest.approx([-0.375])
    assert found.usd_by_channel["rouble"] == pytest.approx([8e9 * (math.exp(d) - 1) * -0.375 / d])


def test_nothing_changed_changes_nothing() -> None:
    found = remittance_change(BASE, {"rouble": 0.0, "income": 0.0}, COEF)
    assert (found.usd, found.log, found.percent_of_gdp) == (0, 0, 0)
    assert all(value == 0 for value in found.usd_by_channel.values())


@given(rouble=small, income=small, rights=small, share=st.floats(0, 1))
def test_channels_add_up_exactly(rouble: float, income: float, rights: float, share: float) -> None:
    found = remittance_change(BASE, {"rouble": rouble, "income": income}, COEF, rights=rights, share=share)
    assert sum(found.usd_by_channel.values()) == pytest.approx(found.usd, rel=1e-9, abs=1e-3)
    assert sum(found.by_channel.values()) == pytest.approx(found.log, rel=1e-9, abs=1e-12)


@given(factor=st.floats(1e-6, 1e6), rouble=small)
def test_the_unit_of_money_does_not_matter(factor: float, rouble: float) -> None:
    scaled = RemittanceBaseline("UZB", 2019, 8.0e9 * factor, 64.0e9 * factor, BASE.share)
    drivers = {"rouble": rouble, "income": 0.01}
    one, other = remittance_change(BASE, drivers, COEF), remittance_change(scaled, drivers, COEF)
    assert other.percent_of_gdp == pytest.approx(one.percent_of_gdp, rel=1e-9)
    assert other.usd == pytest.approx(one.usd * factor, rel=1e-9)


def test_draws_are_row_by_row() -> None:
    rng = np.random.default_rng(0)
    drawn = pd.DataFrame({"rouble": rng.normal(-1, 0.2, 50), "income": rng.normal(4, 1, 50)})
    shocks, rights, share = rng.normal(0.3, 0.1, 50), rng.normal(0, 0.5, 50), rng.uniform(0.5, 0.8, 50)
    together = remittance_change(BASE, {"rouble": shocks, "income": 0.01}, drawn, rights=rights, share=share)
    for i in (0, 17, 49):
        alone = remittance_change(
            BASE, {"rouble": shocks[i], "income": 0.01}, drawn.iloc[i], rights=rights[i], share=share[i]
        )
        assert together.usd[i] == pytest.approx(alone.usd[0], rel=1e-12)
    assert len(together.to_frame()) == 50
    assert "usd, work rights" in together.to_frame()


def test_the_fall_of_2015_is_stated_with_its_sign_and_size() -> None:
    """What the pass-through says of Kyrgyzstan 2013-15 against what happened: 2,278 to 1,688 million US$ (WDI)."""
    estimate = pass_through()
    base = remittance_baseline("KGZ", 2013, known_by=2013)
    assert base.remittances_usd == pytest.approx(2278e6, rel=0.001)
    moves = {"rouble": math.log(60.94 / 31.84), "income": math.log(1 + 0.007) + math.log(1 - 0.02)}
    found = remittance_change(base, moves, estimate.coef, share=estimate.share("KGZ"))
    happened = math.log(1688 / 2278)
    assert found.log[0] < happened < 0  # too deep: growth of its own is left out
    assert abs(found.log[0] - happened) < 0.45


def test_income_in_dollars_stands_alone() -> None:
    found = remittance_change(BASE, {"income_usd": -0.5}, {"income_usd": 1.4})
    assert found.log == pytest.approx([0.75 * 1.4 * -0.5])
    with pytest.raises(BadInputError, match="give it alone"):
        remittance_change(BASE, {"income_usd": -0.5, "rouble": 0.1}, {"income_usd": 1.4, "rouble": -1})


@pytest.mark.parametrize(
    ("kw", "sentence"),
    [
        ({"drivers": {"rubel": 0.1, "income": 0}}, "driver of a coefficient 'rouble' not known"),
        ({"drivers": {"rouble": 0.1, "income": 0, "oil": 1}}, "coefficient of a driver 'oil' not known"),
        ({"share": 1.2}, "share of Russia is 1.2; expected between 0 and 1"),
        ({"rights": 0.1, "patents": 0.05}, "give rights or patents, not both"),
        ({"rights": [0.1, 0.2], "unexplained": [0.0, 0.1, 0.2]}, "work rights has 2 draws where others have 3"),
        ({"rights": float("nan")}, "work rights is not finite"),
        ({"rights": "much"}, "work rights is no number"),
        ({"rights": [[0.1]]}, "work rights is of 2 dimensions"),
        ({"rights": 5000.0}, "has no finite value in dollars"),
    ],
)
def test_bad_input_is_one_sentence(kw, sentence: str) -> None:
    kw = {"drivers": {"rouble": 0.1, "income": 0.0}, **kw}
    drivers = kw.pop("drivers")
    with pytest.raises(BadInputError) as caught:
        remittance_change(BASE, drivers, COEF, **kw)
    assert sentence in str(caught.value)


# -- baseline --------------------------------------------------------------------------------------------------
def test_baseline_is_the_panels() -> None:
    base = remittance_baseline("Uzbekistan", 2019)
    assert base.remittances_usd == pytest.approx(8546e6, rel=0.001)  # the same in the editions of 2023 and 2026
    assert base.percent_of_gdp == pytest.approx(100 * base.remittances_usd / base.gdp_usd)
    assert (base.share.value, base.share.low < 0.6) == (0.77, True)
    assert remittance_baseline("UZB", 2019, known_by=2013).share.value < 0.7
    with pytest.raises(NoDataError, match="has no BX"):
        remittance_baseline("UZB", 2025)


# -- work rights -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def rights():
    return work_rights()


def test_work_rights_are_the_counterfactuals_pooled(rights) -> None:
    """Computed again from the effects: normal at 80 %, inverse variances, deviations that move together."""
    panel = work_rights_panel().select(None, None, (1990, 2019))
    frame = union_effects(panel, ["remittances_usd"], units=["ARM", "KGZ"], pools=["rouble"], level=0.8).to_frame()
    sd = (frame["upper"] - frame["lower"]) / 2 / 1.2815515655446004 / 100
    weight = (1 / sd**2) / (1 / sd**2).sum()
    assert rights.mean == pytest.approx(float((weight * frame["estimate"]).sum() / 100))
    assert rights.sd == pytest.approx(float((weight * sd).sum()))
    assert rights.table["weight"].sum() == pytest.approx(1)
    assert set(rights.table.loc[rights.table["weight"] > 0, "pool"]) == {"rouble"}


def test_work_rights_are_no_clear_effect_and_say_so(rights) -> None:
    low, high = rights.interval
    assert low < 0 < high
    assert "no clear effect" in rights.summary()
    assert next(c for c in rights.checks if c.name == "stands out").passed is False
    assert "not clear" in rights.plot().get_title(loc="left")


def test_a_backtest_leaves_its_own_country_out(rights) -> None:
    armenia = work_rights(members=["Armenia"])
    row = rights.table[(rights.table["unit"] == "ARM") & (rights.table["pool"] == "rouble")].iloc[0]
    assert armenia.mean == pytest.approx(row["estimate"])
    assert armenia.sd == pytest.approx(row["sd"])


def test_later_years_are_not_seen(rights) -> None:
    later = work_rights_panel()
    column = later.column("remittances_usd").copy()
    column[column.index.get_level_values(1) > 2019] *= 3
    changed = work_rights(later.with_column("remittances_usd", column, later.info("remittances_usd")))
    assert (changed.mean, changed.sd) == (rights.mean, rights.sd)


def test_work_rights_draws(rights) -> None:
    drawn = rights.draws(50_000, seed=2)
    assert drawn.mean() == pytest.approx(rights.mean, abs=0.02)
    assert drawn.std() == pytest.approx(rights.sd, rel=0.02)
    np.testing.assert_array_equal(drawn, rights.draws(50_000, seed=2))


def test_published_rights_are_the_study_in_log_points() -> None:
    low, high = published_rights()  # 6 and 11 per cent, Oksinenko (2023)
    assert (math.exp(low), math.exp(high)) == pytest.approx((1.06, 1.11))


def test_what_was_known_by_2014() -> None:
    then = known_by(2014).set_index("piece")["known"]
    assert then["matrix_2010"] == "yes"
    assert then["matrix_2017"] == "no"
    assert then["stock_undesa"] == "revised"
    assert then["work rights"] == "no"
    assert (then[[p for p in then.index if p.startswith("patents")]] == "no").all()
    assert not (known_by(2026)["known"] == "no").any()


@pytest.mark.parametrize(
    ("kw", "sentence"),
    [
        ({"last_year": 2013}, "no effect of work rights is known as of 2013"),
        ({"members": []}, "work rights need one member at least"),
        ({"members": ["UZB"]}, "is not a member of EAEU"),
    ],
)
def test_work_rights_bad_input(kw, sentence: str) -> None:
    with pytest.raises(EaeuError) as caught:
        work_rights(**kw)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


# -- patents ---------------------------------------------------------------------------------------------------
def test_every_entry_of_patents_has_a_source_and_a_range_that_holds_its_value() -> None:
    table = patents()
    assert table["source"].str.len().gt(3).all()
    assert set(table["confidence"]) <= {"S", "S2", "assumption"}  # nothing recalled reaches a report
    ranged = table.dropna(subset=["low"])
    assert ((ranged["low"] <= ranged["value"]) & (ranged["value"] <= ranged["high"])).all()
