"""Joining and leaving: which event is meant, compared with whom, and from when an answer can be had."""

import pytest

from eaeu_analysis.cli import main
from eaeu_analysis.compare import before_after, compare_members
from eaeu_analysis.compare.membership import home_bloc
from eaeu_analysis.errors import NoDataError

YEARS = (1990, 2024)


@pytest.mark.parametrize(
    ("unit", "bloc"),
    [("KGZ", "EAEU"), ("HRV", "EU"), ("GBR", "EU"), ("RWA", "EAC"), ("KHM", "ASEAN")],
)
def test_the_bloc_that_is_meant_where_none_is_named(unit, bloc):
    assert home_bloc(unit, YEARS) == bloc


def test_leaving_a_bloc_is_a_membership_event(real, capsys):
    assert main(["compare", "GBR", "-o", "trade"]) == 0
    printed = capsys.readouterr()
    assert "bloc: EU" in printed.err
    assert "before and after 2020-01-31" in printed.out
    assert "2015-19" in printed.out
    assert "2021-24" in printed.out
    steps = compare_members(real, ["trade"], "EU", units=["GBR"]).table
    assert steps["step"].tolist() == ["left the EU"]


def test_croatia_is_not_compared_with_those_who_shared_the_roubles_fall(real, capsys):
    assert main(["compare", "HRV", "-o", "trade"]) == 0
    printed = capsys.readouterr()
    assert "bloc: EU" in printed.err
    assert "Tajikistan" not in printed.out
    assert "sanctions" not in printed.out  # a sentence on the EAEU
    assert "includes the pandemic)" in printed.out
    assert "sanctions" in before_after(real, "trade", "KGZ", 2015).summary()


@pytest.mark.parametrize(("unit", "bloc", "year"), [("BOL", "MERCOSUR", 2027), ("CHL", "CPTPP", 2026)])
def test_a_recent_accession_says_from_when_an_answer_can_be_had(unit, bloc, year, capsys):
    assert main(["compare", unit, "--bloc", bloc, "-o", "trade"]) == 3
    assert f"an answer can be had once the data reach {year}" in capsys.readouterr().err


def test_median_range_and_leave_one_out_are_on_every_row(real):
    table = compare_members(real, ["trade", "gdp_per_head"], units=["KGZ"]).table.set_index("outcome")
    changes = before_after(real, "gdp_per_head", "KGZ", "2015-08-12").to_frame().set_index("unit")["change"].drop("KGZ")
    row = table.loc["gdp_per_head"]
    assert row["comparators_median"] == pytest.approx(changes.median())
    assert (row["comparators_low"], row["comparators_high"]) == pytest.approx((changes.min(), changes.max()))
    without = [row["change"] - changes.drop(code).mean() for code in changes.index]
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((min(without), max(without)))
    assert row["comparators_mean"] == pytest.approx(17.6, abs=0.05)
    assert row["comparators_median"] == pytest.approx(27.0, abs=0.05)


def test_no_answer_is_no_data(real):
    with pytest.raises(NoDataError, match="once the data reach 2027"):
        before_after(real, "trade", "BOL", 2024, bloc="MERCOSUR")
