"""Stacked members: the truth behind a shock that is proportional to exposure; the shipped data by other code."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.impact.members.stacked import StackedMembers, stacked_estimate
from eaeu_analysis.remittances.ties_with_russia import with_exposure

UNITS = ["ARM", "KGZ", "AZE", "GEO", "MDA", "TJK", "UKR", "UZB"]
YEARS = [year for year in range(2005, 2020) if year != 2015]


def simulated(seed: int, effect: float) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame, pd.Series]:
    """Outcomes that the rouble moves by exposure, which is larger for the members, and that joining moves by effect."""
    draw = np.random.default_rng(seed)
    exposures = pd.DataFrame({"trade": draw.uniform(5, 25, 8), "money": draw.uniform(2, 20, 8)}, index=UNITS)
    exposures.loc[["ARM", "KGZ"], "money"] = [22.0, 24.0]
    rate = pd.Series(np.log(np.linspace(28, 30, 15)) + 0.7 * (np.arange(2005, 2020) >= 2015), index=range(2005, 2020))
    rate += draw.normal(0, 0.1, 15)
    after = (np.array(YEARS) > 2015).astype(float)
    common = draw.normal(0, 2, len(YEARS))
    wide = pd.DataFrame(index=YEARS, columns=UNITS, dtype=float)
    for unit in UNITS:
        shock = (-0.3 * exposures.loc[unit, "trade"] - 0.8 * exposures.loc[unit, "money"]) * rate.loc[YEARS].to_numpy()
        wide[unit] = 50 + common + shock + effect * after * (unit in ("ARM", "KGZ")) + draw.normal(0, 0.5, len(YEARS))
    return wide, after, exposures, rate


def test_the_shock_goes_out_with_the_control_and_stays_in_without_it() -> None:
    for seed in range(5):
        wide, after, exposures, rate = simulated(seed, 5.0)
        assert stacked_estimate(wide, ["ARM", "KGZ"], after, exposures, rate, True) == pytest.approx(5.0, abs=1.5)
        assert stacked_estimate(wide, ["ARM", "KGZ"], after, exposures, rate, False) < 2.0


def test_a_missing_value_is_left_out_and_not_zero() -> None:
    wide, after, exposures, rate = simulated(1, 5.0)
    wide.loc[2007, "KGZ"] = np.nan
    assert stacked_estimate(wide, ["ARM", "KGZ"], after, exposures, rate, True) == pytest.approx(5.0, abs=1.5)


@pytest.fixture(scope="module")
def found() -> StackedMembers:
    return ea.stacked_members()


def test_separate_code_gives_the_estimate_and_the_rank(found: StackedMembers) -> None:
    import statsmodels.formula.api as smf

    panel = with_exposure(ea.load_panel(["trade", "PA.NUS.FCRF"]))
    rate = np.log(panel.wide("PA.NUS.FCRF")["RUS"])
    money, trade = panel.wide("remittances_russia").loc[2010:2013].mean(), panel.wide("trade_russia").mean()
    tall = panel.wide("trade")[UNITS].loc[2005:2019].drop(index=2015).stack().rename("y").reset_index()
    tall.columns = ["year", "unit", "y"]
    tall["m"] = tall["unit"].map(money) * tall["year"].map(rate)
    tall["t"] = tall["unit"].map(trade) * tall["year"].map(rate)

    def effect(treated: tuple[str, ...], rows: pd.DataFrame) -> float:
        rows = rows.assign(d=rows["unit"].isin(treated) * (rows["year"] > 2015))
        return float(smf.ols("y ~ d + m + t + C(unit) + C(year)", rows).fit().params.filter(like="d").iloc[0])

    row = found.table.set_index("outcome").loc["trade"]
    value = effect(("ARM", "KGZ"), tall)
    assert row["estimate"] == pytest.approx(value)
    pool = tall[~tall["unit"].isin(["ARM", "KGZ"])]
    placebos = [effect(pair, pool) for pair in combinations(UNITS[2:], 2)]
    assert row["p_value"] == (1 + sum(abs(p) >= abs(value) for p in placebos)) / 16
    assert row["upper"] - row["estimate"] == pytest.approx(sorted(map(abs, placebos))[-1])  # 90 % of 16 are 15


def test_trade_that_moved_before_accession_is_no_finding(found: StackedMembers) -> None:
    rows = found.table.set_index("outcome")
    assert rows.loc["trade", "finding"] == "unreliable"
    assert set(rows["finding"]) <= {"unreliable", "none"}
    assert all(check.role == "fatal" for check in found.checks if check.name == "placebo in time")
    assert "leaving one unit out" in found.summary()


def test_the_figure_says_how_many_outcomes_are_beyond_chance(found: StackedMembers) -> None:
    axes = found.plot()
    assert axes.get_title(loc="left").replace("\n", " ").startswith("ARM and KGZ: 0 of 4 outcomes beyond chance")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["trade", "exports", "remittances", "gdp per head"]


def test_wrong_members_are_one_sentence() -> None:
    with pytest.raises(BadInputError, match="expected two or more"):
        ea.stacked_members(members=["KGZ"])
    with pytest.raises(BadInputError, match="one year"):
        ea.stacked_members(members=["HRV", "EST"], bloc="EU")
    with pytest.raises((BadInputError, NoDataError), match="trad"):
        ea.stacked_members(["trad"])
