"""The change of remittances: the formula by hand, draws, bad input; and the work rights that a scenario states."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.impact.members.effects import union_effects
from eaeu_analysis.remittances import pass_through, remittance_change, remittances_received
from eaeu_analysis.scenario import load_scenario

RECEIVED = 8.0e9
small = st.floats(-1.5, 1.5)


def change(rouble: float, income: float, share: float = 0.75, rights: float = 0.0, received: float = RECEIVED) -> float:
    drivers = {"rouble": np.array([rouble]), "income": np.array([income])}
    elasticities = {"rouble": np.array([-1.0]), "income": np.array([4.0])}
    more = {"share": np.array([share]), "rights": np.array([rights]), "patents": np.zeros(1)}
    return float(remittance_change(received, drivers, elasticities, **more)[0])


def test_the_formula_by_hand() -> None:
    d = 0.75 * (-1.0 * 0.5 + 4.0 * -0.02) + 0.1
    assert change(0.5, -0.02, rights=0.1) == pytest.approx(8e9 * (math.exp(d) - 1))
    assert change(0.0, 0.0) == 0


@given(factor=st.floats(1e-6, 1e6), rouble=small)
def test_the_unit_of_money_does_not_matter(factor: float, rouble: float) -> None:
    assert change(rouble, 0.01, received=RECEIVED * factor) == pytest.approx(change(rouble, 0.01) * factor, rel=1e-9)


def test_draws_are_row_by_row() -> None:
    rng = np.random.default_rng(0)
    shocks, rights, share = rng.normal(0.3, 0.1, 50), rng.normal(0, 0.5, 50), rng.uniform(0.5, 0.8, 50)
    drivers = {"rouble": shocks, "income": np.full(50, 0.01)}
    elasticities = {"rouble": np.full(50, -1.0), "income": np.full(50, 4.0)}
    together = remittance_change(RECEIVED, drivers, elasticities, share=share, rights=rights, patents=np.zeros(50))
    for i in (0, 17, 49):
        assert together[i] == pytest.approx(change(shocks[i], 0.01, share[i], rights[i]), rel=1e-12)


def test_the_fall_of_2015_is_stated_with_its_sign_and_size() -> None:
    """What the pass-through says of Kyrgyzstan 2013-15 against what happened: 2,278 to 1,688 million US$ (WDI)."""
    estimate = pass_through()
    received = remittances_received("KGZ", 2013)
    assert received == pytest.approx(2278e6, rel=0.001)
    moves = {"rouble": math.log(60.94 / 31.84), "income": math.log(1 + 0.007) + math.log(1 - 0.02)}
    drivers = {name: np.array([value]) for name, value in moves.items()}
    elasticities = {name: np.array([value]) for name, value in estimate.coef.items()}
    share = np.array([estimate.share("KGZ")])
    found = remittance_change(received, drivers, elasticities, share=share, rights=np.zeros(1), patents=np.zeros(1))
    log, happened = math.log1p(float(found[0]) / received), math.log(1688 / 2278)
    assert log < happened < 0  # too deep: growth of its own is left out
    assert abs(log - happened) < 0.45


def test_a_change_without_a_finite_value_and_a_year_without_remittances_are_refused() -> None:
    with pytest.raises(BadInputError, match="has no finite value in dollars"):
        change(0.0, 0.0, rights=5000.0)
    with pytest.raises(NoDataError, match="in 2025: choose another baseline"):
        remittances_received("UZB", 2025)


def test_work_rights_of_the_scenario_are_the_counterfactuals_of_both_members_pooled() -> None:
    """Normal at 80 %, weights by inverse variance, deviations that move together: same years, same donors."""
    panel = load_panel(["remittances_usd", "SP.POP.TOTL"]).select(None, None, (1990, 2019))
    frame = union_effects(panel, ["remittances_usd"], units=["ARM", "KGZ"], pools=["rouble"], level=0.8).to_frame()
    sd = (frame["upper"] - frame["lower"]) / 2 / 1.2815515655446004 / 100
    weight = (1 / sd**2) / (1 / sd**2).sum()
    stated = load_scenario("uzb_eaeu_work_rights").quantities()["migration.work_rights"]
    assert stated.mean == pytest.approx(float((weight * frame["estimate"]).sum() / 100), abs=0.005)
    assert stated.sd == pytest.approx(float((weight * sd).sum()), abs=0.005)
