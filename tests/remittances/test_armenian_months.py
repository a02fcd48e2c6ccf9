"""Transfers to Armenia by month: recomputed from the shipped table, the rule of the origins, what is explained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.remittances.armenian_months import ArmenianTransfers


@pytest.fixture(scope="module")
def found() -> ArmenianTransfers:
    return ea.armenian_transfers()


@pytest.fixture(scope="module")
def sums() -> pd.DataFrame:
    table = pd.read_parquet(settings.data_dir() / "remittances" / "armenia_months.parquet")
    rows = table[(table["direction"] == "inflow") & (table["type"] == "non-commercial")]
    return rows.pivot_table(index=["year", "month"], columns="destination", values="usd", aggfunc="sum")


def test_windows_are_those_of_the_shipped_table(found: ArmenianTransfers, sums: pd.DataFrame) -> None:
    rows = found.table.set_index("window")
    for window, years, first, last in (
        ("January to October 2014", [2014], 1, 10),
        ("November and December 2014", [2014], 11, 12),
        ("2019", [2019], 1, 12),
        ("2016 to 2019", [2016, 2017, 2018, 2019], 1, 12),
    ):
        kept = sums[["RUS", *found.spec["origins"]]]
        now = sum(kept.loc[(y, first) : (y, last)].sum() for y in years) / len(years)
        then = kept.loc[(2013, first) : (2013, last)].sum()
        change = np.log(now / then)
        row = rows.loc[window]
        assert row["russia"] == pytest.approx(100 * np.expm1(change["RUS"]))
        assert row["difference"] == pytest.approx(100 * np.expm1(change["RUS"] - change[found.spec["origins"]].mean()))


def test_origins_follow_the_rule(found: ArmenianTransfers, sums: pd.DataFrame) -> None:
    origins = set(found.spec["origins"])
    assert not origins & {"RUS", "UKR", "WLD", "OTH", *ea.bloc("EAEU").members()}
    assert {"USA", "FRA", "DEU"} <= origins
    assert (sums.loc[2013:2019][sorted(origins)] > 0).all().all()
    assert (sums.loc[2013][sorted(origins)].mean() >= 100_000).all()


def test_the_fall_came_with_the_rouble_and_before_the_accession(found: ArmenianTransfers) -> None:
    rows = found.table.set_index("window")
    assert rows.loc["November and December 2014", "difference"] < -20
    assert abs(rows.loc["January to October 2014", "difference"]) < 15
    assert found.check("before the rouble fell").passed
    late = rows.dropna(subset=["expected"])
    assert len(late) == 6
    assert (late["expected"] < -40).all()
    inside = (late["remainder_lower"] < late["remainder"]) & (late["remainder"] < late["remainder_upper"])
    assert inside.all()
    one = late.iloc[0] / 100  # what is left and what is explained make the difference
    assert (1 + one["expected"]) * (1 + one["remainder"]) == pytest.approx(1 + one["difference"])


def test_the_elasticities_are_of_years_before_the_accession(found: ArmenianTransfers) -> None:
    fit = ea.pass_through(last_year=2013)
    panel = ea.load_panel(["PA.NUS.FCRF", "NY.GDP.MKTP.KD"])
    rate, income = (np.log(panel.wide(code)["RUS"]) for code in ("PA.NUS.FCRF", "NY.GDP.MKTP.KD"))
    expected = fit.coef["rouble"] * (rate[2015] - rate[2013]) + fit.coef["income"] * (income[2015] - income[2013])
    row = found.table.set_index("window").loc["2015"]
    assert row["expected"] == pytest.approx(100 * np.expm1(expected))


def test_a_level_out_of_range_is_refused() -> None:
    with pytest.raises(BadInputError, match="level"):
        ea.armenian_transfers(level=0.0)
