"""Trade indices on cases that can be worked out by hand, and the exposure of Uzbekistan on the pinned flows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.trade.partners.exposure import exposure, signs
from eaeu_analysis.trade.partners.indices import (
    complementarity,
    group_share,
    grubel_lloyd,
    herfindahl,
    intensity,
    introversion,
    partner_shares,
    revealed_advantage,
    structure,
)
from eaeu_analysis.trade.partners.own_reports import direction_checks, share_change, share_without_gold

# A sells 60 to B and 40 to C; the others sell 100 to B and 300 to C among themselves (D is the other buyer).
FLOWS = pd.DataFrame(
    [("A", "B", 60.0), ("A", "C", 40.0), ("D", "B", 100.0), ("D", "C", 300.0), ("B", "A", 30.0), ("B", "D", 70.0)],
    columns=["exporter", "importer", "usd"],
)


def test_shares_and_concentration() -> None:
    shares = partner_shares(FLOWS, "A")
    assert shares.to_dict() == {"B": 0.6, "C": 0.4}
    assert herfindahl(shares) == pytest.approx(0.52)
    assert partner_shares(FLOWS, "A", "imports").to_dict() == {"B": 1.0}
    assert group_share(FLOWS, "A", ["B", "C", "A"]) == pytest.approx(1.0)
    with pytest.raises(NoDataError, match="no exports of C"):
        partner_shares(FLOWS, "C")
    with pytest.raises(BadInputError, match="side 'export' not known"):
        partner_shares(FLOWS, "A", "export")


def test_intensity_and_introversion_by_hand() -> None:
    """Others send 100 of 470 to B (B's own 70 to D counts, its 30 to A does not)."""
    expected = 0.6 / (100 / 470)
    assert intensity(FLOWS, "A", ["B"]) == pytest.approx(expected)
    outside = 0.4 / (370 / 470)
    assert introversion(FLOWS, "A", ["B"]) == pytest.approx((expected - outside) / (expected + outside))


def test_a_trader_that_mirrors_the_world_is_neutral() -> None:
    flows = pd.DataFrame([("A", "B", 1.0), ("A", "C", 3.0), ("D", "B", 10.0), ("D", "C", 30.0)], columns=FLOWS.columns)
    assert intensity(flows, "A", ["B"]) == pytest.approx(1.0)
    assert introversion(flows, "A", ["B"]) == pytest.approx(0.0)


def test_structures() -> None:
    a = pd.Series({"food": 3.0, "fuel": 1.0})
    b = pd.Series({"food": 1.0, "steel": 1.0})
    assert complementarity(a, a) == pytest.approx(1.0)
    assert complementarity(pd.Series({"x": 1.0}), pd.Series({"y": 1.0})) == pytest.approx(0.0)
    assert complementarity(a, b) == pytest.approx(1 - (abs(0.75 - 0.5) + 0.25 + 0.5) / 2)
    assert grubel_lloyd(a, a) == 1.0
    assert grubel_lloyd(a, b) == pytest.approx(1 - (2 + 1 + 1) / 6)
    world = pd.Series({"food": 10.0, "fuel": 30.0})
    advantage = revealed_advantage(a, world)
    assert advantage["food"] == pytest.approx(3.0)
    assert revealed_advantage(a, world, symmetric=True)["food"] == pytest.approx(0.5)
    lines = pd.DataFrame(
        [("A", "B", "x", 2.0), ("A", "A", "x", 9.0)], columns=["exporter", "importer", "product", "usd"]
    )
    assert structure(lines, ["A"], None).to_dict() == {"x": 2.0}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(1.0, 1e9), min_size=2, max_size=12))
def test_bounds(values: list[float]) -> None:
    shares = pd.Series(values) / sum(values)
    assert 1 / len(values) - 1e-12 <= herfindahl(shares) <= 1
    a, b = pd.Series(values), pd.Series(values[::-1])
    assert 0 <= complementarity(a, b) <= 1 + 1e-12
    assert -1e-12 <= grubel_lloyd(a, b) <= 1
    assert complementarity(a, b) == pytest.approx(complementarity(1e3 * a, b))


@pytest.fixture(scope="module")
def uzbekistan() -> object:
    return exposure("Uzbekistan")


def test_uzbekistan_leans_to_its_neighbours_beyond_their_size(uzbekistan) -> None:
    table = uzbekistan.table.set_index("partner")
    members = ["ARM", "BLR", "KAZ", "KGZ", "RUS"]
    assert table.loc["EAEU", "exports_share"] == pytest.approx(table.loc[members, "exports_share"].sum())
    assert table.loc["EAEU", "imports_musd"] == pytest.approx(table.loc[members, "imports_musd"].sum())
    assert table.loc["RUS", "exports_musd"] == pytest.approx(2099, abs=1)  # its own table; 2,067 in the matrix
    assert (table.loc[["KAZ", "KGZ", "RUS", "Afghanistan"], "export_introversion"] > 0.8).all()
    assert table.loc["EU", "export_introversion"] < 0
    shares = table.drop(index="EAEU")[["exports_share", "imports_share"]]
    assert (shares.sum() < 100).all()
    assert table[["sells_what_it_buys", "buys_what_it_sells"]].stack().between(0, 1).all()
    ranked = signs(uzbekistan)
    assert list(ranked["leaning"]) == sorted(ranked["leaning"], reverse=True)


def test_one_share_per_year_in_all_outputs(uzbekistan) -> None:
    """25.2 % of exports of 2019 by its own table (the matrix lacks the gold: 43), 36 % without the buyers of gold."""
    table = uzbekistan.table.set_index("partner")
    own = uzbekistan.over_time.set_index(["partner", "year"])
    for partner in table.index:
        for column in ("exports_share", "imports_share"):
            assert table.loc[partner, column] == pytest.approx(own.loc[(partner, 2019), column], nan_ok=True)
    assert table.loc["EAEU", "exports_share"] == pytest.approx(25.2, abs=0.05)
    gold = next(check for check in uzbekistan.checks if check.name == "gold")
    assert gold.value == pytest.approx(36.2, abs=0.05)
    assert "36.2 % of exports of 2019" in gold.text


def test_shares_of_two_years_are_on_the_same_partners(uzbekistan) -> None:
    """Imports from Kazakhstan have no figure in 2004-16: with it in the later year alone the share seems to rise."""
    own = uzbekistan.over_time.set_index(["partner", "year"])
    assert own.loc[("EAEU", 2009), "imports_missing"] == "KAZ"
    assert own.loc[("EAEU", 2021), "imports_missing"] == ""
    change = share_change("Uzbekistan", "EAEU", "imports", 2009, 2021)
    assert (round(change.then, 1), round(change.now, 1)) == (29.0, 22.9)
    assert change.left_out == ("KAZ",)
    assert change.trend == pytest.approx(-6.78, abs=0.02)  # by a second computation from the table
    same = share_change("UZB", "EAEU", "exports", 2009, 2021)
    assert (round(same.then, 1), round(same.now, 1), same.left_out) == (28.1, 26.4, ())
    strict = share_change("UZB", "EAEU", "exports", 2009, 2021, material=0)
    assert (round(strict.then, 1), round(strict.now, 1)) == (28.5, 29.1)
    plain = share_change("UZB", "EAEU", "exports", 2009, 2021, gold=False)
    assert (round(plain.then, 1), round(plain.now, 1)) == (33.8, 39.1)
    assert {"AFG", "ARE", "TJK", "BGD", "TKM"} <= set(strict.left_out)
    with pytest.raises(NoDataError, match="no imports of 1990"):
        share_change("UZB", "EAEU", "imports", 1990, 2021)
    with pytest.raises(BadInputError, match="no buyers of gold are listed for ARM"):
        share_without_gold("ARM", "EAEU", 2019)


def test_a_share_has_a_direction_only_where_its_trend_keeps_its_sign() -> None:
    """Exports to the union fall in all, and rise without the buyers of gold; imports fall on every basis."""
    sold = {check.name: check for check in direction_checks("UZB", "EAEU", "exports", 2009, 2021)}
    assert [name for name, check in sold.items() if check.passed is False] == ["without gold"]
    assert sold["without gold"].value == pytest.approx(4.3, abs=0.05)  # by a second computation from the table
    assert sold["same partners"].value == pytest.approx(-5.8, abs=0.05)
    assert sold["other first years"].value == pytest.approx(-6.0, abs=0.05)  # the trend nearest to zero
    assert all(check.passed for check in direction_checks("UZB", "EAEU", "imports", 2009, 2021))


def test_the_mirror_gap_with_russia_is_in_the_table(uzbekistan) -> None:
    row = uzbekistan.mirror.query("exporter == 'UZB' and importer == 'RUS' and year == 2019").iloc[0]
    assert round(row["exporter_usd"] / 1e6) == 2067
    assert round(row["importer_usd"] / 1e6) == 1181


def test_years_in_which_the_main_partner_is_missing_have_no_share(uzbekistan) -> None:
    table = uzbekistan.over_time.set_index(["partner", "year"])
    assert np.isnan(table.loc[("KAZ", 2010), "imports_share"])
    assert "KAZ" in table.loc[("EAEU", 2010), "imports_missing"]
    assert table.loc[("RUS", 2019), "exports_share"] > 5


def test_shares_of_2011_to_2015_have_russia_where_its_figures_belong(uzbekistan) -> None:
    """By separate arithmetic on the file of the source, the row of Romania read as Russia: no jump at either end."""
    table = uzbekistan.over_time.set_index(["partner", "year"])
    for partner, side, shares in (
        ("RUS", "exports", [25.4, 24.9, 24.1, 21.1, 20.6, 19.5, 19.5]),
        ("RUS", "imports", [25.9, 25.9, 26.6, 26.3, 26.9, 26.2, 26.6]),
        ("EU", "exports", [15.5, 13.2, 12.5, 11.3, 11.7, 11.5, 11.5]),
        ("EU", "imports", [21.0, 18.8, 17.0, 16.8, 17.0, 17.5, 19.1]),
    ):
        found = [table.loc[(partner, year), f"{side}_share"] for year in range(2010, 2017)]
        assert found == pytest.approx(shares, abs=0.051)
    assert "ROU" in table.loc[("EU", 2013), "exports_missing"]


def test_what_the_matrix_lacks_is_a_failed_check(uzbekistan) -> None:
    checks = {check.name: check for check in uzbekistan.checks}
    assert checks["coverage"].passed is False
    assert "intensities of EU are too low" in checks["coverage"].text
    assert checks["totals"].passed is False
    assert "HS" in uzbekistan.chapters["product"].iloc[0]
    assert "Uzbekistan" in uzbekistan.summary()
    with pytest.raises(BadInputError, match="did you mean"):
        exposure("UZB", ["Turky"])
